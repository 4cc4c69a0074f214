"""Groups' figures are fairlearn's, their intervals draw households whole, and small groups have none."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, false_negative_rate, selection_rate, true_positive_rate
from scipy.special import expit

from riskmodel.evaluation.group_report import FIGURES, GroupReport, GroupResult
from riskmodel.evaluation.groups import by_group
from riskmodel.evaluation.ranking import household_draws

Given = dict[str, Any]


def given(n: int = 1200, seed: int = 0) -> Given:
    """Return rows of two audit columns, one of them with unknown values."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1, 1, n)
    return {
        "groups": {
            "sex": np.array(["f", "m"], dtype=object)[rng.integers(0, 2, n)],
            "road": np.array(["< 5", "5 to 10", "10 to 20", None], dtype=object)[rng.integers(0, 4, n)],
        },
        "listed": log_odds > np.quantile(log_odds, 0.8),
        "probability": expit(log_odds),
        "outcome": (rng.random(n) < expit(log_odds)).astype(float),
        "weight": rng.uniform(0.5, 2, n),
        "household": np.arange(n) // 2,
    }


def measured(rows: Given, draws: int = 20, seed: int = 0) -> GroupReport:
    return by_group(**rows, rng=np.random.default_rng(seed), draws=draws)


def found_at(report: GroupReport, **labels: str) -> GroupResult:
    columns, values = tuple(labels), tuple(labels.values())
    (one,) = [group for group in report.groups if (group.columns, group.labels) == (columns, values)]
    return one


