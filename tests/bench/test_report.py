"""Figures survive JSON, and a bar that is missed is called missed."""

from __future__ import annotations

import datetime as dt
import math
import platform
from dataclasses import replace

import pytest

from riskmodel.bench.machine import machine_facts
from riskmodel.bench.markdown import METHODS, TITLES, number, to_markdown
from riskmodel.bench.measuring import Spread
from riskmodel.bench.report import ORDER, Figure, Section, at_least, at_most, from_json, merged, to_json
from riskmodel.errors import UsageError
from riskmodel.settings import CHECKOUT

FAST = Figure("times as fast", "x", Spread(48.0, 55.0, 60.0), at_least(50))
CLOSE = Figure("largest difference", "log-odds", Spread(1e-14, 1e-14, 1e-14), at_most(1e-10))
PLAIN = Figure("ours", "rows/s", Spread(10_000.0, 12_345.6, 13_000.0))
MACHINE = {"cores": "2", "processor": "x86_64", "python": "3.11.7"}
EXPLAIN = Section("explain", dt.date(2026, 1, 2), 5, MACHINE, {"trees": "500"}, (FAST, CLOSE, PLAIN))


@pytest.mark.parametrize(
    ("figure", "middle", "met"),
    [
        (FAST, 50.0, True),
        (FAST, 49.9, False),
        (CLOSE, 1e-10, True),
        (CLOSE, 2e-10, False),
        (FAST, math.nan, False),
        (CLOSE, math.nan, False),
        (PLAIN, 0.0, True),
    ],
)
def test_the_median_decides_whether_a_bar_is_met(figure: Figure, middle: float, met: bool) -> None:
    assert replace(figure, values=replace(figure.values, middle=middle)).met is met


def test_one_missed_bar_misses_the_section() -> None:
    assert EXPLAIN.met
    slow = replace(FAST, values=Spread(1.0, 2.0, 90.0))
    assert not replace(EXPLAIN, figures=(slow, CLOSE)).met


def test_figures_come_back_from_json_as_they_were() -> None:
    sections = (EXPLAIN, replace(EXPLAIN, name="batch", conditions={}, figures=()))
    assert from_json(to_json(sections)) == sections


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"sections": [{"name": "explain"}]}', '{"sections": [{"name": "x"}]}']
)
def test_what_is_no_file_of_figures_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="bench --json") as found:
        from_json(text)
    assert "\n" not in str(found.value)


def test_a_section_takes_the_place_of_its_older_self_and_order_is_kept() -> None:
    training, newer = replace(EXPLAIN, name="training"), replace(EXPLAIN, rounds=7)
    assert merged((training, EXPLAIN), newer) == (newer, training)


def test_the_page_has_what_was_asked_first_and_says_what_is_missed() -> None:
    text = to_markdown([EXPLAIN])
    assert "| times as fast | at least 50 x | 48.0 | 55.0 | 60.0 | yes |" in text
    assert "| ours | rows/s | 10,000 | 12,346 | 13,000 |" in text
    assert "2 cores (x86_64), python 3.11.7" in text
    assert "**no**" not in text
    missed = replace(EXPLAIN, figures=(replace(FAST, values=Spread(1.0, 2.0, 90.0)),))
    assert "| times as fast | at least 50 x | 1.00 | 2.00 | 90.0 | **no** |" in to_markdown([missed])


def test_every_benchmark_has_a_title_and_says_how_it_measures() -> None:
    assert set(ORDER) == set(TITLES) == set(METHODS)


@pytest.mark.parametrize(
    ("value", "text"), [(12345.6, "12,346"), (70.123, "70.1"), (1.05, "1.05"), (0.0, "0"), (9.2e-15, "9.2e-15")]
)
def test_numbers_have_the_digits_that_mean_something(value: float, text: str) -> None:
    assert number(value) == text


def test_a_machine_is_told_without_its_name_or_any_path() -> None:
    facts = machine_facts()
    assert int(facts["cores"]) >= 1
    assert {"python", "lightgbm", "mlflow", "shap"} <= facts.keys()
    assert not any("/" in value for value in facts.values())
    assert platform.node() not in facts.values()


def test_the_page_in_the_documentation_is_made_of_the_figures_beside_it() -> None:
    figures = (CHECKOUT / "docs/performance.json").read_text(encoding="utf-8")
    assert (CHECKOUT / "docs/performance.md").read_text(encoding="utf-8") == to_markdown(from_json(figures))
