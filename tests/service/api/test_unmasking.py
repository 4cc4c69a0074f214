"""Names are masked for all who may look; whole they are told only after the audit knows who asked and what for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from helpers.offices import Headers, Office, office, told_apart
from riskmodel.errors import StoreUnavailable
from riskmodel.service.access import Role
from riskmodel.service.api.schemas import PeopleReply, UnmaskingRequestShape
from riskmodel.service.api.unmasking import Purpose
from riskmodel.service.audit_writer import AuditWriter
from riskmodel.service.store.tables import persons

NAME, PHONE, WORDS = "王小明", "13812345678", "王小明 moves, h0 on Monday"
PURPOSE = {"purpose": "visit", "words": WORDS}
PEOPLE = "/v1/households/h0/people"
UNMASKING = "/v1/households/h0/unmasking"


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        rows = [("", {"phone": PHONE}), ("1", {"name": NAME, "tall": 1.8, "note": None})]
        with place.store.writing() as connection:
            for member, content in rows:
                own = {"household": place.numbers[0], "member_id": member, "content": content}
                connection.execute(insert(persons).values(own))
        yield place


@pytest.fixture
def li(place: Office) -> Headers:
    return place.user("li", Role.REVIEWER, "c1")


def test_masked(place: Office, li: Headers) -> None:
    answer = place.web.get(PEOPLE, headers=li)
    PeopleReply.model_validate_json(answer.content)
    assert answer.json() == {
        "household_id": "h0",
        "masked": True,
        "people": [
            {"member_id": "", "content": {"phone": "＊＊＊＊＊＊＊＊＊78"}},
            {"member_id": "＊", "content": {"name": "王＊＊", "tall": "＊", "note": None}},
        ],
    }
    [act] = place.acts("viewed")
    assert (act["subject"], act["detail"]) == ("p0", {"what": "people", "people": 2})


def test_whole_with_the_purpose_in_the_audit(place: Office, li: Headers) -> None:
    answer = place.web.post(UNMASKING, json=PURPOSE, headers=li)
    PeopleReply.model_validate_json(answer.content)
    assert answer.status_code == 200
    assert answer.json()["people"] == [
        {"member_id": "", "content": {"phone": PHONE}},
        {"member_id": "1", "content": {"name": NAME, "tall": 1.8, "note": None}},
    ]
    [act] = place.acts("unmasked")
    assert (act["actor"], act["role"], act["subject"]) == ("user:li", "reviewer", "p0")
    assert act["detail"] == {"purpose": "visit", "words_sha256": hashlib.sha256(WORDS.encode()).hexdigest()}
    assert not any(one in str(place.acts()) for one in (NAME, PHONE, WORDS, "h0"))


@pytest.mark.parametrize("purpose", ["visit", "check_identity", "correct_data", "appeal", "other"])
@pytest.mark.parametrize("more", [{}, {"words": None}])
def test_a_purpose_alone_will_do(place: Office, li: Headers, purpose: str, more: dict[str, None]) -> None:
    assert place.web.post(UNMASKING, json={"purpose": purpose, **more}, headers=li).status_code == 200
    assert [act["detail"] for act in place.acts("unmasked")] == [{"purpose": purpose, "words_sha256": None}]


def test_the_shape_lists_the_purposes_that_there_are() -> None:
    shown = UnmaskingRequestShape.model_json_schema()["properties"]["purpose"]["enum"]
    assert shown == [one.value for one in Purpose]


def test_what_the_audit_does_not_know_is_not_told(place: Office, li: Headers, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: object) -> None:
        raise StoreUnavailable("not now")

    monkeypatch.setattr(AuditWriter, "write", unavailable)
    for answer in (
        place.web.post(UNMASKING, json=PURPOSE, headers=li),
        place.web.get(PEOPLE, headers=li),
    ):
        assert answer.status_code == 503
        assert NAME not in answer.text and PHONE not in answer.text and "＊" not in answer.text


@pytest.mark.parametrize(
    ("sent", "where", "rule"),
    [
        ({"purpose": None}, "purpose", "required"),
        ({"purpose": "a visit"}, "purpose", "choice"),
        ({"words": " "}, "words", "blank"),
        ({"words": "x" * 201}, "words", "too_long"),
    ],
)
def test_one_of_some_purposes_is_needed(
    place: Office, li: Headers, sent: dict[str, str | None], where: str, rule: str
) -> None:
    answer = place.web.post(UNMASKING, json={**PURPOSE, **sent}, headers=li)
    assert answer.status_code == 422
    assert [(one["where"], one["rule"]) for one in answer.json()["errors"]] == [(where, rule)]
    assert place.acts("unmasked") == []
    assert WORDS not in str(place.acts())


@pytest.mark.parametrize("one", ["h2", "nobody", "%00"])
def test_a_household_elsewhere_is_as_one_that_is_not(place: Office, li: Headers, one: str) -> None:
    missing = place.web.get("/v1/households/none/people", headers=li)
    for answer in (
        place.web.get(f"/v1/households/{one}/people", headers=li),
        place.web.post(f"/v1/households/{one}/unmasking", json=PURPOSE, headers=li),
    ):
        assert answer.status_code == 404
        assert told_apart(answer.content) == told_apart(missing.content)
    assert place.acts("unmasked", "viewed") == []


def test_no_log_holds_whom_or_what_for(place: Office, li: Headers, capsys: pytest.CaptureFixture[str]) -> None:
    place.web.post(UNMASKING, json=PURPOSE, headers=li)
    place.web.post(UNMASKING, json={**PURPOSE, "words": WORDS * 30}, headers=li)
    place.web.get(PEOPLE, headers=li)
    captured = capsys.readouterr()
    logged = captured.out + captured.err
    assert "/v1/households/{household_id}/unmasking" in logged
    assert not any(one in logged for one in (NAME, PHONE, WORDS, "h0"))
