"""The people of a household: masked, unless somebody said what their names and addresses are wanted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from riskmodel.language import Language
from riskmodel.programme.dictionary import HOUSEHOLDS, Column, Kind
from riskmodel.programme.programme import Programme
from riskmodel.service.api.unmasking import Purpose
from riskmodel.service.store.persons import STAR, Person


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A member of the household, or the household as a whole.

    Attributes
    ----------
    member : str
        Number of the member.
    known : tuple of str
        Texts, or what is left of them once they are masked, each with its label.
    """

    member: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PeopleForm:
    """What was typed into the form that asks for names, and what is wrong with it, by field."""

    purpose: str = ""
    words: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


def purpose_labels(language: Language) -> Mapping[Purpose, str]:
    """Return what people may be wanted for, in words."""
    gettext = language.gettext
    return {
        Purpose.VISIT: gettext("a visit"),
        Purpose.CHECK_IDENTITY: gettext("to check who somebody is"),
        Purpose.CORRECT_DATA: gettext("to correct records"),
        Purpose.APPEAL: gettext("an appeal"),
        Purpose.OTHER: gettext("something else"),
    }


def people_view(
    programme: Programme, people: Sequence[Person], language: Language, *, whole: bool = False
) -> tuple[PersonLine, ...]:
    """Return the people of a household; what a mask hides altogether is left out.

    Parameters
    ----------
    programme : Programme
        Whose labels.
    people : sequence of Person
        As they are stored; they are masked here.
    language : Language
        Of the words.
    whole : bool
        Whether texts are shown as they are. Figures and states of health never are: no visit needs them in writing.
    """
    members = next((name for name, table in programme.file.tables.items() if table.kind == "members"), "")
    return tuple(_line(programme, one if whole else one.masked(), members, language) for one in people)


def _line(programme: Programme, person: Person, members: str, language: Language) -> PersonLine:
    table = members if person.member_id else HOUSEHOLDS
    columns = {name: programme.dictionary.column(f"{table}.{name}") for name in person.content}
    known = tuple(
        language.gettext("%(label)s: %(value)s", label=_label(name, columns[name], language), value=value)
        for name, value in person.content.items()
        if _tells(columns[name], value)
    )
    return PersonLine(person.member_id or language.gettext("the household as a whole"), known)


def _label(name: str, column: Column | None, language: Language) -> str:
    return (language.label(column.labels) if column else "") or name.replace("_", " ")


def _tells(column: Column | None, masked: Any) -> bool:
    """Tell whether a value may be shown; of a category even the first letter would give away which one it is."""
    is_category = column is not None and column.kind is Kind.CATEGORY
    return not is_category and isinstance(masked, str) and bool(masked.strip(STAR))
