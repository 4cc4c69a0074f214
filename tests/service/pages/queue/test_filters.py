"""The filter: an address says what is shown, a form offers it in words, and what nobody offers asks for nothing."""

from __future__ import annotations

import pytest

from conftest import Tiny
from riskmodel.language import LOCALES, language
from riskmodel.service.access import Origin, Principal, Role
from riskmodel.service.pages.queue.filters import Asked, Who, asked_of, fields
from riskmodel.service.store.queue_rows import Filter, Status

LI = Principal("user", "li", Role.REVIEWER, frozenset(), "")
EVERYTHING = Asked("n1", "high", "health", Origin.MODEL, Status.NOT_NOW, Who.ME)


def test_an_address_is_read_as_it_is_written(tiny: Tiny) -> None:
    given = {name: str(value) for name, value in EVERYTHING.parameters().items()}
    assert asked_of(given, tiny.programme) == EVERYTHING
    for nothing in ({}, dict.fromkeys(given, ""), {"x": "y"}):
        assert asked_of(nothing, tiny.programme) == Asked()


@pytest.mark.parametrize("name", ["band", "group", "origin", "status", "who"])
@pytest.mark.parametrize("word", ["' OR 1=1", "\x00", "\ud800"])
def test_a_word_that_is_none_of_ours_asks_for_nothing(tiny: Tiny, name: str, word: str) -> None:
    assert asked_of({name: word}, tiny.programme) == Asked()


def test_mine_are_those_of_who_asks() -> None:
    assert EVERYTHING.filter("/n1/", LI) == Filter("/n1/", "high", "health", Origin.MODEL, Status.NOT_NOW, "li")
    assert Asked(who=Who.NOBODY).filter("", LI) == Filter(assignee="")
    assert Asked().filter("", LI) == Filter()


@pytest.mark.parametrize("code", LOCALES)
def test_each_choice_has_words(tiny: Tiny, code: str) -> None:
    offered = fields(EVERYTHING, tiny.programme, (("n1", "Northern"),), language(code))
    assert {one.name: one.chosen for one in offered} == EVERYTHING.parameters()
    for field in offered:
        words = [field.label, field.anything, *(label for _, label in field.choices)]
        assert all(words) and len({value for value, _ in field.choices}) == len(field.choices)
    values = {field.name: [value for value, _ in field.choices] for field in offered}
    assert values["origin"] == list(Origin) and values["status"] == list(Status) and values["who"] == list(Who)
    assert "horizon" not in values["group"]


def test_what_is_not_offered_is_shown_as_unknown(tiny: Tiny) -> None:
    area = fields(Asked(area="<b>"), tiny.programme, (), language("en"))[0]
    assert (area.chosen, area.chosen_label) == ("<b>", "–")
