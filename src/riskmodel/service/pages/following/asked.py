"""What of the follow-up list is shown, as an address says it and as a form offers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from riskmodel.language import Language
from riskmodel.service.cases.follow_ups import Kind, Mark, mark_of
from riskmodel.service.pages.queue.filters import Choices, Field, Who
from riskmodel.service.store.tables import LONGEST_CODE

OVERDUE = "overdue"
Text = Annotated[str | None, Query(max_length=LONGEST_CODE)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for.

    Attributes
    ----------
    area : str or None
        Code of an area.
    kind : Kind or None
        What is to be followed up; everything where None.
    overdue : bool
        Whether only what is overdue.
    who : Who or None
        Who has the households.
    after : Mark or None
        Where the page before ended.
    """

    area: str | None = None
    kind: Kind | None = None
    overdue: bool = False
    who: Who | None = None
    after: Mark | None = None

    def parameters(self) -> dict[str, str | None]:
        """Return the filter as an address has it."""
        return {
            "kind": self.kind,
            "area": self.area,
            "due": OVERDUE if self.overdue else None,
            "who": self.who,
        }


def _asked(kind: Text = None, area: Text = None, due: Text = None, who: Text = None, after: Text = None) -> Asked:
    """Read an address; a word that is none of ours asks for nothing."""
    return Asked(
        area or None,
        Kind(kind) if kind in set(Kind) else None,
        due == OVERDUE,
        Who(who) if who in set(Who) else None,
        mark_of(after or ""),
    )


AskedOf = Annotated[Asked, Depends(_asked)]


def fields(asked: Asked, areas: Choices, language: Language) -> tuple[Field, ...]:
    """Return the fields of the form; the kind is chosen by links above it.

    Parameters
    ----------
    asked : Asked
        What holds now.
    areas : tuple of (str, str)
        Codes and names of the areas that can be chosen.
    language : Language
        Of the words.
    """
    gettext, chosen = language.gettext, asked.parameters()
    whose = ((Who.ME.value, gettext("mine")), (Who.NOBODY.value, gettext("nobody's")))
    late = ((OVERDUE, gettext("overdue only")),)
    given = (
        ("area", gettext("Area"), gettext("all areas"), areas),
        ("due", gettext("Due"), gettext("at any time"), late),
        ("who", gettext("Who has it"), gettext("anybody"), whose),
    )
    return tuple(Field(name, label, anything, words, chosen[name] or "") for name, label, anything, words in given)
