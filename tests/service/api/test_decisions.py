"""A decision is kept once with its audit entry, tells nothing to whom it does not concern, and is never changed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import func, select

from helpers.offices import Headers, Office, office, told_apart
from helpers.standings import stand
from riskmodel.registry.bundle import BundleFiles
from riskmodel.service.access import Role
from riskmodel.service.api.decision_schemas import DecisionShape, DecisionsReply
from riskmodel.service.digests import sha256_of
from riskmodel.service.store import audit_log
from riskmodel.service.store.tables import decisions, idempotency

WHY = "Zhang San's roof is gone, 13812345678"
PATH = "/v1/households/h0/decisions"


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        yield place


@pytest.fixture
def li(place: Office) -> Headers:
    return place.user("li", Role.REVIEWER, "c1")


def kept(place: Office) -> tuple[int, int]:
    """Return how many decisions and answers are kept."""
    with place.store.reading() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(one)).scalar_one() for one in (decisions, idempotency)
        ]
    return counts[0], counts[1]


def body(**changes: Any) -> dict[str, Any]:
    return {"outcome": "needs_visit", "reason": WHY, "next_on": "2021-07-01", **changes}


def test_a_decision_is_answered_listed_and_in_the_audit(place: Office, li: Headers, tiny_bundle: BundleFiles) -> None:
    words = {"notes": "the dog bites", "evidence": "照片"}
    given = body(as_of="2021-01-01", version=tiny_bundle.version, **words)
    answer = place.web.post(PATH, json=given, headers=li)
    assert answer.status_code == 201, answer.text
    DecisionShape.model_validate_json(answer.content)
    assert answer.json() == {
        **given,
        "decision": 1,
        "household_id": "h0",
        "decided_at": "2021-06-01T12:00:00+00:00",
        "decided_by": "li",
        "role": "reviewer",
        "corrects": None,
        "band": None,
        "departs": None,
    }
    listed = place.web.get(PATH, headers=li)
    DecisionsReply.model_validate_json(listed.content)
    assert listed.json() == {"household_id": "h0", "decisions": [answer.json()]}
    [act] = place.acts("decided")
    assert (act["actor"], act["role"], act["subject"]) == ("user:li", "reviewer", "p0")
    assert act["detail"] == {
        "decision": 1,
        "outcome": "needs_visit",
        "version": tiny_bundle.version,
        "band": None,
        "departs": None,
        "next_on": "2021-07-01",
        "reason_sha256": sha256_of(WHY),
        "notes_sha256": sha256_of("the dog bites"),
        "evidence_sha256": sha256_of("照片"),
    }
    assert act["request_id"] == answer.headers["x-request-id"]
    [view] = place.acts("viewed")
    assert (view["subject"], view["detail"]) == ("p0", {"what": "decisions", "decisions": 1})


def test_the_newest_comes_first(place: Office, li: Headers) -> None:
    for _ in range(3):
        place.web.post(PATH, json=body(), headers=li)
    found = place.web.get(PATH, params={"limit": 2}, headers=li).json()["decisions"]
    assert [one["decision"] for one in found] == [3, 2]


class TestCorrecting:
    def test_an_earlier_one_of_the_same_household(self, place: Office, li: Headers) -> None:
        place.web.post(PATH, json=body(), headers=li)
        answer = place.web.post(PATH, json=body(outcome="not_now", corrects=1), headers=li)
        assert (answer.status_code, answer.json()["corrects"]) == (201, 1)
        assert kept(place) == (2, 0)

    @pytest.mark.parametrize("corrects", [2, 2**62])
    def test_one_that_is_not(self, place: Office, li: Headers, corrects: int) -> None:
        # number 1 is another household's
        place.web.post("/v1/households/h1/decisions", json=body(), headers=li)
        for number in (1, corrects):
            answer = place.web.post(PATH, json=body(corrects=number), headers={**li, "idempotency-key": f"k{number}"})
            assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert kept(place) == (1, 0)
        assert len(place.acts("decided")) == 1
        assert [act["detail"]["code"] for act in place.acts("refused")] == ["conflict"] * 2


class TestIdempotency:
    def test_the_same_again_is_answered_the_same_and_decides_nothing(self, place: Office, li: Headers) -> None:
        headers = {**li, "idempotency-key": "one"}
        first = place.web.post(PATH, json=body(), headers=headers)
        # the order of keys and an optional null make no other request
        again = place.web.post(
            PATH,
            json={"as_of": None, "next_on": "2021-07-01", "reason": WHY, "outcome": "needs_visit"},
            headers=headers,
        )
        assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
        assert again.headers["content-type"] == "application/json"
        assert kept(place) == (1, 1)
        assert len(place.acts("decided")) == 1

    def test_a_key_stands_for_one_request(self, place: Office, li: Headers) -> None:
        headers = {**li, "idempotency-key": "one"}
        place.web.post(PATH, json=body(), headers=headers)
        for path, other in [(PATH, body(reason="other")), ("/v1/households/h1/decisions", body())]:
            answer = place.web.post(path, json=other, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert kept(place) == (1, 1)

    def test_keys_of_others_have_nothing_to_do_with_it(self, place: Office, li: Headers) -> None:
        wang = place.user("wang", Role.SUPERVISOR)
        found = [place.web.post(PATH, json=body(), headers={**who, "idempotency-key": "one"}) for who in (li, wang)]
        assert [one.json()["decision"] for one in found] == [1, 2]

    def test_of_many_at_once_one_decides(self, place: Office, li: Headers) -> None:
        headers = {**li, "idempotency-key": "one"}
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: place.web.post(PATH, json=body(), headers=headers), range(8)))
        # whoever came while it was being done is told to come back, and then gets the answer of the one that did it
        early = [one for one in found if one.status_code != 201]
        assert {(one.status_code, one.json()["code"], one.headers["retry-after"]) for one in early} <= {
            (409, "request_in_progress", "1")
        }
        again = place.web.post(PATH, json=body(), headers=headers)
        assert {(one.status_code, one.content) for one in found if one not in early} == {(201, again.content)}
        assert kept(place) == (1, 1)
        assert len(place.acts("decided")) == 1

    @pytest.mark.parametrize("key", ["", "x" * 65, "schlüssel", "a\tb"])
    def test_what_is_no_key(self, place: Office, li: Headers, key: str) -> None:
        answer = place.web.post(PATH, json=body(), headers={**li, "idempotency-key": key.encode("latin-1")})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert kept(place) == (0, 0)

    def test_who_may_no_longer_see_the_household_gets_no_answer_of_before(self, place: Office, li: Headers) -> None:
        far = place.user("far", Role.REVIEWER, "c2")
        place.web.post(PATH, json=body(), headers={**li, "idempotency-key": "one"})
        answer = place.web.post(PATH, json=body(), headers={**far, "idempotency-key": "one"})
        assert answer.status_code == 404


class TestDeparting:
    def test_who_departs_from_the_band_says_why(self, place: Office, li: Headers) -> None:
        stand(place.store, place.numbers[:1], [(0.9, "high")])
        fine = place.web.post(PATH, json={"outcome": "monitor"}, headers=li)
        assert (fine.status_code, fine.json()["band"], fine.json()["departs"]) == (201, "high", False)
        assert fine.json()["reason"] == ""
        refused = place.web.post(PATH, json={"outcome": "not_now"}, headers=li)
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert refused.json()["detail"].startswith("reason:")
        kept = place.web.post(PATH, json=body(outcome="not_now"), headers=li)
        assert (kept.status_code, kept.json()["departs"]) == (201, True)

    def test_without_a_score_nothing_follows_from_a_band(self, place: Office, li: Headers) -> None:
        answer = place.web.post(PATH, json={"outcome": "monitor"}, headers=li)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert kept(place) == (0, 0)


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "where", "rule"),
        [
            ({"outcome": WHY}, "outcome", "choice"),
            ({"reason": " \n "}, "reason", "blank"),
            ({"reason": "x" * 2001}, "reason", "too_long"),
            ({"notes": " "}, "notes", "blank"),
            ({"evidence": "x" * 2001}, "evidence", "too_long"),
            ({"next_on": "2021-05-31"}, "next_on", "past"),
            ({"next_on": "2022-06-03"}, "next_on", "too_far"),
            ({"next_on": "soon"}, "next_on", "date"),
            ({"as_of": "2021-06-03"}, "as_of", "future"),
            ({"version": WHY}, "version", "version"),
            ({"corrects": True}, "corrects", "number"),
            ({WHY: 1}, "body", "unknown_key"),
        ],
    )
    def test_by_place_and_rule(
        self, place: Office, li: Headers, changes: dict[str, Any], where: str, rule: str
    ) -> None:
        answer = place.web.post(PATH, json=body(**changes), headers=li)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert [(one["where"], one["rule"]) for one in answer.json()["errors"]] == [(where, rule)]
        assert "Zhang" not in answer.text and "scored" not in answer.text
        assert kept(place) == (0, 0)

    @pytest.mark.parametrize("one", ["nobody", "h2", "x" * 500, "%00", "%ED%A0%80"])
    def test_a_household_elsewhere_is_as_one_that_is_not(self, place: Office, li: Headers, one: str) -> None:
        path = f"/v1/households/{one}/decisions"
        missing = place.web.post("/v1/households/none/decisions", json=body(), headers=li)
        for answer in (place.web.post(path, json=body(), headers=li), place.web.get(path, headers=li)):
            assert answer.status_code == 404
            assert told_apart(answer.content) == told_apart(missing.content)
        assert kept(place) == (0, 0)
        assert place.acts("decided", "viewed") == []

    def test_another_media_type(self, place: Office, li: Headers) -> None:
        answer = place.web.post(PATH, content=b"{}", headers={**li, "content-type": "text/plain"})
        assert answer.status_code == 415


def test_without_its_audit_entry_there_is_no_decision(
    place: Office, li: Headers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise OSError(WHY)

    with monkeypatch.context() as patched, structlog.testing.capture_logs() as logged:
        patched.setattr(audit_log, "append", broken)
        answer = place.web.post(PATH, json=body(), headers={**li, "idempotency-key": "one"})
    assert answer.status_code == 500
    assert kept(place) == (0, 0)
    assert "Zhang" not in answer.text + str(logged) + "".join(capsys.readouterr())
    # the key is free: the same request does well now
    assert place.web.post(PATH, json=body(), headers={**li, "idempotency-key": "one"}).status_code == 201


def test_no_log_holds_what_was_said(place: Office, li: Headers, capsys: pytest.CaptureFixture[str]) -> None:
    place.web.post(PATH, json=body(), headers=li)
    place.web.post(PATH, json=body(outcome=WHY), headers=li)
    place.web.get(PATH, headers=li)
    captured = capsys.readouterr()
    logged = captured.out + captured.err
    assert "/v1/households/{household_id}/decisions" in logged
    assert "Zhang" not in logged and "h0" not in logged
    assert "Zhang" not in str(place.acts())


@pytest.mark.parametrize(
    ("one", "sent", "code"),
    [("h2", {}, "not_found"), ("nobody", {}, "not_found"), ("h0", {"reason": " "}, "invalid_request")],
)
def test_whoever_is_refused_stands_in_the_audit_but_not_about_whom(
    place: Office, li: Headers, one: str, sent: dict[str, Any], code: str
) -> None:
    """Guessing ids, whether to decide or to read, is seen afterwards."""
    route = "/v1/households/{household_id}/decisions"
    place.web.post(route.format(household_id=one), json=body(**sent), headers=li)
    [act] = place.acts("refused")
    assert (act["actor"], act["role"], act["subject"]) == ("user:li", "reviewer", "")
    assert act["detail"] == {"code": code, "method": "POST", "route": route}
    if code == "not_found":
        place.web.get(route.format(household_id=one), headers=li)
        assert [act["detail"]["method"] for act in place.acts("refused")] == ["POST", "GET"]
    assert one not in str(place.acts("refused"))
