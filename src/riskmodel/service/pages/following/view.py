"""What the page of the follow-up list shows, ready for its template."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.calendar import zone
from riskmodel.programme.programme import AreaRow
from riskmodel.service.cases.follow_ups import Kind, Terms
from riskmodel.service.pages.area_names import area_name
from riskmodel.service.pages.deciding.words import answer_deadline, origin_label
from riskmodel.service.pages.following.looking import count_words
from riskmodel.service.store.follow_rows import Count, FollowUp
from riskmodel.service.store.households import Subject


@dataclass(frozen=True, slots=True)
class FollowRow:
    """One thing to be followed up, in words.

    Attributes
    ----------
    household_id, place : str
        Of whom, and where they live.
    area_code : str
        Code of that area.
    kind, todo, detail : str
        What is to be done.
    since, due : str
        Since when, and its last day; empty where it has none.
    deadline : str
        How many days are left or over.
    overdue : bool
        Whether they are over.
    assignee : str
        Who has it.
    """

    household_id: str
    place: str
    area_code: str
    kind: str
    todo: str
    detail: str
    since: str
    due: str
    deadline: str
    overdue: bool
    assignee: str


@dataclass(frozen=True, slots=True)
class KindLink:
    """A kind that can be chosen.

    Attributes
    ----------
    kind : str or None
        Which one; None for all of them.
    label, count : str
        What it is called, and how many there are.
    overdue : str
        How many of them are overdue; empty where none is.
    chosen : bool
        Whether it is the one that is shown.
    """

    kind: str | None
    label: str
    count: str
    overdue: str
    chosen: bool


def kind_label(language: Language, kind: Kind) -> str:
    """Return what is to be followed up."""
    gettext = language.gettext
    return {
        Kind.SIGN: gettext("New sign to decide on"),
        Kind.VISIT: gettext("Visit or second look"),
        Kind.ANSWER: gettext("Appeal or correction to answer"),
        Kind.MONITORED: gettext("Being monitored"),
        Kind.HELP: gettext("Help proposed or under way"),
    }[kind]


def kind_links(counts: Mapping[Kind, Count], chosen: Kind | None, language: Language) -> tuple[KindLink, ...]:
    """Return the kinds that can be chosen, with how many there are.

    Parameters
    ----------
    counts : mapping of Kind to Count
        How many there are of each.
    chosen : Kind or None
        The one that is shown.
    language : Language
        Of the words.
    """
    everything = KindLink(None, language.gettext("Everything"), "", "", chosen is None)
    return (everything, *(_kind_link(kind, found, kind is chosen, language) for kind, found in counts.items()))


def _kind_link(kind: Kind, found: Count, chosen: bool, language: Language) -> KindLink:
    late = language.gettext("%(number)s overdue", number=count_words(found.overdue, language)) if found.overdue else ""
    return KindLink(kind.value, kind_label(language, kind), count_words(found.all, language), late, chosen)


def follow_rows(
    found: Sequence[FollowUp],
    subjects: Mapping[int, Subject],
    areas: Mapping[str, AreaRow],
    terms: Terms,
    language: Language,
) -> tuple[FollowRow, ...]:
    """Return a part of the list in words.

    Parameters
    ----------
    found : sequence of FollowUp
        As the store has it.
    subjects : mapping of int to Subject
        Its households, by number.
    areas : mapping of str to AreaRow
        Where they live, by code.
    terms : Terms
        From when on something is overdue.
    language : Language
        Of the words.
    """
    return tuple(_row(one, subjects[one.mark.household], areas, terms, language) for one in found)


def _row(one: FollowUp, subject: Subject, areas: Mapping[str, AreaRow], terms: Terms, language: Language) -> FollowRow:
    kind, deadline = one.mark.kind, answer_deadline(language, one.due, terms.today)
    noticed = origin_label(language, one.origin) if kind is Kind.SIGN and one.origin else ""
    return FollowRow(
        subject.household_id,
        area_name(areas, subject.area_code, language),
        subject.area_code,
        kind.value,
        kind_label(language, kind),
        noticed,
        _day(one.since, terms.time_zone, language),
        language.date(one.due) if one.due else "",
        deadline.text if deadline else "",
        deadline is not None and deadline.overdue,
        one.assignee or "",
    )


def _day(at: dt.datetime | dt.date | None, time_zone: str, language: Language) -> str:
    if isinstance(at, dt.datetime):
        at = at.astimezone(zone(time_zone)).date()
    return "" if at is None else language.date(at)
