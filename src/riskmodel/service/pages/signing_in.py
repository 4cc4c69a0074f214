"""The page on which people sign in, and the button that signs them out; both work without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from riskmodel.service.access import Permission, Principal
from riskmodel.service.browser import (
    SIGN_IN,
    START,
    drop_session_cookie,
    is_same_origin,
    local_path,
    set_session_cookie,
)
from riskmodel.service.credentials import shown_by
from riskmodel.service.guarding import GuardedRoute, access_of, principal_of
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.forms import read_form
from riskmodel.service.pages.rendering import render
from riskmodel.service.refusals import CrossSite, TooManyRequests
from riskmodel.service.signing_in import Attempt
from riskmodel.service.store.sessions import LIFETIME

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
MOST_BYTES = 16 * 1024
MOST_NAME_CHARACTERS = 64


@router.get(SIGN_IN)
async def sign_in_page(request: Request) -> Response:
    """Show the form."""
    return _form(request, local_path(request.query_params.get("next")))


@router.post(SIGN_IN)
async def sign_in(request: Request) -> Response:
    """Begin a session and go on to where the person wanted to go, or show the form again."""
    access = access_of(request)
    if not is_same_origin(request):
        # another site's page could sign a person in as somebody else, and read along
        access.refused(request, None, CrossSite.code)
        raise CrossSite
    fields = await read_form(request, MOST_BYTES)
    after, name = local_path(fields.get("next")), fields.get("name", "")
    address = request.client.host if request.client is not None else ""
    try:
        session = await access.sign_ins.sign_in(
            Attempt(name, fields.get("password", ""), address, request.state.request_id)
        )
    except TooManyRequests as error:
        return _limited(request, after, name, error)
    if session is None:
        return _form(request, after, name, chosen_language(request).gettext("The name or the password is wrong."), 401)
    answer = RedirectResponse(after or _home(session.principal), status_code=303)
    set_session_cookie(answer, session.token, access.secure_cookie, int(LIFETIME.total_seconds()))
    return answer


@router.post("/review/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session and lead to the sign-in page."""
    access = access_of(request)
    shown = shown_by(request, access.secure_cookie)
    if shown is not None and shown.by_cookie:
        principal, request_id = principal_of(request), request.state.request_id
        await run_in_threadpool(access.sign_ins.sign_out, principal, shown.secret_hash, request_id)
        access.memory.end(shown)
    answer = RedirectResponse(SIGN_IN, status_code=303)
    drop_session_cookie(answer, access.secure_cookie)
    return answer


def _home(principal: Principal) -> str:
    """Return where somebody goes who asked for nothing in particular; not everyone may see households."""
    return START if Permission.READ_HOUSEHOLDS in principal.permissions else "/docs"


def _limited(request: Request, after: str | None, name: str, error: TooManyRequests) -> Response:
    words = chosen_language(request).gettext(
        "Too many attempts failed. Try again in %(seconds)s seconds.", seconds=error.wait_seconds
    )
    answer = _form(request, after, name, words, error.status)
    answer.headers.update(error.headers)
    return answer


def _form(request: Request, after: str | None, name: str = "", error: str | None = None, status: int = 200) -> Response:
    context = {"programme": None, "after": after, "name": name[:MOST_NAME_CHARACTERS], "error": error}
    return render(request, "sign_in.html", context, path=SIGN_IN, parameters={"next": after}, status=status)
