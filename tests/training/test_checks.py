"""Every check is provoked once and stays silent once; an error stops the run unless its code is allowed by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from riskmodel.errors import RiskError, UsageError
from riskmodel.evaluation.ranking import Interval
from riskmodel.training.checks.codes import CODES, CheckFailed, Finding, fail_on
from riskmodel.training.checks.features import at_bounds, constant_features, label_leaks, unknown_at_serving
from riskmodel.training.checks.results import against_baselines, below_validation, moved_rate, too_good
from riskmodel.training.checks.rows import (
    duplicate_rows,
    few_events,
    overlapping_windows,
    same_households,
    unsettled_rows,
)
from riskmodel.training.fold_check import Keys

DOCS = Path(__file__).parents[2] / "docs" / "checks.md"


def keys(*rows: tuple[int, str, int]) -> Keys:
    """Rows of (household, as_of, months)."""
    who, as_of, months = zip(*rows, strict=True)
    return Keys(np.array(who), np.array(as_of, "datetime64[D]"), np.array(months, "int64"))


def codes(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.code, one.level) for one in findings]


def leak_rows(seed: int = 0, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, noise and households of two rows each."""
    rng = np.random.default_rng(seed)
    return (np.arange(n) % 5 == 0).astype(float), rng.normal(size=n), np.arange(n) // 2


class TestRegistry:
    def test_the_document_holds_exactly_the_codes_levels_and_words_of_the_registry(self) -> None:
        lines = DOCS.read_text(encoding="utf-8").splitlines()
        found = [line for line in lines if line.startswith("| RM")]
        assert found == [f"| {code} | {one.level} | {one.meaning} | {one.remedy} |" for code, one in CODES.items()]

    def test_codes_run_without_gaps_so_that_none_is_reused(self) -> None:
        assert list(CODES) == [f"RM{number:03}" for number in range(1, 15)]


class TestFailing:
    error = Finding("RM001", "error", "x alone has an AUC of 0.990", {"feature": "x", "auc": 0.99})
    warning = Finding("RM003", "warning", "some", {"share_of_test": 0.5})

    def test_an_error_stops_the_run_in_one_line_with_code_figures_and_the_way_on(self) -> None:
        with pytest.raises(CheckFailed, match=r"RM001 .*feature=x, auc=0\.99.*--allow RM001$") as caught:
            fail_on([self.warning, self.error])
        assert "\n" not in str(caught.value)
        assert isinstance(caught.value, RiskError)
        assert caught.value.findings == (self.error,)

    def test_warnings_and_allowed_errors_let_it_go_on(self) -> None:
        fail_on([self.warning])
        fail_on([self.warning, self.error], frozenset({"RM001"}))

    def test_allowing_one_code_allows_no_other(self) -> None:
        other = Finding("RM013", "error", "too good", {"test_auc": 0.99})
        with pytest.raises(CheckFailed) as caught:
            fail_on([self.error, other], frozenset({"RM001"}))
        assert caught.value.findings == (other,)
        assert "RM001" not in str(caught.value)

    def test_a_code_that_does_not_exist_is_refused_even_where_nothing_was_found(self) -> None:
        with pytest.raises(UsageError, match="RM01: no such check"):
            fail_on([], frozenset({"RM01"}))

    def test_many_errors_stay_a_line_that_can_be_read(self) -> None:
        with pytest.raises(CheckFailed, match="and 80 more") as caught:
            fail_on([self.error] * 100)
        assert str(caught.value).count("--allow RM001") == 1

    def test_a_finding_reads_as_code_words_and_remedy(self) -> None:
        assert str(self.error).startswith("RM001 error: x alone has an AUC of 0.990; find out when")


