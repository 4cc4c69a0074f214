"""The policy, written out cell by cell: who gets what answer on which route. Nothing here is computed from the code's table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from helpers.accounts import (
    NOW,
    Clock,
    as_client,
    as_user,
    check_routes,
    client,
    guarded_app,
    reached,
    settings,
    store_with,
    user,
)
from riskmodel.service.access import (
    POLICY,
    ROLE_PERMISSIONS,
    SCOPE_PERMISSIONS,
    Principal,
    Role,
    Scope,
    UnlistedRoute,
    allows,
    methods_of,
    rule_of,
)
from riskmodel.service.authenticating import Access
from riskmodel.service.guarding import GuardedRoute, routes_of
from riskmodel.service.store.accounts import revoke_client

WHO = (
    "anonymous",
    *("viewer", "reviewer", "supervisor", "modeller", "auditor", "admin"),
    *("features", "households", "changes", "events", "jobs", "models", "metrics", "webhooks"),
    *("expired", "revoked", "unknown"),
)
SCOPES = {
    "features": Scope.SCORES_FEATURES,
    "households": Scope.SCORES_HOUSEHOLDS,
    "changes": Scope.CHANGES,
    "events": Scope.EVENTS,
    "jobs": Scope.JOBS,
    "models": Scope.MODELS,
    "metrics": Scope.METRICS,
    "webhooks": Scope.WEBHOOKS,
}
ALL = "200 | 200 200 200 200 200 200 | 200 200 200 200 200 200 200 200 | 200 200 200"
ANY = "401 | 200 200 200 200 200 200 | 200 200 200 200 200 200 200 200 | 401 401 401"
TABLE: Mapping[str, str] = {
    #                                                anon | view rev  sup  mod  aud  adm | feat hh   chg  ev   jobs mod  met  hook| exp rev  unknown
    "GET /healthz": ALL,
    "GET /readyz": ALL,
    "GET /static/{name}": ALL,
    "GET /review/sign-in": ALL,
    "POST /review/sign-in": ALL,
    "POST /review/sign-out": ANY,
    "GET /openapi.json": ANY,
    "GET /docs": ANY,
    "GET /review/help": ANY,
    "GET /review/area": "                             401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /review/model": "                            401 | 200 200 200 200 200 403 | 403 403 403 403 403 200 403 403 | 401 401 401",
    "GET /review/model/card": "                       401 | 200 200 200 200 200 403 | 403 403 403 403 403 200 403 403 | 401 401 401",
    "GET /metrics": "                                 401 | 403 403 403 403 403 200 | 403 403 403 403 403 403 200 403 | 401 401 401",
    "GET /": "                                        401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /review": "                                  401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /review/search": "                           401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /review/export": "                           401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /review/follow-up": "                        401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "POST /review/assignments": "                     401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "GET /review/households/{household_id}": "        401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "POST /review/households/{household_id}/people": "401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "GET /review/households/{household_id}/similar": "401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /review/households/{household_id}/compare": "401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /review/households/{household_id}/what-if": "401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /review/households/{household_id}/case": "   401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /review/households/{household_id}/decide": " 401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "POST /review/households/{household_id}/decide": "401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "POST /review/households/{household_id}/appeals": "401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "POST /review/households/{household_id}/help": "  401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "GET /review/households/{household_id}/ending": " 401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "POST /review/households/{household_id}/ending": "401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "POST /v1/scores": "                              401 | 403 403 403 200 403 403 | 200 200 403 403 403 403 403 403 | 401 401 401",
    "GET /v1/scores": "                               401 | 403 403 403 403 403 403 | 403 403 200 403 403 403 403 200 | 401 401 401",
    "GET /v1/households/{household_id}/score": "      401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /v1/households/{household_id}/explanation": "401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /v1/households/{household_id}/history": "    401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /v1/households/{household_id}/decisions": "  401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /v1/households/{household_id}/people": "     401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "POST /v1/households/{household_id}/decisions": " 401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "POST /v1/households/{household_id}/unmasking": " 401 | 403 200 200 403 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "POST /v1/events": "                              401 | 403 403 403 403 403 403 | 403 403 403 200 403 403 403 403 | 401 401 401",
    "GET /v1/alerts": "                               401 | 403 403 403 403 403 403 | 403 403 200 403 403 403 403 200 | 401 401 401",
    "POST /v1/jobs": "                                401 | 403 403 403 200 403 403 | 403 403 403 403 200 403 403 403 | 401 401 401",
    "GET /v1/jobs": "                                 401 | 403 403 403 200 403 403 | 403 403 403 403 200 403 403 403 | 401 401 401",
    "GET /v1/jobs/{job}": "                           401 | 403 403 403 200 403 403 | 403 403 403 403 200 403 403 403 | 401 401 401",
    "DELETE /v1/jobs/{job}": "                        401 | 403 403 403 200 403 403 | 403 403 403 403 200 403 403 403 | 401 401 401",
    "GET /v1/jobs/{job}/result": "                    401 | 403 403 403 200 403 403 | 403 403 403 403 200 403 403 403 | 401 401 401",
    "GET /v1/webhooks": "                             401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 200 | 401 401 401",
    "POST /v1/webhooks": "                            401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 200 | 401 401 401",
    "GET /v1/webhooks/{webhook}": "                   401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 200 | 401 401 401",
    "DELETE /v1/webhooks/{webhook}": "                401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 200 | 401 401 401",
    "GET /v1/webhooks/{webhook}/deliveries": "        401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 200 | 401 401 401",
    "POST /v1/webhooks/{webhook}/replay": "           401 | 403 403 403 403 403 403 | 403 403 403 403 403 403 403 200 | 401 401 401",
    "GET /v1/queue": "                                401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /v1/models": "                               401 | 200 200 200 200 200 403 | 403 403 403 403 403 200 403 403 | 401 401 401",
    "POST /v1/models/{version}/promotion": "          401 | 403 403 403 200 403 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
    "GET /v1/areas/{code}": "                         401 | 200 200 200 403 403 403 | 403 200 403 403 403 403 403 403 | 401 401 401",
    "GET /v1/audit": "                                401 | 403 403 403 403 200 403 | 403 403 403 403 403 403 403 403 | 401 401 401",
}
SEEN_HOUSEHOLDS = ("/review", "/review/search", "/review/export", "/review/assignments", "/v1/queue")
"""Without naming one in their address."""
ROUTES = {(route.split()[0], route.split()[1]) for route in TABLE}


def cells() -> Iterator[tuple[str, str, str, int]]:
    """Yield method, path, who asks and the status of the answer."""
    for route, row in TABLE.items():
        method, path = route.split()
        for who, status in zip(WHO, row.replace("|", " ").split(), strict=True):
            yield method, path, who, int(status)


def headers(who: str) -> dict[str, str]:
    if who == "anonymous":
        return {}
    return as_user(who) if who in list(Role) else as_client(who)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Return a client of an app with all routes of the policy, which knows everybody of the table."""
    users = [user(role.value, role) for role in Role]
    clients = [client(name, [scope]) for name, scope in SCOPES.items()]
    clients += [client("expired", list(Scope), NOW), client("revoked", list(Scope))]
    store = store_with(tmp_path_factory.mktemp("policy"), users, clients)
    with store.writing() as connection:
        revoke_client(connection, "revoked", NOW)
    yield TestClient(guarded_app(Access(store, settings(), Clock())), follow_redirects=False)
    store.close()


