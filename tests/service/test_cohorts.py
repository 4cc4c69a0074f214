"""Everyone at risk on a date is scored as the batch scores them, once, and whoever no longer is leaves the queue."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import insert, select

from conftest import AS_OF, NOW, Tiny
from helpers.stores import closing_store
from riskmodel.features.snapshot import build_snapshot
from riskmodel.scoring.scorer import Scorer
from riskmodel.service import cohorts
from riskmodel.service.cohorts import CohortScored, score_cohort
from riskmodel.service.store.scores import queue, queue_size
from riskmodel.service.store.tables import events, households, scores

EARLIER = dt.date(2020, 1, 1)


def said(url: str) -> dict[str, tuple[float, float, str]]:
    """Return what stands of every household: log-odds, probability, digest of the features."""
    with closing_store(url) as store, store.reading() as connection:
        query = select(households.c.household_id, scores).join(scores, scores.c.household == households.c.household)
        rows = connection.execute(query.order_by(scores.c.score)).all()
    return {row.household_id: (row.log_odds, row.probability, row.snapshot_digest) for row in rows}


def test_scores_are_those_of_the_batch_to_the_bit(store_copy: str, scorer: Scorer, tiny_snapshot: pd.DataFrame) -> None:
    batch, bad = scorer.score(tiny_snapshot, NOW.date())
    assert not bad
    assert said(store_copy) == {
        row["household_id"]: (row["log_odds"], row["probability"], row["snapshot_digest"]) for row in batch.to_pylist()
    }


def test_another_date_is_added_and_the_same_is_not(
    store_copy: str, scorer: Scorer, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    # many commits an area instead of one
    monkeypatch.setattr(cohorts, "CHUNK_HOUSEHOLDS", 7)
    expected = len(build_snapshot(tiny.programme, tiny.line, EARLIER))
    with closing_store(store_copy) as store:
        before = score_cohort(store, scorer, AS_OF, NOW)
        assert (before.added, before.moved) == (0, 0)
        assert score_cohort(store, scorer, EARLIER, NOW) == CohortScored(expected, expected, 0)
        with store.reading() as connection:
            # the later date goes on to count
            assert {one.as_of for one in queue(connection, "", 0, 1000)} == {AS_OF}
            assert queue_size(connection, "") == before.households


def test_interrupted_and_again_is_as_if_never_interrupted(
    store_copy: str, scorer: Scorer, tiny: Tiny, tmp_path: Path
) -> None:
    def stop(share: int, _: int) -> None:
        if share >= 50:
            raise KeyboardInterrupt

    with closing_store(store_copy) as store:
        whole = score_cohort(store, scorer, EARLIER, NOW)
    assert whole.added == whole.households
    whole_said = said(store_copy)
    with closing_store(store_copy) as store:
        later = dt.date(2021, 3, 1)
        with pytest.raises(KeyboardInterrupt):
            score_cohort(store, scorer, later, NOW, stop)
        half = len({*said(store_copy).values()} - {*whole_said.values()})
        rest = score_cohort(store, scorer, later, NOW)
        assert 0 < rest.added < rest.households and half > 0


def test_whoever_is_no_longer_at_risk_leaves_the_queue(store_copy: str, scorer: Scorer, tiny: Tiny) -> None:
    """Poor households are no cohort of tinyland: a household that is seen poor is out."""
    later = dt.date(2021, 3, 1)
    with closing_store(store_copy) as store:
        with store.reading() as connection:
            first = queue(connection, "", 0, 1)[0].household_id
            known = select(households.c.household).where(households.c.household_id == first)
            number = connection.execute(known).scalar_one()
            kind = connection.execute(select(events.c.kind).limit(1)).scalar_one()
        scored = score_cohort(store, scorer, later, NOW)
        with store.reading() as connection:
            assert queue_size(connection, "") == scored.households
        # what was recorded on the day itself is not seen
        with store.writing() as connection:
            connection.execute(
                insert(events).values(
                    household=number,
                    kind=kind,
                    occurred_on=later,
                    recorded_on=later,
                    amount=1.0,
                    fingerprint="x",
                    source="test",
                )
            )
        assert score_cohort(store, scorer, later, NOW).added == 0
        assert score_cohort(store, scorer, later + dt.timedelta(days=1), NOW).households == scored.households
