"""Whose follow-up list somebody looks at, and the line about it that other pages show."""

from __future__ import annotations

from riskmodel.language import Language
from riskmodel.service.cases.follow_ups import Kind, Terms
from riskmodel.service.pages.queue.rows import visits_of
from riskmodel.service.state import State
from riskmodel.service.store.follow_rows import MOST_COUNTED, Count, Looking, count_follow_ups


def looking_at(state: State, own_path: str, path: str, assignee: str | None = None) -> Looking:
    """Return what is asked of the store.

    Parameters
    ----------
    state : State
        The store and the models.
    own_path, path : str
        The area that whoever looks may see, and the one that is chosen.
    assignee : str or None
        Who has the households.
    """
    visits, _ = visits_of(state, own_path)
    return Looking(own_path, visits, path, assignee)


def terms_of(state: State) -> Terms:
    """Return from when on something is overdue."""
    programme = state.versions.champion().scorer.programme
    reviewing = programme.file.reviewing
    return Terms(programme.day_of(state.now()), reviewing.decide_within_days, programme.file.time_zone)


def count_words(count: int, language: Language) -> str:
    """Write how many there are; of very many, that there are more."""
    if count > MOST_COUNTED:
        return language.gettext("more than %(number)s", number=language.number(MOST_COUNTED, 0))
    return language.number(count, 0)


def off_list_words(state: State, own_path: str, path: str, language: Language) -> str:
    """Return how many households off the visit list wait for a decision; empty where none does.

    Parameters
    ----------
    state : State
        The store and the models.
    own_path, path : str
        The area whose visit list it is, and the one that is told of.
    language : Language
        Of the words.
    """
    looking, terms = looking_at(state, own_path, path), terms_of(state)
    with state.store.reading() as connection:
        found = count_follow_ups(connection, looking, terms, Kind.SIGN)
    return _words(found, language) if found.all else ""


def _words(found: Count, language: Language) -> str:
    number = count_words(found.all, language)
    if not found.overdue:
        return language.ngettext(
            "%(number)s more household, off the visit list, has a new sign.",
            "%(number)s more households, off the visit list, have a new sign.",
            found.all,
            number=number,
        )
    return language.ngettext(
        "%(number)s more household, off the visit list, has a new sign (%(overdue)s overdue).",
        "%(number)s more households, off the visit list, have a new sign (%(overdue)s overdue).",
        found.all,
        number=number,
        overdue=count_words(found.overdue, language),
    )
