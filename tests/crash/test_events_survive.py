"""Events that were acknowledged survive whatever is killed, and each counts once: in the store, in scores and in alerts.

The service runs as it is deployed: two processes that answer, a worker beside, and a worker of its own. Clients report while
one part after the other is killed with ``kill -9``, and send again, as it was, what is not acknowledged.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Row, func, select, update

from helpers.killing import Killable, Part, killable, wait_until
from helpers.postgres import postgres_server
from helpers.striking import BROKEN, ILLNESS, STAY, Drawing, Event, Reporting, Watching, send
from riskmodel.bench.event_place import Place, filled, run_command
from riskmodel.service.store.engine import Store
from riskmodel.service.store.snapshots import last_kept
from riskmodel.service.store.tables import (
    alerts,
    audit_entries,
    event_ids,
    events,
    households,
    idempotency,
    snapshot_schemas,
    standings,
    waiting,
)
from riskmodel.service.store.waiting_rows import anybody_waits
from riskmodel.settings import Settings

pytestmark = pytest.mark.slow

FULL = os.environ.get("RISKMODEL_FUZZ") == "full"
MOMENTS = 100 if FULL else 10
"""On each database."""
HOUSEHOLDS = 4_000 if FULL else 500
SENDER = "client:reporting"
SETTLED_SECONDS = 300
A_WHILE = dt.timedelta(minutes=2)
SENT_AGAIN = 40


@dataclass(frozen=True, slots=True)
class Survived:
    """What is left when everything that was begun is done."""

    here: Place
    environment: Mapping[str, str]
    reporting: Reporting
    seen: list[int]
    killed: list[Part]
    again: list[tuple[str | None, bytes, tuple[int, bytes]]]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds a simulated county."""
    folder = tmp_path_factory.mktemp("county")
    run_command("simulate", str(folder / "data"), "--households", str(HOUSEHOLDS), "--seed", "0")
    return folder


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def survived(
    request: pytest.FixtureRequest, county: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Survived]:
    """Return what is left of a service that was killed at seeded moments."""
    scratch, backend = tmp_path_factory.mktemp("crash"), str(request.param)
    if backend == "sqlite":
        yield survive(f"sqlite:///{scratch / 'store.db'}", county, scratch, backend)
    else:
        with postgres_server() as url:
            yield survive(url, county, scratch, backend)


def survive(store_url: str, county: Path, scratch: Path, seed: str) -> Survived:
    models, today = Settings().models, dt.datetime.now(dt.UTC).date()
    here = filled(models, store_url, county, today, lambda _: None)
    environment = {
        "RISKMODEL_STORE": store_url,
        "RISKMODEL_MODELS": str(models),
        "RISKMODEL_WORK": str(scratch / "work"),
        "RISKMODEL_JOBS": str(scratch / "jobs"),
    }
    drawing = Drawing(here.households, (today - dt.timedelta(days=1)).isoformat(), random.Random(seed))
    with killable(environment, scratch / "service.log") as service:
        reporting = Reporting(service.port, here.reporting, drawing, seed)
        watching = Watching(service.port, here.watching)
        reporting.start()
        watching.start()
        kill_at_moments(service, random.Random(f"moments of {seed}"))
        service.kill_all()
        let_a_while_pass(store_url)
        service.start()
        reporting.finish(SETTLED_SECONDS)
        with closing(Store(store_url)) as store:
            wait_until(lambda: not waits(store), "households still wait for a new score", SETTLED_SECONDS)
        watching.finish()
        sample = random.Random(seed).sample(reporting.acknowledged, min(SENT_AGAIN, len(reporting.acknowledged)))
        again = [(one.key, answer, send(service.port, here.reporting, one)) for one, answer in sample]
    return Survived(here, environment, reporting, watching.alerts, [*service.killed, Part.SERVER], again)


