"""The end of monitoring in words: what records say of a check, and what the proposer says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskmodel.language import Language
from riskmodel.service.cases.checklist import Shown


def shown_text(language: Language, shown: Shown, months: int) -> str:
    """Return what the records say of a check, for whoever fills in the list.

    Parameters
    ----------
    language : Language
        Of the words.
    shown : Shown
        What they say.
    months : int
        For how long it has to hold.
    """
    gettext = language.gettext
    if months and shown is Shown.YES:
        return language.ngettext(
            "The records show it, over %(months)s month",
            "The records show it, over %(months)s months",
            months,
            months=months,
        )
    return {
        Shown.YES: gettext("The records show it"),
        Shown.NOTHING_AGAINST: gettext("The records show nothing against it; a person still has to confirm it"),
        Shown.NO: gettext("The records speak against it"),
        Shown.UNKNOWN: gettext("Not known from the records"),
        Shown.PEOPLE: gettext("People alone can confirm this"),
    }[shown]


def kept_text(language: Language, row: Mapping[str, Any]) -> str:
    """Return what a proposal says of a check: what the records showed then, and what the proposer says.

    Parameters
    ----------
    language : Language
        Of the words.
    row : mapping
        Of the proposal's list.
    """
    gettext = language.gettext
    parts = [showed_text(language, Shown(row["shown"]))]
    if row["confirmed"]:
        note = row["note"]
        confirmed = gettext("confirmed by the proposer")
        parts.append(gettext("%(how)s: %(note)s", how=confirmed, note=note) if note else confirmed)
    elif row["note"]:
        parts.append(row["note"])
    return gettext("; ").join(parts)


def showed_text(language: Language, shown: Shown) -> str:
    """Return what the records said of a check, as it is told afterwards."""
    gettext = language.gettext
    return {
        Shown.YES: gettext("shown by the records"),
        Shown.NOTHING_AGAINST: gettext("nothing against it in the records"),
        Shown.NO: gettext("the records spoke against it"),
        Shown.UNKNOWN: gettext("not known from the records"),
        Shown.PEOPLE: gettext("not a matter of records"),
    }[shown]


def labour_label(language: Language) -> str:
    """Return the check that is added where the records do not know who can work."""
    return language.gettext("Somebody in the household can work")
