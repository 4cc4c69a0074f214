"""What of the visit list is shown, as an address says it and as a form offers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Query

from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.service.access import Origin, Principal
from riskmodel.service.api.dependencies import StateOf
from riskmodel.service.pages.deciding.words import origin_label, standing_label
from riskmodel.service.store.queue_rows import NOBODY, Filter, Status
from riskmodel.service.store.tables import LONGEST_CODE

Choices = tuple[tuple[str, str], ...]


class Who(StrEnum):
    """Whose households are shown."""

    ME = "me"
    NOBODY = "nobody"


def assignee_of(who: Who | None, principal: Principal) -> str | None:
    """Return what is asked of the store; None for everybody's."""
    return {Who.ME: principal.name, Who.NOBODY: NOBODY, None: None}[who]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for.

    Attributes
    ----------
    area : str or None
        Code of an area.
    band, group : str or None
        Of a band, or whose risk a factor group raises most.
    origin : Origin or None
        Who noticed.
    status : Status or None
        Where they stand.
    who : Who or None
        Who has them.
    """

    area: str | None = None
    band: str | None = None
    group: str | None = None
    origin: Origin | None = None
    status: Status | None = None
    who: Who | None = None

    def parameters(self) -> dict[str, str | None]:
        """Return it as an address has it."""
        return {
            "area": self.area,
            "band": self.band,
            "group": self.group,
            "origin": self.origin,
            "status": self.status,
            "who": self.who,
        }

    def filter(self, area_path: str, principal: Principal) -> Filter:
        """Return what is asked of the store."""
        assignee = assignee_of(self.who, principal)
        return Filter(area_path, self.band, self.group, self.origin, self.status, assignee)


def _asked(
    state: StateOf,
    area: Annotated[str | None, Query(max_length=LONGEST_CODE)] = None,
    band: Annotated[str | None, Query(max_length=LONGEST_CODE)] = None,
    group: Annotated[str | None, Query(max_length=LONGEST_CODE)] = None,
    origin: Annotated[str | None, Query(max_length=LONGEST_CODE)] = None,
    status: Annotated[str | None, Query(max_length=LONGEST_CODE)] = None,
    who: Annotated[str | None, Query(max_length=LONGEST_CODE)] = None,
) -> Asked:
    given = {"area": area, "band": band, "group": group, "origin": origin, "status": status, "who": who}
    programme = state.versions.champion().scorer.programme
    return asked_of({name: value for name, value in given.items() if value}, programme)


def asked_of(given: Mapping[str, str], programme: Programme) -> Asked:
    """Read the parameters of an address; an empty one asks for nothing, and so does a word that is none of ours."""
    band, group, origin, status, who = (given.get(name, "") for name in ("band", "group", "origin", "status", "who"))
    return Asked(
        given.get("area") or None,
        band if band in {one.code for one in programme.file.bands} else None,
        group if group in programme.file.groups else None,
        Origin(origin) if origin in set(Origin) else None,
        Status(status) if status in set(Status) else None,
        Who(who) if who in set(Who) else None,
    )


AskedOf = Annotated[Asked, Depends(_asked)]


@dataclass(frozen=True, slots=True)
class Field:
    """A choice that the form offers.

    Attributes
    ----------
    name, label : str
        Of the field.
    anything : str
        What it says where nothing is chosen.
    choices : tuple of (str, str)
        Values and words.
    chosen : str
        The value that holds; empty for anything.
    """

    name: str
    label: str
    anything: str
    choices: Choices
    chosen: str

    @property
    def chosen_label(self) -> str:
        """What was chosen, in words."""
        return dict(self.choices).get(self.chosen, "–")


def fields(asked: Asked, programme: Programme, areas: Choices, language: Language) -> tuple[Field, ...]:
    """Return the fields of the form.

    Parameters
    ----------
    asked : Asked
        What holds now.
    programme : Programme
        Whose bands and factor groups.
    areas : tuple of (str, str)
        Codes and names of the areas that can be chosen.
    language : Language
        Of the words.
    """
    gettext = language.gettext
    bands = tuple((band.code, language.label(band.label)) for band in programme.file.bands)
    groups = tuple(
        (code, language.label(labels)) for code, labels in programme.file.groups.items() if code != "horizon"
    )
    whose = ((Who.ME.value, gettext("mine")), (Who.NOBODY.value, gettext("nobody's")))
    given: Sequence[tuple[str, str, str, Choices]] = (
        ("area", gettext("Area"), gettext("all areas"), areas),
        ("band", gettext("Risk"), gettext("every band"), bands),
        ("group", gettext("Main reason"), gettext("any reason"), groups),
        ("origin", gettext("Noticed by"), gettext("anybody"), origins(language)),
        ("status", gettext("Status"), gettext("every status"), statuses(language)),
        ("who", gettext("Who has it"), gettext("anybody"), whose),
    )
    chosen: Mapping[str, str | None] = asked.parameters()
    return tuple(Field(name, label, anything, words, chosen[name] or "") for name, label, anything, words in given)


def origins(language: Language) -> Choices:
    """Return who may have noticed, in words."""
    return tuple((one.value, origin_label(language, one)) for one in Origin)


def statuses(language: Language) -> Choices:
    """Return where a household may stand, in words."""
    return tuple((one.value, status_label(language, one)) for one in Status)


def status_label(language: Language, status: Status) -> str:
    """Return where a household stands, in words."""
    return language.gettext("Open") if status is Status.OPEN else standing_label(language, status.value)
