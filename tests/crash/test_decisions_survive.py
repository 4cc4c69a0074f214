"""Decisions that were acknowledged by the page survive ``kill -9`` of the server: each is kept once, with its audit entry."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Row, select, update

from conftest import AS_OF, Tiny
from helpers.accounts import user
from helpers.stores import closing_store
from helpers.tiny_store import fill
from riskmodel.bench.drill.killed import FOR_NOW, KEPT, Deciding, Killed, decide_while_killed, figures_of, reason_of
from riskmodel.bench.drill.server import own_server
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.store.accounts import add_user
from riskmodel.service.store.audit_log import entries
from riskmodel.service.store.sessions import add_session
from riskmodel.service.store.tables import cases, decisions, idempotency, standings
from riskmodel.service.tokens import hash_of_secret

pytestmark = pytest.mark.slow

KILLS, DECISIONS, TOKEN = 4, 100, "session of li"
A_WHILE = dt.timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Survived:
    """What is left."""

    url: str
    found: Killed
    rows: list[Row[tuple[object, ...]]]
    acts: list[dict[str, object]]


@pytest.fixture(scope="module")
def survived(
    tiny: Tiny, scorer: Scorer, models_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Survived]:
    """Return what is left of a store whose server was killed at seeded moments."""
    folder, now = tmp_path_factory.mktemp("killed"), dt.datetime.now(dt.UTC)
    url = f"sqlite:///{folder / 'store.db'}"
    with closing_store(url) as store:
        fill(store, tiny, scorer, folder, AS_OF, now)
        with store.writing() as connection:
            add_user(connection, user("li"))
            add_session(connection, hash_of_secret(TOKEN), "li", now)
            ids = connection.execute(select(standings.c.household_id).limit(20)).scalars().all()

    def let_a_while_pass() -> None:
        """Make what the killed one began look older, so that the test needs not wait until it counts as given up."""
        with closing_store(url) as store, store.writing() as connection:
            begun = select(idempotency.c.actor, idempotency.c.key, idempotency.c.answered_at)
            for actor, key, at in connection.execute(begun.where(idempotency.c.status == 0)).all():
                own = update(idempotency).where(idempotency.c.actor == actor, idempotency.c.key == key)
                connection.execute(own.values(answered_at=at - A_WHILE))

    asked = Deciding(TOKEN, ids, DECISIONS, KILLS, pause_seconds=0.02)
    with own_server(models_dir, "tinyland", url, 1) as server:
        found = decide_while_killed(server, asked, random.Random(7), let_a_while_pass)
    with closing_store(url) as store, store.reading() as connection:
        rows = list(connection.execute(select(decisions)))
        acts = [json.loads(entry.content) for entry in entries(connection)]
        assert connection.execute(select(cases)).all() != []
    yield Survived(url, found, rows, acts)


def test_it_was_killed_while_people_decided(survived: Survived) -> None:
    found = survived.found
    assert found.kills == KILLS and len(found.acknowledged) >= DECISIONS
    assert set(found.statuses) <= {KEPT, *FOR_NOW}
    assert sum(found.statuses[one] for one in FOR_NOW) > 0, "some form got no answer at first"


def test_each_that_was_acknowledged_is_kept_once_and_nothing_else(survived: Survived) -> None:
    kept = Counter(row.reason for row in survived.rows)
    assert kept == Counter(reason_of(number) for number in survived.found.acknowledged)
    assert set(kept.values()) == {1}


def test_each_has_its_entry_in_the_audit(survived: Survived) -> None:
    told = [act["detail"]["decision"] for act in survived.acts if act["action"] == "decided"]  # type: ignore[index]
    assert sorted(told) == sorted(row.decision for row in survived.rows)


def test_every_bar_is_met(survived: Survived) -> None:
    assert [one.name for one in figures_of(survived.found, survived.url) if not one.met] == []
