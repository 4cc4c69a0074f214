"""Jobs as a worker has them: interrupted they go on elsewhere, what kills its workers ends, and no file is left that nobody needs."""

from __future__ import annotations

import datetime as dt
import errno
import io
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from conftest import NOW
from helpers.accounts import EVERYTHING, Clock, settings
from helpers.acts import acts_of
from helpers.stores import closing_store
from riskmodel.errors import StoreUnavailable
from riskmodel.files import held
from riskmodel.service.jobs.files import JobFiles
from riskmodel.service.jobs.running import Run, Workshop
from riskmodel.service.metrics import Metrics
from riskmodel.service.store.job_rows import Job, JobState, add_job, cancel_job, find_job, take_job
from riskmodel.service.store.leases import Lease
from riskmodel.service.versions import Versions
from riskmodel.service.work import job_running
from riskmodel.service.work.job_running import run_jobs
from riskmodel.service.work.job_sweeping import UPLOAD_MAY_TAKE, JobSweep, sweep_jobs

OWNER = f"client:{EVERYTHING}"
CHUNK = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A workshop, and jobs to send to it."""

    shop: Workshop
    clock: Clock
    body: bytes

    def send(self, **changes: Any) -> str:
        name = uuid.uuid4().hex
        files = JobFiles(self.shop.root, name)
        files.make()
        files.input("parquet").write_bytes(self.body)
        version = self.shop.versions.champion().scorer.id.version
        options = {"version": version, "reasons": 1, "language": "en", "result": "csv", "chunk_rows": CHUNK}
        job = Job(
            name, "scores", OWNER, "", JobState.WAITING, "parquet", len(self.body), "d",
            {**options, "today": NOW.date().isoformat()}, NOW, NOW + dt.timedelta(days=7), "r",
        )  # fmt: skip
        with self.shop.store.writing() as connection:
            add_job(connection, replace(job, **changes))
        return name

    def told(self, job: str) -> Job:
        with self.shop.store.reading() as connection:
            return find_job(connection, job, OWNER)

    def files(self, job: str) -> list[str]:
        folder = self.shop.root / job
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def place(models_dir: Path, store_copy: str, tmp_path: Path, tiny_snapshot: pd.DataFrame) -> Iterator[Place]:
    clock = Clock(NOW)
    versions = Versions(settings(models=models_dir, programme="tinyland", store=store_copy), Metrics())
    held = io.BytesIO()
    tiny_snapshot.head(3 * CHUNK).to_parquet(held, index=False)
    with closing_store(store_copy) as store:
        shop = Workshop(store, versions, tmp_path / "jobs", 7, clock, "worker")
        yield Place(shop, clock, held.getvalue())


def test_nothing_to_do(place: Place) -> None:
    assert not run_jobs(place.shop)


def test_one_that_ends_is_written_down_with_its_end(place: Place) -> None:
    job = place.send()
    assert run_jobs(place.shop)
    found = place.told(job)
    assert (found.state, found.leased_by, found.accepted) == (JobState.DONE, None, 3 * CHUNK)
    assert place.files(job) == ["result.csv", "result.csv.rejected.csv"]
    [act] = [act for act in acts_of(place.shop.store) if act["action"] == "job_ended"]
    assert (act["detail"]["state"], act["detail"]["rows"], act["actor"]) == ("done", 3 * CHUNK, OWNER)


def test_one_that_stopped_its_worker_again_and_again_is_given_up(place: Place) -> None:
    job = place.send(attempts=3)
    assert run_jobs(place.shop)
    found = place.told(job)
    assert found.failure is not None
    assert (found.state, found.failure["code"], place.files(job)) == (JobState.FAILED, "worker_lost", [])


def test_a_worker_that_ends_lets_another_one_go_on_where_it_stopped(place: Place) -> None:
    job = place.send()
    asked: list[int] = []

    def after_a_chunk() -> bool:
        asked.append(place.told(job).rows_done)
        return asked[-1] >= CHUNK

    assert run_jobs(replace(place.shop, stopping=after_a_chunk))
    half = place.told(job)
    assert (half.state, half.leased_by, half.attempts) == (JobState.RUNNING, None, 0)
    assert CHUNK <= half.rows_done < 3 * CHUNK
    assert run_jobs(replace(place.shop, worker="other"))
    other = place.send()
    run_jobs(place.shop)
    results = [JobFiles(place.shop.root, one).result("csv").read_bytes() for one in (job, other)]
    assert results[0] == results[1], "the same bytes as of one that nothing interrupted"
    assert place.told(job).rows_done == 3 * CHUNK


def test_one_that_is_cancelled_while_it_runs_stops_after_its_chunk(place: Place) -> None:
    job = place.send()

    def cancel() -> bool:
        if place.told(job).rows_done >= CHUNK:
            with place.shop.store.writing() as connection:
                cancel_job(connection, job, OWNER, NOW)
        return False

    assert run_jobs(replace(place.shop, stopping=cancel))
    found = place.told(job)
    assert (found.state, place.files(job)) == (JobState.CANCELLED, [])
    assert found.rows_done < 3 * CHUNK


def test_who_lost_a_job_leaves_it_alone(place: Place) -> None:
    job = place.send()

    def somebody_else_takes_it() -> bool:
        later = NOW + dt.timedelta(hours=1)
        with place.shop.store.writing() as connection:
            take_job(connection, Lease("thief", later, later + dt.timedelta(hours=1)))
        return False

    assert run_jobs(replace(place.shop, stopping=somebody_else_takes_it))
    found = place.told(job)
    assert (found.state, found.leased_by) == (JobState.RUNNING, "thief")
    assert "input.parquet" in place.files(job)


@pytest.mark.parametrize("full", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_ends_it_and_makes_room(place: Place, monkeypatch: pytest.MonkeyPatch, full: int) -> None:
    def write(run: Run) -> None:
        raise OSError(full, os.strerror(full))

    monkeypatch.setattr(job_running, "KINDS", {"scores": write})
    job = place.send()
    assert run_jobs(place.shop)
    found = place.told(job)
    assert found.failure is not None
    assert (found.failure["code"], place.files(job)) == ("disk_full", [])


def test_what_nobody_foresaw_ends_it_and_its_words_are_told_to_nobody(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def burst(run: Run) -> None:
        raise ValueError("C4n4ry")

    monkeypatch.setattr(job_running, "KINDS", {"scores": burst})
    job = place.send()
    assert run_jobs(place.shop)
    found = place.told(job)
    assert found.failure is not None and found.failure["code"] == "internal"
    assert "C4n4ry" not in str(found) + capsys.readouterr().out


def test_where_the_store_goes_it_is_nobody_s_fault(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(run: Run) -> None:
        raise StoreUnavailable

    job = place.send()
    with monkeypatch.context() as patch:
        patch.setattr(job_running, "KINDS", {"scores": lose})
        assert run_jobs(place.shop)
    found = place.told(job)
    assert (found.state, found.leased_by, found.attempts) == (JobState.RUNNING, None, 0)
    assert not run_jobs(place.shop), "it would fail again at once"
    place.clock.pass_by(60)
    assert run_jobs(place.shop)
    assert place.told(job).state is JobState.DONE


def test_while_another_process_still_writes_its_files_it_rests(place: Place) -> None:
    job = place.send()
    with held(place.shop.root / job):
        assert run_jobs(place.shop)
        assert not run_jobs(place.shop)
    place.clock.pass_by(60)
    assert run_jobs(place.shop)
    assert place.told(job).state is JobState.DONE


def test_a_long_step_keeps_its_lease(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[dt.datetime | None] = []

    def long(run: Run) -> None:
        for _ in range(2):
            time.sleep(0.15)
            place.clock.pass_by(60)
            kept.append(place.told(run.job.job).leased_until)
        raise StoreUnavailable

    monkeypatch.setattr(job_running, "KINDS", {"scores": long})
    place.send()
    run_jobs(replace(place.shop, lease=dt.timedelta(seconds=0.3)))
    assert kept[0] is not None and kept[1] is not None and kept[0] < kept[1]


class TestSweeping:
    def test_what_no_job_needs_goes_and_an_upload_that_comes_stays(self, place: Place) -> None:
        sent, done = place.send(), place.send(state=JobState.DONE)
        failed = place.send(state=JobState.FAILED)
        for name in ("result.csv", ".result.csv.partial"):
            (place.shop.root / done / name).write_text("x")
        coming, left = uuid.uuid4().hex, uuid.uuid4().hex
        at = NOW.timestamp()
        for name, age in ((coming, 1), (left, UPLOAD_MAY_TAKE.total_seconds() + 1)):
            files = JobFiles(place.shop.root, name)
            files.make()
            files.input("csv").write_text("x")
            for path in (files.folder, files.input("csv")):
                os.utime(path, (at - age, at - age))
        (place.shop.root / "not ours").mkdir()
        assert sweep_jobs(place.shop.store, place.shop.root, NOW) == 2
        there = {path.name for path in place.shop.root.iterdir()}
        assert there == {sent, done, coming, "not ours"}
        assert (place.files(sent), place.files(done), failed in there) == (["input.parquet"], ["result.csv"], False)

    def test_now_and_then(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        swept: list[dt.datetime] = []
        monkeypatch.setattr(
            "riskmodel.service.work.job_sweeping.sweep_jobs", lambda store, root, now: swept.append(now)
        )
        sweep = JobSweep(place.shop.store, place.shop.root, place.clock)
        for _ in range(5):
            assert sweep() is False
            place.clock.pass_by(300)
        assert len(swept) == 3
