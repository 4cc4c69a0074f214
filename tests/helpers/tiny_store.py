"""A store that holds tinyland, scored as of a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from conftest import Tiny
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.alert_rules import InForce
from riskmodel.service.audit import Act, Action
from riskmodel.service.cohorts import CohortScored, score_cohort
from riskmodel.service.store.engine import Store
from riskmodel.service.store.loading import LoadRequest, load
from riskmodel.service.store.migrating import migrate


def load_tiny(store: Store, tiny: Tiny, work: Path, now: dt.datetime) -> None:
    """Bring a store to its newest shape and load tinyland."""
    migrate(store)
    load(store, LoadRequest(tiny.programme, tiny.folder, work, "operator:test", lambda: now))


def fill(store: Store, tiny: Tiny, scorer: Scorer, work: Path, as_of: dt.date, now: dt.datetime) -> None:
    """Load tinyland and score everyone at risk on a date."""
    load_tiny(store, tiny, work, now)
    score(store, scorer, as_of, now)


def score(
    store: Store,
    scorer: Scorer,
    as_of: dt.date,
    now: dt.datetime,
    done: Callable[[int, int], None] = lambda share, households: None,
    in_force: InForce | None = None,
) -> CohortScored:
    """Score everyone at risk on a date, as an operator does."""

    def act_of(scored: CohortScored) -> Act:
        return Act(now, Action.COHORT_SCORED, "operator:test", "operator", scorer.id.version, asdict(scored), "")

    return score_cohort(store, scorer, as_of, now, act_of, done, in_force=in_force)
