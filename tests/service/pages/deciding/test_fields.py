"""A form is read once and kindly: each mistake is a sentence beside its field, and nothing that can't be kept gets through."""

from __future__ import annotations

import datetime as dt

import pytest

from riskmodel.language import LOCALES, language
from riskmodel.service.cases.helping import HelpResult
from riskmodel.service.pages.deciding.fields import MOST_CHARACTERS, Fields, new_key

FIRST, LAST = dt.date(2021, 6, 1), dt.date(2021, 6, 30)


def fields(**sent: str) -> Fields:
    return Fields(sent, language("en"))


@pytest.mark.parametrize("value", ["\0", "a\x1b[31m", "a\x85b", "\ud800"])
def test_what_no_database_keeps(value: str) -> None:
    form = fields(a=value)
    form.text("a")
    assert "can't be kept" in form.faults["a"]


def test_line_ends_count_once() -> None:
    words = "字\r\n" * (MOST_CHARACTERS // 2)
    form = fields(a=f"  {words} ")
    assert form.text("a", required=True) == words.replace("\r\n", "\n").strip()
    assert form.faults == {}


def test_what_is_shown_again_is_all_that_was_typed() -> None:
    """A browser sends two characters for each line end, of which it lets a person type as many as of any other."""
    typed = "字\n" * (MOST_CHARACTERS // 2)
    form = fields(a=typed.replace("\n", "\r\n"), b="x" * (MOST_CHARACTERS + 1))
    assert form.raw("a") == form.plain("a") == typed
    assert (len(form.raw("b")), len(form.plain("b"))) == (MOST_CHARACTERS, MOST_CHARACTERS + 1)


def test_nothing_is_missing_that_is_not_needed() -> None:
    form = fields()
    assert (form.text("a"), form.day("b", FIRST, LAST), form.number("c")) == ("", None, None)
    assert form.faults == {}
    form.text("a", required=True)
    form.day("b", FIRST, LAST, required=True)
    form.choice("d", HelpResult)
    assert set(form.faults) == {"a", "b", "d"}


@pytest.mark.parametrize(
    ("day", "sound"),
    [("2021-06-01", True), ("2021-06-30", True), ("2021-05-31", False), ("2021-02-30", False), ("9999-12-31", False)],
)
def test_days(day: str, sound: bool) -> None:
    form = fields(a=day)
    found = form.day("a", FIRST, LAST)
    assert (form.faults == {}) is sound is (found is not None)


@pytest.mark.parametrize(
    ("sent", "number"),
    [("7", 7), ("0", 0), ("-1", None), ("1e3", None), ("٣", None), ("9" * 19, 2**62), ("9" * 20, None)],
)
def test_numbers(sent: str, number: int | None) -> None:
    assert fields(a=sent).number("a") == number


@pytest.mark.parametrize(("key", "known"), [("k1", True), ("", False), ("x" * 65, False), ("schlüssel", False)])
def test_keys(key: str, known: bool) -> None:
    assert (fields(key=key).key == key) is known


def test_new_keys_differ_and_are_keys() -> None:
    keys = {new_key() for _ in range(50)}
    assert len(keys) == 50 and all(fields(key=one).key == one for one in keys)


@pytest.mark.parametrize("code", LOCALES)
def test_each_language_has_its_sentences(code: str) -> None:
    form = Fields({"a": "x" * 3000, "b": "soon", "c": "1999-01-01"}, language(code))
    form.text("a")
    form.text("d", required=True)
    form.day("b", FIRST, LAST)
    form.day("c", FIRST, LAST)
    form.choice("e", HelpResult)
    assert len(set(form.faults.values())) == 5
    assert not any("%(" in one for one in form.faults.values())
