"""A modeller lets a judged version serve; of many at once one succeeds, and the audit tells of every attempt."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from helpers.offices import Headers, Office, office
from helpers.registries import judge, publish
from riskmodel.errors import StoreUnavailable
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.champion import history
from riskmodel.service import once
from riskmodel.service.access import Role, Scope
from riskmodel.service.api.schemas import PromotionReply
from riskmodel.service.audit import Act
from riskmodel.service.audit_writer import AuditWriter
from riskmodel.service.digests import sha256_of

WHY = "better, says Zhang San"
CANDIDATES = 6


@pytest.fixture
def versions(tiny_bundle: BundleFiles, tmp_path: Path) -> list[str]:
    """Return versions each of which passes, none of which serves."""
    models = tmp_path / "models"
    found = publish(models, tiny_bundle, CANDIDATES)
    for version in found:
        judge(models, version, None)
    return found


@pytest.fixture
def place(versions: list[str], tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "models", f"sqlite:///{tmp_path / 'store.db'}") as place:
        yield place


@pytest.fixture
def mo(place: Office) -> Headers:
    return place.user("mo", Role.MODELLER)


def send(place: Office, who: Headers, version: str, expected: str | None = None, **more: Any) -> Any:
    body = {"expected_champion": expected, "reason": WHY, **more}
    return place.web.post(f"/v1/models/{version}/promotion", json=body, headers=who)


def test_a_version_serves(place: Office, mo: Headers, versions: list[str], tmp_path: Path) -> None:
    answer = send(place, mo, versions[0])
    assert answer.status_code == 200, answer.text
    PromotionReply.model_validate_json(answer.content)
    [entry] = history(tmp_path / "models", "tinyland")
    assert answer.json() == {
        "programme": "tinyland",
        "version": versions[0],
        "digest": entry.digest,
        "at": "2021-06-01T12:00:00+00:00",
        "previous": None,
    }
    assert (entry.by, entry.reason) == ("mo", WHY)
    assert place.web.get("/v1/models", headers=mo).json()["champion"]["version"] == versions[0]


def test_the_audit_knows_what_was_intended_and_what_came_of_it(
    place: Office, mo: Headers, versions: list[str], tmp_path: Path
) -> None:
    send(place, mo, versions[0])
    send(place, mo, versions[1], expected="Zhang San")
    first, done, second, refused = place.acts("promoted", "refused")
    known = {"expected_champion": None, "reason_sha256": sha256_of(WHY)}
    [entry] = history(tmp_path / "models", "tinyland")
    assert (first["subject"], first["detail"]) == (versions[0], {**known, "stage": "intended"})
    assert done["detail"] == {**known, "stage": "done", "digest": entry.digest}
    odd = {**known, "expected_champion": "unknown"}
    assert (second["action"], second["detail"]) == ("promoted", {**odd, "stage": "intended"})
    assert (refused["action"], refused["subject"]) == ("refused", versions[1])
    assert refused["detail"] == {**odd, "code": "promotion_refused"}
    assert {one["actor"] for one in (first, done, second, refused)} == {"user:mo"}
    assert "Zhang" not in str(place.acts())


def test_of_many_at_once_one_succeeds(place: Office, mo: Headers, versions: list[str], tmp_path: Path) -> None:
    with ThreadPoolExecutor(CANDIDATES) as pool:
        found = list(pool.map(lambda version: send(place, mo, version), versions))
    assert sorted(one.status_code for one in found) == [200] + [409] * (CANDIDATES - 1)
    assert {one.json()["code"] for one in found if one.status_code == 409} == {"promotion_refused"}
    [entry] = history(tmp_path / "models", "tinyland")
    assert [one.json()["version"] for one in found if one.status_code == 200] == [entry.version]
    stages = [act["detail"].get("stage", act["action"]) for act in place.acts("promoted", "refused")]
    assert (stages.count("intended"), stages.count("done"), stages.count("refused")) == (6, 1, 5)


class TestIdempotency:
    def test_the_same_again_is_answered_the_same_and_promotes_nothing(
        self, place: Office, mo: Headers, versions: list[str], tmp_path: Path
    ) -> None:
        keyed = {**mo, "idempotency-key": "one"}
        first, again = send(place, keyed, versions[0]), send(place, keyed, versions[0])
        assert (again.status_code, again.content) == (first.status_code, first.content) == (200, first.content)
        assert again.headers["content-type"] == "application/json"
        assert len(history(tmp_path / "models", "tinyland")) == 1
        assert len(place.acts("promoted")) == 2
        # without the key it is another request, and comes too late
        assert send(place, mo, versions[0]).status_code == 409

    def test_a_key_stands_for_one_request(self, place: Office, mo: Headers, versions: list[str]) -> None:
        keyed = {**mo, "idempotency-key": "one"}
        send(place, keyed, versions[0])
        for answer in (send(place, keyed, versions[1]), send(place, keyed, versions[0], expected=versions[0])):
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    def test_what_was_refused_may_be_sent_again(self, place: Office, mo: Headers, versions: list[str]) -> None:
        keyed = {**mo, "idempotency-key": "one"}
        assert send(place, keyed, versions[1], expected=versions[0]).status_code == 409
        send(place, mo, versions[0])
        # it is judged anew: now there is the champion that was expected, and what is missing is a verdict against it
        answer = send(place, keyed, versions[1], expected=versions[0])
        assert (answer.status_code, "second" in answer.json()["detail"]) == (409, True)

    def test_an_answer_that_can_not_be_kept_is_given_all_the_same(
        self, place: Office, mo: Headers, versions: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        keyed = {**mo, "idempotency-key": "one"}
        with monkeypatch.context() as patched:
            patched.setattr(once, "keep", _unavailable)
            assert send(place, keyed, versions[0]).status_code == 200
        # nobody knows any more what was answered, and nothing is promoted twice
        assert send(place, keyed, versions[0]).status_code == 409
        assert len(history(tmp_path / "models", "tinyland")) == 1


def test_without_a_passing_verdict_a_second_person_is_needed(place: Office, mo: Headers, versions: list[str]) -> None:
    send(place, mo, versions[0])
    answer = send(place, mo, versions[1], expected=versions[0])
    assert (answer.status_code, answer.json()["code"]) == (409, "promotion_refused")
    assert "riskmodel promote --second" in answer.json()["detail"]


def test_another_champion_than_expected_is_not_repeated(place: Office, mo: Headers, versions: list[str]) -> None:
    answer = send(place, mo, versions[0], expected="Zhang San")
    assert answer.status_code == 409
    assert "Zhang" not in answer.text


@pytest.mark.parametrize(
    ("changes", "where", "rule"),
    [
        ({"reason": " "}, "reason", "blank"),
        ({"reason": "x" * 2001}, "reason", "too_long"),
        ({"expected_champion": 7}, "expected_champion", "text"),
        ({"second": "S. Second"}, "body", "unknown_key"),
    ],
)
def test_by_place_and_rule(
    place: Office, mo: Headers, versions: list[str], changes: dict[str, Any], where: str, rule: str
) -> None:
    answer = send(place, mo, versions[0], **changes)
    assert answer.status_code == 422
    assert [(one["where"], one["rule"]) for one in answer.json()["errors"]] == [(where, rule)]
    [refused] = place.acts("promoted", "refused")
    assert (refused["action"], refused["detail"]["code"]) == ("refused", "invalid_request")


def test_the_champion_has_to_be_named(place: Office, mo: Headers, versions: list[str]) -> None:
    answer = place.web.post(f"/v1/models/{versions[0]}/promotion", json={"reason": WHY}, headers=mo)
    assert [(one["where"], one["rule"]) for one in answer.json()["errors"]] == [("expected_champion", "required")]


@pytest.mark.parametrize("version", ["none", "CHAMPION.json", "%2e%2e", "%00"])
def test_what_is_no_version(place: Office, mo: Headers, version: str) -> None:
    assert send(place, mo, version).status_code == 404
    [refused] = place.acts("promoted", "refused")
    route = {"method": "POST", "route": "/v1/models/{version}/promotion"}
    assert (refused["actor"], refused["subject"]) == ("user:mo", "")
    assert refused["detail"] == {"code": "not_found", **route}


def test_a_program_may_not(place: Office, versions: list[str], tmp_path: Path) -> None:
    every = place.client("all", *Scope)
    assert send(place, every, versions[0]).status_code == 403
    assert history(tmp_path / "models", "tinyland") == ()


def test_what_can_not_be_written_down_is_not_done(
    place: Office, mo: Headers, versions: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AuditWriter, "write", _unavailable)
    assert send(place, mo, versions[0]).status_code == 503
    assert history(tmp_path / "models", "tinyland") == ()


def test_what_is_done_is_told_though_its_end_is_not_written_down(
    place: Office, mo: Headers, versions: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = AuditWriter.write

    def but_not_the_end(self: AuditWriter, acts: list[Act]) -> None:
        if acts[0].detail.get("stage") == "done":
            _unavailable()
        write(self, acts)

    monkeypatch.setattr(AuditWriter, "write", but_not_the_end)
    assert send(place, mo, versions[0]).status_code == 200
    captured = capsys.readouterr()
    assert "promotion_not_recorded" in captured.out + captured.err
    assert [act["detail"]["stage"] for act in place.acts("promoted")] == ["intended"]


def _unavailable(*_: object) -> None:
    raise StoreUnavailable("not now")
