"""Households by id: one or many, as of a date, by the model that was live then or one that is named."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, select, update
from starlette.testclient import TestClient

from conftest import NOW, Tiny
from helpers.accounts import as_client
from helpers.scores import assert_same_scores
from helpers.stores import closing_store
from helpers.tiny_store import score
from riskmodel.features.snapshot import build_snapshot
from riskmodel.registry.bundle import BundleFiles, publish_bundle
from riskmodel.registry.champion import promote
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Scope
from riskmodel.service.api.schemas import ScoreReply
from riskmodel.service.app import create_app
from riskmodel.service.store.accounts import Client, add_client
from riskmodel.service.store.audit_log import head, page
from riskmodel.service.store.households import find
from riskmodel.service.store.tables import cohort_parts, snapshots
from riskmodel.service.store.tables import households as stored
from riskmodel.service.tokens import hash_of_secret
from riskmodel.settings import Settings

SECRET = "110101199003078888"


def ask(client: TestClient, **body: Any) -> Any:
    answer = client.post("/v1/scores", json=body)
    assert answer.status_code == 200, answer.text
    ScoreReply.model_validate_json(answer.content)
    return answer.json()


def test_a_list_is_answered_in_its_order_and_names_what_it_can_not_answer(
    client: TestClient, households: list[dict[str, Any]]
) -> None:
    ids = [households[place]["household_id"] for place in (9, 3, 9)]
    found = ask(client, household_ids=[ids[0], SECRET, ids[1], ids[2], "x\0"[:1]], reasons=2)
    assert [one["household_id"] for one in found["scores"]] == ids
    assert found["refused"] == [{"position": 1, "code": "not_found"}, {"position": 4, "code": "not_found"}]
    assert [len(one["reasons"]) for one in found["scores"]] == [2, 2, 2]
    by_features = ask(client, households=[households[9], households[3]], reasons=2)["scores"]
    assert_same_scores(found["scores"][:2], by_features)
    assert SECRET not in str(found)


def test_the_same_question_has_the_same_bytes(client: TestClient, households: list[dict[str, Any]]) -> None:
    body = {"household_ids": [one["household_id"] for one in households[:50]]}
    assert client.post("/v1/scores", json=body).content == client.post("/v1/scores", json=body).content


FAULTS = [
    ({"household_ids": []}, "household_ids", "id_list"),
    ({"household_ids": "all"}, "household_ids", "id_list"),
    ({"household_ids": ["1"] * 10_001}, "household_ids", "id_list"),
    ({"household_ids": [1]}, "household_ids[0]", "text"),
    ({"household_ids": ["1", None]}, "household_ids[1]", "text"),
    ({"household_ids": ["x" * 65]}, "household_ids[0]", "too_long"),
    ({"household_ids": ["a\0b"]}, "household_ids[0]", "unicode"),
    ({"household_ids": ["1"], "as_of": "2021-02-30"}, "as_of", "date"),
    ({"household_ids": ["1"], "as_of": 5}, "as_of", "date"),
    ({"household_ids": ["1"], "as_of": "2999-01-01"}, "as_of", "future"),
    ({"household_ids": ["1"], "reasons": 99}, "reasons", "reasons"),
    ({"household_ids": ["1"], "model": 5}, "model", "version"),
    ({"household_ids": ["1"], "households": []}, "body", "unknown_key"),
]


@pytest.mark.parametrize(("body", "where", "rule"), FAULTS)
def test_faults_are_named(client: TestClient, body: dict[str, Any], where: str, rule: str) -> None:
    answer = client.post("/v1/scores", json=body)
    assert answer.status_code == 422
    assert (where, rule) in [(one["where"], one["rule"]) for one in answer.json()["errors"]]


class TestTime:
    """Two models, one live before 2021-02-01 and one after, and a cohort scored as of 2021-01-01."""

    @pytest.fixture
    def versions(self, tiny_bundle: BundleFiles, tmp_path: Path) -> tuple[Path, str, str]:
        models = tmp_path / "models"
        shutil.copytree(tiny_bundle.path, models / "tinyland" / tiny_bundle.version)
        kept = ("programme", "version", "digest", "files")
        facts = {key: value for key, value in tiny_bundle.manifest.items() if key not in kept}
        files = {**tiny_bundle.files, "card.md": tiny_bundle.files["card.md"] + b"\nAgain.\n"}
        second = publish_bundle(models, "tinyland", files, facts).name
        expected = None
        for version, day in ((tiny_bundle.version, dt.datetime(2020, 12, 1)), (second, dt.datetime(2021, 2, 1))):
            at = day.replace(tzinfo=dt.UTC)
            people = {"by": "A. Tester", "reason": "test", "second": "S. Second"}
            promote(models, "tinyland", version, at=at, expected_champion=expected, simulated=False, **people)
            expected = version
        return models, tiny_bundle.version, second

    @pytest.fixture
    def web(self, versions: tuple[Path, str, str], store_copy: str) -> Iterator[TestClient]:
        settings = Settings(models=versions[0], programme="tinyland", store=store_copy, cookie_secure=False)
        with TestClient(create_app(settings, now=lambda: NOW), headers=as_client("everything")) as client:
            yield client

    def version(self, web: TestClient, household_id: str, **given: str) -> str:
        answer = web.get(f"/v1/households/{household_id}/score", params=given)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["model"]["version"])

    def test_the_model_of_the_date_answers(
        self, web: TestClient, versions: tuple[Path, str, str], households: list[dict[str, Any]]
    ) -> None:
        _, first, second = versions
        one = households[0]["household_id"]
        assert self.version(web, one) == second
        assert self.version(web, one, as_of="2021-01-01") == first
        assert self.version(web, one, as_of="2021-01-15") == first
        assert self.version(web, one, as_of="2021-01-01", model=second) == second
        assert self.version(web, one, as_of="2021-03-01") == second
        assert self.version(web, one, model=first) == first

    def test_both_can_be_explained_afterwards(
        self, web: TestClient, versions: tuple[Path, str, str], households: list[dict[str, Any]]
    ) -> None:
        for version in versions[1:]:
            address = f"/v1/households/{households[0]['household_id']}/explanation"
            found = web.get(address, params={"model": version}).json()
            assert found["model"]["version"] == version
            total = found["base_log_odds"] + sum(one["log_odds"] for one in found["contributions"])
            assert abs(total - found["log_odds"]) < 1e-9

    def test_before_the_first_model_nobody_would_have_answered(
        self, web: TestClient, households: list[dict[str, Any]]
    ) -> None:
        address = f"/v1/households/{households[0]['household_id']}/score"
        answer = web.get(address, params={"as_of": "2020-01-01"})
        assert (answer.status_code, answer.json()["code"]) == (409, "no_model_then")
        assert web.get(address, params={"as_of": "2020-01-01", "model": "nothing"}).status_code == 404

    def test_features_are_those_known_on_the_date(
        self, web: TestClient, versions: tuple[Path, str, str], tiny: Tiny, scorer: Scorer
    ) -> None:
        """Of a date that no cohort was scored for, features are made from what was recorded before it."""
        day = dt.date(2019, 7, 1)
        whole = build_snapshot(tiny.programme, tiny.line, day)
        snapshot = whole[whole["area_code"].isin(["n1", "n2", "s1"])].reset_index(drop=True)
        batch, _ = scorer.score(snapshot, NOW.date())
        ids = snapshot["household_id"].tolist()
        found = ask(web, household_ids=ids, as_of=day.isoformat(), model=versions[1])
        for one in found["scores"]:
            one["as_of"] = dt.date.fromisoformat(one["as_of"])
            for reason in one["reasons"]:
                del reason["text"]
        assert_same_scores(found["scores"], batch.to_pylist())
        assert found["refused"] == []

    def test_not_at_risk_then(self, web: TestClient, versions: tuple[Path, str, str], tiny: Tiny) -> None:
        day = dt.date(2019, 7, 1)
        at_risk = set(build_snapshot(tiny.programme, tiny.line, day)["household_id"])
        other = next(one for one in tiny.panel.households["household_id"] if one not in at_risk)
        given = {"as_of": day.isoformat(), "model": versions[1]}
        answer = web.get(f"/v1/households/{other}/score", params=given)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_at_risk")
        found = ask(web, household_ids=[other], **given)
        assert found == {"scores": [], "refused": [{"position": 0, "code": "not_at_risk"}]}


class TestKept:
    """What was kept of a scored cohort counts, and everyone in it is known to have been at risk or not."""

    @pytest.fixture
    def web(self, store_copy: str, service_settings: Settings) -> Iterator[TestClient]:
        settings = service_settings.model_copy(update={"store": store_copy})
        with TestClient(create_app(settings, now=lambda: NOW), headers=as_client("everything")) as client:
            yield client

    def test_company_changes_no_answer(
        self, web: TestClient, store_copy: str, households: list[dict[str, Any]], tiny: Tiny
    ) -> None:
        """Not even where features would come out differently now, and a neighbour's have to be made."""
        one = households[0]["household_id"]
        with closing_store(store_copy) as store, store.writing() as connection:
            connection.execute(delete(cohort_parts))
            kept = select(stored.c.household).where(stored.c.household_id == one).scalar_subquery()
            rows = connection.execute(select(snapshots.c.features).where(snapshots.c.household == kept)).scalar_one()
            values = np.frombuffer(rows, "<f8").copy()
            values[0] *= 1.5
            change = update(snapshots).where(snapshots.c.household == kept)
            connection.execute(change.values(features=values.tobytes()))
        at_risk = {row["household_id"] for row in households}
        other = next(row for row in tiny.panel.households["household_id"] if row not in at_risk)
        alone = ask(web, household_ids=[one])["scores"]
        assert alone != ask(web, households=households[:1])["scores"]
        given = {"as_of": "2021-01-01", "model": alone[0]["model"]["version"]}
        together = ask(web, household_ids=[one, other], **given)
        assert_same_scores(together["scores"], alone)
        assert together["refused"] == [{"position": 1, "code": "not_at_risk"}]

    def test_who_was_not_at_risk_is_known_without_looking(
        self, web: TestClient, households: list[dict[str, Any]], tiny: Tiny, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def never(*_: Any) -> None:
            raise AssertionError("features were made anew")

        monkeypatch.setattr("riskmodel.service.features.make", never)
        at_risk = {row["household_id"] for row in households}
        other = next(row for row in tiny.panel.households["household_id"] if row not in at_risk)
        given = {"as_of": "2021-01-01", "model": web.get("/readyz").json()["model"]["version"]}
        assert ask(web, household_ids=[other], **given)["refused"] == [{"position": 0, "code": "not_at_risk"}]

    def test_too_many_areas_for_a_date_that_nobody_scored(
        self, web: TestClient, households: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("riskmodel.service.asking.MOST_SHARDS", 0)
        body = {"household_ids": [households[0]["household_id"]], "as_of": "2021-03-01"}
        answer = web.post("/v1/scores", json={**body, "model": web.get("/readyz").json()["model"]["version"]})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["rule"] == "too_many_areas"

    def test_long_questions_leave_the_others_alone(
        self, web: TestClient, households: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever waits for features to be made holds no connection, nor the audit's."""
        go_on = threading.Event()

        def slow(*_: Any) -> dict[int, Any]:
            go_on.wait(30)
            return {}

        monkeypatch.setattr("riskmodel.service.asking.made_anew", slow)
        monkeypatch.setattr("riskmodel.service.state.PATIENCE_SECONDS", 0.5)
        version = web.get("/readyz").json()["model"]["version"]
        address = f"/v1/households/{households[0]['household_id']}/score"
        with ThreadPoolExecutor(20) as pool:
            long = [pool.submit(web.get, address, params={"as_of": "2020-06-01", "model": version}) for _ in range(20)]
            answers = [web.post("/v1/scores", json={"households": households[:1]}) for _ in range(3)]
            answers += [web.get("/v1/queue?capacity=1") for _ in range(3)]
            go_on.set()
            statuses = {one.result(30).status_code for one in long}
        assert {one.status_code for one in answers} == {200}
        assert statuses <= {409, 503}

    def test_everybody_who_was_seen_stands_in_the_audit(
        self, web: TestClient, store_copy: str, households: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("riskmodel.service.api.dependencies.MOST_NAMED", 200)
        ids = [one["household_id"] for one in households]
        with closing_store(store_copy) as store, store.reading() as connection:
            pseudonyms = {subject.pseudonym for subject in find(connection, ids).values()}
            before = head(connection).sequence
        ask(web, household_ids=ids)
        web.get("/v1/queue", params={"capacity": 10_000})
        with closing_store(store_copy) as store, store.reading() as connection:
            told = [json.loads(one.content) for one in page(connection, before, 100)]
        for action in ("scored", "viewed"):
            named = [one for entry in told if entry["action"] == action for one in entry["detail"]["subjects"]]
            assert sorted(named) == sorted(pseudonyms)
        assert not any(one in json.dumps(told) for one in ids)


class TestChangesAndHistory:
    @pytest.fixture
    def web(self, store_copy: str, service_settings: Settings, scorer: Scorer) -> Iterator[TestClient]:
        """Serve a store whose cohort was scored as of a second date."""
        with closing_store(store_copy) as store:
            score(store, scorer, dt.date(2021, 5, 1), NOW)
            with store.writing() as connection:
                scopes = (Scope.CHANGES, Scope.SCORES_HOUSEHOLDS)
                add_client(connection, Client("north", hash_of_secret("north"), scopes, "north", NOW))
        settings = service_settings.model_copy(update={"store": store_copy})
        with TestClient(create_app(settings, now=lambda: NOW), headers=as_client("everything")) as client:
            yield client

    def test_pages_of_changes_are_whole(self, web: TestClient, scorer: Scorer) -> None:
        whole = web.get("/v1/scores", params={"limit": 1000}).json()
        assert len(whole["changes"]) > 3
        step = scorer.programme.file.change_step
        bands = {}
        for one in whole["changes"]:
            history = web.get(f"/v1/households/{one['household_id']}/history").json()["scores"]
            bands[one["household_id"]] = {row["band"] for row in history}
            far = abs(one["probability"] - one["previous_probability"]) >= step - 1e-12
            assert far or len(bands[one["household_id"]]) == 2
            assert history[0]["probability"] == one["probability"]
            assert history[1]["probability"] == one["previous_probability"]
        cursor, found = 0, []
        while True:
            page = web.get("/v1/scores", params={"after": cursor, "limit": 2}).json()
            if not page["changes"]:
                assert page["cursor"] == cursor == whole["cursor"]
                break
            found += page["changes"]
            cursor = page["cursor"]
        assert found == whole["changes"]

    def test_what_did_we_say_and_why(self, web: TestClient, households: list[dict[str, Any]]) -> None:
        one = households[0]["household_id"]
        said = web.get(f"/v1/households/{one}/history").json()["scores"]
        assert [row["as_of"] for row in said] == ["2021-05-01", "2021-01-01"]
        now = web.get(
            f"/v1/households/{one}/score", params={"as_of": "2021-01-01", "model": said[1]["model"]["version"]}
        )
        for name in ("probability", "log_odds", "interval", "band", "rank_share", "snapshot_digest"):
            assert said[1][name] == now.json()[name]
        for then, again in zip(said[1]["reasons"], now.json()["reasons"], strict=True):
            assert (then["feature"], then["value"]) == (again["feature"], again["value"])
            assert then["log_odds"] == pytest.approx(again["log_odds"], abs=1e-12)

    def test_another_area_is_as_if_it_did_not_exist(self, web: TestClient, households: list[dict[str, Any]]) -> None:
        web.headers["authorization"] = "Bearer north"
        everyone = [one["household_id"] for one in households]
        found = ask(web, household_ids=everyone)
        refused = [everyone[one["position"]] for one in found["refused"]]
        assert refused and found["scores"]
        assert {one["code"] for one in found["refused"]} == {"not_found"}
        queued = web.get("/v1/queue", params={"capacity": 10_000}).json()
        assert {one["household_id"] for one in queued["households"]} == {one["household_id"] for one in found["scores"]}
        changed = {one["household_id"] for one in web.get("/v1/scores", params={"limit": 1000}).json()["changes"]}
        assert changed and not changed & set(refused)
        for route in ("score", "explanation", "history"):
            there = web.get(f"/v1/households/{refused[0]}/{route}")
            nowhere = web.get(f"/v1/households/{SECRET}/{route}")
            assert there.status_code == nowhere.status_code == 404
            assert {**there.json(), "instance": ""} == {**nowhere.json(), "instance": ""}
        for area in ("south", "s1", "atlantis"):
            assert web.get("/v1/queue", params={"area": area}).json()["households"] == []
