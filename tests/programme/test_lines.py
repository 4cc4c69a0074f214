"""Lines by area and period: names of periods, gaps, and a table whose every bad row is named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from riskmodel.programme.lines import Grain, Lines, period_of, periods_between, read_lines

PERIODS = [
    ("2018-01-01", Grain.YEAR, "2018"),
    ("2018-12-31", Grain.YEAR, "2018"),
    ("2018-03-31", Grain.QUARTER, "2018Q1"),
    ("2018-04-01", Grain.QUARTER, "2018Q2"),
    ("2018-12-31", Grain.QUARTER, "2018Q4"),
    ("2018-09-30", Grain.MONTH, "2018-09"),
    ("2018-10-01", Grain.MONTH, "2018-10"),
]


@pytest.mark.parametrize(("day", "grain", "expected"), PERIODS)
def test_a_day_belongs_to_one_period(day: str, grain: Grain, expected: str) -> None:
    assert period_of(dt.date.fromisoformat(day), grain) == expected


BETWEEN = [
    ("2017-12-31", "2018-01-01", Grain.YEAR, ("2017", "2018")),
    ("2017-11-30", "2018-04-01", Grain.QUARTER, ("2017Q4", "2018Q1", "2018Q2")),
    # the first day is late in its quarter and the last early in its own: none between is lost
    ("2017-03-31", "2017-10-01", Grain.QUARTER, ("2017Q1", "2017Q2", "2017Q3", "2017Q4")),
    ("2017-12-15", "2018-02-01", Grain.MONTH, ("2017-12", "2018-01", "2018-02")),
    ("2018-05-05", "2018-05-05", Grain.MONTH, ("2018-05",)),
]


@pytest.mark.parametrize(("first", "last", "grain", "expected"), BETWEEN)
def test_every_period_between_is_named_once_and_in_order(
    first: str, last: str, grain: Grain, expected: tuple[str, ...]
) -> None:
    assert periods_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last), grain) == expected


def test_missing_lists_each_pair_of_area_and_period() -> None:
    lines = Lines(Grain.YEAR, {("n", "2018"): 1.0, ("s", "2019"): 1.0})
    assert lines.areas == {"n", "s"}
    assert lines.missing(["2018", "2019"]) == [("n", "2019"), ("s", "2018")]


BAD_ROWS = [
    ("n,2018,abc", "not_a_number"),
    ("n,2018,", "not_a_number"),
    ("n,2018,0", "range"),
    ("n,2018,-1", "range"),
    ("n,2018,inf", "range"),
    ("n,2018,nan", "range"),
    ("n,2018,1e999", "range"),
    ("n,2017,5", "duplicate_line"),
]


@pytest.mark.parametrize(("row", "rule"), BAD_ROWS)
def test_a_bad_line_is_named_by_its_row(tmp_path: Path, row: str, rule: str) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(f"area_code,period,line\nn,2017,4\n{row}\n", encoding="utf-8")
    _, faults = read_lines(path, Grain.YEAR)
    assert [(fault.where, fault.rule) for fault in faults] == [("lines.csv:3", rule)]


@pytest.mark.parametrize("column", ["area_code", "period", "line"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("area_code,period,line\nn,2017,4\n".replace(column, "other"), encoding="utf-8")
    _, faults = read_lines(path, Grain.YEAR)
    assert [(fault.rule, column in fault.message) for fault in faults] == [("missing_column", True)]


def test_codes_keep_leading_zeros_and_columns_for_people_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("source,area_code,period,line\nlaw,007,2018,12.5\n", encoding="utf-8")
    lines, faults = read_lines(path, Grain.YEAR)
    assert (dict(lines.values), faults) == ({("007", "2018"): 12.5}, [])
