"""The audit is told as it stands, so that whoever reads it can compute the chain anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.acts import record
from helpers.offices import Headers, Office, office
from riskmodel.service.access import Role
from riskmodel.service.api.schemas import AuditReply
from riskmodel.service.audit import Entry, Mark
from riskmodel.service.audit_checking import verify_chain


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        record(place.store, "p0", "p1", "户")
        yield place


@pytest.fixture
def auditor(place: Office) -> Headers:
    return place.user("ann", Role.AUDITOR)


def test_what_is_told_is_the_chain(place: Office, auditor: Headers) -> None:
    answer = place.web.get("/v1/audit", headers=auditor)
    AuditReply.model_validate_json(answer.content)
    found = answer.json()
    told = [
        Entry(
            one["sequence"],
            json.dumps(one["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False),
            one["previous_hash"],
            one["hash"],
        )
        for one in found["entries"]
    ]
    assert found["cursor"] == told[-1].sequence == 3
    assert verify_chain(told, [], Mark(3, told[-1].hash)) == 3
    assert [one["content"]["subject"] for one in found["entries"]] == ["p0", "p1", "户"]


def test_going_on_with_the_cursor_misses_nothing_and_tells_of_the_looking(place: Office, auditor: Headers) -> None:
    after, found = 0, []
    while True:
        answer = place.web.get("/v1/audit", params={"after": after, "limit": 2}, headers=auditor).json()
        found += answer["entries"]
        after = answer["cursor"]
        if len(answer["entries"]) < 2:
            break
    assert [one["sequence"] for one in found] == list(range(1, len(found) + 1))
    looked = [one["content"]["detail"] for one in found if one["content"]["actor"] == "user:ann"]
    assert looked[0] == {"what": "audit", "after": 0, "entries": 2}


def test_beyond_the_end_the_cursor_stays(place: Office, auditor: Headers) -> None:
    assert place.web.get("/v1/audit?after=900", headers=auditor).json() == {"cursor": 900, "entries": []}


@pytest.mark.parametrize("query", ["after=-1", "limit=0", "limit=1001", "after=x", f"after={10**30}"])
def test_what_can_not_be_asked(place: Office, auditor: Headers, query: str) -> None:
    assert place.web.get(f"/v1/audit?{query}", headers=auditor).status_code == 422


def test_who_looks_after_households_does_not_look_here(place: Office) -> None:
    for role in (Role.REVIEWER, Role.ADMIN, Role.MODELLER):
        assert place.web.get("/v1/audit", headers=place.user(role.value, role)).status_code == 403
