"""Which model was live when: in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.registry.history import Entry, Gate
from riskmodel.service.pages.deciding.words import instant_text


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One version that served.

    Attributes
    ----------
    version : str
        Which one.
    since, until : str
        From when on, and until when; the latter is empty for the one that serves.
    by, second : str
        Who let it serve, and who agreed; the latter may be nobody.
    grounds, reason : str
        On what grounds, and why in that person's words.
    """

    version: str
    since: str
    until: str
    by: str
    second: str
    grounds: str
    reason: str


def live_rows(past: Sequence[Entry], language: Language, time_zone: str) -> tuple[LiveRow, ...]:
    """Return every version that served, the one that serves first."""
    rows, until = [], ""
    for entry in reversed(past):
        promotion, grounds = entry.promotion, entry.grounds
        since = instant_text(language, dt.datetime.fromisoformat(promotion.at), time_zone)
        words = grounds_label(language, grounds.gate)
        rows.append(LiveRow(promotion.version, since, until, promotion.by, grounds.second, words, promotion.reason))
        until = since
    return tuple(rows)


def grounds_label(language: Language, gate: Gate) -> str:
    """Return on what grounds a version began to serve."""
    gettext = language.gettext
    return {
        Gate.PASSED: gettext("It passed every check against the one before."),
        Gate.OVERRIDDEN: gettext("A check failed; two people let it serve all the same."),
        Gate.NONE: gettext("Two people let it serve without a comparison."),
        Gate.DEMONSTRATION: gettext("The demonstration on simulated data."),
        Gate.ROLLBACK: gettext("A step back to an earlier version."),
    }[gate]
