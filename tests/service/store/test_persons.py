"""Whom names and numbers belong to can't be told where they are masked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from helpers.population import settle
from riskmodel.service.store.engine import Store
from riskmodel.service.store.persons import STAR, Person, mask, masked_value, people_of
from riskmodel.service.store.tables import persons


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("王小明", "王＊＊"),
        ("王", "＊"),
        ("Li", "L＊"),
        ("110101199003078888", "＊" * 16 + "88"),
        ("11010119900307888X", "＊" * 16 + "8X"),
        ("+86 138-1234", "＊" * 10 + "34"),
        ("12345", "＊" * 5),
        ("01", "＊＊"),
        ("No. 7, Long Street", "N" + "＊" * 17),
        ("", ""),
    ],
)
def test_known_texts(text: str, expected: str) -> None:
    assert mask(text) == expected


@given(st.text(min_size=1, max_size=40))
def test_of_any_text_little_is_left(text: str) -> None:
    found = mask(text)
    shown = [place for place, character in enumerate(found) if character != STAR]
    assert len(found) == len(text)
    assert all(found[place] == text[place] for place in shown)
    assert shown in ([], [0], [len(text) - 2, len(text) - 1], [len(text) - 2], [len(text) - 1])
    assert len(text) > 1 or not shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), (True, STAR), (13.0, STAR), (["Li", None, 4], ["L＊", None, STAR]), ("Li", "L＊"), ({"a": 1}, STAR)],
)
def test_values_of_every_kind(value: Any, expected: Any) -> None:
    assert masked_value(value) == expected


def test_people_come_by_member_and_of_their_household_alone(store: Store) -> None:
    here, there = settle(store, ["c1a", "c1b"])
    rows = [(here, "2", {"name": "王小明"}), (there, "1", {"name": "other"}), (here, "", {"phone": "13812345678"})]
    with store.writing() as connection:
        for household, member, content in rows:
            connection.execute(insert(persons).values(household=household, member_id=member, content=content))
    with store.reading() as connection:
        found = people_of(connection, here)
    assert found == [Person("", {"phone": "13812345678"}), Person("2", {"name": "王小明"})]
    assert found[1].masked() == Person("＊", {"name": "王＊＊"})
