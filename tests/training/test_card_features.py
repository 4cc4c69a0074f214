"""The card says in words which directions hold, and what a search and an ablation were measured against."""

from __future__ import annotations

from riskmodel.training.card_features import feature_sections


def figures(*names: str) -> dict[str, object]:
    return {key: value for name in names for key, value in ((name, 0.5), (f"{name}_interval", [0.4, 0.6]))}


def test_a_direction_that_is_broken_is_named() -> None:
    told = {
        "groups": figures("income"),
        "features": figures("income_to_line", "persons"),
        "directions": {"income_to_line": ["agrees", -0.9], "persons": ["against", -0.3], "land": ["flat", 0.0]},
    }
    card = "\n".join(feature_sections({"importance": {"2018-01-01": told}}))
    assert "Of 3 features whose direction the dictionary knows, 1 follow it as of 2018-01-01" in card
    assert "1 hardly move a score, 1 go against it: persons (-0.30)." in card
    assert "| income | 0.500 (0.400 to 0.600) |" in card


def test_a_search_tells_what_it_did_better_than_and_how_many_it_tried() -> None:
    found = {
        "chosen": {"rounds": 90},
        "own": {"rounds": 40},
        "trials": 7,
        "pruned": 2,
        "value": 0.31,
        "own_value": 0.30,
    }
    card = "\n".join(feature_sections({"search": found}))
    assert "7 trials inside the training side (2 pruned)" in card
    assert "0.3100, the programme's own settings 0.3000" in card
    assert "| rounds | 90 | 40 |" in card


def test_nothing_told_is_no_section() -> None:
    assert feature_sections({}) == ()
