"""``/v1/jobs``: a file that is sent comes to what the same rows come to elsewhere, and is its owner's alone."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import io
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Row, select, update
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import EVERYTHING, Clock, as_client, as_user, client, settings
from helpers.acts import acts_of
from helpers.stores import closing_store
from riskmodel.scoring.batch import BatchRequest, score_file
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Role, Scope
from riskmodel.service.api.job_schemas import JobShape, JobsReply
from riskmodel.service.app import create_app
from riskmodel.service.errors import MEDIA_TYPE
from riskmodel.service.jobs import files as job_files
from riskmodel.service.jobs import taking_in
from riskmodel.service.jobs.kinds import MEDIA_TYPES
from riskmodel.service.store.accounts import add_client
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import clients, events, households, jobs
from riskmodel.service.work.running import steps
from riskmodel.service.work.worker import Step

PATH = "/v1/jobs"
OWNER, STRANGER = as_client(EVERYTHING), as_client("stranger")
DAYS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A service with a worker that works when it is told to."""

    web: TestClient
    kinds: Mapping[str, Step]
    store: Store
    clock: Clock
    root: Path

    def send(self, body: bytes, ending: str = "parquet", who: Mapping[str, str] = OWNER, **asked: Any) -> Any:
        key = asked.pop("key", None)
        headers = {**who, "content-type": MEDIA_TYPES[ending], **({"idempotency-key": key} if key else {})}
        return self.web.post(PATH, content=body, headers=headers, params={"kind": "scores", **asked})

    def sent(self, body: bytes, ending: str = "parquet", **asked: Any) -> str:
        answer = self.send(body, ending, **asked)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job"])

    def work(self) -> None:
        while self.kinds["jobs"]():
            pass

    def told(self, job: str, who: Mapping[str, str] = OWNER) -> dict[str, Any]:
        answer = self.web.get(f"{PATH}/{job}", headers=who)
        assert answer.status_code == 200, answer.text
        JobShape.model_validate(answer.json())
        return dict(answer.json())

    def result(self, job: str, part: str = "result") -> Any:
        return self.web.get(f"{PATH}/{job}/result", headers=OWNER, params={"part": part})

    def folders(self) -> list[str]:
        return sorted(path.name for path in self.root.iterdir()) if self.root.is_dir() else []


@contextmanager
def service(models: Path, store_url: str, root: Path, **more: Any) -> Iterator[Place]:
    clock = Clock(NOW)
    given = settings(models=models, programme="tinyland", store=store_url, jobs=root, job_days=DAYS, **more)
    with closing_store(store_url) as store:
        with store.writing() as connection:
            add_client(connection, client("stranger", (Scope.JOBS, Scope.SCORES_FEATURES)))
        with TestClient(create_app(given, now=clock)) as web, steps(given, clock) as kinds:
            yield Place(web, kinds, store, clock, root)


@pytest.fixture
def place(models_dir: Path, store_copy: str, tmp_path: Path) -> Iterator[Place]:
    with service(models_dir, store_copy, tmp_path / "jobs") as place:
        yield place


def written(frame: pd.DataFrame, ending: str) -> bytes:
    held = io.BytesIO()
    {"parquet": frame.to_parquet, "csv": frame.to_csv, "xlsx": frame.to_excel}[ending](held, index=False)
    return held.getvalue()


@pytest.fixture
def snapshot(tiny_snapshot: pd.DataFrame) -> pd.DataFrame:
    return tiny_snapshot.head(60)


def table(place: Place, *rows: str) -> bytes:
    return "\n".join(["event_id,household_id,kind,occurred_on,amount,cause", *rows, ""]).encode()


def some_households(place: Place, count: int) -> list[str]:
    with place.store.reading() as connection:
        return list(
            connection.execute(
                select(households.c.household_id).order_by(households.c.household).limit(count)
            ).scalars()
        )