def kill_at_moments(service: Killable, rng: random.Random) -> None:
    """Kill one part after the other; the last kill of all is that of everything, which is the caller's."""
    servers, answering = max(1, MOMENTS // 10 - 1), MOMENTS // 5
    parts = [Part.SERVER] * servers + [Part.ANSWERING] * answering
    parts += [Part.WORKING] * (MOMENTS - 1 - len(parts))
    rng.shuffle(parts)
    for part in parts:
        time.sleep(rng.uniform(0.5, 2.5))
        service.kill(part, rng)
    time.sleep(rng.uniform(0.5, 2.5))


def let_a_while_pass(store_url: str) -> None:
    """Make what the killed ones held look older, so that the test needs not wait until it is free for others."""
    with closing(Store(store_url)) as store, store.writing() as connection:
        for row in connection.execute(select(waiting).where(waiting.c.leased_until.is_not(None))).all():
            own = update(waiting).where(waiting.c.household == row.household)
            connection.execute(own.values(leased_until=row.leased_until - A_WHILE))
        for row in connection.execute(select(idempotency).where(idempotency.c.status == 0)).all():
            own = update(idempotency).where(idempotency.c.actor == row.actor, idempotency.c.key == row.key)
            connection.execute(own.values(answered_at=row.answered_at - A_WHILE))


def waits(store: Store) -> bool:
    with store.reading() as connection:
        return anybody_waits(connection)


@pytest.fixture
def connection(survived: Survived) -> Iterator[Connection]:
    """Return a view of the store that is left."""
    with closing(Store(survived.here.store_url)) as store, store.reading() as reading:
        yield reading


def sent(connection: Connection) -> list[Row[tuple[object, ...]]]:
    """Return the events in the store that clients reported."""
    columns = (*events.c["event", "kind", "amount", "recorded_on"], households.c.household_id, events.c.household)
    query = select(*columns).join(households, households.c.household == events.c.household)
    return list(connection.execute(query.where(events.c.sender == SENDER)))


def ill(survived: Survived) -> list[Event]:
    return [one for one in survived.reporting.events if one.kind == ILLNESS]


def test_every_part_was_killed_and_clients_saw_nothing_but_refusals_for_the_moment(survived: Survived) -> None:
    killed, statuses = Counter(survived.killed), survived.reporting.statuses
    assert killed.total() == MOMENTS
    assert killed[Part.WORKING] > killed[Part.ANSWERING] >= killed[Part.SERVER] >= 2
    assert statuses[BROKEN] > 0
    assert set(statuses) <= {200, 409, 503, BROKEN}
    assert len(survived.reporting.events) >= 20 * MOMENTS
    assert len(ill(survived)) >= 3 * MOMENTS
    assert {one.media_type for one, _ in survived.reporting.acknowledged if one.key} != set()


def test_every_acknowledged_event_is_kept_exactly_once_and_nothing_else(
    survived: Survived, connection: Connection
) -> None:
    kept = Counter((row.household_id, row.kind, row.amount) for row in sent(connection))
    assert kept == Counter((one.household, one.kind, one.amount) for one in survived.reporting.events)
    assert set(kept.values()) == {1}
    known = connection.execute(select(func.count()).where(event_ids.c.sender == SENDER)).scalar_one()
    assert known == len(kept)


def test_nobody_waits_and_everyone_struck_has_a_score_that_knows_of_it(
    survived: Survived, connection: Connection
) -> None:
    assert connection.execute(select(waiting.c.household)).all() == []
    as_of = {row.household: row.as_of for row in connection.execute(select(standings))}
    rows = sent(connection)
    assert {row.household for row in rows} <= as_of.keys()
    # what came today is known from tomorrow on
    assert [row for row in rows if as_of[row.household] <= row.recorded_on] == []


def test_features_count_every_event_once(survived: Survived, connection: Connection) -> None:
    """The county knows of no stay in the past six months, so that the feature is the sum of what was reported."""
    spent: Counter[int] = Counter()
    for row in sent(connection):
        spent[row.household] += row.amount if row.kind == STAY else 0
    schema, content = connection.execute(select(snapshot_schemas.c.schema, snapshot_schemas.c.content)).one()
    column = content["features"].index("inpatient_self_pay_6m")
    features = last_kept(connection, schema, sorted(spent))
    found = {household: float(np.nan_to_num(features[household][column])) for household in spent}
    assert found == dict(spent)


def test_every_illness_is_one_alert(survived: Survived, connection: Connection) -> None:
    numbers = {(row.household_id, row.kind): row.event for row in sent(connection)}
    query = select(alerts, households.c.household_id).join(households)
    told = [row for row in connection.execute(query) if ILLNESS in row.rules]
    assert Counter(row.household_id for row in told) == Counter(one.household for one in ill(survived))
    assert [row for row in told if numbers[row.household_id, ILLNESS] not in row.events] == []


def test_who_reads_on_from_the_cursor_misses_no_alert_and_sees_none_twice(
    survived: Survived, connection: Connection
) -> None:
    told = select(alerts.c.alert).where(alerts.c.repeats.is_(None)).order_by(alerts.c.alert)
    assert survived.seen == list(connection.execute(told).scalars())


def test_what_is_sent_once_more_is_known(survived: Survived) -> None:
    for key, answer, (status, again) in survived.again:
        assert status == 200
        if key is None:
            assert json.loads(again)["accepted"] == 0
        else:
            assert again == answer


def test_the_audit_is_whole_and_tells_of_each_event_once(survived: Survived, connection: Connection) -> None:
    verify = [sys.executable, "-m", "riskmodel.cli", "audit", "verify"]
    done = subprocess.run(
        verify, env={**os.environ, **survived.environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    entries = [json.loads(one) for one in connection.execute(select(audit_entries.c.content)).scalars()]
    accepted = sum(one["detail"]["accepted"] for one in entries if one["action"] == "events_received")
    assert accepted == len(survived.reporting.events)
    raised = sum(one["detail"]["alerts"] for one in entries if one["action"] == "rescored")
    assert raised == len(survived.seen)