class TestLabelLeak:
    @pytest.mark.parametrize("sign", [1, -1])
    def test_a_copy_of_the_label_is_found_in_either_direction_and_noise_is_not(self, sign: int) -> None:
        fell, noise, who = leak_rows()
        found = label_leaks(np.column_stack([noise, sign * fell + noise / 100]), fell, who, ["noise", "copy"])
        assert codes(found) == [("RM001", "error")]
        assert found[0].figures == {"feature": "copy", "auc": pytest.approx(1.0)}

    @pytest.mark.parametrize("filled", [True, False])
    def test_a_column_filled_only_because_of_the_fall_is_found_though_its_values_say_nothing(
        self, filled: bool
    ) -> None:
        fell, noise, who = leak_rows()
        column = np.where((fell == 1) == filled, noise, np.nan)
        assert codes(label_leaks(column[:, None], fell, who, ["cause"])) == [("RM001", "error")]

    @pytest.mark.parametrize("sign", [1, -1])
    def test_missing_values_are_read_as_highest_and_as_lowest(self, sign: int) -> None:
        fell, _, who = leak_rows()
        # only 15 falls are known, too few alone; the others are missing and belong on the same side
        column = np.where((fell == 1) & (np.cumsum(fell) > 15), np.nan, sign * fell)
        assert codes(label_leaks(column[:, None], fell, who, ["half"])) == [("RM001", "error")]

    def test_a_category_code_of_those_that_fell_is_found_by_its_rate_not_its_number(self) -> None:
        fell, _, who = leak_rows()
        code = np.where(fell == 1, 3.0, np.arange(len(fell)) % 7)
        code[(fell == 0) & (code == 3)] = 6.0
        assert codes(label_leaks(code[:, None], fell, who, ["kind"], {0})) == [("RM001", "error")]
        assert not label_leaks(code[:, None], fell, who, ["kind"])

    def test_a_category_of_its_own_for_each_household_does_not_tell_of_itself(self) -> None:
        fell = np.repeat(np.arange(300) % 5 == 0, 4).astype(float)
        who = np.repeat(np.arange(300), 4)
        assert not label_leaks(who[:, None].astype(float), fell, who, ["own"], {0})

    @given(st.integers(0, 1000), st.integers(1, 40))
    def test_categories_that_say_nothing_are_never_taken_for_a_leak(self, seed: int, levels: int) -> None:
        fell, _, who = leak_rows()
        code = np.random.default_rng(seed).integers(0, levels, len(fell)).astype(float)
        assert not label_leaks(code[:, None], fell, who, ["code"], {0})

    def test_the_auc_is_scikit_learns_with_ties(self) -> None:
        fell, noise, who = leak_rows(3)
        column = np.round(noise) + 6 * fell
        found = label_leaks(column[:, None], fell, who, ["x"])
        assert found[0].figures["auc"] == pytest.approx(roc_auc_score(fell, column), abs=1e-12)

    def test_too_few_falls_prove_nothing(self) -> None:
        fell, _, who = leak_rows(n=95)
        assert fell.sum() == 19
        assert not label_leaks(fell[:, None], fell, who, ["copy"])
        more = np.append(fell, 1.0)
        assert label_leaks(more[:, None], more, np.append(who, 99), ["copy"])

    def test_a_column_that_is_always_missing_and_rows_of_unknown_outcome_are_left_out(self) -> None:
        fell, _, who = leak_rows()
        unknown = np.where(np.arange(len(fell)) < 10, np.nan, fell)
        table = np.column_stack([np.full(len(fell), np.nan), fell])
        assert [one.figures["feature"] for one in label_leaks(table, unknown, who, ["none", "copy"], {0})] == ["copy"]