def kept_events(place: Place) -> list[Row[Any]]:
    with place.store.reading() as connection:
        return list(connection.execute(select(events).where(events.c.sender == f"client:{EVERYTHING}")).all())


class TestScores:
    @pytest.mark.parametrize("ending", ["parquet", "csv", "xlsx"])
    def test_are_those_of_the_command_line_byte_by_byte(
        self, place: Place, scorer: Scorer, snapshot: pd.DataFrame, ending: str, tmp_path: Path
    ) -> None:
        body = written(snapshot, ending)
        job = place.sent(body, ending)
        assert (place.told(job)["state"], place.told(job)["rows_done"]) == ("waiting", 0)
        place.work()
        found = place.told(job)
        assert (found["state"], found["rows_done"], found["rows_total"]) == ("done", 60, 60)
        assert (found["accepted"], found["refused"], found["failure"]) == (60, 0, None)
        (tmp_path / f"own.{ending}").write_bytes(body)
        score_file(scorer, BatchRequest(tmp_path / f"own.{ending}", tmp_path / "own_result.parquet", NOW.date()))
        answer = place.result(job)
        assert answer.headers["content-type"] == MEDIA_TYPES["parquet"]
        assert f'filename="scores-{job}-result.parquet"' in answer.headers["content-disposition"]
        assert answer.content == (tmp_path / "own_result.parquet").read_bytes()

    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_as_another_kind_of_file_in_another_language(
        self, place: Place, snapshot: pd.DataFrame, ending: str
    ) -> None:
        job = place.sent(written(snapshot, "parquet"), result=ending, language="zh", reasons=1)
        place.work()
        answer = place.result(job)
        assert answer.headers["content-type"].startswith(MEDIA_TYPES[ending])
        read = {"csv": pd.read_csv, "xlsx": pd.read_excel}[ending]
        assert len(read(io.BytesIO(answer.content))) == 60

    def test_rows_that_are_not_sound_are_named_and_the_others_are_scored(
        self, place: Place, snapshot: pd.DataFrame
    ) -> None:
        bad = snapshot.astype({"income_to_line": object})
        bad.iloc[3, bad.columns.get_loc("income_to_line")] = "a lot"
        job = place.sent(written(bad, "csv"), "csv")
        place.work()
        found = place.told(job)
        assert (found["state"], found["accepted"], found["refused"]) == ("done", 59, 1)
        refused = place.result(job, "refused")
        assert refused.headers["content-type"].startswith("text/csv")
        assert "a lot" not in refused.text
        assert refused.text.splitlines()[1].startswith("4,income_to_line,")

    def test_of_a_file_without_a_column_there_are_none_and_it_is_told_why(
        self, place: Place, snapshot: pd.DataFrame
    ) -> None:
        job = place.sent(written(snapshot.drop(columns="income_to_line"), "parquet"))
        place.work()
        found = place.told(job)
        assert (found["state"], found["failure"]["code"]) == ("failed", "columns_mismatch")
        assert [(one["where"], one["rule"]) for one in found["failure"]["errors"]] == [
            ("income_to_line", "missing_column")
        ]
        assert place.folders() == []
        assert place.result(job).status_code == 409

    def test_the_model_and_the_day_are_those_of_when_it_was_sent(self, place: Place, snapshot: pd.DataFrame) -> None:
        options = place.told(place.sent(written(snapshot, "parquet")))["options"]
        assert options["today"] == NOW.date().isoformat()
        assert place.send(written(snapshot, "parquet"), version="2020-01-01-00000000").status_code == 404


