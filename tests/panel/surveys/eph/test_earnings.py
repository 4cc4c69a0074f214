"""Incomes by how long they are likely to last: hand-made persons with answers worked out on paper."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conftest import DATA, TODAY
from riskmodel.panel.panel import read_panel
from riskmodel.panel.surveys.eph.earnings import roll_up_earnings
from riskmodel.panel.surveys.eph.members import COLUMNS, Members, Values
from riskmodel.programme.loading import load_programme
from riskmodel.settings import CHECKOUT

REGISTERED_HEAD = {
    "CH03": 1, "ESTADO": 1, "CAT_OCUP": 3, "PP07H": 1, "PP07A": 6, "PP07C": 2, "INTENSI": 2, "P21": 15000,
    "PP08J1": 5000,
}  # fmt: skip
CASUAL_SPOUSE = {
    "CH03": 2, "ESTADO": 1, "CAT_OCUP": 3, "PP07H": 2, "PP07A": 2, "PP07C": 1, "INTENSI": 2, "P21": 4000, "V5_M": 1000,
}  # fmt: skip
PENSIONER = {"CH03": 5, "ESTADO": 3, "V2_M": 6000, "V8_M": 500, "P21": -9}
OWN_ACCOUNT_TOO_FEW_HOURS = {"CH03": 3, "ESTADO": 1, "CAT_OCUP": 2, "INTENSI": 1, "P21": 2000, "TOT_P12": 300}


def earnings_of(*households: list[dict[str, float]]) -> dict[str, Values]:
    """Roll up persons given by the columns that matter; every other one is blank."""
    persons = pd.DataFrame([person for household in households for person in household]).reindex(columns=list(COLUMNS))
    position = np.repeat(np.arange(len(households)), [len(household) for household in households])
    return roll_up_earnings(Members(persons, position.astype("int64"), len(households)))


@pytest.fixture(scope="module")
def family() -> dict[str, Values]:
    return earnings_of([REGISTERED_HEAD, CASUAL_SPOUSE, PENSIONER, OWN_ACCOUNT_TOO_FEW_HOURS], [PENSIONER])


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        ("labour_income_ars", 15000 + 4000 + 2300, 0),
        ("bonus_income_ars", 5000, 0),
        ("regular_income_ars", 10000 + 5000 + 6500 + 2300, 6500),
        ("secure_income_ars", 10000 + 6000 + 500, 6500),
        ("unregistered_income_ars", 4000 + 2300, 0),
        ("unearned_income_ars", 1000 + 6000 + 500, 6500),
        ("casual_income_ars", 4000 + 2300, 0),
        ("spouse_income_ars", 5000, 0),
        ("income_without_top_earner_ars", 5000 + 6500 + 2300, 0),
        ("top_earner_income_ars", 15000, 6500),
        ("second_earner_income_ars", 6500, 0),
        ("earners", 4, 1),
    ],
)
def test_each_income_counts_what_its_name_says(
    family: dict[str, Values], column: str, first: float, second: float
) -> None:
    assert family[column].tolist() == [first, second]


def test_parts_without_the_bonus_add_up_to_the_regular_income(family: dict[str, Values]) -> None:
    pay = family["labour_income_ars"] - family["bonus_income_ars"]
    np.testing.assert_allclose(pay + family["unearned_income_ars"], family["regular_income_ars"])


def test_a_bonus_above_the_pay_leaves_nothing_not_less_than_nothing() -> None:
    told_wrongly = REGISTERED_HEAD | {"P21": 3000}
    assert earnings_of([told_wrongly])["regular_income_ars"].tolist() == [0]


def test_a_year_in_the_job_is_where_casual_pay_ends() -> None:
    """PP07A 4 is up to a year, 5 is one to five years, 9 is unknown; none of them alone makes a steady job casual."""
    pay = earnings_of(*[[REGISTERED_HEAD | {"PP07A": level}] for level in (4, 5, 9)])["casual_income_ars"]
    assert pay.tolist() == [10000, 0, 0]


def test_the_household_line_is_the_panels_and_untold_incomes_have_no_parts() -> None:
    """Both the importer and the panel look lines up; were they to differ, two features would tell two truths."""
    programme = load_programme(CHECKOUT / "configs" / "argentina-eph.yaml")
    table = read_panel(programme, DATA / "eph_sample", TODAY).observations["observations"]
    np.testing.assert_allclose(table["needed_income_ars"], table["line_in_force"])
    untold = table["income_told"] == 0
    assert untold.any()
    assert table.loc[untold, ["regular_income_ars", "secure_income_ars"]].isna().all(axis=None)
    assert table.loc[~untold, ["regular_income_ars", "secure_income_ars"]].notna().all(axis=None)
