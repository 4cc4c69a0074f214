"""Whoever an event struck is scored as the whole cohort would be, and told of, once, whatever fails in between."""

from __future__ import annotations

import copy
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Row, delete, func, insert, select

from conftest import AS_OF, NOW
from helpers.accounts import Clock
from helpers.acts import acts_of
from helpers.reports import report, sender
from helpers.stores import closing_store
from helpers.tiny_store import score
from riskmodel.programme.dictionary import How
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Origin
from riskmodel.service.alert_rules import in_force
from riskmodel.service.features import make
from riskmodel.service.reports import Report
from riskmodel.service.serving import Serving, serving_of
from riskmodel.service.store import scores, snapshots
from riskmodel.service.store.alert_rows import alerts_after
from riskmodel.service.store.engine import Store
from riskmodel.service.store.erasure import erase
from riskmodel.service.store.households import Subject, find
from riskmodel.service.store.leases import Lease
from riskmodel.service.store.report_rows import Received, Sender, keep_reports
from riskmodel.service.store.shards import homes, shards
from riskmodel.service.store.tables import alerts, events, households, standings, waiting
from riskmodel.service.store.tables import scores as scores_table
from riskmodel.service.store.tables import snapshots as snapshots_table
from riskmodel.service.store.waiting_rows import LostLease, take_waiting
from riskmodel.service.work import rescoring
from riskmodel.service.work.rescoring import LEASE, Rescoring

TODAY, TOMORROW = NOW.date(), NOW.date() + dt.timedelta(days=1)
KEPT = (scores_table, alerts, waiting, snapshots_table)


@dataclass
class Place:
    """A store with tinyland, a worker, and departments that send."""

    store: Store
    serving: Serving
    clock: Clock
    senders: dict[str, Sender]

    def work(self, worker: str = "a", serving: Serving | None = None) -> Rescoring:
        used = serving or self.serving
        return Rescoring(
            self.store, lambda: used, lambda scorer: in_force(scorer.programme.file, scorer), self.clock, worker
        )

    def strike(self, *reports: Report, by: Origin = Origin.DEPARTMENT_SCREENING) -> Received:
        name = by.value.replace("_", "-")
        if name not in self.senders:
            self.senders[name] = sender(self.store, name, by)
        # no two requests come at the same moment
        self.clock.pass_by(1)
        now = self.clock()
        with self.store.writing() as connection:
            return keep_reports(self.store, connection, self.senders[name], list(enumerate(reports)), now, now.date())

    def well(self, count: int) -> list[Subject]:
        """Return households that are in the queue and were never ill, from several provinces."""
        with self.store.reading() as connection:
            ill = select(events.c.household).distinct()
            query = select(standings.c.household_id).where(standings.c.household.not_in(ill))
            ids = list(connection.execute(query.order_by(standings.c.household_id).limit(count)).scalars())
            found = find(connection, ids)
        return [found[one] for one in ids]

    def features(self, subject: Subject, as_of: dt.date = TOMORROW) -> np.ndarray | None:
        with self.store.reading() as connection:
            found = snapshots.kept(connection, self.serving.snapshots, as_of, [subject.household])
        return found.get(subject.household)

    def whole(self, subject: Subject, as_of: dt.date = TOMORROW) -> np.ndarray | None:
        """Return a household's features as they are made with everyone of its shard."""
        with self.store.reading() as connection:
            every = shards(connection, self.serving.scorer.programme)
            home = homes(every, {subject.area_path})[subject.area_path]
            inputs = make(connection, self.serving.scorer, every[home], as_of).inputs
        row = np.flatnonzero(inputs.household_id == subject.household_id)
        return inputs.matrix[row[0], : len(self.serving.scorer.schema.features)] if len(row) else None

    def standing(self, subject: Subject) -> Row[Any] | None:
        with self.store.reading() as connection:
            return scores.standings_of(connection, [subject.household]).get(subject.household)

    def told(self) -> Sequence[Row[Any]]:
        with self.store.reading() as connection:
            return alerts_after(connection, "", 0, 1000)

    def counts(self) -> list[int]:
        """Return how many rows are kept, and how many acts."""
        with self.store.reading() as connection:
            found = [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in KEPT]
        return [*found, len(self.acts())]

    def acts(self) -> list[dict[str, Any]]:
        return [act for act in acts_of(self.store) if act["action"] == "rescored"]

    def waits(self) -> dict[int, tuple[int, str | None]]:
        with self.store.reading() as connection:
            return {row.household: (row.first_event, row.leased_by) for row in connection.execute(select(waiting))}


