"""Money is compared at one budget: hand-made answers, the bounds that perfect targeting sets, and guarded incomes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import TooFewRows, UsageError
from riskmodel.evaluation.utility import FLOOR_IN_LINES, Recipients, mean_gap, utility

NAN = float("nan")


def of(welfare: list[float] | np.ndarray, places: int, weight: list[float] | None = None) -> Recipients:
    n = len(welfare)
    return Recipients(
        np.array(welfare, "float64"), np.ones(n) if weight is None else np.array(weight), np.arange(n), places
    )


def flags(n: int, *listed: int) -> np.ndarray:
    return np.isin(np.arange(n), listed)


def points(lists: dict[str, np.ndarray], recipients: Recipients, **options: float) -> dict[str, dict[str, float]]:
    """Figures without their intervals."""
    table = utility(lists, recipients, np.random.default_rng(0), draws=2, **options)
    return {name: {figure: one.value for figure, one in row.items()} for name, row in table.items()}


class TestKnownAnswers:
    def test_gains_are_those_of_the_formula_at_rho_three(self) -> None:
        found = points({"right": flags(4, 0), "wrong": flags(4, 3)}, of([0.5, 1.0, 1.5, 2.0], 1), transfer_in_lines=0.5)
        # u(y) = -1 / (2 y^2)
        right = (-0.5 / 1.0**2 + 0.5 / 0.5**2) / 4
        wrong = (-0.5 / 2.5**2 + 0.5 / 2.0**2) / 4
        universal = sum(-0.5 / (y + 0.125) ** 2 + 0.5 / y**2 for y in (0.5, 1.0, 1.5, 2.0)) / 4
        assert found["right"]["gain"] == found["perfect"]["gain"] == pytest.approx(right)
        assert found["wrong"]["gain"] == pytest.approx(wrong)
        assert found["universal"]["gain"] == pytest.approx(universal)
        assert found["wrong"]["share_of_perfect"] == pytest.approx(wrong / right)
        assert found["right"]["times_universal"] == pytest.approx(right / universal)

    @pytest.mark.parametrize(("rho", "gain"), [(1.0, np.log(2) / 2), (0.0, 0.5 / 2), (2.0, 1 / 2)])
    def test_other_degrees_of_aversion_and_the_logarithm_between_them(self, rho: float, gain: float) -> None:
        found = points({"a": flags(2, 0)}, of([0.5, 3.0], 1), transfer_in_lines=0.5, rho=rho)
        assert found["a"]["gain"] == pytest.approx(gain)

    def test_where_money_alone_counts_every_way_to_spend_it_is_worth_the_same(self) -> None:
        found = points({"a": flags(3, 2)}, of([0.2, 1.0, 4.0], 1), transfer_in_lines=0.3, rho=0)
        assert all(row["gain"] == pytest.approx(0.1) for row in found.values())

    def test_listing_everyone_is_the_universal_transfer(self) -> None:
        found = points({"all": np.ones(4, bool)}, of([0.5, 1.0, 1.5, 2.0], 1, [1.0, 2, 3, 4]), transfer_in_lines=0.5)
        for ending in ("", "_weighted"):
            assert found["all"][f"times_universal{ending}"] == pytest.approx(1)

    def test_the_poorer_of_two_falls_is_worth_more_at_the_same_precision(self) -> None:
        found = points({"poor": flags(3, 0), "less": flags(3, 1)}, of([0.3, 0.9, 2.0], 1))
        assert found["poor"]["gain"] > 10 * found["less"]["gain"]


class TestTransfer:
    def test_by_default_it_is_the_mean_gap_of_those_below_the_line(self) -> None:
        assert mean_gap(np.array([0.5, 0.9, 1.0, 3.0, NAN]), np.array([1.0, 3, 9, 9, 9])) == pytest.approx(0.8 / 4)
        recipients = of([0.5, 0.9, 1.0, 3.0], 2)
        assert points({"a": flags(4, 0, 1)}, recipients) == points(
            {"a": flags(4, 0, 1)}, recipients, transfer_in_lines=0.3
        )

    def test_nobody_below_the_line_has_no_gap_to_close(self) -> None:
        with pytest.raises(TooFewRows, match="give a transfer"):
            points({"a": flags(2, 0)}, of([1.0, 2.0], 1))
        assert points({"a": flags(2, 0)}, of([1.0, 2.0], 1), transfer_in_lines=0.1)["a"]["gain"] > 0

    @given(st.integers(0, 10_000))
    def test_the_budget_is_the_same_however_many_are_listed(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        weight = rng.uniform(0.5, 3, 12)
        listed = rng.random(12) < 0.4
        listed[0] = True
        # at rho 0 the gain is the money: capacity times transfer, over the cohort
        found = points({"a": listed}, of(rng.uniform(0.1, 3, 12), 3, list(weight)), transfer_in_lines=0.4, rho=0)
        assert found["a"]["gain"] == pytest.approx(0.4 * 3 / 12)
        assert found["a"]["gain_weighted"] == pytest.approx(0.4 * 3 / 12)


class TestBounds:
    @given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from([0.0, 1.0, 3.0]))
    def test_perfect_is_the_best_of_all_lists_of_its_size(self, seed: int, places: int, rho: float) -> None:
        rng = np.random.default_rng(seed)
        lists = {str(rows): flags(6, *rows) for rows in itertools.combinations(range(6), places)}
        found = points(lists, of(rng.uniform(0, 2, 6), places), transfer_in_lines=0.4, rho=rho)
        best = max(found[name]["gain"] for name in lists)
        assert found["perfect"]["gain"] == pytest.approx(best)

    def test_perfect_takes_a_part_of_the_household_at_the_cut_where_weights_demand_it(self) -> None:
        found = points({"a": flags(2, 0)}, of([0.5, 1.0], 1, [1.0, 3.0]), transfer_in_lines=0.5)
        # capacity is half of the weight, 2 of 4: the poorest whole, and a third of the other
        first, second = -0.5 + 2.0, -0.5 / 1.5**2 + 0.5
        assert found["perfect"]["gain_weighted"] == pytest.approx((first + second) / 4)

    def test_shared_places_are_worth_the_mean_of_the_lists_that_ties_could_give(self) -> None:
        lists = {"tied": np.array([0.5, 0.5, 0.0]), "first": flags(3, 0), "second": flags(3, 1)}
        found = points(lists, of([0.4, 0.8, 2.0], 1))
        assert found["tied"]["gain"] == pytest.approx((found["first"]["gain"] + found["second"]["gain"]) / 2)


class TestGuards:
    @pytest.mark.parametrize("tiny", [0.0, -2.0, 1e-9])
    def test_tiny_zero_and_negative_incomes_count_as_the_floor(self, tiny: float) -> None:
        lists = {"a": flags(3, 0), "b": flags(3, 1)}
        assert points(lists, of([tiny, 0.8, 2.0], 1)) == points(lists, of([FLOOR_IN_LINES, 0.8, 2.0], 1))

    def test_a_listed_household_of_unknown_welfare_is_no_wasted_transfer(self) -> None:
        known = points({"a": flags(4, 0, 1)}, of([0.5, 0.5, 1.5, 1.5], 2), transfer_in_lines=0.5)
        part = points({"a": flags(4, 0, 1)}, of([0.5, NAN, 1.5, NAN], 2), transfer_in_lines=0.5)
        assert all(part[name] == pytest.approx(known[name]) for name in ("a", "perfect", "universal"))

    def test_a_list_without_known_welfare_is_undefined_not_worthless(self) -> None:
        found = points({"a": flags(3, 0), "none": flags(3)}, of([NAN, 0.5, 2.0], 1))
        assert np.isnan([found["a"]["gain"], found["none"]["gain"]]).all()
        assert found["perfect"]["gain"] > 0

    @pytest.mark.parametrize(
        ("places", "options", "words"),
        [
            (0, {}, "0 places for 2 rows"),
            (3, {}, "3 places for 2 rows"),
            (1, {"transfer_in_lines": 0.0}, "a transfer above 0"),
            (1, {"transfer_in_lines": NAN}, "a transfer above 0"),
            (1, {"rho": -1.0}, "rho of at least 0"),
        ],
    )
    def test_numbers_out_of_range_are_refused(self, places: int, options: dict[str, float], words: str) -> None:
        with pytest.raises(UsageError, match=words):
            points({"a": flags(2, 0)}, of([0.5, 2.0], places), **options)

    def test_reserved_names_and_a_cohort_of_unknown_welfare_are_refused(self) -> None:
        with pytest.raises(UsageError, match="perfect"):
            points({"perfect": flags(2, 0)}, of([0.5, 2.0], 1))
        with pytest.raises(TooFewRows, match="known welfare"):
            points({"a": flags(2, 0)}, of([NAN, NAN], 1))


class TestIntervals:
    def test_they_hold_the_figure_shrink_with_rows_and_repeat_with_the_seed(self) -> None:
        def made(n: int) -> tuple[float, float, float]:
            rng = np.random.default_rng(4)
            welfare = rng.lognormal(0.3, 0.6, n)
            listed = np.argsort(np.argsort(welfare * rng.lognormal(0, 0.5, n))) < n // 5
            one = utility({"a": listed}, of(welfare, n // 5), np.random.default_rng(1), draws=100)["a"]
            figure = one["share_of_perfect_weighted"]
            return figure.low, figure.value, figure.high

        few, many = made(400), made(6400)
        assert few[0] < few[1] < few[2]
        assert many[2] - many[0] < 0.5 * (few[2] - few[0])
        assert made(400) == few

    def test_weighted_intervals_belong_to_weighted_figures(self) -> None:
        rng = np.random.default_rng(6)
        welfare = rng.lognormal(0.3, 0.6, 400)
        weight = np.where(welfare < 1, 9.0, 1.0)
        row = utility(
            {"a": welfare < 0.7}, Recipients(welfare, weight, np.arange(400), 80), np.random.default_rng(1), draws=50
        )["universal"]
        assert row["gain_weighted"].low < row["gain_weighted"].value < row["gain_weighted"].high
        assert row["gain"].high < row["gain_weighted"].low

    def test_rows_of_a_household_are_drawn_together(self) -> None:
        rng = np.random.default_rng(8)
        welfare, listed = rng.lognormal(0.3, 0.6, 150), rng.random(150) < 0.2
        once = utility({"a": listed}, of(welfare, 30), np.random.default_rng(1), draws=50)["a"]["times_universal"]
        again = Recipients(np.repeat(welfare, 4), np.ones(600), np.repeat(np.arange(150), 4), 120)
        four = utility({"a": np.repeat(listed, 4)}, again, np.random.default_rng(1), draws=50)["a"]["times_universal"]
        assert (four.value, four.low, four.high) == pytest.approx((once.value, once.low, once.high))
