"""What may be typed where other figures are tried out: read as people write numbers, and refused in plain words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.explain.reasons import Words
from riskmodel.language import language
from riskmodel.programme.loading import load_programme
from riskmodel.scoring.inputs import Inputs
from riskmodel.scoring.scorer import Scorer
from riskmodel.scoring.whatif import Trial, trials
from riskmodel.service.pages.household.trying_fields import fields_of, number_of, read_values, seen_text, typed_of
from riskmodel.settings import CHECKOUT

UNSEEN = np.zeros((1, 1), bool)


def household(scorer: Scorer) -> Inputs:
    """Return a household of which nothing is known but that it has four members."""
    matrix = np.full((1, len(scorer.schema.names)), np.nan)
    matrix[0, scorer.schema.names.index("persons")] = 4
    unknown = np.zeros((1, len(scorer.schema.features)), bool)
    return Inputs(np.array(["1"], dtype=object), np.array(["2021-01-01"], "datetime64[D]"), matrix, unknown)


@pytest.fixture(scope="module")
def offered(scorer: Scorer) -> tuple[Trial, ...]:
    return trials(scorer, household(scorer))


@pytest.fixture(scope="module")
def words(scorer: Scorer) -> Words:
    return Words(scorer.programme, language("en"))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12", 12.0),
        ("-3.5", -3.5),
        ("−3.5", -3.5),
        ("+2", 2.0),
        ("1,200", 1200.0),
        ("1，200", 1200.0),
        ("12,345,678.9", 12345678.9),
        ("１２．５", 12.5),
        ("1 200", 1200.0),
        ("007", 7.0),
    ],
)
def test_numbers_as_people_write_them(typed: str, number: float) -> None:
    assert number_of(typed, share=False) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "x",
        "nan",
        "inf",
        "-inf",
        "1e5",
        "0x10",
        "1_000",
        "1,2",
        "12,34",
        "1.2.3",
        "--1",
        "5%",
        "1;2",
        "١٢",
        "9" * 41,
    ],
)
def test_what_is_no_number(typed: str) -> None:
    assert number_of(typed, share=False) is None


def test_shares_are_written_in_percent() -> None:
    assert number_of("25", share=True) == number_of("25%", share=True) == number_of("２５％", share=True) == 0.25


@given(st.text(max_size=60))
def test_nothing_typed_breaks_it(typed: str) -> None:
    number = number_of(typed, share=False)
    assert number is None or np.isfinite(number)


def test_only_the_forms_own_fields_are_read(offered: tuple[Trial, ...], words: Words) -> None:
    typed = typed_of(offered, {"persons": " 3 ", "land": "", "poor_before_count": "1", "lang": "zh"})
    assert typed == {"persons": "3"}
    assert read_values(offered, typed, words, "TIN") == ({"persons": 3.0}, {})


def test_what_is_wrong_is_said_at_the_field(offered: tuple[Trial, ...], words: Words) -> None:
    typed = {"persons": "2.5", "income_to_line": "999", "land": "maybe", "illness_cost_12m": "much"}
    values, faults = read_values(offered, typed, words, "TIN")
    assert values == {}
    assert faults["persons"] == "Please type a whole number."
    assert faults["income_to_line"].startswith("Please stay within what is usual among other households: ")
    assert faults["land"].startswith("Please type a number") or faults["land"] == "Please choose yes or no."
    assert faults["illness_cost_12m"].startswith("Please type a number, such as ")
    assert all("999" not in fault and "much" not in fault and "maybe" not in fault for fault in faults.values())
    assert read_values(offered, {"land": "2"}, words, "TIN")[1] == {"land": "Please choose yes or no."}


def test_more_than_the_household_has_is_said_with_what_it_has(offered: tuple[Trial, ...], scorer: Scorer) -> None:
    persons = next(trial.feature for trial in offered if trial.feature.name == "persons")
    income = next(trial for trial in offered if trial.feature.name == "income_to_line")
    limited = replace(income, limit=persons, most=2.0)
    for code, said in (
        ("en", "More than this household has (Persons: 2 persons)."),
        ("zh", "超过该户人口数（2人）。"),
    ):
        words = Words(scorer.programme, language(code))
        assert read_values((limited,), {"income_to_line": "2.5"}, words, "TIN") == ({}, {"income_to_line": said})
        assert seen_text(limited, language(code), "TIN").endswith("2")


def test_both_ends_of_the_range_that_is_shown_may_be_typed(offered: tuple[Trial, ...], words: Words) -> None:
    for code in ("en", "zh"):
        for trial in offered:
            shown = seen_text(trial, language(code), "TIN")
            for end in (trial.low, trial.high):
                written = language(code).number(end)
                assert written in shown
                assert read_values((trial,), {trial.feature.name: written}, words, "TIN")[1] == {}


def test_the_unit_stands_once(offered: tuple[Trial, ...]) -> None:
    column = replace(offered[0].feature.column, unit="cny_per_capita_year")
    income = Trial(replace(offered[0].feature, column=column), 0, 2921.0, 146947.0)
    assert seen_text(income, language("en"), "CNY") == "2,921 to 146,947 yuan per person a year"
    assert seen_text(income, language("zh"), "CNY") == "每人每年2,921至146,947元"
    share = Trial(replace(income.feature, column=replace(column, unit="share")), 0, 0.0, 0.35)
    assert seen_text(share, language("en"), "CNY") == "0% to 35%"


def test_fields_show_the_households_value_and_keep_what_was_typed(
    scorer: Scorer, offered: tuple[Trial, ...], words: Words
) -> None:
    inputs = household(scorer)
    found = {
        one.name: one for one in fields_of(offered, inputs, {"persons": "<b>"}, {"persons": "wrong"}, words, "TIN")
    }
    persons, land = found["persons"], found["land"]
    assert (persons.now, persons.typed, persons.fault, persons.choices) == ("4 persons", "<b>", "wrong", ())
    assert land.now == "not recorded" and land.seen == ""
    assert [value for value, _ in land.choices] == ["1", "0"]


def test_levels_with_names_are_chosen_by_name() -> None:
    """Nobody can type a house's grade who does not know which number stands for it; only those within reach are offered."""
    county = load_programme(CHECKOUT / "configs" / "china-county.yaml")
    feature = county.dictionary.feature("house_grade")
    assert feature is not None
    trial, words = Trial(feature, 0, 1.0, 3.0), Words(county, language("zh"))
    inputs = Inputs(
        np.array(["1"], dtype=object), np.array(["2021-01-01"], "datetime64[D]"), np.full((1, 1), 3.0), UNSEEN
    )
    (field,) = fields_of([trial], inputs, {}, {}, words, "CNY")
    assert field.now == "C级" and field.choices == (("1", "A级"), ("2", "B级"), ("3", "C级"))
    assert read_values([trial], {"house_grade": "2"}, words, "CNY") == ({"house_grade": 2.0}, {})
