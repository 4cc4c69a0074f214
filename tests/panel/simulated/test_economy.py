"""The ledger's trailing year and the level of incomes."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.economy import HISTORY, Ledger, income_index, transitory_step

NAMES = ("wage", "business", "property", "transfer", "self_pay", "claims", "loss")


def ledger(months: int, rng: np.random.Generator) -> Ledger:
    book = Ledger()
    book.start({name: np.full(3, 10.0) for name in NAMES})
    for month in range(months):
        for name in NAMES:
            book.book(month, name, rng.uniform(0, 20, 3))
    return book


@pytest.mark.parametrize("months", [0, 1, 11, 12, 30])
def test_trailing_sums_are_of_the_last_twelve_months(months: int) -> None:
    book = ledger(months, np.random.default_rng(0))
    for name in NAMES:
        expected = book.flows[name][months : HISTORY + months].sum(axis=0)
        np.testing.assert_allclose(book.trailing[name], expected)


def test_a_calendar_year_starts_in_january() -> None:
    book = ledger(24, np.random.default_rng(0))
    np.testing.assert_allclose(book.year("wage", 1), book.flows["wage"][HISTORY + 12 : HISTORY + 24].sum(axis=0))


def test_reference_income_counts_claims_and_takes_off_self_pay() -> None:
    book = ledger(0, np.random.default_rng(0))
    # four sources of 120 a year, 120 of claims, less 120 of self-pay and 120 of losses, over 2 people
    np.testing.assert_allclose(book.reference_income(np.full(3, 2.0)), 180.0)


@pytest.mark.parametrize("year", range(7))
def test_the_income_index_meets_each_year_in_its_middle(year: int) -> None:
    middle = (income_index(12 * year + 5) * income_index(12 * year + 6)) ** 0.5
    assert middle == pytest.approx(c.INCOME_INDEX[year], rel=0.01)


def test_the_transitory_part_keeps_its_spread_and_persistence() -> None:
    rng = np.random.default_rng(0)
    start = now = c.SIGMA_TRANSITORY * rng.normal(size=50_000)
    for _ in range(12):
        now = transitory_step(now, rng)
    assert now.std() == pytest.approx(c.SIGMA_TRANSITORY, rel=0.02)
    assert np.corrcoef(start, now)[0, 1] == pytest.approx(c.RHO_YEAR, abs=0.02)
