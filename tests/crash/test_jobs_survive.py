"""Jobs go on where their worker was killed: each chunk counts once, and the result has the bytes of one that nobody disturbed.

A worker of its own process is killed with ``kill -9`` at seeded moments while it scores a file and while it takes in events.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, select, update

from conftest import AS_OF, NOW, Tiny
from helpers.accounts import EVERYTHING, add_everyone
from helpers.killing import wait_until
from helpers.postgres import postgres_server
from helpers.tiny_store import fill
from riskmodel.scoring.batch import BatchRequest, score_file
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.jobs.files import JobFiles
from riskmodel.service.jobs.kinds import JobKind
from riskmodel.service.store.engine import Store
from riskmodel.service.store.job_rows import ACTIVE, Job, JobState, add_job, find_job
from riskmodel.service.store.tables import audit_entries, events, households, job_parts, jobs

pytestmark = pytest.mark.slow

FULL = os.environ.get("RISKMODEL_FUZZ") == "full"
MOMENTS = {"sqlite": 40, "postgresql": 40} if FULL else {"sqlite": 5, "postgresql": 2}
"""Of each job, by database."""
ROWS, CHUNK = 3_000, 50 if FULL else 100
PATIENCE_SECONDS = 300
"""Each chunk waits for the disk some times, and the disk may be busy."""
OWNER = f"client:{EVERYTHING}"


@dataclass(frozen=True, slots=True)
class Place:
    """A store, the folder of its jobs, and how a worker is started on them."""

    store_url: str
    moments: int
    root: Path
    environment: Mapping[str, str]

    def add(self, kind: JobKind, ending: str, body: bytes, **options: Any) -> str:
        name = uuid.uuid4().hex
        files = JobFiles(self.root, name)
        files.make()
        files.input(ending).write_bytes(body)
        digest, until = hashlib.sha256(body).hexdigest(), dt.datetime.now(dt.UTC)
        job = Job(
            name, kind.value, OWNER, "", JobState.WAITING, ending, len(body), digest,
            {**options, "chunk_rows": CHUNK}, until, until + dt.timedelta(days=7), "r",
        )  # fmt: skip
        with closing(Store(self.store_url)) as store, store.writing() as connection:
            add_job(connection, job)
        return name

    def told(self, job: str) -> Job:
        with closing(Store(self.store_url)) as store, store.reading() as connection:
            return find_job(connection, job, OWNER)

    def run_and_kill(self, job: str, rng: random.Random) -> int:
        """Let a job be worked on, kill its worker again and again, and return how often that was."""
        killed = 0
        for after in sorted(rng.uniform(0, 0.9) * ROWS for _ in range(self.moments)):
            with self.worker():
                self.wait_for(lambda after=after: self.told(job).rows_done >= after)
                time.sleep(rng.uniform(0, 0.05))
                killed += self.told(job).state in ACTIVE
            self.let_a_while_pass()
        with self.worker():
            self.wait_for(lambda: self.told(job).state not in ACTIVE)
        return killed

    def wait_for(self, holds: Callable[[], bool]) -> None:
        wait_until(holds, f"the job gets no further; its worker wrote to {self.log}", PATIENCE_SECONDS)

    @property
    def log(self) -> Path:
        return self.root.parent / "worker.log"

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Let a worker run, and kill it in the end."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "riskmodel.cli", "work"],
                env={**os.environ, "OMP_NUM_THREADS": "1", **self.environment},
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def let_a_while_pass(self) -> None:
        """Make what the killed one held look older, so that the test needs not wait until it is free for others."""
        past = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
        with closing(Store(self.store_url)) as store, store.writing() as connection:
            connection.execute(update(jobs).where(jobs.c.leased_until.is_not(None)).values(leased_until=past))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(
    request: pytest.FixtureRequest,
    models_dir: Path,
    tiny: Tiny,
    scorer: Scorer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("jobs")

    def made(store_url: str) -> Place:
        with closing(Store(store_url)) as store:
            fill(store, tiny, scorer, folder, AS_OF, NOW)
            add_everyone(store)
        own = {"RISKMODEL_STORE": store_url, "RISKMODEL_JOBS": str(folder / "jobs")}
        more = {"RISKMODEL_MODELS": str(models_dir), "RISKMODEL_PROGRAMME": "tinyland"}
        return Place(store_url, MOMENTS[request.param], folder / "jobs", {**own, **more})

    if request.param == "sqlite":
        yield made(f"sqlite:///{folder / 'store.db'}")
    else:
        with postgres_server() as url:
            yield made(url)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_scores_of_a_killed_worker_are_those_of_one_that_lived(
    place: Place, scorer: Scorer, tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    rows = pd.concat([tiny_snapshot] * (ROWS // len(tiny_snapshot) + 1), ignore_index=True).head(ROWS)
    rows["household_id"] = [f"{number:018d}" for number in range(ROWS)]
    path = tmp_path / "rows.parquet"
    rows.to_parquet(path, index=False)
    today = dt.datetime.now(dt.UTC).date()
    options = {"version": scorer.id.version, "reasons": 3, "language": "en", "result": "parquet"}
    job = place.add(JobKind.SCORES, "parquet", path.read_bytes(), today=today.isoformat(), **options)
    assert place.run_and_kill(job, random.Random("scores")) >= place.moments - 1
    found = place.told(job)
    assert (found.state, found.rows_done, found.accepted, found.refused) == (JobState.DONE, ROWS, ROWS, 0)
    score_file(scorer, BatchRequest(path, tmp_path / "own.parquet", today, 3, chunk_rows=CHUNK))
    assert JobFiles(place.root, job).result("parquet").read_bytes() == (tmp_path / "own.parquet").read_bytes()
    assert sorted(one.name for one in (place.root / job).iterdir()) == ["result.parquet", "result.parquet.rejected.csv"]


def test_events_of_a_killed_worker_count_once(place: Place) -> None:
    with closing(Store(place.store_url)) as store, store.reading() as connection:
        ids = list(connection.execute(select(households.c.household_id).order_by(households.c.household)).scalars())
    lines = ["event_id,household_id,kind,occurred_on,amount,cause"]
    lines += [f"{number},{ids[number % len(ids)]},illness,2021-05-03,{number / 4},\n"[:-1] for number in range(ROWS)]
    job = place.add(JobKind.EVENTS, "csv", "\n".join([*lines, ""]).encode(), source="clinic")
    assert place.run_and_kill(job, random.Random("events")) >= place.moments - 1
    found = place.told(job)
    assert (found.state, found.rows_done, found.accepted, found.refused) == (JobState.DONE, ROWS, ROWS, 0)
    with closing(Store(place.store_url)) as store, store.reading() as connection:
        kept = Counter(connection.execute(select(events.c.amount).where(events.c.sender == OWNER)).scalars())
        parts = connection.execute(select(func.count()).where(job_parts.c.job == job)).scalar_one()
        acts = [json.loads(one) for one in connection.execute(select(audit_entries.c.content)).scalars()]
    verify = [sys.executable, "-m", "riskmodel.cli", "audit", "verify"]
    subprocess.run(verify, env={**os.environ, **place.environment}, capture_output=True, check=True)
    assert kept == Counter(number / 4 for number in range(ROWS))
    assert parts == ROWS // CHUNK
    assert sum(one["detail"]["accepted"] for one in acts if one["action"] == "events_received") == ROWS
    assert len([one for one in acts if one["action"] == "job_ended" and one["detail"]["job"] == job]) == 1