def test_every_cell(guarded: TestClient) -> None:
    found = {}
    for method, path, who, status in cells():
        answer = guarded.request(
            method,
            path.format(household_id="1", version="v", code="1", name="x", webhook="1", job="1"),
            headers=headers(who),
        )
        if answer.status_code != status:
            found[method, path, who] = (answer.status_code, status)
    assert found == {}
    assert len(list(cells())) == len(TABLE) * len(WHO)


def test_whoever_is_let_in_is_known_to_the_handler(guarded: TestClient) -> None:
    assert guarded.get("/v1/queue", headers=as_user("viewer")).text == "user:viewer"
    assert guarded.get("/v1/queue", headers=as_client("households")).text == "client:households"
    assert guarded.get("/readyz", headers=as_user("viewer")).text == "nobody"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
def test_methods_that_are_not_declared_are_not_answered(guarded: TestClient, method: str) -> None:
    assert {guarded.request(method, path).status_code for _, path in ROUTES if "{" not in path} == {405}


def test_the_table_and_the_policy_list_the_same_routes(guarded: TestClient) -> None:
    assert set(POLICY) == ROUTES
    app = guarded.app
    assert isinstance(app, FastAPI)
    check_routes(app, ROUTES)


def test_the_service_answers_nothing_but_what_the_table_lists(app: FastAPI) -> None:
    check_routes(app, ROUTES)
    assert {(method, path) for method, path, _ in routes_of(app)} == ROUTES


def test_a_route_that_is_not_listed_can_not_be_built() -> None:
    router = APIRouter(prefix="/v1", route_class=GuardedRoute)
    for method, path in (("GET", "/secrets"), ("DELETE", "/queue"), ("POST", "/queue")):
        with pytest.raises(UnlistedRoute, match=f"{method} /v1{path}"):
            router.add_api_route(path, reached, methods=[method])
    with pytest.raises(UnlistedRoute):
        router.add_api_route("/queue", reached, methods=["GET", "DELETE"])
    with pytest.raises(UnlistedRoute):
        rule_of("HEAD", "/v1/queue")


def test_the_methods_of_an_address_are_told_whole() -> None:
    assert methods_of("/v1/scores") == ("GET", "POST")
    assert methods_of("/v1/models") == ("GET",)
    assert methods_of("/v1/nothing") == ()


def test_whoever_makes_models_reads_the_log_or_hands_out_accounts_sees_no_household() -> None:
    for role in (Role.MODELLER, Role.AUDITOR, Role.ADMIN):
        principal = Principal("user", "x", role, ROLE_PERMISSIONS[role], "")
        for (method, path), rule in POLICY.items():
            if "household" in path or path in SEEN_HOUSEHOLDS:
                assert not allows(principal, rule), (role, method, path)


def test_every_role_and_scope_has_permissions() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert set(SCOPE_PERMISSIONS) == set(Scope)
    assert all(SCOPE_PERMISSIONS.values()) and all(ROLE_PERMISSIONS.values())


def test_a_session_of_twelve_hours(tmp_path: Path) -> None:
    clock, store = Clock(), store_with(tmp_path, [user("li")])
    asked = TestClient(guarded_app(Access(store, settings(), clock)))
    clock.now = NOW + dt.timedelta(hours=12) - dt.timedelta(seconds=1)
    assert asked.get("/v1/queue", headers=as_user("li")).status_code == 200
    clock.now = NOW + dt.timedelta(hours=12)
    assert asked.get("/v1/queue", headers=as_user("li")).status_code == 401
    store.close()
