"""Everyone at risk on a date is scored as the batch scores them, once, and whoever no longer is leaves the queue."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete, func, insert, select

from conftest import AS_OF, NOW, Tiny
from helpers.stores import closing_store
from helpers.tiny_store import score
from riskmodel.errors import TooFewRows
from riskmodel.features.snapshot import build_snapshot
from riskmodel.scoring.scorer import Scorer
from riskmodel.service import cohorts
from riskmodel.service.alert_rules import in_force
from riskmodel.service.cohorts import CohortScored
from riskmodel.service.features import Made
from riskmodel.service.store.area_falls import last_event_number
from riskmodel.service.store.area_figures import figures_of
from riskmodel.service.store.audit_log import page
from riskmodel.service.store.erasure import erase
from riskmodel.service.store.scores import queue, queue_size
from riskmodel.service.store.tables import alerts, events, households, scores, standings

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
        before = score(store, scorer, AS_OF, NOW)
        assert (before.added, before.moved) == (0, 0)
        assert score(store, scorer, EARLIER, NOW) == CohortScored(expected, expected, 0)
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
        whole = score(store, scorer, EARLIER, NOW)
    assert whole.added == whole.households
    whole_said = said(store_copy)
    with closing_store(store_copy) as store:
        later = dt.date(2021, 3, 1)
        with pytest.raises(KeyboardInterrupt):
            score(store, scorer, later, NOW, stop)
        half = len({*said(store_copy).values()} - {*whole_said.values()})
        rest = score(store, scorer, later, NOW)
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
        scored = score(store, scorer, later, NOW)
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
        assert score(store, scorer, later, NOW).added == 0
        assert score(store, scorer, later + dt.timedelta(days=1), NOW).households == scored.households


def test_a_cohort_tells_of_whoever_a_rule_began_to_fire_for_once(store_copy: str, scorer: Scorer) -> None:
    # illnesses are known ten days after they were recorded
    later = AS_OF + dt.timedelta(days=11)
    rules = in_force(scorer.programme.file, scorer)
    with closing_store(store_copy) as store:
        with store.reading() as connection:
            healthy = [
                row.household
                for row in connection.execute(select(standings).order_by(standings.c.household))
                if not connection.execute(select(events).where(events.c.household == row.household)).first()
            ]
        with store.writing() as connection:
            event = {"kind": "illness", "occurred_on": AS_OF, "recorded_on": AS_OF, "amount": 1.0, "source": "test"}
            connection.execute(insert(events).values(household=healthy[0], fingerprint="x", **event))
        assert score(store, scorer, later, NOW, in_force=rules).added
        assert score(store, scorer, later, NOW, in_force=rules).added == 0
        with store.reading() as connection:
            told = connection.execute(select(alerts).where(alerts.c.household == healthy[0])).all()
            last = connection.execute(select(standings.c.score).where(standings.c.household == healthy[0])).scalar_one()
    [alert] = told
    assert ("ill" in alert.rules, alert.score, alert.as_of, alert.repeats) == (True, last, later, None)


def test_the_first_cohort_tells_nobody(store_copy: str, scorer: Scorer) -> None:
    with closing_store(store_copy) as store:
        with store.writing() as connection:
            connection.execute(delete(standings))
        score(store, scorer, AS_OF + dt.timedelta(days=1), NOW, in_force=in_force(scorer.programme.file, scorer))
        with store.reading() as connection:
            assert connection.execute(select(alerts)).first() is None


def test_a_date_with_nobody_at_risk_changes_nothing(store_copy: str, scorer: Scorer) -> None:
    with closing_store(store_copy) as store:
        with pytest.raises(TooFewRows, match="riskmodel load"):
            score(store, scorer, dt.date(2012, 1, 1), NOW)
        with monkeypatched_cohort_of_nobody(), pytest.raises(TooFewRows):
            score(store, scorer, dt.date(2021, 5, 1), NOW)
        with store.reading() as connection:
            assert queue_size(connection, "") == 502
        assert score(store, scorer, AS_OF, NOW) == CohortScored(502, 0, 0)


@contextmanager
def monkeypatched_cohort_of_nobody() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("riskmodel.service.features.cohort", lambda *_: np.empty(0, "int64"))
        yield


def test_a_household_erased_meanwhile_is_left_out(
    store_copy: str, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = cohorts.make

    def made_and_erased(connection: Any, *rest: Any) -> Made:
        made = make(connection, *rest)
        for one in made.inputs.household_id[:1]:
            with store.writing() as other:
                erase(store, other, one)
        return made

    with closing_store(store_copy) as store:
        with monkeypatch.context() as patch:
            patch.setattr(cohorts, "make", made_and_erased)
            scored = score(store, scorer, dt.date(2021, 3, 1), NOW)
        assert 0 < scored.added < scored.households


def test_figures_of_areas_are_those_of_the_cohort_that_counts(store_copy: str, scorer: Scorer) -> None:
    with closing_store(store_copy) as store:
        with store.reading() as connection:
            before = figures_of(connection, ["", "north"])
        later = dt.date(2021, 3, 1)
        scored = score(store, scorer, later, NOW)
        score(store, scorer, EARLIER, NOW)
        with store.reading() as connection:
            found = figures_of(connection, ["", "north"])
            said_now = connection.execute(select(func.sum(standings.c.probability))).scalar_one()
    assert {one.as_of for one in before.values()} == {AS_OF} and {one.as_of for one in found.values()} == {later}
    assert found[""].risk.households == scored.households and found["north"].risk.households < scored.households
    assert found[""].risk.expected == pytest.approx(said_now, rel=1e-12)
    # incomes of 2020 were known on both dates
    assert [one.year for one in found["north"].growth] == [2015, 2016, 2017, 2018, 2019, 2020]
    assert found["north"].growth == before["north"].growth


def test_a_list_has_been_there_since_its_date_was_scored_first(store_copy: str, scorer: Scorer) -> None:
    later, again = NOW + dt.timedelta(days=3), NOW + dt.timedelta(days=9)
    with closing_store(store_copy) as store:
        score(store, scorer, AS_OF, later)
        score(store, scorer, EARLIER, later)
        with store.reading() as connection:
            assert cohorts.list_since(connection) == NOW, "scored once more, it is the list that people have worked on"
        score(store, scorer, dt.date(2021, 3, 1), again)
        with store.reading() as connection:
            assert cohorts.list_since(connection) == again
            # later events are told from those that were there, although none tells of a fall
            assert figures_of(connection, [""])[""].last_event == last_event_number(connection) > 0


def test_the_audit_is_told_with_the_last_change(store_copy: str, scorer: Scorer) -> None:
    with closing_store(store_copy) as store:
        scored = score(store, scorer, dt.date(2021, 3, 1), NOW)
        with store.reading() as connection:
            told = json.loads(page(connection, 0, 1000)[-1].content)
    assert (told["action"], told["detail"]["households"]) == ("cohort_scored", scored.households)
