"""People of households: whole for whoever gave a purpose, masked for everybody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from riskmodel.service.store.tables import persons

STAR = "＊"
LEAST_OF_AN_ID = 6
"""Characters from which on an id keeps its last two: of a shorter one they would tell too much."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is personal of one member.

    Attributes
    ----------
    member_id : str
        Empty for what is told of the household as a whole.
    content : mapping
        Values by column.
    """

    member_id: str
    content: Mapping[str, Any]

    def masked(self) -> Person:
        """Return the same person, who can no longer be told by it."""
        return Person(mask(self.member_id), {name: masked_value(value) for name, value in self.content.items()})


def people_of(connection: Connection, household: int) -> list[Person]:
    """Return the people of a household, by member."""
    query = select(persons.c.member_id, persons.c.content).where(persons.c.household == household)
    return sorted((Person(*row) for row in connection.execute(query)), key=lambda person: person.member_id)


def mask(text: str) -> str:
    """Hide a text: of a name the first character stays, of an id the last two, of a short one nothing.

    Examples
    --------
    >>> mask("王小明"), mask("13812345678"), mask("王"), mask("01")
    ('王＊＊', '＊＊＊＊＊＊＊＊＊78', '＊', '＊＊')
    """
    if 2 * sum(character.isdigit() for character in text) >= len(text):
        shown = text[-2:] if len(text) >= LEAST_OF_AN_ID else ""
        return STAR * (len(text) - len(shown)) + shown
    return text[0] + STAR * (len(text) - 1) if len(text) > 1 else STAR


def masked_value(value: Any) -> Any:
    """Hide a value, whatever it is; that it is missing is told."""
    if value is None:
        return None
    if isinstance(value, list):
        return [masked_value(one) for one in value]
    # a figure could be counted by its digits
    return mask(value) if isinstance(value, str) else STAR
