"""The guard stands before the handler, answers as a problem or leads to the sign-in page, and holds nobody else up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI, Request
from httpx2 import ASGITransport, AsyncClient
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, WebSocketRoute
from starlette.testclient import TestClient

from helpers.accounts import (
    Clock,
    as_client,
    as_user,
    client,
    guarded_app,
    reached,
    settings,
    store_with,
    user,
)
from riskmodel.service.access import Role, Scope
from riskmodel.service.authenticating import Access
from riskmodel.service.errors import MEDIA_TYPE
from riskmodel.service.guarding import GuardedRoute, principal_of, unguarded

HTML = {"accept": "text/html"}


@pytest.fixture
def access(tmp_path: Path) -> Iterator[Access]:
    store = store_with(tmp_path, [user("li"), user("mo", Role.MODELLER)], [client("mon", [Scope.SCORES_HOUSEHOLDS])])
    yield Access(store, settings(requests_per_second=1, burst_requests=2), Clock())
    store.close()


@pytest.fixture
def asked(access: Access) -> TestClient:
    return TestClient(guarded_app(access), follow_redirects=False)


def test_nobody_gets_a_problem_that_says_how(asked: TestClient) -> None:
    answer = asked.get("/v1/queue")
    assert (answer.status_code, answer.headers["content-type"]) == (401, MEDIA_TYPE)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"
    assert "authorization: Bearer KEY" in answer.json()["detail"]


def test_a_key_is_never_repeated(asked: TestClient) -> None:
    answer = asked.get("/v1/queue", headers={"authorization": "Bearer rk_SECRET"})
    assert answer.status_code == 401
    assert "SECRET" not in answer.text + str(answer.headers)


def test_too_many_requests_say_when_to_come_back(asked: TestClient) -> None:
    answers = [asked.get("/v1/queue", headers=as_client("mon")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["code"] == "too_many_requests"


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/", "/review/sign-in?next=/"),
        ("/review?page=2", "/review/sign-in?next=/review%3Fpage%3D2"),
        ("/review/households/1", "/review/sign-in?next=/review/households/1"),
        ("/docs", "/review/sign-in?next=/docs"),
    ],
)
def test_a_person_is_led_to_the_sign_in_page(asked: TestClient, path: str, to: str) -> None:
    answer = asked.get(path, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, to)
    assert asked.get(path).status_code == 401


def test_programs_and_changes_are_not_led_there(asked: TestClient) -> None:
    assert asked.get("/v1/queue", headers=HTML).status_code == 401
    assert asked.post("/review/sign-out", headers=HTML).status_code == 401


def test_a_person_who_may_not_is_told_on_a_page(asked: TestClient) -> None:
    answer = asked.get("/review", headers={**HTML, **as_user("mo")})
    assert answer.status_code == 403
    assert "This account may not see this" in answer.text


def test_without_any_account_only_the_pulse_is_answered(tmp_path: Path) -> None:
    store = store_with(tmp_path)
    asked = TestClient(guarded_app(Access(store, settings(), Clock())), follow_redirects=False)
    assert asked.get("/healthz").status_code == 200
    for path in ("/readyz", "/review/sign-in", "/static/a", "/v1/queue", "/docs"):
        answer = asked.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "no_credentials")
        assert "riskmodel user add NAME" in answer.json()["detail"]
    assert "Nobody can sign in yet" in asked.get("/review", headers=HTML).text
    store.close()


def test_the_body_is_not_looked_at_before_the_caller_is(access: Access) -> None:
    app, router = FastAPI(), APIRouter(route_class=GuardedRoute)
    app.state.access = access

    @router.post("/v1/scores")
    def scores(number: int) -> int:
        return number

    app.include_router(router)
    with pytest.raises(Exception, match="no valid key"):
        TestClient(app).post("/v1/scores?number=SECRET")


def test_a_handler_in_a_thread_knows_who_asks_too(access: Access) -> None:
    app, router = FastAPI(), APIRouter(prefix="/v1", route_class=GuardedRoute)
    app.state.access = access

    @router.get("/queue")
    def queue(request: Request) -> Response:
        assert threading.current_thread() is not threading.main_thread()
        return PlainTextResponse(principal_of(request).actor)

    app.include_router(router)
    assert TestClient(app).get("/v1/queue", headers=as_user("li")).text == "user:li"


def test_a_slow_store_holds_up_nobody_who_is_remembered(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up, go_on = threading.Event(), threading.Event()
    authenticate = access.authenticate

    def slowly(*words):  # type: ignore[no-untyped-def]
        looked_up.set()
        assert go_on.wait(10)
        return authenticate(*words)

    async def scenario() -> None:
        async with AsyncClient(transport=ASGITransport(guarded_app(access)), base_url="http://a") as asked:
            assert (await asked.get("/v1/queue", headers=as_client("mon"))).status_code == 200
            monkeypatch.setattr(access, "authenticate", slowly)
            slow = asyncio.create_task(asked.get("/v1/queue", headers=as_user("li")))
            while not looked_up.is_set():
                await asyncio.sleep(0.001)
            assert (await asked.get("/v1/queue", headers=as_client("mon"))).status_code == 200
            assert not slow.done()
            go_on.set()
            assert (await slow).status_code == 200

    asyncio.run(scenario())


def test_what_is_not_guarded_is_found(access: Access) -> None:
    app = guarded_app(access)
    assert unguarded(app) == []
    app.add_api_route("/v1/queue2", reached, methods=["GET"])
    app.router.routes.append(Mount("/files", app=PlainTextResponse("x")))
    app.router.routes.append(WebSocketRoute("/socket", reached))
    moved = APIRouter(route_class=GuardedRoute)
    moved.add_api_route("/v1/queue", reached, methods=["GET"])
    app.include_router(moved, prefix="/elsewhere")
    plain = APIRouter()
    plain.add_api_route("/v1/models", reached, methods=["GET"])
    app.include_router(plain)
    assert unguarded(app) == [
        "GET /v1/queue2",
        "* /files",
        "* /socket",
        "GET /elsewhere/v1/queue",
        "GET /v1/models",
    ]
    assert TestClient(app).get("/elsewhere/v1/queue").status_code == 401