@pytest.fixture(scope="module")
def serving(prompt_scorer: Scorer) -> Serving:
    return serving_of(prompt_scorer)


@pytest.fixture
def place(tiny_store: Store, serving: Serving) -> Place:
    return Place(tiny_store, serving, Clock(NOW), {})


@pytest.fixture
def lite(sqlite_store: Store, serving: Serving) -> Place:
    """Return a place on SQLite alone, for what has nothing to do with the database."""
    return Place(sqlite_store, serving, Clock(NOW), {})


def column(place: Place, feature: str) -> int:
    return place.serving.scorer.names.features.index(feature)


def rates(place: Place) -> np.ndarray:
    features = place.serving.scorer.programme.features
    return np.array([feature.how is How.AREA_RATE for feature in features])


def bits(values: np.ndarray) -> list[int]:
    # NaN has many bit patterns, and all mean missing
    clean = np.where(np.isnan(values), np.nan, values)
    found: list[int] = clean.view(np.int64).tolist()
    return found


def during(patch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Let something happen, once, while households are being scored, between what is read and what is kept."""
    said, todo = rescoring._said, [what]

    def interrupted(*arguments: Any) -> Any:
        while todo:
            todo.pop()()
        return said(*arguments)

    patch.setattr(rescoring, "_said", interrupted)


class TestOneEvent:
    def test_from_the_event_to_the_alert(self, place: Place) -> None:
        [struck, other] = place.well(2)
        before, others = place.standing(struck), place.standing(other)
        assert before is not None and others is not None
        assert not place.work()()
        assert place.strike(report("1", struck.household_id)).accepted == 1
        assert place.work()() and not place.work()()
        after = place.standing(struck)
        assert after is not None and (after.as_of, before.as_of) == (TOMORROW, AS_OF)
        assert place.standing(other) == others
        [alert] = place.told()
        assert (alert.household, alert.group, alert.rules) == (struck.household, "health", ["ill"])
        assert alert.origins[0] == alert.origin == "department_screening"
        assert (alert.score, alert.probability, alert.band) == (after.score, after.probability, after.band)
        assert (alert.previous_probability, alert.previous_band) == (before.probability, before.band)
        assert (alert.as_of, alert.raised_at) == (TOMORROW, place.clock())
        with place.store.reading() as connection:
            [event] = connection.execute(select(events).where(events.c.sender.is_not(None))).all()
        assert alert.events == [event.event]
        sides = known(place.features(struck, AS_OF)), known(place.features(struck))
        assert sides[1][column(place, "illness_cost_12m")] == 20.0
        assert alert.moved
        for feature, _, _, *values in alert.moved:
            assert values == [
                value if np.isfinite(value) else None for side in sides for value in [side[column(place, feature)]]
            ]
        assert place.waits() == {}
        [act] = place.acts()
        assert (act["actor"], act["subject"]) == ("worker", place.serving.scorer.id.version)
        assert act["detail"] == {"households": 1, "scored": 1, "alerts": 1, "as_of": TOMORROW.isoformat()}

    def test_the_score_is_the_model_s_own_for_those_features(self, place: Place) -> None:
        [struck] = place.well(1)
        place.strike(report("1", struck.household_id))
        place.work()()
        features, standing = place.features(struck), place.standing(struck)
        assert features is not None and standing is not None
        matrix = np.full((1, len(place.serving.scorer.schema.names)), np.nan)
        matrix[0, : len(features)] = features
        odds = place.serving.scorer.contributions(matrix).sum()
        assert -standing.negative_log_odds == pytest.approx(odds, abs=1e-9)


class TestFeatures:
    def test_are_to_the_bit_those_of_the_whole_cohort_but_for_rates(self, place: Place) -> None:
        some = place.well(12)
        days = [dt.date(2021, 5, 3), dt.date(2020, 7, 31), dt.date(2013, 2, 1), dt.date(2021, 1, 1)]
        place.strike(
            *(
                report(f"{number}-{turn}", one.household_id, occurred_on=days[(number + turn) % 4], amount=0.1 * number)
                for number, one in enumerate(some)
                for turn in range(2)
            )
        )
        place.work()()
        rate = rates(place)
        assert rate.any() and not rate.all()
        for one in some:
            own, whole, last = place.features(one), place.whole(one), place.features(one, AS_OF)
            assert own is not None and whole is not None and last is not None
            assert bits(own[~rate]) == bits(whole[~rate])
            assert bits(own[rate]) == bits(last[rate])

    def test_are_the_whole_cohort_s_where_its_rates_are_the_same(self, place: Place) -> None:
        """A cohort of the same day says nothing new of whoever was scored alone."""
        score(place.store, place.serving.scorer, TODAY, place.clock())
        some = place.well(40)
        # a late event changes no rate: those look at the last twelve months
        place.strike(*(report(f"{one.household}", one.household_id, occurred_on=dt.date(2019, 1, 5)) for one in some))
        place.work()()
        alone = {one.household: place.standing(one) for one in some}
        score(place.store, place.serving.scorer, TOMORROW, place.clock())
        same = [one for one in some if bits(known(place.features(one))) == bits(known(place.whole(one)))]
        assert len(same) >= 20
        for one in same:
            before, after = alone[one.household], place.standing(one)
            assert before is not None and after is not None and before == after

    def test_of_whom_none_are_kept_they_are_made_with_the_shard(self, place: Place) -> None:
        some = place.well(3)
        with place.store.writing() as connection:
            connection.execute(delete(standings).where(standings.c.household == some[0].household))
            connection.execute(delete(snapshots_table).where(snapshots_table.c.household == some[0].household))
        place.strike(*(report(f"{number}", one.household_id) for number, one in enumerate(some)))
        place.work()()
        own, whole = place.features(some[0]), place.whole(some[0])
        assert own is not None and whole is not None and bits(own) == bits(whole)
        assert {alert.household: alert.moved == [] for alert in place.told()} == {
            one.household: one is some[0] for one in some
        }
        assert place.standing(some[0]) is not None


def known(features: np.ndarray | None) -> np.ndarray:
    assert features is not None
    return features


class TestTime:
    def test_an_event_of_today_is_unseen_today_and_seen_tomorrow(self, place: Place) -> None:
        [struck] = place.well(1)
        place.strike(report("1", struck.household_id))
        place.work()()
        ill = column(place, "illness_count_12m")
        assert known(place.whole(struck, TODAY))[ill] == 0
        assert known(place.whole(struck, TOMORROW))[ill] == known(place.features(struck))[ill] == 1

    def test_what_the_programme_knows_only_later_is_not_seen_earlier(self, store_copy: str, scorer: Scorer) -> None:
        """Illness of tinyland itself is known after ten days."""
        with closing_store(store_copy) as store:
            place = Place(store, serving_of(scorer), Clock(NOW), {})
            [struck] = place.well(1)
            place.strike(report("1", struck.household_id))
            assert place.work()()
            ill = column(place, "illness_count_12m")
            assert known(place.features(struck))[ill] == 0
            assert list(place.told()) == []
            days = [known(place.whole(struck, TODAY + dt.timedelta(days=days)))[ill] for days in (10, 11)]
            assert days == [0, 1]

    def test_midnight_passes_while_the_turn_to_write_is_waited_for(
        self, lite: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [struck, other] = lite.well(2)
        lite.strike(report("1", other.household_id))
        writing, todo = lite.store.writing, [1]

        @contextmanager
        def after_midnight() -> Iterator[Connection]:
            if todo:
                todo.pop()
                lite.clock.now = dt.datetime.combine(TOMORROW, dt.time(), dt.UTC)
                lite.strike(report("2", struck.household_id, occurred_on=TODAY))
            with writing() as connection:
                yield connection

        monkeypatch.setattr(lite.store, "writing", after_midnight)
        while lite.work()():
            pass
        after = TOMORROW + dt.timedelta(days=1)
        assert known(lite.features(struck, after))[column(lite, "illness_count_12m")] == 1
        assert {alert.household for alert in lite.told()} == {struck.household, other.household}

    def test_late_ones_and_those_out_of_order(self, lite: Place) -> None:
        [struck] = lite.well(1)
        months = column(lite, "months_since_illness")
        lite.strike(report("1", struck.household_id, occurred_on=dt.date(2021, 4, 30)))
        lite.work()()
        assert known(lite.features(struck))[months] == 2
        lite.strike(report("2", struck.household_id, occurred_on=dt.date(2020, 1, 31)))
        lite.work()()
        assert known(lite.features(struck))[months] == 2
        assert known(lite.features(struck))[column(lite, "illness_count_12m")] == 1


class TestWhoIsNotAtRisk:
    def identifying(self, place: Place) -> Serving:
        """Return the model of a programme in which whoever is listed is watched over and in the queue no longer."""
        scorer = copy.copy(place.serving.scorer)
        file = scorer.programme.file
        cohort = file.cohort.model_copy(update={"gone_after": ("listed",)})
        scorer.programme = replace(scorer.programme, file=file.model_copy(update={"cohort": cohort}))
        return serving_of(scorer)

    def test_whoever_is_identified_leaves_the_queue(self, lite: Place) -> None:
        serving = self.identifying(lite)
        [struck, other] = lite.well(2)
        lite.strike(report("1", struck.household_id, kind="listed", amount=None), report("2", other.household_id))
        lite.work(serving=serving)()
        assert lite.standing(struck) is None and lite.standing(other) is not None
        assert [alert.household for alert in lite.told()] == [other.household]
        assert lite.acts()[0]["detail"]["scored"] == 1
        assert lite.waits() == {}

    @pytest.mark.parametrize(
        ("origin", "told"),
        [(Origin.SELF_REPORT, 1), (Origin.OFFICIAL_CHECK, 1), (Origin.DEPARTMENT_SCREENING, 0)],
    )
    def test_people_are_listened_to_all_the_same(self, lite: Place, origin: Origin, told: int) -> None:
        with lite.store.reading() as connection:
            query = select(households.c.household_id).where(
                households.c.household.not_in(select(standings.c.household))
            )
            someone = connection.execute(query.limit(1)).scalar_one()
        before = lite.counts()
        lite.strike(report("1", someone), by=origin)
        assert lite.work()()
        assert [(alert.origin, alert.score) for alert in lite.told()] == [(origin.value, None)] * told
        assert lite.counts() == [before[0], told, 0, before[3], 1]


class TestOnce:
    def test_the_same_event_again_raises_nothing(self, place: Place) -> None:
        [struck] = place.well(1)
        place.strike(report("1", struck.household_id))
        place.work()()
        before = place.counts()
        assert place.strike(report("1", struck.household_id)).known == 1
        assert not place.work()()
        assert place.counts() == before

    def test_an_event_that_is_looked_at_twice_is_told_once(self, place: Place) -> None:
        [struck] = place.well(1)
        place.strike(report("1", struck.household_id), by=Origin.SELF_REPORT)
        place.work()()
        [alert] = place.told()
        with place.store.writing() as connection:
            again = {"household": struck.household, "since": NOW, "first_event": alert.events[0], "ticket": 1}
            connection.execute(insert(waiting).values(**again))
        before = place.counts()
        assert place.work()()
        assert list(place.told()) == [alert]
        # the same features are kept once, and the same score is said once
        assert place.counts()[0] == before[0] and place.counts()[3] == before[3]

    def test_one_illness_and_its_bill_are_one_alert(self, lite: Place) -> None:
        [struck] = lite.well(1)
        for number, origin in enumerate([Origin.SELF_REPORT, Origin.DEPARTMENT_SCREENING, Origin.OFFICIAL_CHECK]):
            lite.strike(report(f"{number}", struck.household_id), by=origin)
            lite.work()()
            lite.clock.pass_by(86_400)
        assert [alert.origin for alert in lite.told() if alert.band == lite.told()[0].band] == ["self_report"]

    def test_a_second_illness_after_the_cooldown_is_told(self, place: Place) -> None:
        """The rule still fires for the first one, so that it can't begin to."""
        [struck] = place.well(1)
        place.strike(report("1", struck.household_id))
        place.work()()
        days = place.serving.scorer.programme.file.alerts.cooldown_days
        for number, passed in ((2, days - 2), (3, 3)):
            place.clock.pass_by(passed * 86_400)
            place.strike(report(f"{number}", struck.household_id, occurred_on=place.clock().date()))
            place.work()()
        screened = [alert for alert in place.told() if "department_screening" in alert.origins]
        assert [alert.rules for alert in screened] == [["ill"], ["ill"]]
        with place.store.reading() as connection:
            last = connection.execute(select(func.max(events.c.event))).scalar_one()
        assert screened[1].events == [last]

    def test_more_than_one_piece_of_work(self, lite: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rescoring, "MOST_HOUSEHOLDS", 3)
        some = lite.well(7)
        lite.strike(*(report(f"{number}", one.household_id) for number, one in enumerate(some)))
        work = lite.work()
        assert [work() for _ in range(4)] == [True, True, True, False]
        assert sorted(alert.household for alert in lite.told()) == sorted(one.household for one in some)
        assert sum(act["detail"]["scored"] for act in lite.acts()) == 7


def test_of_whom_none_are_kept_no_more_shards_are_made_at_once_than_a_lease_lasts_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else two workers would take all of them from each other again and again, and neither would ever be done."""
    monkeypatch.setattr(rescoring, "MOST_SHARDS", 1)
    some = place.well(12)
    with place.store.writing() as connection:
        every = shards(connection, place.serving.scorer.programme)
        home = homes(every, {one.area_path for one in some})
        numbers = [one.household for one in some]
        connection.execute(delete(snapshots_table).where(snapshots_table.c.household.in_(numbers)))
    place.strike(*(report(f"{number}", one.household_id) for number, one in enumerate(some)))
    made = rescoring.make

    def slowly(connection: Connection, scorer: Scorer, codes: Sequence[str], as_of: dt.date) -> Any:
        place.clock.pass_by(0.6 * LEASE.total_seconds())
        return made(connection, scorer, codes, as_of)

    monkeypatch.setattr(rescoring, "make", slowly)
    during(monkeypatch, place.work("other"))
    assert place.work()()
    first = {one.household for one in some if home[one.area_path] == home[some[0].area_path]}
    assert place.waits().keys() == set(numbers) - first != set()
    assert {leased for _, leased in place.waits().values()} == {None}
    while place.work()():
        pass
    counts = Counter(home[one.area_path] for one in some)
    assert sorted(act["detail"]["households"] for act in place.acts()) == sorted(counts.values())
    assert {alert.household for alert in place.told()} == set(numbers)


STEPS = [
    ("snapshots", "keep"),
    ("scores", "say"),
    (None, "raise_alerts"),
    (None, "finish"),
    (None, "append"),
    (None, "drafts"),
    (None, "_read"),
    (None, "_said"),
]


class TestTogetherOrNotAtAll:
    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    @pytest.mark.parametrize(("module", "step"), STEPS, ids=[step for _, step in STEPS])
    def test_a_step_that_fails_leaves_nothing(
        self, lite: Place, monkeypatch: pytest.MonkeyPatch, module: str | None, step: str, after: bool
    ) -> None:
        self.check(lite, monkeypatch, module, step, after)

    def test_on_postgresql_too(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.check(place, monkeypatch, None, "append", True)

    def check(self, place: Place, monkeypatch: pytest.MonkeyPatch, module: str | None, step: str, after: bool) -> None:
        some = place.well(3)
        place.strike(*(report(f"{number}", one.household_id) for number, one in enumerate(some)))
        before, standing = place.counts(), [place.standing(one) for one in some]
        where = getattr(rescoring, module) if module else rescoring
        real = getattr(where, step)

        def failing(*arguments: Any, **more: Any) -> Any:
            if after:
                real(*arguments, **more)
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr(where, step, failing)
            with pytest.raises(ZeroDivisionError):
                place.work()()
        assert place.counts() == before
        assert [place.standing(one) for one in some] == standing
        # nobody waits for the end of a lease that its holder gave back
        assert {leased for _, leased in place.waits().values()} == {None}
        assert place.work("b")()
        assert place.counts() == [before[0] + 3, before[1] + 3, 0, before[3] + 3, before[4] + 1]


class TestManyWorkers:
    def test_whoever_is_killed_is_replaced_and_it_is_done_once(self, place: Place) -> None:
        [struck] = place.well(1)
        place.strike(report("1", struck.household_id))
        now = place.clock()
        with place.store.writing() as connection:
            assert take_waiting(connection, 9, Lease("killed", now, now + LEASE))
        assert not place.work()()
        place.clock.pass_by(LEASE.total_seconds() + 1)
        assert place.work()() and not place.work()()
        assert len(place.told()) == len(place.acts()) == 1

    def test_of_two_who_score_the_same_one_keeps(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        [struck] = place.well(1)
        place.strike(report("1", struck.household_id))

        def overtake() -> None:
            place.clock.pass_by(LEASE.total_seconds() + 1)
            assert place.work("quick")()

        during(monkeypatch, overtake)
        before = place.counts()
        with pytest.raises(LostLease):
            place.work("slow")()
        after = place.counts()
        assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, -1, 1, 1]
        assert not place.work("slow")()

    def test_struck_again_while_it_is_scored(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        [struck, other] = place.well(2)
        place.strike(report("1", struck.household_id), report("2", other.household_id))
        during(monkeypatch, lambda: place.strike(report("3", struck.household_id, amount=5.0)))
        assert place.work()()
        with place.store.reading() as connection:
            query = select(func.max(events.c.event)).where(events.c.household == struck.household)
            last = connection.execute(query).scalar_one()
        # its alert tells of the first, and it waits for the second alone
        assert place.waits() == {struck.household: (last, None)}
        assert known(place.features(struck))[column(place, "illness_count_12m")] == 1
        assert place.work("b")() and not place.work("b")()
        assert known(place.features(struck))[column(place, "illness_count_12m")] == 2
        assert all(last not in alert.events for alert in place.told() if alert.household != struck.household)

    def test_erased_while_it_is_scored(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        [struck, other] = place.well(2)
        place.strike(report("1", struck.household_id), report("2", other.household_id))

        def gone() -> None:
            with place.store.writing() as connection:
                erase(place.store, connection, struck.household_id)

        during(monkeypatch, gone)
        with suppress(Exception):
            place.work()()
        while place.work()():
            pass
        assert place.waits() == {} and [alert.household for alert in place.told()] == [other.household]
