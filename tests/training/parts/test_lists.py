"""What is told of lists agrees with the tables, and says what nobody knows."""

from __future__ import annotations

import pytest

from riskmodel.registry.bundle import BundleFiles


def test_every_score_has_a_list_whose_bounds_hold_it(tiny_bundle: BundleFiles) -> None:
    evaluation = tiny_bundle.json("evaluation.json")
    lists = evaluation["lists"]["figures"]
    assert set(lists) == set(evaluation["pooled"])
    for one in lists.values():
        assert one["recall_worst_tie"] <= one["recall"] + 1e-12
        assert one["recall"] <= one["recall_best_tie"] + 1e-12
        assert one["exclusion_error"] == pytest.approx(1 - one["recall"])
        assert one["recall_lowest"] <= one["recall_highest"]


def test_lists_of_following_dates_are_held_against_each_other(tiny_bundle: BundleFiles) -> None:
    evaluation = tiny_bundle.json("evaluation.json")
    overlap = evaluation["lists"]["overlap"]
    assert [(one["before"], one["as_of"]) for one in overlap] == [("2018-01-01", "2019-01-01")]
    assert 0 <= overlap[0]["share_listed_before"] <= 1


def test_a_status_shows_at_the_end_of_its_window_so_found_falls_lead_by_a_year_or_more(
    tiny_bundle: BundleFiles,
) -> None:
    evaluation = tiny_bundle.json("evaluation.json")
    lead = evaluation["lists"]["lead_time"]["model"]
    assert lead["falls"] == evaluation["pooled"]["model"]["events"]
    assert lead["median_lead_months"] >= 12
    assert lead["ahead_share"] == pytest.approx(lead["found_share"])


def test_losses_are_told_and_the_rate_error_is_the_gap_of_means(tiny_bundle: BundleFiles) -> None:
    evaluation = tiny_bundle.json("evaluation.json")
    found, whole = evaluation["losses"]["model"], evaluation["calibration"]["each_row_once"]
    assert found["rate_error"] == pytest.approx(whole["predicted"] - whole["observed"])
    assert 0 < found["brier"] < found["log_loss"]