class TestHouseholds:
    def test_windows_that_overlap_for_the_same_household_are_found(self) -> None:
        train = keys((1, "2016-01-01", 12), (1, "2017-04-01", 12), (2, "2016-01-01", 12))
        found = overlapping_windows(train, keys((1, "2018-01-01", 12), (3, "2018-01-01", 12)))
        assert codes(found) == [("RM002", "error")]
        assert found[0].figures == {"rows": 1, "share_of_train": pytest.approx(1 / 3)}

    def test_windows_that_only_touch_and_those_of_other_households_are_not(self) -> None:
        train = keys((1, "2017-01-01", 12), (2, "2017-04-01", 12))
        assert not overlapping_windows(train, keys((1, "2018-01-01", 12)))

    def test_a_training_window_after_the_test_starts_overlaps_too(self) -> None:
        assert overlapping_windows(keys((1, "2018-06-01", 3)), keys((1, "2018-01-01", 12)))
        assert not overlapping_windows(keys((1, "2019-01-01", 3)), keys((1, "2018-01-01", 12)))

    @given(st.integers(0, 10_000))
    def test_overlap_agrees_with_comparing_every_pair_of_rows(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        train, test = (_random_keys(rng) for _ in range(2))
        expected = sum(
            any(
                who == other and start < last and first < end
                for other, first, last in zip(test.household, _months(test), _ends(test), strict=True)
            )
            for who, start, end in zip(train.household, _months(train), _ends(train), strict=True)
        )
        found = overlapping_windows(train, test)
        assert (found[0].figures["rows"] if found else 0) == expected

    def test_households_seen_earlier_are_told_with_the_result_on_the_others(self) -> None:
        train = keys((1, "2016-01-01", 12), (2, "2018-01-01", 12))
        test = keys((1, "2018-01-01", 12), (2, "2018-01-01", 12), (3, "2018-01-01", 12), (4, "2018-01-01", 12))
        found = same_households(train, test, {"roc_auc": 0.7})
        assert codes(found) == [("RM003", "warning")]
        assert found[0].figures == {"share_of_test": 0.25, "rows": 1, "unseen_roc_auc": 0.7}

    def test_no_household_on_both_sides_is_silent(self) -> None:
        assert not same_households(keys((1, "2016-01-01", 12)), keys((2, "2018-01-01", 12)))

    def test_no_household_is_named_in_words_or_figures(self) -> None:
        train = keys((987654321, "2017-06-01", 12), (987654321, "2017-06-01", 12))
        test = keys((987654321, "2018-01-01", 12))
        found = [
            *overlapping_windows(train, test),
            *same_households(train, test),
            *unsettled_rows(train, np.datetime64("2018-01-01"), 0),
            *duplicate_rows(train, "training"),
        ]
        assert len(found) == 4
        assert not any("987654321" in f"{one} {one.figures}" for one in found)


def _random_keys(rng: np.random.Generator) -> Keys:
    starts = np.datetime64("2016-01", "M") + rng.integers(0, 24, 12)
    return Keys(rng.integers(0, 6, 12), starts.astype("datetime64[D]"), rng.choice([3, 12], 12))


def _months(rows: Keys) -> np.ndarray:
    return rows.as_of.astype("datetime64[M]").astype(int)


def _ends(rows: Keys) -> np.ndarray:
    return _months(rows) + rows.horizon_months


class TestTime:
    def test_a_window_that_ends_after_the_tests_date_is_found(self) -> None:
        found = unsettled_rows(keys((1, "2017-01-02", 12), (2, "2017-01-01", 12)), np.datetime64("2018-01-01"), 0)
        assert codes(found) == [("RM004", "error")]
        assert found[0].figures == {"unsettled_rows": 1, "crossing_rows": 1}

    def test_an_outcome_recorded_after_the_tests_date_is_found_though_its_window_ended(self) -> None:
        found = unsettled_rows(keys((1, "2016-12-01", 12)), np.datetime64("2018-01-01"), 60)
        assert found[0].figures == {"unsettled_rows": 1, "crossing_rows": 0}

    def test_what_was_settled_on_the_very_day_is_silent(self) -> None:
        assert not unsettled_rows(keys((1, "2017-01-01", 12)), np.datetime64("2018-01-01"), 0)
        # settled_on's own example: the window ends on 2019-01-01, and 60 days later is 2019-03-02
        assert not unsettled_rows(keys((1, "2018-01-01", 12)), np.datetime64("2019-03-02"), 60)
        assert unsettled_rows(keys((1, "2018-01-01", 12)), np.datetime64("2019-03-01"), 60)

    def test_a_day_that_the_month_lacks_is_its_last(self) -> None:
        assert not unsettled_rows(keys((1, "2019-11-30", 3)), np.datetime64("2020-02-29"), 0)
        assert unsettled_rows(keys((1, "2019-11-30", 3)), np.datetime64("2020-02-28"), 0)

    def test_a_row_that_stands_there_twice_is_found_and_another_horizon_is_another_row(self) -> None:
        rows = [(1, "2017-01-01", 3), (1, "2017-01-01", 12), (1, "2017-04-01", 3), (2, "2017-01-01", 3)]
        assert not duplicate_rows(keys(*rows), "training")
        found = duplicate_rows(keys(*rows, rows[0]), "training")
        assert codes(found) == [("RM005", "error")]
        assert found[0].figures == {"side": "training", "rows": 1}


@pytest.mark.parametrize(
    ("train", "test", "level"),
    [(19, 500, "error"), (20, 500, "warning"), (99, 500, "warning"), (100, 19, "warning"), (100, 20, None)],
)
def test_few_falls_warn_and_hardly_any_in_training_stop(train: int, test: int, level: str | None) -> None:
    outcome = [np.array([*[1.0] * events, 0.0, np.nan]) for events in (train, test)]
    assert codes(few_events(*outcome)) == ([("RM006", level)] if level else [])


class TestFeatures:
    def test_one_value_throughout_or_none_is_found_and_a_gap_tells_something(self) -> None:
        table = np.array([[1.0, np.nan, 1.0, 1.0], [1.0, np.nan, np.nan, 2.0]])
        found = constant_features(table, ["same", "empty", "gaps", "varied"])
        assert codes(found) == [("RM007", "warning")] * 2
        assert [one.figures for one in found] == [{"feature": "same", "values": 1}, {"feature": "empty", "values": 0}]

    @pytest.mark.parametrize(
        ("before", "after", "level"),
        [
            (0.10, 1.00, "error"),
            (0.49, 0.995, "error"),
            (0.60, 1.00, "warning"),  # was often missing before
            (1.00, 0.10, "warning"),  # never known in training, known now
            (1.00, 1.00, None),
            (0.995, 0.98, None),
            (0.10, 0.98, None),
            (0.10, 0.12, None),
        ],
    )
    def test_a_feature_lost_at_serving_stops_the_run(self, before: float, after: float, level: str | None) -> None:
        sides = [np.where(np.arange(1000) < share * 1000, np.nan, 1.0)[:, None] for share in (before, after)]
        found = unknown_at_serving(sides[0], sides[1], ["x"])
        assert codes(found) == ([("RM008", level)] if level else [])
        if level:
            assert found[0].figures == {"feature": "x", "missing_in_train": before, "missing_at_serving": after}

    def test_categories_that_training_never_saw_are_told_numbers_are_not(self) -> None:
        train = np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, 2.0]])
        served = np.array([[0.0, 9.0], [2.0, 8.0], [3.0, 7.0], [np.nan, 6.0]])
        found = unknown_at_serving(train, served, ["kind", "number"], {0})
        assert codes(found) == [("RM008", "warning")]
        assert found[0].figures == {"feature": "kind", "new_categories": 2, "share_of_served": 0.5}

    def test_categories_that_training_knows_are_silent_even_where_some_are_gone(self) -> None:
        train, served = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [0.0], [np.nan]])
        assert not unknown_at_serving(train, served, ["kind"], {0})

    def test_nobody_to_serve_finds_nothing(self) -> None:
        assert not unknown_at_serving(np.ones((3, 1)), np.ones((0, 1)), ["x"])


