"""Each value of a report is sound or refused by its rule; whatever comes raises nothing and is repeated nowhere."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DATA
from riskmodel.errors import Fault
from riskmodel.programme.loading import find_programme, load_programme
from riskmodel.service.access import Feed, Origin
from riskmodel.service.reports import EARLIEST, FIELDS, LONGEST_ID, LONGEST_SOURCE, Reading, Report
from riskmodel.service.store.tables import LONGEST_CODE
from riskmodel.settings import CHECKOUT

TODAY = dt.date(2021, 6, 1)
TINY = Reading(load_programme(DATA / "tiny" / "tiny.yaml"), Feed(frozenset({"illness"}), Origin.SELF_REPORT), TODAY)
COUNTY = Reading(
    load_programme(find_programme("china-county", CHECKOUT / "configs")),
    Feed(frozenset({"serious_illness", "death"}), Origin.DEPARTMENT_SCREENING),
    TODAY,
)
SOUND = {"event_id": "7", "household_id": "007", "kind": "illness", "occurred_on": "2021-05-31", "amount": 12.5}


def read(reading: Reading = TINY, source: str = "clinic", **changes: Any) -> Report | Fault:
    return reading.read({**SOUND, **changes}, source)


def test_a_sound_report_is_read_as_it_was_said() -> None:
    assert read() == Report("7", "clinic", "007", "illness", dt.date(2021, 5, 31), 12.5, None)
    assert read(COUNTY, kind="serious_illness", cause="illness") == Report(
        "7", "clinic", "007", "serious_illness", dt.date(2021, 5, 31), 12.5, "illness"
    )


@pytest.mark.parametrize("nothing", [None, "", float("nan")])
def test_nothing_is_said_by_empty_text_none_and_nan(nothing: Any) -> None:
    found = read(COUNTY, kind="death", amount=nothing, cause=nothing)
    assert isinstance(found, Report) and (found.amount, found.cause) == (None, None)


@pytest.mark.parametrize(
    ("changes", "where", "rule"),
    [
        *(({name: nothing}, name, "required") for name in ("event_id", "household_id") for nothing in (None, "")),
        *(({name: 7}, name, "text") for name in ("event_id", "household_id")),
        *(({name: ["7"]}, name, "text") for name in ("event_id", "household_id")),
        ({"event_id": "x" * (LONGEST_ID + 1)}, "event_id", "too_long"),
        ({"household_id": "x" * (LONGEST_CODE + 1)}, "household_id", "too_long"),
        *(
            ({name: f"a{mark}"}, name, "unicode")
            for name in ("event_id", "household_id")
            for mark in ("\0", "\n", "\x7f", "\x9f", "\ud800", "\udfff")
        ),
        *(({"kind": kind}, "kind", "unknown_kind") for kind in (None, "", "Illness", "illness ", "income_tin", 1, [])),
        ({"kind": "listed"}, "kind", "not_allowed"),
        *(
            ({"occurred_on": day}, "occurred_on", "date")
            for day in (
                None, "", "yesterday", "2021-02-30", "20210531", "2021-5-31", "2021-05-31T08:00:00Z", " 2021-05-31",
                "２０２１-05-31", 20210531, 1.5, True, [], "2021-W22-1",
            )
        ),
        ({"occurred_on": "2021-06-02"}, "occurred_on", "future"),
        ({"occurred_on": dt.date(9999, 12, 31)}, "occurred_on", "future"),
        ({"occurred_on": "1899-12-31"}, "occurred_on", "too_early"),
        *(
            ({"amount": amount}, "amount", "number")
            for amount in (
                "much", "1,5", "1_000", "１２", "0x10", "nan", "inf", "1e999", float("inf"), float("-inf"), 10**400,
                True, False, [1], {"amount": 1}, " ", "1 2", "--1",
            )
        ),
        ({"amount": -0.01}, "amount", "range"),
        ({"cause": "illness"}, "cause", "unknown_cause"),
    ],
)  # fmt: skip
def test_every_rule(changes: dict[str, Any], where: str, rule: str) -> None:
    found = read(**changes)
    assert isinstance(found, Fault)
    assert (found.where, found.rule) == (where, rule)


@pytest.mark.parametrize("cause", ["bad luck", "Illness", 3, ["illness"], {"illness": 1}])
def test_a_cause_that_the_programme_does_not_name(cause: Any) -> None:
    found = read(COUNTY, kind="death", cause=cause)
    assert isinstance(found, Fault) and (found.where, found.rule) == ("cause", "unknown_cause")


@pytest.mark.parametrize(
    ("amount", "rule"), [(10_000_000, None), (10_000_001, "range"), (0, None), ("1e7", None), (-1, "range")]
)
def test_the_dictionary_gives_the_range(amount: Any, rule: str | None) -> None:
    found = read(COUNTY, kind="serious_illness", amount=amount)
    assert (found.rule if isinstance(found, Fault) else None) == rule


@pytest.mark.parametrize(
    ("source", "rule"),
    [("", "required"), ("x" * (LONGEST_SOURCE + 1), "too_long"), ("a\0", "unicode"), ("x" * LONGEST_SOURCE, None)],
)
def test_the_source(source: str, rule: str | None) -> None:
    found = read(source=source)
    assert (found.rule if isinstance(found, Fault) else None) == rule


@pytest.mark.parametrize(
    ("amount", "number"),
    [("12.50", 12.5), (" 3 ", 3.0), ("1e3", 1000.0), (".5", 0.5), (7, 7.0), (Decimal("0.1"), 0.1), ("0", 0.0)],
)
def test_numbers_as_files_write_them(amount: Any, number: float) -> None:
    found = read(amount=amount)
    assert isinstance(found, Report) and found.amount == number


@pytest.mark.parametrize(
    "day", [dt.date(2021, 5, 31), dt.datetime(2021, 5, 31, 23, 59), pd.Timestamp("2021-05-31"), "2021-05-31"]
)
def test_dates_as_files_have_them(day: Any) -> None:
    found = read(occurred_on=day)
    assert isinstance(found, Report) and found.occurred_on == dt.date(2021, 5, 31)
    assert type(found.occurred_on) is dt.date


def test_the_first_and_the_last_day_are_taken() -> None:
    for day in (EARLIEST, TODAY):
        assert isinstance(read(occurred_on=day.isoformat()), Report)


def test_the_sender_can_not_say_when_it_was_recorded() -> None:
    assert read(recorded_on="2020-01-01") == read()
    assert "recorded_on" not in FIELDS


def test_source_and_id_are_the_key_and_all_the_rest_the_content() -> None:
    first = read()
    assert isinstance(first, Report)
    others = {
        "event_id": "8", "household_id": "008", "kind": "listed", "occurred_on": "2021-05-30", "amount": 12.6,
    }  # fmt: skip
    every = Reading(TINY.programme, Feed(frozenset({"illness", "listed"}), Origin.SELF_REPORT), TODAY)
    for name, value in others.items():
        other = every.read({**SOUND, name: value}, "clinic")
        assert isinstance(other, Report)
        assert (other.key == first.key) == (name != "event_id"), name
        assert (other.content == first.content) == (name == "event_id"), name
    elsewhere = read(source="clinic7", event_id="")
    assert isinstance(elsewhere, Fault)
    # where one ends and the other begins is part of the key
    pair = read(source="clinic7", event_id="1"), read(source="clinic", event_id="71")
    assert all(isinstance(one, Report) for one in pair) and len({one.key for one in pair}) == 2  # type: ignore[union-attr]


MARK = "q7zx9mark"
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.text().map(lambda text: MARK + text),
    st.sampled_from(["illness", "2021-05-31", "12.5", MARK]), st.characters(categories=["Cs", "Cc"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=5
)


@given(values=st.dictionaries(st.sampled_from(FIELDS), VALUES), source=st.text())
def test_whatever_comes_is_read_or_refused_and_not_repeated(values: dict[str, Any], source: str) -> None:
    check(TINY.read(values, source), "")


@given(name=st.sampled_from(FIELDS), value=VALUES)
def test_one_value_of_any_kind_is_read_or_refused_and_not_repeated(name: str, value: Any) -> None:
    check(read(**{name: value}), name)


def check(found: Report | Fault, name: str) -> None:
    if isinstance(found, Fault):
        assert MARK not in json.dumps([found.where, found.rule, found.message])
        assert found.where in ((name,) if name else (*FIELDS, "source"))
    else:
        assert found.kind == "illness" and len(found.key) == len(found.content) == 32