class TestEvents:
    def test_count_once_and_strike_as_those_of_the_other_route(self, place: Place) -> None:
        one, two = some_households(place, 2)
        body = table(
            place,
            f"1,{one},illness,2021-05-03,20,",
            f"2,{two},illness,2021-05-03,20,",
            "3,nobody,illness,2021-05-03,20,",
            f"1,{one},illness,2021-05-03,20,",
            f"4,{one},illness,2999-01-01,20,",
        )
        job = place.sent(body, "csv", kind="events", source="clinic")
        place.work()
        found = place.told(job)
        assert (found["state"], found["accepted"], found["known"], found["refused"]) == ("done", 2, 1, 2)
        assert place.result(job).json()["rows"] == 5
        assert (
            place.result(job, "refused").text
            == "row,column,rule\n3,household_id,unknown_household\n5,occurred_on,future\n"
        )
        source = f"clinic sha256:{hashlib.sha256(body).hexdigest()[:24]}"
        assert [(row.source, row.origin) for row in kept_events(place)] == [(source, "department_screening")] * 2
        again = place.sent(body, "csv", kind="events", source="clinic")
        place.work()
        assert (place.told(again)["accepted"], place.told(again)["known"]) == (0, 3)
        assert len(kept_events(place)) == 2
        assert place.kinds["events"]()

    def test_chunks_before_damage_count_and_are_told_of(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(taking_in, "EVENTS_AT_A_TIME", 1)
        one, two = some_households(place, 2)
        body = table(place, f"1,{one},illness,2021-05-03,20,", f"2,{two},illness,2021-05-03,20,", '"3,')
        job = place.sent(body, "csv", kind="events")
        place.work()
        found = place.told(job)
        assert (found["state"], found["failure"]["code"]) == ("failed", "table_unreadable")
        assert found["accepted"] == len(kept_events(place))

    def test_whoever_may_no_longer_send_them_sends_none(self, place: Place) -> None:
        [one] = some_households(place, 1)
        job = place.sent(table(place, f"1,{one},illness,2021-05-03,20,"), "csv", kind="events")
        with place.store.writing() as connection:
            connection.execute(update(clients).where(clients.c.name == EVERYTHING).values(revoked_at=NOW))
        place.work()
        with place.store.reading() as connection:
            state, failure = connection.execute(select(jobs.c.state, jobs.c.failure).where(jobs.c.job == job)).one()
        assert (state, failure["code"], kept_events(place)) == ("failed", "forbidden", [])


class TestWhoMay:
    def test_somebody_else_s_is_answered_like_none(self, place: Place, snapshot: pd.DataFrame) -> None:
        job = place.sent(written(snapshot, "parquet"))
        for ask in (
            lambda name: place.web.get(f"{PATH}/{name}", headers=STRANGER),
            lambda name: place.web.get(f"{PATH}/{name}/result", headers=STRANGER),
            lambda name: place.web.delete(f"{PATH}/{name}", headers=STRANGER),
        ):
            theirs, none = ask(job), ask("0" * 32)
            assert theirs.status_code == none.status_code == 404
            assert theirs.json()["detail"] == none.json()["detail"]
        assert place.web.get(PATH, headers=STRANGER).json() == {"jobs": []}
        assert place.told(job)["state"] == "waiting"

    def test_each_kind_needs_what_its_route_needs(self, place: Place, snapshot: pd.DataFrame) -> None:
        with place.store.writing() as connection:
            add_client(connection, client("only-jobs", (Scope.JOBS,)))
        body = written(snapshot, "parquet")
        assert place.send(body, who=as_client("only-jobs")).status_code == 403
        assert place.send(body, who=STRANGER).status_code == 202
        assert place.send(table(place), "csv", who=STRANGER, kind="events").status_code == 403
        assert place.send(body, who=as_user(Role.MODELLER.value)).status_code == 202

    def test_a_list_of_one_s_own_the_newest_first(self, place: Place, snapshot: pd.DataFrame) -> None:
        sent = []
        for _ in range(3):
            sent.append(place.sent(written(snapshot, "parquet")))
            place.clock.pass_by(1)
        answer = place.web.get(PATH, headers=OWNER, params={"limit": 2})
        JobsReply.model_validate(answer.json())
        assert [one["job"] for one in answer.json()["jobs"]] == sent[:0:-1]

    def test_what_is_done_is_written_down_without_a_name_of_a_household(
        self, place: Place, snapshot: pd.DataFrame
    ) -> None:
        job = place.sent(written(snapshot, "parquet"))
        place.work()
        place.result(job)
        acts = [act for act in acts_of(place.store) if act["detail"].get("job") == job]
        assert [act["action"] for act in acts] == ["job_sent", "job_ended", "viewed"]
        assert not any(one in str(acts) for one in snapshot["household_id"])


class TestRefused:
    def test_what_is_longer_than_a_job_takes(self, models_dir: Path, store_copy: str, tmp_path: Path) -> None:
        with service(models_dir, store_copy, tmp_path / "jobs", max_job_bytes=1000, max_body_bytes=100) as place:
            announced = place.send(b"x" * 1001, "csv")
            streamed = place.web.post(
                PATH,
                content=iter([b"x" * 600, b"x" * 600]),
                headers={**OWNER, "content-type": "text/csv"},
                params={"kind": "scores"},
            )
            assert {announced.status_code, streamed.status_code} == {413}
            assert place.folders() == []
            # the limit of other routes is not the limit of this one
            assert place.send(b"a,b\n" + b"1,2\n" * 100, "csv").status_code == 202

    @pytest.mark.parametrize("declared", ["", "application/json", "application/zip", "multipart/form-data"])
    def test_what_is_no_kind_of_table(self, place: Place, declared: str) -> None:
        headers = {**OWNER, **({"content-type": declared} if declared else {})}
        answer = place.web.post(PATH, content=b"x", headers=headers, params={"kind": "scores"})
        assert (answer.status_code, answer.headers["content-type"]) == (415, MEDIA_TYPE)

    @pytest.mark.parametrize(
        ("body", "ending"), [(b"PAR1 no", "csv"), (b"a,b\n", "parquet"), (b"a,b\n", "xlsx"), (b"", "csv")]
    )
    def test_what_is_not_what_it_is_declared_as(self, place: Place, body: bytes, ending: str) -> None:
        answer = place.send(body, ending)
        assert (answer.status_code, answer.json()["code"]) == (422, "table_unreadable")
        assert place.folders() == []

    @pytest.mark.parametrize(
        "asked",
        [{"kind": "events", "reasons": 3}, {"kind": "events", "result": "csv"}, {"kind": "scores", "source": "x"}],
    )
    def test_options_of_the_other_kind(self, place: Place, asked: dict[str, Any]) -> None:
        answer = place.send(b"a,b\n", "csv", **asked)
        assert answer.status_code == 422
        assert [one["rule"] for one in answer.json()["errors"]] == ["needless"]

    def test_what_the_disk_has_no_room_for(
        self, place: Place, snapshot: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(job_files.shutil, "disk_usage", lambda _: SimpleNamespace(free=job_files.ROOM_BYTES))
        answer = place.send(written(snapshot, "parquet"))
        assert (answer.status_code, answer.json()["code"], place.folders()) == (507, "insufficient_storage", [])

    def test_of_what_does_not_tell_its_length_the_longest_is_expected(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        most = place.web.app.state.riskmodel.settings.max_job_bytes  # type: ignore[attr-defined]
        free = SimpleNamespace(free=job_files.ROOM_BYTES + 2 * most - 1)
        monkeypatch.setattr(job_files.shutil, "disk_usage", lambda _: free)
        assert place.send(b"a,b\n1,2\n", "csv").status_code == 202
        headers = {**OWNER, "content-type": "text/csv"}
        streamed = place.web.post(PATH, content=iter([b"a,b\n"]), headers=headers, params={"kind": "scores"})
        assert (streamed.status_code, streamed.json()["code"]) == (507, "insufficient_storage")

    def test_a_disk_that_is_full_while_it_comes(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        async def full(*_: object) -> str:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(job_files, "spooled_body", full)
        answer = place.send(b"a,b\n1,2\n", "csv")
        assert (answer.status_code, place.folders()) == (507, [])

    def test_more_than_may_wait(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(taking_in, "MOST_WAITING", 2)
        sent = [place.send(b"a,b\n1,2\n", "csv") for _ in range(3)]
        assert [one.status_code for one in sent] == [202, 202, 429]
        assert (sent[2].json()["code"], sent[2].headers["retry-after"]) == ("too_many_jobs", "60")
        assert len(place.folders()) == 2
        place.work()
        assert place.send(b"a,b\n1,2\n", "csv").status_code == 202


class TestOnce:
    def test_a_repetition_gets_the_same_bytes_and_leaves_nothing(self, place: Place, snapshot: pd.DataFrame) -> None:
        body = written(snapshot, "parquet")
        first = place.send(body, key="k")
        place.work()
        again = place.send(body, key="k")
        assert (again.status_code, again.content, again.headers["location"]) == (
            202,
            first.content,
            f"{PATH}/{first.json()['job']}",
        )
        assert place.folders() == [first.json()["job"]]

    @pytest.mark.parametrize("change", ["file", "option"])
    def test_the_key_of_another_request_is_refused(self, place: Place, snapshot: pd.DataFrame, change: str) -> None:
        place.sent(written(snapshot, "parquet"), key="k")
        other = snapshot.head(3) if change == "file" else snapshot
        answer = place.send(written(other, "parquet"), key="k", **({"reasons": 1} if change == "option" else {}))
        assert (answer.status_code, len(place.folders())) == (422, 1)

    def test_of_two_at_once_one_counts(self, place: Place, snapshot: pd.DataFrame) -> None:
        body, begun = written(snapshot, "parquet"), threading.Barrier(2)

        def send(_: int) -> int:
            begun.wait(20)
            return int(place.send(body, key="k").status_code)

        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(pool.map(send, range(2)))
        assert statuses in ([202, 202], [202, 409])
        assert len(place.folders()) == 1


class TestEnding:
    def test_cancelled_while_it_waits(self, place: Place, snapshot: pd.DataFrame) -> None:
        job = place.sent(written(snapshot, "parquet"))
        for _ in range(2):
            answer = place.web.delete(f"{PATH}/{job}", headers=OWNER)
            assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
        assert place.folders() == []
        assert not place.kinds["jobs"]()
        assert place.result(job).json()["code"] == "job_not_done"

    def test_cancelled_when_it_is_done_its_files_go(self, place: Place, snapshot: pd.DataFrame) -> None:
        job = place.sent(written(snapshot, "parquet"))
        place.work()
        assert place.web.delete(f"{PATH}/{job}", headers=OWNER).json()["state"] == "expired"
        answer = place.result(job)
        assert (answer.status_code, answer.json()["code"], place.folders()) == (410, "job_expired", [])

    def test_its_files_go_some_days_after_it_ended(self, place: Place, snapshot: pd.DataFrame) -> None:
        job = place.sent(written(snapshot, "parquet"))
        place.clock.pass_by(3600)
        place.work()
        ended = place.clock.now
        assert place.told(job)["expires_at"] == (ended + dt.timedelta(days=DAYS)).isoformat()
        assert sorted(path.name for path in (place.root / job).iterdir()) == [
            "result.parquet",
            "result.parquet.rejected.csv",
        ]
        place.clock.now = ended + dt.timedelta(days=DAYS, seconds=1)
        place.kinds["files"]()
        assert (place.told(job)["state"], place.result(job).status_code, place.folders()) == ("expired", 410, [])

    def test_files_that_somebody_took_away(self, place: Place, snapshot: pd.DataFrame) -> None:
        waits, done = (place.sent(written(snapshot, "parquet")) for _ in range(2))
        shutil.rmtree(place.root / waits)
        place.work()
        assert place.told(waits)["failure"]["code"] == "files_gone"
        shutil.rmtree(place.root / done)
        assert place.result(done).status_code == 410
