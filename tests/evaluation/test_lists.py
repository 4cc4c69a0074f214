"""A list is drawn over everyone, ties and unknown outcomes are told by their bounds, and warnings are dated rightly."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from riskmodel.errors import TooFewRows, UsageError
from riskmodel.evaluation.lists import (
    lead_time,
    list_figures,
    listed_share,
    overlap,
    places_of,
    probability_figures,
)
from riskmodel.evaluation.ranking import Outcomes, Ranking

NAN = float("nan")


def days(*text: str) -> np.ndarray:
    return np.array(text, "datetime64[D]")


def cohort(seed: int, n: int = 9, unknown: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with many ties, outcomes some of which are unknown, weights."""
    rng = np.random.default_rng(seed)
    fell = rng.integers(0, 2, n).astype(float)
    fell[rng.random(n) < unknown] = NAN
    return rng.integers(0, 4, n).astype(float), fell, rng.integers(1, 5, n).astype(float)


def every_list(score: np.ndarray, places: int) -> list[list[int]]:
    """All lists that some order within ties would give."""
    cut = np.sort(score)[::-1][places - 1]
    above, tied = np.flatnonzero(score > cut), np.flatnonzero(score == cut)
    return [[*above, *more] for more in itertools.combinations(tied, places - len(above))]


class TestDrawing:
    def test_a_share_becomes_places_as_in_a_ranking(self) -> None:
        assert [places_of(share, 50) for share in (0.0, 0.05, 0.2, 1.0, 3.0)] == [1, 2, 10, 50, 50]

    def test_ties_at_the_cut_share_the_places_that_are_left(self) -> None:
        assert listed_share(np.array([5.0, 3, 3, 3, 1]), 3) == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3, 0])

    @given(st.integers(0, 10_000), st.integers(1, 9))
    def test_the_chances_add_up_to_the_places(self, seed: int, places: int) -> None:
        share = listed_share(cohort(seed)[0], places)
        assert share.sum() == pytest.approx(places)
        assert ((share >= 0) & (share <= 1)).all()

    @pytest.mark.parametrize("places", [0, 4])
    def test_a_list_longer_than_the_cohort_or_without_places_is_refused(self, places: int) -> None:
        with pytest.raises(UsageError, match="expected 1 to 3 places"):
            listed_share(np.arange(3.0), places)


