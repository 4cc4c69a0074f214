"""What is asked of browsers alone: the session's cookie, where a request comes from, and where to go after signing in."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

SIGN_IN, START = "/review/sign-in", "/review"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_PATH_CHARACTERS = 2000
# a browser reads a second slash, a backslash, or a tab before either as the beginning of another host
_LOCAL = re.compile(r"/(?:[^/\\][!-\[\]-~]*)?", re.ASCII)
_VISIBLE = re.compile(r"[!-~]+", re.ASCII)


def cookie_name(secure: bool) -> str:
    """Return the name of the session's cookie; browsers refuse ``__Host-`` from any other host, or over plain HTTP."""
    return "__Host-session" if secure else "session"


def set_session_cookie(answer: Response, token: str, secure: bool, lifetime_seconds: int) -> None:
    """Give a browser its session."""
    answer.set_cookie(
        cookie_name(secure), token, max_age=lifetime_seconds, path="/", secure=secure, httponly=True, samesite="strict"
    )


def drop_session_cookie(answer: Response, secure: bool) -> None:
    """Take a browser's session away."""
    answer.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="strict")


def is_same_origin(request: Request) -> bool:
    """Tell whether a request was made by a page of this service, or by the person at the browser.

    Every current browser says so in ``Sec-Fetch-Site``; older ones name the page's origin.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin, host = request.headers.get("origin"), request.headers.get("host")
    if origin is None or not host:
        return False
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def wants_page(request: Request) -> bool:
    """Tell whether a person opens a page, whom an error in JSON would not help."""
    path = request.url.path
    is_page = path in ("/", "/docs", START) or path.startswith(f"{START}/")
    return is_page and request.method == "GET" and "text/html" in request.headers.get("accept", "")


def local_path(text: str | None) -> str | None:
    """Return a path of this service; None for anything that a browser may take for another place.

    Examples
    --------
    >>> local_path("/review?page=2"), local_path("//elsewhere.example"), local_path("https://elsewhere.example")
    ('/review?page=2', None, None)
    """
    if text is None or len(text) > MOST_PATH_CHARACTERS:
        return None
    return text if _LOCAL.fullmatch(text) and _VISIBLE.fullmatch(text) else None


def sign_in_address(request: Request) -> str:
    """Return the address of the sign-in page, from which one comes back to what was asked for."""
    query = request.url.query
    return f"{SIGN_IN}?next={quote(request.url.path + (f'?{query}' if query else ''), safe='/')}"
