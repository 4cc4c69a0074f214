"""Two models on the same rows: differences have the right sign, and chance stays chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from riskmodel.evaluation.paired import Rows, from_perfect, further_off, range_from_perfect, unpaired, worst_groups
from riskmodel.evaluation.ranking import Interval


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def rows() -> tuple[Rows, np.ndarray]:
    """Rows whose chances are known, and those chances."""
    make = np.random.default_rng(1)
    chance = expit(make.normal(-2, 1, 3000))
    fell = (make.random(3000) < chance).astype("float64")
    return Rows(fell, np.ones(3000), np.arange(3000)), chance


def test_probabilities_that_are_too_high_are_further_off_in_total_and_error(rows: tuple[Rows, np.ndarray]) -> None:
    known, chance = rows
    found = further_off(np.minimum(1.6 * chance, 0.99), chance, known, rng(), draws=40)
    assert found["expected_to_observed"].low > 0
    assert found["calibration_error"].low > 0
    back = further_off(chance, np.minimum(1.6 * chance, 0.99), known, rng(), draws=40)
    assert back["expected_to_observed"].high < 0


def test_probabilities_that_are_too_extreme_are_further_off_in_slope(rows: tuple[Rows, np.ndarray]) -> None:
    known, chance = rows
    odds = np.log(chance / (1 - chance))
    found = further_off(expit(2 * odds + 2), chance, known, rng(), draws=40)
    assert found["slope"].low > 0


def test_a_model_is_not_further_off_than_itself(rows: tuple[Rows, np.ndarray]) -> None:
    known, chance = rows
    assert set(further_off(chance, chance, known, rng(), draws=5).values()) == {Interval(0.0, 0.0, 0.0)}


def test_too_few_events_give_no_difference() -> None:
    few = Rows(np.r_[np.ones(3), np.zeros(97)], np.ones(100), np.arange(100))
    assert further_off(np.full(100, 0.1), np.full(100, 0.2), few, rng()) == {}


def test_the_lowest_recalls_of_groups_are_compared() -> None:
    """200 rows of each side fell; the candidate finds half of those in the north, the champion all but a tenth."""
    side = np.repeat(["north", "south"], 200).astype(object)
    known = Rows(np.ones(400), np.ones(400), np.arange(400))
    candidate = np.concatenate([np.arange(200) < 100, np.ones(200, bool)])
    champion = np.concatenate([np.ones(200, bool), np.arange(200) < 180])
    found = worst_groups({"side": side}, candidate, champion, known, rng())
    assert found is not None
    assert found.gap.value == pytest.approx(0.5 - 0.9)
    assert found.gap.high < 0
    assert found.words == "side north 0.500, against side south 0.900"


def test_groups_count_by_survey_weight() -> None:
    """Those that are on the list weigh three times the others."""
    listed = np.arange(100) < 50
    known = Rows(np.ones(100), np.where(listed, 3.0, 1.0), np.arange(100))
    found = worst_groups({"all": np.full(100, "all", dtype=object)}, listed, ~listed, known, rng())
    assert found is not None
    assert found.gap.value == pytest.approx(0.75 - 0.25)


def test_groups_that_are_too_small_are_not_compared() -> None:
    side = np.repeat(["north", "south"], 20).astype(object)
    known = Rows(np.ones(40), np.ones(40), np.arange(40))
    assert worst_groups({"side": side}, np.ones(40, bool), np.ones(40, bool), known, rng()) is None
    assert worst_groups({}, np.ones(40, bool), np.ones(40, bool), known, rng()) is None


@pytest.mark.parametrize(
    ("code", "figure", "expected"),
    [
        ("slope", Interval(0.9, 0.8, 1.1), Interval(0.1, 0.0, 0.2)),
        ("slope", Interval(0.7, 0.6, 0.8), Interval(0.3, 0.2, 0.4)),
        ("expected_to_observed", Interval(1.3, 1.2, 1.5), Interval(0.3, 0.2, 0.5)),
        ("calibration_error", Interval(0.02, 0.01, 0.05), Interval(0.02, 0.01, 0.05)),
    ],
)
def test_distances_from_perfect_keep_their_range(code: str, figure: Interval, expected: Interval) -> None:
    found = range_from_perfect(code, figure)
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))
    assert from_perfect(code, figure.value) == pytest.approx(expected.value)


def test_the_range_of_an_unpaired_difference_is_that_of_independent_normals() -> None:
    """Known answer: variances add up; 3 and 4 give 5."""
    found = unpaired(Interval(1.0, -2.0, 4.0), Interval(0.5, -3.5, 4.5))
    assert (found.value, found.low, found.high) == pytest.approx((0.5, -4.5, 5.5))


def test_a_range_beside_its_value_does_not_turn_the_difference_around() -> None:
    """Calibration errors' ranges lie high and may miss their value."""
    found = unpaired(Interval(0.02, 0.03, 0.05), Interval(0.02, 0.03, 0.05))
    assert found.low <= found.value <= found.high