class TestBounds:
    @pytest.mark.parametrize(("value", "end"), [(4, 4.0), (64, 64.0), (62, None), (5, None), (70, 64.0)])
    def test_an_end_of_a_range_is_found_and_a_step_inside_is_not(self, value: float, end: float | None) -> None:
        found = at_bounds({"num_leaves": value}, {"num_leaves": (4, 64)})
        assert [one.figures["bound"] for one in found] == ([] if end is None else [end])
        assert codes(found) == ([] if end is None else [("RM009", "warning")])

    def test_wide_ranges_are_read_in_logarithms(self) -> None:
        # 0.004 lies within 1 % of 0.001 to 1 by length, and a fifth of the way by factor
        assert not at_bounds({"rate": 0.004}, {"rate": (0.001, 1.0)})
        assert at_bounds({"rate": 0.00102}, {"rate": (0.001, 1.0)})

    def test_ranges_from_zero_below_zero_and_values_out_of_them_do_not_break_it(self) -> None:
        bounds = {"zero": (0.0, 10.0), "minus": (-5.0, 5.0), "out": (1.0, 100.0)}
        found = at_bounds({"zero": 0.0, "minus": 1.0, "out": -3.0}, bounds)
        assert [(one.figures["parameter"], one.figures["bound"]) for one in found] == [("zero", 0.0), ("out", 1.0)]

    def test_what_was_not_searched_or_held_fixed_is_silent(self) -> None:
        assert not at_bounds({"rounds": 300, "depth": 3}, {"depth": (3, 3), "other": (0, 1)})


