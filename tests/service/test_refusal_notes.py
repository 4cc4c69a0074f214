"""The audit learns of refusals without growing by each: some by themselves, the rest as a sum that loses none."""

from __future__ import annotations

import asyncio
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.requests import Request

from helpers.accounts import Clock
from riskmodel.errors import NotFound, PromotionRefused, RiskError, StoreUnavailable
from riskmodel.service import refusal_notes
from riskmodel.service.access import ROLE_PERMISSIONS, Principal, Role
from riskmodel.service.audit import Act
from riskmodel.service.errors import Conflict, NotAtRisk
from riskmodel.service.guarding import PRINCIPAL
from riskmodel.service.refusal_notes import RefusalNotes
from riskmodel.service.refusals import Forbidden

LI = Principal("user", "li", Role.REVIEWER, ROLE_PERMISSIONS[Role.REVIEWER], "")
WANG = Principal("user", "wang", Role.VIEWER, ROLE_PERMISSIONS[Role.VIEWER], "")
HOUSEHOLD = "/v1/households/{household_id}/score"


class Route:
    """A route, as far as notes are concerned."""

    def __init__(self, path: str) -> None:
        self.path = path


class Desk:
    """Notes, a clock, and what the audit was handed."""

    def __init__(self, **values: int) -> None:
        self.clock, self.acts, self.failing = Clock(), list[Act](), False
        self.notes = RefusalNotes(self.submit, self.clock, **values)

    def submit(self, acts: list[Act]) -> None:
        if self.failing:
            raise StoreUnavailable("not now")
        self.acts += acts

    def note(
        self, times: int = 1, who: Principal | None = None, code: str = "unauthenticated", at: str = "::1"
    ) -> None:
        for _ in range(times):
            self.notes.note(request(at), who, code)

    @property
    def sums(self) -> list[tuple[str, dict[str, Any]]]:
        return [(act.actor, dict(act.detail)) for act in self.acts if "more" in act.detail]

    @property
    def total(self) -> int:
        return sum(act.detail.get("more", 1) for act in self.acts)


def request(
    address: str = "::1", method: str = "GET", path: str = "/v1/queue", who: Principal | None = None
) -> Request:
    state: dict[str, Any] = {"request_id": "7f0c"} | ({PRINCIPAL: who} if who else {})
    scope = {"type": "http", "method": method, "path": path, "headers": [], "client": (address, 1), "state": state}
    return Request({**scope, "route": Route(path)})


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_entry_tells_who_where_and_why_but_no_address(desk: Desk) -> None:
    desk.note(who=LI, code="forbidden")
    desk.note(at="192.0.2.7")
    detail = {"method": "GET", "route": "/v1/queue"}
    assert desk.acts[0] == Act(
        desk.clock.now, "refused", "user:li", "reviewer", "", {"code": "forbidden", **detail}, "7f0c"
    )
    assert (desk.acts[1].actor, desk.acts[1].detail["code"]) == ("anonymous", "unauthenticated")
    assert "192.0.2.7" not in str(desk.acts)


def test_of_an_address_and_a_code_ten_a_minute_and_a_sum_of_the_rest(desk: Desk) -> None:
    desk.note(1000)
    desk.note(11, code="cross_site")
    desk.note(3, at="192.0.2.7")
    assert len(desk.acts) == 10 + 10 + 3
    desk.clock.pass_by(60)
    desk.note()
    codes = [("anonymous", {"code": "unauthenticated", "more": 990}), ("anonymous", {"code": "cross_site", "more": 1})]
    assert desk.sums == codes
    assert desk.total == 1000 + 11 + 3 + 1


def test_addresses_of_one_line_count_as_one(desk: Desk) -> None:
    for number in range(100):
        desk.note(at=f"2001:db8:1:2::{number:x}")
    assert len(desk.acts) == 10


