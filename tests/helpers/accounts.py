"""Accounts for tests, a clock that is moved by hand, and an app whose routes do nothing but say that they were reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from helpers.stores import shaped_file
from riskmodel.service import errors
from riskmodel.service.access import POLICY, Origin, Role, Scope
from riskmodel.service.authenticating import Access
from riskmodel.service.browser import cookie_name
from riskmodel.service.guarding import PRINCIPAL, GuardedRoute, routes_of, unguarded
from riskmodel.service.pages import signing_in
from riskmodel.service.pages.problem import problem_page
from riskmodel.service.passwords import hash_password
from riskmodel.service.store.accounts import Client, User, add_client, add_user
from riskmodel.service.store.engine import Store
from riskmodel.service.store.sessions import add_session
from riskmodel.service.tokens import hash_of_secret
from riskmodel.settings import Settings

NOW = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
PASSWORD = "correct horse battery staple"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}
REQUEST_ID = "00000000-0000-4000-8000-000000000000"
EVERYTHING = "everything"
EVENT_KINDS = ("illness", "listed")
"""Of tinyland, which it may all send."""
SIGNING = ("/review/sign-in", "/review/sign-out")


class Clock:
    """Tells the time that a test sets."""

    def __init__(self, now: dt.datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


@cache
def password_hash() -> str:
    """Return what is kept of PASSWORD; hashing takes a tenth of a second."""
    return hash_password("somebody", PASSWORD)


def user(name: str, role: Role = Role.REVIEWER, area_code: str = "") -> User:
    return User(name, password_hash(), role, area_code, NOW, None)


def client(
    name: str,
    scopes: Sequence[Scope] = (Scope.SCORES_FEATURES,),
    expires_at: dt.datetime | None = None,
    *,
    area_code: str = "",
    kinds: Sequence[str] = (),
    origin: Origin | None = None,
) -> Client:
    """Return a client whose key is :func:`key_of` its name."""
    key = hash_of_secret(key_of(name))
    return Client(name, key, tuple(scopes), area_code, NOW, expires_at, event_kinds=tuple(kinds), origin=origin)


def key_of(name: str) -> str:
    return f"rk_key-of-{name}"


def token_of(name: str) -> str:
    return f"session-of-{name}"


def store_with(path: Path, users: Iterable[User] = (), clients: Iterable[Client] = ()) -> Store:
    """Make a store in a folder with some accounts, each user with a session whose token is :func:`token_of` the name."""
    store = Store(shaped_file(path / "store.db"))
    with store.writing() as connection:
        for one in users:
            add_user(connection, one)
            add_session(connection, hash_of_secret(token_of(one.name)), one.name, NOW)
        for other in clients:
            add_client(connection, other)
    return store


def as_client(name: str) -> dict[str, str]:
    """Return the headers with which a program asks."""
    return {"authorization": f"Bearer {key_of(name)}"}


def as_user(name: str, secure: bool = False) -> dict[str, str]:
    """Return the headers with which a browser asks from this service's own page."""
    return {"cookie": f"{cookie_name(secure)}={token_of(name)}", **SAME_ORIGIN}


def add_everyone(store: Store) -> None:
    """Add a user of every role, named like it and signed in, and the client ``everything``, which may what programs may."""
    with store.writing() as connection:
        every = client(EVERYTHING, tuple(Scope), kinds=EVENT_KINDS, origin=Origin.DEPARTMENT_SCREENING)
        add_client(connection, every)
        for role in Role:
            add_user(connection, user(role.value, role))
            add_session(connection, hash_of_secret(token_of(role.value)), role.value, NOW)


def settings(**values: object) -> Settings:
    return Settings(**{"cookie_secure": False, **values})  # type: ignore[arg-type]


async def reached(request: Request) -> Response:
    principal = request.scope["state"].get(PRINCIPAL)
    return PlainTextResponse(principal.actor if principal else "nobody")


def guarded_app(access: Access, *, with_pages: bool = False) -> FastAPI:
    """Return an app with every route of the policy; only signing in and out is real, where that is asked for."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.access = access
    router = APIRouter(route_class=GuardedRoute)
    for method, path in POLICY:
        if not (with_pages and path in SIGNING):
            router.add_api_route(path, reached, methods=[method])
    app.include_router(router)
    if with_pages:
        app.include_router(signing_in.router)
    errors.install(app, problem_page)

    @app.middleware("http")
    async def identify(request: Request, call_next):  # type: ignore[no-untyped-def]
        request.state.request_id = REQUEST_ID
        return await call_next(request)

    return app


def check_routes(app: FastAPI, table: Iterable[tuple[str, str]]) -> None:
    """Check that an app answers nothing but what the guard stands before, and nothing that a table of tests leaves out."""
    assert unguarded(app) == []
    assert {(method, path) for method, path, _ in routes_of(app)} - set(table) == set()