class TestListFigures:
    @given(st.integers(0, 10_000), st.integers(1, 9))
    def test_where_all_outcomes_are_known_recall_and_precision_are_those_of_a_ranking(
        self, seed: int, places: int
    ) -> None:
        score, fell, weight = cohort(seed, unknown=0)
        fell[:2] = [0, 1]
        found = list_figures(score, fell, weight, places)
        expected = Ranking(score, Outcomes(fell, weight, np.arange(9), places / 9)).measure()
        for name in ("recall", "precision"):
            for ending in ("", "_weighted"):
                assert found[f"{name}{ending}"] == pytest.approx(expected[f"{name}_at_capacity{ending}"])

    @given(st.integers(0, 10_000), st.integers(1, 9), st.sampled_from(["", "_weighted"]))
    def test_best_and_worst_case_over_ties_are_those_of_trying_every_list(
        self, seed: int, places: int, ending: str
    ) -> None:
        score, fell, weight = cohort(seed)
        counted = weight if ending else np.ones(9)
        found = list_figures(score, fell, weight, places)
        recalls, precisions = [], []
        for listed in every_list(score, places):
            known = [row for row in listed if not np.isnan(fell[row])]
            hits = sum(counted[row] * fell[row] for row in known)
            recalls.append(hits / np.nansum(counted * fell) if np.nansum(fell) else NAN)
            precisions.append(hits / counted[known].sum() if known else NAN)
        assert found[f"recall_best_tie{ending}"] == pytest.approx(max(recalls), nan_ok=True)
        assert found[f"recall_worst_tie{ending}"] == pytest.approx(min(recalls), nan_ok=True)
        assert found[f"recall{ending}"] == pytest.approx(np.mean(recalls), nan_ok=True)
        if not np.isnan(precisions).any():
            assert found[f"precision_best_tie{ending}"] == pytest.approx(max(precisions))
            assert found[f"precision_worst_tie{ending}"] == pytest.approx(min(precisions))

    @given(st.integers(0, 10_000), st.integers(1, 7), st.sampled_from(["", "_weighted"]))
    def test_bounds_over_unknown_outcomes_are_those_of_trying_every_outcome(
        self, seed: int, places: int, ending: str
    ) -> None:
        _, fell, weight = cohort(seed, n=7)
        fell[0] = 1.0
        score = np.random.default_rng(seed).permutation(7).astype(float)
        counted = weight if ending else np.ones(7)
        found = list_figures(score, fell, weight, places)
        listed, unknown = score >= np.sort(score)[::-1][places - 1], np.flatnonzero(np.isnan(fell))
        recalls, precisions = [], []
        for outcome in itertools.product([0.0, 1.0], repeat=len(unknown)):
            filled = fell.copy()
            filled[unknown] = outcome
            recalls.append((listed * filled) @ counted / (filled @ counted))
            precisions.append((listed * filled) @ counted / (listed @ counted))
        assert found[f"recall_lowest{ending}"] == pytest.approx(min(recalls))
        assert found[f"recall_highest{ending}"] == pytest.approx(max(recalls))
        # the first outcome tried is that no unknown one fell, the last that all did
        assert found[f"recall{ending}"] == pytest.approx(recalls[0])
        assert found[f"recall_if_unknown_fell{ending}"] == pytest.approx(recalls[-1])
        assert found[f"precision_if_unknown_stayed{ending}"] == pytest.approx(precisions[0]) == min(precisions)
        assert found[f"precision_if_unknown_fell{ending}"] == pytest.approx(precisions[-1]) == max(precisions)

    def test_a_listed_row_of_unknown_outcome_takes_a_place_and_is_no_wrong_visit(self) -> None:
        score, fell = np.array([5.0, 4, 3, 2, 1]), np.array([1.0, NAN, 0, 1, 0])
        found = list_figures(score, fell, np.array([1.0, 1, 3, 1, 1]), 3)
        assert found["precision"] == pytest.approx(1 / 2)
        assert found["inclusion_error"] == pytest.approx(1 / 2)
        assert found["recall"] == pytest.approx(1 / 2)
        assert found["exclusion_error"] == pytest.approx(1 / 2)
        assert found["unknown_share"] == pytest.approx(1 / 3)
        assert found["precision_weighted"] == pytest.approx(1 / 4)
        assert found["unknown_share_weighted"] == pytest.approx(1 / 5)
        assert (found["places"], found["tied_at_cut"]) == (3, 1)

    def test_without_a_known_fall_or_a_known_listed_row_figures_are_undefined_not_zero(self) -> None:
        found = list_figures(np.array([2.0, 1.0]), np.array([NAN, 0.0]), np.ones(2), 1)
        assert np.isnan([found["recall"], found["precision"], found["inclusion_error"]]).all()
        assert (found["precision_if_unknown_stayed"], found["precision_if_unknown_fell"]) == (0, 1)


