"""The people of a household, masked: enough to know whom to ask for, too little to know who it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskmodel.language import Language
from riskmodel.programme.dictionary import HOUSEHOLDS, Column, Kind
from riskmodel.programme.programme import Programme
from riskmodel.service.store.persons import STAR, Person


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A member of the household, or the household as a whole.

    Attributes
    ----------
    member : str
        Masked.
    known : tuple of str
        What is left of texts once they are masked, each with its label.
    """

    member: str
    known: tuple[str, ...]


def people_view(programme: Programme, people: Sequence[Person], language: Language) -> tuple[PersonLine, ...]:
    """Return the people of a household; what a mask hides altogether is left out.

    Parameters
    ----------
    programme : Programme
        Whose labels.
    people : sequence of Person
        As they are stored; they are masked here.
    language : Language
        Of the words.
    """
    members = next((name for name, table in programme.file.tables.items() if table.kind == "members"), "")
    return tuple(_line(programme, one.masked(), members, language) for one in people)


def _line(programme: Programme, masked: Person, members: str, language: Language) -> PersonLine:
    table = members if masked.member_id else HOUSEHOLDS
    columns = {name: programme.dictionary.column(f"{table}.{name}") for name in masked.content}
    known = tuple(
        language.gettext("%(label)s: %(value)s", label=_label(name, columns[name], language), value=value)
        for name, value in masked.content.items()
        if _tells(columns[name], value)
    )
    return PersonLine(masked.member_id or language.gettext("the household as a whole"), known)


def _label(name: str, column: Column | None, language: Language) -> str:
    return (language.label(column.labels) if column else "") or name.replace("_", " ")


def _tells(column: Column | None, masked: Any) -> bool:
    """Tell whether a masked value may be shown; a category's first letter would give away which one it is."""
    is_category = column is not None and column.kind is Kind.CATEGORY
    return not is_category and isinstance(masked, str) and bool(masked.strip(STAR))
