"""Numbers with their units read naturally in both languages."""

from __future__ import annotations

import pytest

from riskmodel.explain.units import change_text, quantity_text
from riskmodel.language import language

QUANTITIES = [
    (23400.0, "cny", "23,400 yuan", "23,400元"),
    (0.5, "cny", "0.5 yuan", "0.5元"),
    (-1200.4, "cny", "\N{MINUS SIGN}1,200 yuan", "\N{MINUS SIGN}1,200元"),
    (8000.0, "cny_per_capita_year", "8,000 yuan per person a year", "每人每年8,000元"),
    (0.45, "share", "45%", "45%"),
    (1.0, "months", "1 month", "1个月"),
    (14.0, "months", "14 months", "14个月"),
    (1.5, "persons", "1.5 persons", "1.5人"),
    (3.0, "events", "3", "3次"),
    (2.0, "years", "2 years", "2年"),
    (3.25, "mu", "3.25 mu", "3.25亩"),
    (12.34, "km", "12.3 km", "12.3公里"),
    (40.0, "sqm", "40 m²", "40平方米"),
    (1987.0, "year", "1987", "1987"),
    (1.234, "ratio", "1.23", "1.23"),
    (4.0, "count", "4", "4"),
    (0.8, "index", "0.8", "0.8"),
    (3.0, "", "3", "3"),
    (7.0, "cubits", "7 cubits", "7 cubits"),
]


@pytest.mark.parametrize(("number", "unit", "english", "chinese"), QUANTITIES)
def test_quantities(number: float, unit: str, english: str, chinese: str) -> None:
    assert quantity_text(language("en"), number, unit, "CNY") == english
    assert quantity_text(language("zh"), number, unit, "CNY") == chinese


def test_nothing_to_count_is_none() -> None:
    assert quantity_text(language("en"), 0.0, "persons", "CNY", countable=True) == "none"
    assert quantity_text(language("zh"), 0.0, "persons", "CNY", countable=True) == "无"


@pytest.mark.parametrize(
    ("currency", "unit", "number", "english", "chinese"),
    [
        ("ARS", "ars", 12345.6, "12,346 pesos", "12,346比索"),
        ("ARS", "ars", 1.0, "1 peso", "1比索"),
        ("KES", "kes", 500.0, "500 Kenyan shillings", "500肯尼亚先令"),
        ("TIN", "tin", 500.0, "500 TIN", "500TIN"),
    ],
)
def test_other_currencies_need_no_code(currency: str, unit: str, number: float, english: str, chinese: str) -> None:
    assert quantity_text(language("en"), number, unit, currency) == english
    assert quantity_text(language("zh"), number, unit, currency) == chinese


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [(2.0, "up by 2 persons", "增加2人"), (-1.0, "down by 1 person", "减少1人"), (0.0, "no change", "无变化")],
)
def test_changes(number: float, english: str, chinese: str) -> None:
    assert change_text(language("en"), number, "persons", "CNY") == english
    assert change_text(language("zh"), number, "persons", "CNY") == chinese