class TestResults:
    @pytest.mark.parametrize(
        ("gap", "found"),
        [
            (Interval(-0.02, -0.04, -0.001), [("RM010", "error")]),
            (Interval(-0.01, -0.04, 0.01), [("RM011", "warning")]),
            (Interval(0.01, 0.0, 0.02), [("RM011", "warning")]),
            (Interval(0.01, float("nan"), float("nan")), [("RM011", "warning")]),
            (Interval(0.02, 0.001, 0.04), []),
        ],
    )
    def test_worse_than_a_baseline_stops_and_not_shown_better_warns(
        self, gap: Interval, found: list[tuple[str, str]]
    ) -> None:
        assert codes(against_baselines({"logistic": gap})) == found

    def test_each_baseline_is_told_by_name(self) -> None:
        gaps = {"last_status": Interval(0.1, 0.05, 0.2), "logistic": Interval(-0.1, -0.2, -0.05)}
        assert [one.figures["baseline"] for one in against_baselines(gaps)] == ["logistic"]

    def test_a_test_much_worse_than_the_validation_is_told_a_better_one_is_not(self) -> None:
        assert codes(below_validation(0.80, 0.74)) == [("RM012", "warning")]
        assert not below_validation(0.80, 0.76)
        assert not below_validation(0.70, 0.80)
        assert not below_validation(float("nan"), 0.5)

    def test_a_test_too_good_to_be_true_stops(self) -> None:
        assert codes(too_good(0.951)) == [("RM013", "error")]
        assert not too_good(0.95)
        assert not too_good(float("nan"))

    @pytest.mark.parametrize(("test", "moved"), [(0.06, True), (0.14, True), (0.08, False), (0.12, False)])
    def test_a_share_that_moved_by_more_than_three_points_is_told(self, test: float, moved: bool) -> None:
        found = moved_rate(0.10, test)
        assert codes(found) == ([("RM014", "warning")] if moved else [])
        if moved:
            assert found[0].figures["moved"] == pytest.approx(test - 0.10)


def test_no_finding_is_graver_than_its_code_says_and_all_codes_are_known() -> None:
    found = [
        *few_events(np.zeros(3), np.zeros(3)),
        *unknown_at_serving(np.ones((2, 1)), np.full((2, 1), np.nan), ["x"]),
        *same_households(keys((1, "2016-01-01", 12)), keys((1, "2018-01-01", 12))),
        *constant_features(np.ones((2, 1)), ["x"]),
        *at_bounds({"x": 1}, {"x": (1, 2)}),
        *against_baselines({"a": Interval(-1, -2, -1), "b": Interval(0, -1, 1)}),
        *below_validation(0.9, 0.5),
        *too_good(0.99),
        *moved_rate(0.1, 0.5),
    ]
    assert [one.code for one in found] == [f"RM{number:03}" for number in (6, 8, 3, 7, 9, 10, 11, 12, 13, 14)]
    assert all(CODES[one.code].level == one.level for one in found)
