"""Browsers are led nowhere else, and act for nobody else's page."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.service.browser import (
    cookie_name,
    drop_session_cookie,
    is_same_origin,
    local_path,
    set_session_cookie,
    sign_in_address,
    wants_page,
)


def request(path: str = "/review", query: str = "", method: str = "GET", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": raw,
        "server": ("risk.example", 443),
        "scheme": "https",
    }
    return Request(scope)


@pytest.mark.parametrize("path", ["/", "/review", "/review?page=2&area=9901", "/review/households/a%2Fb", "/docs#x"])
def test_paths_of_this_service(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        *(
            None,
            "",
            "review",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
        ),
        *("https://evil.example", "https:evil.example", "javascript:alert(1)", "/\n/evil.example", "/ /x", "/a\\b"),
        *("/review\r\nset-cookie: a=b", "/走访", "/" + "a" * 2000, "\\\\evil.example", "/a\x00"),
    ],
)
def test_other_places(text: str | None) -> None:
    assert local_path(text) is None


@given(st.text(alphabet="/\\.:@?#%a\t\n ", max_size=8))
def test_whatever_is_let_through_stays_here(text: str) -> None:
    path = local_path(text)
    if path is not None:
        assert urlsplit(urljoin("https://risk.example/review/sign-in", path)).netloc == "risk.example"
        assert path.startswith("/") and not path.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "cross-site", "origin": "https://risk.example", "host": "risk.example"}, False),
        ({"sec_fetch_site": "", "origin": "https://risk.example", "host": "risk.example"}, False),
        ({"origin": "https://risk.example", "host": "risk.example"}, True),
        ({"origin": "https://RISK.example:8443", "host": "risk.example:8443"}, True),
        ({"origin": "https://risk.example:8443", "host": "risk.example"}, False),
        ({"origin": "https://evil.example", "host": "risk.example"}, False),
        ({"origin": "https://risk.example@evil.example", "host": "risk.example"}, False),
        ({"origin": "null", "host": "risk.example"}, False),
        ({"origin": "null", "host": ""}, False),
        ({"origin": "https://[", "host": "risk.example"}, False),
        ({"host": "risk.example"}, False),
        ({}, False),
    ],
)
def test_where_a_request_comes_from(headers: dict[str, str], same: bool) -> None:
    assert is_same_origin(request(**headers)) is same


@pytest.mark.parametrize(
    ("path", "method", "accept", "page"),
    [
        ("/", "GET", "text/html,*/*", True),
        ("/review", "GET", "text/html", True),
        ("/review/households/1", "GET", "text/html", True),
        ("/docs", "GET", "text/html", True),
        ("/review", "POST", "text/html", False),
        ("/review", "GET", "application/json", False),
        ("/reviews", "GET", "text/html", False),
        ("/v1/queue", "GET", "text/html", False),
    ],
)
def test_pages(path: str, method: str, accept: str, page: bool) -> None:
    assert wants_page(request(path, method=method, accept=accept)) is page


def test_one_comes_back_to_what_one_asked_for() -> None:
    assert sign_in_address(request("/review", "page=2&area=a")) == "/review/sign-in?next=/review%3Fpage%3D2%26area%3Da"


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_for_this_service_alone_and_for_no_script(secure: bool) -> None:
    given_out, taken_back = Response(), Response()
    set_session_cookie(given_out, "token", secure, 43200)
    drop_session_cookie(taken_back, secure)
    name, *flags = given_out.headers["set-cookie"].lower().split("; ")
    assert name == f"{cookie_name(secure).lower()}=token"
    assert set(flags) == {"httponly", "samesite=strict", "path=/", "max-age=43200", *(["secure"] if secure else [])}
    assert cookie_name(True).startswith("__Host-")
    assert "max-age=0" in taken_back.headers["set-cookie"].lower()