def test_whoever_is_known_is_always_noted_up_to_sixty_a_minute(desk: Desk) -> None:
    desk.note(1000)
    desk.note(60, who=LI, code="forbidden")
    desk.note(5, who=WANG, code="forbidden")
    assert len(desk.acts) == 10 + 60 + 5
    desk.note(7, who=LI, code="not_found")
    desk.note(2, who=LI, code="forbidden")
    assert len(desk.acts) == 10 + 60 + 5
    desk.clock.pass_by(60)
    desk.notes.sum_up(desk.clock.now)
    assert desk.sums[1:] == [
        ("user:li", {"code": "forbidden", "more": 2}),
        ("user:li", {"code": "not_found", "more": 7}),
    ]


def test_from_however_many_addresses_the_entries_of_a_minute_have_an_end() -> None:
    desk = Desk(most_addresses=20)
    for number in range(1000):
        desk.note(2, at=f"10.0.{number // 250}.{number % 250}")
    assert len(desk.notes) == 21
    assert len(desk.acts) == 20 * 2 + 10
    desk.note(who=LI, code="forbidden")
    assert desk.acts[-1].actor == "user:li"
    desk.notes.sum_up()
    assert desk.total == 2001


def test_a_sum_is_written_though_nobody_is_refused_any_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_notes, "MINUTE", dt.timedelta(milliseconds=5))

    async def wait() -> None:
        summing_up = asyncio.create_task(desk.notes.keep_summing_up())
        desk.note(12)
        desk.clock.pass_by(60)
        while not desk.sums:
            await asyncio.sleep(0.005)
        summing_up.cancel()

    asyncio.run(asyncio.wait_for(wait(), 20))
    assert desk.sums == [("anonymous", {"code": "unauthenticated", "more": 2})]
    assert len(desk.notes) == 0


def test_what_the_audit_does_not_take_is_counted_and_keeps_nobody_from_being_refused(desk: Desk) -> None:
    desk.failing = True
    desk.note(3)
    desk.failing = False
    desk.note()
    desk.notes.sum_up()
    assert desk.sums == [("anonymous", {"code": "unauthenticated", "more": 3})]
    assert desk.total == 4


def test_a_clock_that_is_set_back_keeps_nothing_for_ever(desk: Desk) -> None:
    desk.note(11)
    desk.clock.pass_by(-3600)
    desk.note()
    assert [detail["more"] for _, detail in desk.sums] == [1]


@pytest.mark.parametrize(
    ("error", "method", "path", "noted"),
    [
        (NotFound("x"), "GET", HOUSEHOLD, True),
        (NotAtRisk("x"), "GET", HOUSEHOLD, True),
        (NotFound("x"), "GET", "/v1/areas/{code}", True),
        (NotFound("x"), "GET", "/review/area", True),
        (NotFound("x"), "GET", "/v1/jobs/{job_id}", False),
        # whatever it is about, somebody may not
        (Forbidden("x"), "GET", "/v1/jobs/{job_id}", True),
        (Forbidden("x"), "POST", "/v1/scores", True),
        (NotFound("x"), "POST", "/v1/models/{version}/promotion", True),
        (Conflict("x"), "POST", "/v1/households/{household_id}/decisions", True),
        # the route itself has told more of it
        (PromotionRefused("x"), "POST", "/v1/models/{version}/promotion", False),
        # the service's fault
        (StoreUnavailable("x"), "GET", HOUSEHOLD, False),
    ],
)
def test_errors_of_routes_that_do_something_or_name_a_household(
    desk: Desk, error: RiskError, method: str, path: str, noted: bool
) -> None:
    desk.notes.note_error(request(method=method, path=path, who=LI), error)
    told = [(act.actor, act.detail) for act in desk.acts]
    assert told == ([("user:li", {"code": error.code, "method": method, "route": path})] if noted else [])


def test_threads_that_refuse_at_once_are_all_counted(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: desk.note(25, who=LI, code="forbidden"), range(8)))
    desk.notes.sum_up()
    assert desk.total == 200 and len(desk.acts) == 61


def test_errors_of_whoever_is_not_known_are_not_noted(desk: Desk) -> None:
    desk.notes.note_error(request(method="POST", path="/review/sign-in"), Conflict("x"))
    assert desk.acts == []
