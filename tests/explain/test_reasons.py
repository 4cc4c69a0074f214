"""Contributions in words: every feature, value and direction of every programme has a text in each language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskmodel.explain.reasons import Driver, Words, adds_up, split_drivers
from riskmodel.language import language, languages
from riskmodel.programme.dictionary import Feature, Kind
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.settings import CHECKOUT

TINY = Path(__file__).parents[1] / "data" / "tiny" / "tiny.yaml"
PROGRAMMES = [TINY, *sorted((CHECKOUT / "configs").glob("*.yaml"))]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
EXTREMES = (-1e9, -2.5, -1e-9, -0.0, 0.0, 1e-9, 1.0, 12.0, 123456.7, 1e9)
UNITS = {"TIN", "A", "B", "C", "D"}
"""What stays in Latin letters in a Chinese text: a currency that no language names, and grades."""


@pytest.fixture(scope="module")
def tinyland() -> Programme:
    return load_programme(TINY)


def driver(feature: str, value: float | None, typical: float | None, log_odds: float = 0.3) -> Driver:
    return Driver(feature, "household", log_odds, value=value, typical=typical)


REASONS = [
    (
        driver("illness_cost_12m", 23400.0, 800.0),
        "Cost of illness in 12 months: 23,400 TIN (typical: 800 TIN) – raises the risk",
        "12个月内医疗费用：23,400TIN（一般家庭：800TIN），推高风险",
    ),
    (
        driver("land", 0.0, 1.0),
        "Owns land: no (typical: yes) – raises the risk",
        "有土地：否（一般家庭：是），推高风险",
    ),
    (
        driver("land", 1.0, 1.0, -0.2),
        "Owns land: yes (as is typical) – lowers the risk",
        "有土地：是（与一般家庭相同），降低风险",
    ),
    (
        driver("illness_count_12m", 0.0, 0.0, -0.1),
        "Serious illnesses in 12 months: none (as is typical) – lowers the risk",
        "12个月内重病次数：无（与一般家庭相同），降低风险",
    ),
    (
        driver("income_change", -30.0, 12.0),
        "Change of income: down by 30 TIN (typical: up by 12 TIN) – raises the risk",
        "收入变化：减少30TIN（一般家庭：增加12TIN），推高风险",
    ),
    (
        driver("village_illness", 0.25, 0.061),
        "Share of neighbours with an illness: 25% (typical: 6.1%) – raises the risk",
        "邻里患病比例：25%（一般家庭：6.1%），推高风险",
    ),
    (
        driver("income_to_line", None, 1.5),
        "Income over the line: not recorded (typical: 1.5) – raises the risk",
        "收入与标准之比：未记录（一般家庭：1.5），推高风险",
    ),
    (
        driver("months_since_illness", None, None, -0.1),
        "Months since an illness: none on record (as is typical) – lowers the risk",
        "距上次患病月数：无记录（与一般家庭相同），降低风险",
    ),
    (
        driver("income_to_line", 1.1, None, 0.0),
        "Income over the line: 1.1 (typical: not recorded) – does not change the risk",
        "收入与标准之比：1.1（一般家庭：未记录），不影响风险",
    ),
    (
        Driver("home_kind", "household", 0.2, category="tent", typical_category="brick"),
        "Kind of home: Tent (typical: Brick house) – raises the risk",
        "住房类型：帐篷（一般家庭：砖房），推高风险",
    ),
    (
        Driver("home_kind", "household", 0.2, typical_category="brick"),
        "Kind of home: not recorded (typical: Brick house) – raises the risk",
        "住房类型：未记录（一般家庭：砖房），推高风险",
    ),
]


@pytest.mark.parametrize(("one", "english", "chinese"), REASONS, ids=[one[0].feature for one in REASONS])
def test_reasons_read_naturally(tinyland: Programme, one: Driver, english: str, chinese: str) -> None:
    assert Words(tinyland, language("en")).reason(one) == english
    assert Words(tinyland, language("zh")).reason(one) == chinese


def drivers_of(feature: Feature) -> list[Driver]:
    """Return drivers with every kind of value that a feature can have, in each direction."""
    name, group = feature.name, feature.column.group
    if feature.column.kind is Kind.CATEGORY:
        codes = (None, *feature.column.categories)
        made = [Driver(name, group, 1.0, category=code, typical_category=codes[1]) for code in codes]
    else:
        values = (0.0, 1.0) if feature.column.kind is Kind.BOOLEAN else EXTREMES
        made = [Driver(name, group, 1.0, value=value, typical=1.0) for value in (None, *values)]
    return [
        Driver(one.feature, one.group, sign, one.value, one.category, one.typical, one.typical_category)
        for one in made
        for sign in (-1.0, 0.0, 1.0)
    ]


@pytest.mark.parametrize("path", PROGRAMMES, ids=[path.stem for path in PROGRAMMES])
def test_every_feature_has_words_in_every_language(path: Path) -> None:
    programme = load_programme(path)
    for own in languages():
        words = Words(programme, own)
        for feature in programme.features:
            assert words.feature(feature.name) == feature.column.labels[own.code]
            assert words.group(feature.column.group) == programme.file.groups[feature.column.group][own.code]
            for one in drivers_of(feature):
                text = words.reason(one)
                assert "%(" not in text and "_" not in text, f"{feature.name}: {text}"
                assert "None" not in text and "nan" not in text, f"{feature.name}: {text}"
                assert not re.search("[-\u2212]0(?![.\\d])", text), f"{feature.name}: {text}"
                if own.code == "zh":
                    without_label = text.removeprefix(words.feature(feature.name))
                    latin = set(re.findall("[A-Za-z]+", without_label)) - UNITS
                    assert not latin, f"{feature.name} is not translated: {text}"
                    assert CHINESE.search(without_label)
                else:
                    assert not CHINESE.search(text), f"{feature.name} is not translated: {text}"


class TestSplit:
    def test_sides_groups_and_order(self) -> None:
        drivers = [
            Driver("a", "g", 0.1),
            Driver("b", "h", 0.5),
            Driver("c", "g", 0.6),
            Driver("d", "h", -0.2),
            Driver("e", "g", 0.0),
        ]
        split = split_drivers(drivers)
        assert [(group.group, [one.feature for one in group.drivers]) for group in split.up] == [
            ("g", ["c", "a"]),
            ("h", ["b"]),
        ]
        assert split.up[0].log_odds == pytest.approx(0.7)
        assert [group.group for group in split.down] == ["h"]
        assert [one.feature for one in split.unmoved] == ["e"]

    def test_nothing(self) -> None:
        assert split_drivers([]).up == ()

    def test_sums(self) -> None:
        assert adds_up(-1.0, [0.5, 0.25], -0.25)
        assert not adds_up(-1.0, [0.5, 0.25], -0.25 + 1e-8)


@pytest.mark.parametrize(
    ("programme", "feature", "number", "english", "chinese"),
    [
        ("china-county", "house_grade", 3.0, "Grade C of A to D", "C级"),
        ("china-county", "max_education", 2.0, "Junior middle school", "初中"),
        ("china-county", "max_education", 1.5, "1.5", "1.5"),
        ("china-county", "medical_to_income", 0.35, "35%", "35%"),
        ("china-county", "debt_to_income", 1.2, "120%", "120%"),
        ("china-county", "no_labour", 0.0, "this is not so", "不属实"),
        ("argentina-eph", "head_job_tenure", 6, "More than 5 years", "5年以上"),
        ("argentina-eph", "head_job_tenure", 8.0, "8", "8"),
    ],
)
def test_levels_are_read_by_name_and_parts_of_income_as_percent(
    programme: str, feature: str, number: float, english: str, chinese: str
) -> None:
    """House safety 3 says nothing to whoever has not learned which way the scale runs."""
    known = load_programme(CHECKOUT / "configs" / f"{programme}.yaml")
    texts = [Words(known, language(code)).value(feature, number) for code in ("en", "zh")]
    assert texts == [english, chinese]