def by_hand(rows: Given, keep: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    fell, listed, weight = rows["outcome"][keep] == 1, rows["listed"][keep], weight[keep]
    recall = weight[fell & listed].sum() / weight[fell].sum()
    return {
        "base_rate": weight[fell].sum() / weight.sum(),
        "recall_at_capacity": recall,
        "false_negative_rate": 1 - recall,
        "selection_rate": weight[listed].sum() / weight.sum(),
        "calibration_gap": float(np.average(rows["probability"][keep] - fell, weights=weight)),
    }


def test_figures_of_single_columns_and_pairs_equal_fairlearns_on_all_rows() -> None:
    """The code puts like rows together before it asks fairlearn; that must change nothing."""
    rows = given()
    report = measured(rows)
    known = np.array([label is not None for label in rows["groups"]["road"]])
    weight = rows["weight"][known]
    metrics = {
        "recall_at_capacity": true_positive_rate,
        "false_negative_rate": false_negative_rate,
        "selection_rate": selection_rate,
    }
    frame = MetricFrame(
        metrics=metrics,
        y_true=rows["outcome"][known].astype(int),
        y_pred=rows["listed"][known].astype(int),
        sensitive_features={name: labels[known] for name, labels in rows["groups"].items()},
        sample_params={name: {"sample_weight": weight} for name in metrics},
    )
    for (sex, road), expected in frame.by_group.iterrows():
        figures = found_at(report, sex=sex, road=road).figures
        assert figures is not None
        for name in metrics:
            assert figures[name].value == pytest.approx(expected[name], abs=1e-12)


def test_every_figure_equals_the_count_by_hand() -> None:
    rows = given()
    report = measured(rows)
    for result, keep in [
        (report.overall, np.ones(1200, bool)),
        (found_at(report, sex="f"), rows["groups"]["sex"] == "f"),
        (
            found_at(report, sex="m", road="5 to 10"),
            (rows["groups"]["sex"] == "m") & (rows["groups"]["road"] == "5 to 10"),
        ),
    ]:
        assert result.n == keep.sum()
        assert result.events == rows["outcome"][keep].sum()
        assert result.figures is not None
        assert {name: one.value for name, one in result.figures.items()} == pytest.approx(
            by_hand(rows, keep, rows["weight"]), abs=1e-12
        )


def test_intervals_are_quantiles_of_the_same_figures_on_drawn_households() -> None:
    """The quick sums over all draws equal measuring each draw by itself."""
    rows = given()
    report = measured(rows, draws=25, seed=7)
    drawn = household_draws(np.unique(rows["household"]), 25, np.random.default_rng(7))[:, rows["household"]]
    keep = rows["groups"]["road"] == "10 to 20"
    each = [by_hand(rows, keep, rows["weight"] * times) for times in drawn]
    figures = found_at(report, road="10 to 20").figures
    assert figures is not None
    for name in FIGURES:
        expected = np.quantile([one[name] for one in each], [0.025, 0.975])
        assert (figures[name].low, figures[name].high) == pytest.approx(tuple(expected), abs=1e-12)
    other = by_hand(rows, rows["groups"]["sex"] == "f", rows["weight"])["selection_rate"]
    same = by_hand(rows, rows["groups"]["sex"] == "m", rows["weight"])["selection_rate"]
    high, low = ("f", "m") if other > same else ("m", "f")
    gaps = [
        by_hand(rows, rows["groups"]["sex"] == high, rows["weight"] * times)["selection_rate"]
        - by_hand(rows, rows["groups"]["sex"] == low, rows["weight"] * times)["selection_rate"]
        for times in drawn
    ]
    gap = report.gaps["sex"]["selection_rate"]
    assert (gap.highest, gap.lowest) == (high, low)
    assert gap.difference.value == pytest.approx(abs(other - same))
    assert (gap.difference.low, gap.difference.high) == pytest.approx(tuple(np.quantile(gaps, [0.025, 0.975])))


def test_gap_to_overall_is_that_of_the_group_furthest_away() -> None:
    rows = given()
    gap = measured(rows).gaps["road"]["calibration_gap"]
    everyone = by_hand(rows, np.ones(1200, bool), rows["weight"])["calibration_gap"]
    own = {
        label: by_hand(rows, rows["groups"]["road"] == label, rows["weight"])["calibration_gap"] - everyone
        for label in ("< 5", "5 to 10", "10 to 20")
    }
    furthest = max(own, key=lambda label: abs(own[label]))
    assert gap.furthest == furthest
    assert gap.to_overall.value == pytest.approx(own[furthest])


def test_a_list_that_leaves_a_group_out_is_seen_and_chance_alone_is_not() -> None:
    rows = given(4000)
    fair = measured(rows, draws=100).gaps["sex"]["recall_at_capacity"].difference
    assert fair.low < 0 < fair.high
    rows["listed"] = rows["listed"] & ((rows["groups"]["sex"] == "m") | (np.arange(4000) % 3 == 0))
    unfair = measured(rows, draws=100).gaps["sex"]["recall_at_capacity"]
    assert (unfair.highest, unfair.lowest) == ("m", "f")
    assert unfair.difference.low > 0.1


def test_groups_are_ordered_as_numbers_are_and_pairs_come_after_single_columns() -> None:
    report = measured(given())
    assert [group.labels for group in report.groups[:5]] == [("f",), ("m",), ("< 5",), ("5 to 10",), ("10 to 20",)]
    assert [group.labels for group in report.groups[5:8]] == [("f", "< 5"), ("f", "5 to 10"), ("f", "10 to 20")]
    assert set(report.gaps) == {"sex", "road", "sex × road"}


def test_rows_of_unknown_groups_are_counted_and_form_no_group() -> None:
    rows = given()
    report = measured(rows)
    unknown = sum(label is None for label in rows["groups"]["road"])
    assert report.unknown == {"sex": 0, "road": unknown}
    assert sum(group.n for group in report.groups if group.columns == ("road",)) == 1200 - unknown
    assert report.overall.n == 1200


@pytest.mark.parametrize(
    ("n", "events", "figures", "recall"), [(49, 20, False, False), (50, 9, True, False), (50, 10, True, True)]
)
def test_small_groups_have_no_figures_and_few_events_no_recall(
    n: int, events: int, figures: bool, recall: bool
) -> None:
    rows = given()
    label = np.full(1200, "big", dtype=object)
    label[:n] = "small"
    rows["groups"] = {"size": label}
    rows["outcome"][:n] = np.arange(n) < events
    report = measured(rows)
    small = found_at(report, size="small")
    written = small.to_json()
    assert (small.n, small.events, small.too_few) == (n, events, not figures)
    assert written["too_few"] is not figures
    assert ("selection_rate" in written) is figures
    assert (written.get("recall_at_capacity") is not None) is recall
    assert (written.get("false_negative_rate_interval") is not None) is recall
    assert ("size" in report.gaps) is figures
    assert ("recall_at_capacity" in report.gaps.get("size", {})) is recall


def test_a_group_without_survey_weight_has_no_figure_instead_of_a_failure() -> None:
    rows = given()
    rows["weight"][rows["groups"]["sex"] == "f"] = 0
    report = measured(rows)
    written = found_at(report, sex="f").to_json()
    assert written["selection_rate"] is None
    assert "sex" not in report.gaps


def test_intersections_name_both_columns_in_json_and_nothing_is_nan() -> None:
    written = json.loads(json.dumps(measured(given(400)).to_json(), allow_nan=False))
    assert written["groups"][-1]["group"] == {"sex": "m", "road": "10 to 20"}
    assert set(written["gaps"]["sex"]["selection_rate"]) == {
        "highest",
        "lowest",
        "furthest",
        "difference",
        "difference_interval",
        "to_overall",
        "to_overall_interval",
    }
    assert "group" not in written["overall"]


def test_same_seed_same_report_and_no_groups_give_all_rows_alone() -> None:
    rows = given(300)
    assert measured(rows).to_json() == measured(rows).to_json()
    alone = measured(rows | {"groups": {}})
    assert (alone.groups, alone.gaps) == ((), {})
    assert not alone.overall.too_few