class TestOverlap:
    def test_shares_are_of_households_in_both_cohorts(self) -> None:
        now = np.array([1, 2, 3, 4, 9]), np.array([1, 1, 0, 1, 1], dtype=bool)
        before = np.array([4, 3, 2, 1, 7]), np.array([0, 1, 1, 1, 1], dtype=bool)
        found = overlap(*now, *before)
        # households 1 to 4 are in both: 1, 2, 4 are listed now, 1, 2, 3 were before
        assert found == {
            "in_both": 4,
            "share_listed_before": pytest.approx(2 / 3),
            "jaccard": pytest.approx(2 / 4),
            "jaccard_all": pytest.approx(2 / 6),
        }

    @given(st.integers(0, 1000))
    def test_a_list_overlaps_with_itself_wholly_whatever_the_order_of_rows(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        household, listed = rng.permutation(20), rng.random(20) < 0.5
        listed[0] = True
        order = rng.permutation(20)
        found = overlap(household, listed, household[order], listed[order])
        assert (found["share_listed_before"], found["jaccard"], found["jaccard_all"]) == (1, 1, 1)

    def test_cohorts_with_nobody_in_common_have_no_share(self) -> None:
        found = overlap(np.array([1]), np.array([True]), np.array([2]), np.array([True]))
        assert np.isnan([found["share_listed_before"], found["jaccard"]]).all()
        assert (found["in_both"], found["jaccard_all"]) == (0, 0)

    def test_a_household_twice_in_a_cohort_is_refused(self) -> None:
        twice = np.array([1, 1]), np.array([True, False])
        with pytest.raises(UsageError, match="more than once"):
            overlap(*twice, np.array([1]), np.array([True]))


class TestLeadTime:
    def test_the_first_listing_before_the_fall_counts(self) -> None:
        found = lead_time(
            np.array([1, 1, 2, 3]),
            days("2017-04-01", "2017-01-01", "2017-07-01", "2018-04-01"),
            np.array([1, 2, 3, 4]),
            days("2018-01-01", "2017-09-16", "2018-01-01", "2018-01-01"),
            np.array([1.0, 3.0, 1.0, 5.0]),
            3,
        )
        # household 1 is found 12 months ahead, 2 two and a half months, 3 is listed too late, 4 never
        assert (found["falls"], found["found"]) == (4, 2)
        assert found["found_share"] == pytest.approx(2 / 4)
        assert found["found_share_weighted"] == pytest.approx(4 / 10)
        assert found["ahead_share"] == pytest.approx(1 / 4)
        assert found["ahead_share_weighted"] == pytest.approx(1 / 10)
        late = 2 + 15 / (365.25 / 12)
        assert found["median_lead_months"] == pytest.approx((12 + late) / 2)
        assert found["median_lead_months_weighted"] == pytest.approx(late)

    @pytest.mark.parametrize(("fell_on", "ahead"), [("2017-04-01", 1.0), ("2017-03-31", 0.0)])
    def test_a_whole_calendar_period_is_ahead_a_day_less_is_not(self, fell_on: str, ahead: float) -> None:
        one = np.array([7])
        assert lead_time(one, days("2017-01-01"), one, days(fell_on), np.ones(1), 3)["ahead_share"] == ahead

    def test_a_list_of_the_day_of_the_fall_gives_no_warning(self) -> None:
        one = np.array([7])
        assert lead_time(one, days("2018-01-01"), one, days("2018-01-01"), np.ones(1), 3)["found"] == 0
        assert lead_time(one, days("2017-12-31"), one, days("2018-01-01"), np.ones(1), 3)["found"] == 1

    def test_a_listing_before_an_earlier_fall_does_not_warn_of_a_later_one(self) -> None:
        falls = days("2017-01-01", "2019-01-01")
        found = lead_time(np.array([7]), days("2016-01-01"), np.array([7, 7]), falls, np.ones(2), 3)
        assert (found["falls"], found["found"], found["median_lead_months"]) == (2, 1, 12)
        again = lead_time(np.array([7, 7]), days("2016-01-01", "2018-01-01"), np.array([7, 7]), falls, np.ones(2), 3)
        assert (again["found"], again["median_lead_months"]) == (2, 12)

    def test_a_fall_given_by_several_windows_counts_once(self) -> None:
        same = days("2018-01-01", "2018-01-01")
        found = lead_time(np.array([7]), days("2017-01-01"), np.array([7, 7]), same, np.ones(2), 3)
        assert (found["falls"], found["found_share"]) == (1, 1)

    def test_a_fall_without_weight_has_no_part_in_weighted_figures(self) -> None:
        one = np.array([7])
        found = lead_time(one, days("2017-01-01"), one, days("2018-01-01"), np.zeros(1), 3)
        assert found["median_lead_months"] == 12
        assert np.isnan([found["median_lead_months_weighted"], found["found_share_weighted"]]).all()

    def test_nobody_fell_or_nobody_listed_is_no_error(self) -> None:
        none, never = np.array([], dtype="int64"), days()
        found = lead_time(np.array([7]), days("2017-01-01"), none, never, np.zeros(0), 3)
        assert found["falls"] == 0
        assert np.isnan(found["found_share"])
        found = lead_time(none, never, np.array([7]), days("2017-01-01"), np.ones(1), 3)
        assert (found["found_share"], found["ahead_share"]) == (0, 0)
        assert np.isnan(found["median_lead_months"])

    @given(st.integers(0, 10_000))
    def test_it_agrees_with_looking_at_each_fall_by_hand(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        months = np.datetime64("2016-01", "M")
        who, on = rng.integers(0, 5, 15), (months + rng.integers(0, 30, 15)).astype("datetime64[D]")
        fallen, fell_on = rng.integers(0, 5, 6), (months + rng.integers(0, 30, 6)).astype("datetime64[D]")
        found = lead_time(who, on, fallen, fell_on, np.ones(6), 3)
        leads = []
        for one, day in set(zip(fallen.tolist(), fell_on.astype("datetime64[M]").astype(int).tolist(), strict=True)):
            own = fell_on[fallen == one].astype("datetime64[M]").astype(int)
            since = max((other for other in own if other < day), default=-1)
            before = [a for a in on[who == one].astype("datetime64[M]").astype(int) if since <= a < day]
            leads.append(day - min(before) if before else NAN)
        assert found["falls"] == len(leads)
        assert found["found"] == np.sum(~np.isnan(leads))
        assert found["ahead_share"] == pytest.approx(np.mean(np.array(leads) >= 3))
        if found["found"]:
            assert found["median_lead_months"] == pytest.approx(np.nanmedian(leads))


class TestProbabilities:
    def test_figures_are_scikit_learns_and_leave_unknown_outcomes_out(self) -> None:
        rng = np.random.default_rng(2)
        p, weight = rng.random(80), rng.uniform(0.5, 4, 80)
        fell = (rng.random(80) < p).astype(float)
        fell[:20] = NAN
        found = probability_figures(p, fell, weight, np.arange(80), rng, 20)
        y, q = fell[20:], p[20:]
        for ending, w in (("", None), ("_weighted", weight[20:])):
            assert found[f"brier{ending}"].value == pytest.approx(brier_score_loss(y, q, sample_weight=w))
            assert found[f"log_loss{ending}"].value == pytest.approx(log_loss(y, q, sample_weight=w))
            rate_error = np.average(q, weights=w) - np.average(y, weights=w)
            assert found[f"rate_error{ending}"].value == pytest.approx(rate_error)

    def test_a_sure_and_wrong_probability_costs_much_but_not_without_end(self) -> None:
        found = probability_figures(np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.ones(2), np.arange(2), _rng(), 5)
        assert found["log_loss"].value == pytest.approx(log_loss([1, 0], [0.0, 1.0]))

    def test_the_interval_is_as_wide_as_the_standard_error_says(self) -> None:
        rng = _rng()
        p = np.full(2000, 0.2)
        fell = (rng.random(2000) < p).astype(float)
        found = probability_figures(p, fell, np.ones(2000), np.arange(2000), rng, 400)["rate_error"]
        width = 2 * 1.96 * np.sqrt(0.2 * 0.8 / 2000)
        assert found.high - found.low == pytest.approx(width, rel=0.2)
        assert found.low < found.value < found.high

    def test_households_are_drawn_whole_so_that_repeated_rows_do_not_narrow_it(self) -> None:
        p, fell = np.full(200, 0.3), (np.arange(200) % 10 < 3).astype(float)
        once = probability_figures(p, fell, np.ones(200), np.arange(200), _rng(), 300)["rate_error"]
        again = [np.repeat(each, 5) for each in (p, fell, np.ones(200), np.arange(200))]
        five = probability_figures(*again, _rng(), 300)["rate_error"]
        assert five.high - five.low == pytest.approx(once.high - once.low)

    def test_no_known_outcome_is_refused(self) -> None:
        with pytest.raises(TooFewRows, match="known outcome"):
            probability_figures(np.ones(2), np.full(2, NAN), np.ones(2), np.arange(2), _rng())


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)
