"""What is said of similar households: counts, what chance allows, how alike they are; never a prediction."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.explain.neighbours import Alike
from riskmodel.explain.reasons import Words
from riskmodel.language import language
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.pages.household.similar import SimilarView, similar_view


@pytest.fixture(params=["en"])
def words(request: pytest.FixtureRequest, scorer: Scorer) -> Words:
    """Return tinyland's words, in English unless a test asks otherwise."""
    return Words(scorer.programme, language(request.param))


def alike(similarity: list[float], fell: list[bool], first: str = "2024-07-01", last: str = "2024-07-01") -> Alike:
    """Return households of which all that fell had a main reason in health, and the others in their income."""
    days = np.array([first, *[last] * (len(fell) - 1)][: len(fell)], dtype="datetime64[D]")
    causes = np.array(["health" if one and place else "" for place, one in enumerate(fell)], dtype=object)
    leading = np.array([[not one, False, one] for one in fell], bool).reshape(len(fell), 3)
    return Alike(
        np.array(similarity), days, np.array(fell, dtype=bool), causes, ("income", "household", "health"), leading
    )


def view_of(found: Alike, words: Words, probability: float = 0.2) -> SimilarView:
    groups = [{"group": group, "log_odds": value} for group, value in {"income": 0.1, "health": 0.9}.items()]
    view = similar_view(found, {"probability": probability, "horizon_months": 12, "groups": groups}, words)
    assert view is not None
    return view


FIFTY = alike([0.9 - 0.01 * place for place in range(50)], [place < 9 for place in range(50)])


def test_nine_of_fifty(words: Words) -> None:
    view = view_of(FIFTY, words)
    assert view.counted == "9 of the 50 most similar earlier households fell into poverty within 12 months."
    # Wilson's interval of 9 of 50 is 9.8 to 30.8 of 100
    assert "between 10 and 31 of 100" in view.chance
    assert view.alike in {
        f"The most similar household is 90% alike; half of them are {middle}% alike or more." for middle in (65, 66)
    }
    assert not view.little_alike


def test_the_table_holds_all_of_them_in_tens(words: Words) -> None:
    view = view_of(FIFTY, words)
    assert [ten.places for ten in view.tens] == ["1–10", "11–20", "21–30", "31–40", "41–50"]
    assert [ten.fell for ten in view.tens] == ["9 of 10", "0 of 10", "0 of 10", "0 of 10", "0 of 10"]
    assert view.tens[0].similarity == "90%–81%"
    assert [fell for ten in view.tens for fell in ten.dots] == FIFTY.fell.tolist()


def test_nobody_fell(words: Words) -> None:
    view = view_of(alike([0.8] * 50, [False] * 50), words)
    assert view.causes == ""
    assert view.counted.startswith("None of the 50 most similar earlier households")
    assert "between 0 and 7 of 100" in view.chance
    assert view.tens[0].similarity == "80%"


@pytest.mark.parametrize(("best", "little"), [(0.499, True), (0.5, False)])
def test_a_household_unlike_all_is_marked(words: Words, best: float, little: bool) -> None:
    assert view_of(alike([best, 0.2], [True, False]), words).little_alike is little


def test_few_are_remembered(words: Words) -> None:
    view = view_of(alike([1.0] * 11, [True] * 11), words)
    assert [ten.places for ten in view.tens] == ["1–10", "11"]
    assert view.tens[1].fell == "1 of 1"
    assert similar_view(alike([], []), {}, words) is None


@pytest.mark.parametrize(("probability", "differs"), [(0.05, True), (0.11, False), (0.3, False), (0.46, True)])
def test_where_the_score_says_something_else_the_model_is_not_excused(
    words: Words, probability: float, differs: bool
) -> None:
    said = view_of(FIFTY, words, probability).differs
    assert bool(said) is differs
    assert not differs or "or the model may be off here: look closely on the visit." in said


def test_main_reasons_that_are_shared_come_first(words: Words) -> None:
    shared = view_of(FIFTY, words).shared
    assert [(one.label, one.is_here, one.count, one.fell) for one in shared] == [
        ("Health", True, "9", "9"),
        ("Income", False, "41", "0"),
    ]


def test_recorded_causes_are_counted_and_what_is_not_recorded_is_said(words: Words) -> None:
    assert view_of(FIFTY, words).causes == "Recorded causes of those that fell: Health 8; not recorded 1."
    assert view_of(alike([0.8], [True]), words).causes == ""


def test_dates(words: Words) -> None:
    assert view_of(FIFTY, words).dates == ("Jul 1, 2024: 50 households",)
    two = view_of(alike([1.0, 0.9], [True, False], "2024-07-01", "2024-10-01"), words)
    assert two.dates == ("Jul 1, 2024: 1 household", "Oct 1, 2024: 1 household")


@pytest.mark.parametrize("words", ["zh"], indirect=True)
def test_in_chinese(words: Words) -> None:
    view = view_of(FIFTY, words, 0.9)
    assert view.counted == "在以往最相似的50户中，有9户在12个月内返贫致贫。"
    assert view.tens[0].fell == "10户中9户"
    assert view.causes == "返贫致贫户登记的原因：健康8户；未记录1户。"
    assert (
        view.differs == "与评分不一致：可能是这些农户与该户不够相似，也可能是模型对该户判断有偏差，请在走访中重点核实。"
    )
