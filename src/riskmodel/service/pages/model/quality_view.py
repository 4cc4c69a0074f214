"""How good a model was on dates that it had not seen: so many of a hundred, beside simpler lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskmodel.language import Language
from riskmodel.service.pages.model.papers import Figures

MODEL = "model"


@dataclass(frozen=True, slots=True)
class FoundRow:
    """How many of a hundred that fell one kind of list held.

    Attributes
    ----------
    label : str
        Which list.
    found, range : str
        How many, and between which numbers; the range may be unknown.
    width : float
        Length of its bar, of 100.
    own : bool
        Whether it is the model's.
    """

    label: str
    found: str
    range: str
    width: float
    own: bool


@dataclass(frozen=True, slots=True)
class HeldRow:
    """What was said of one date, and what came."""

    date: str
    households: str
    said: str
    seen: str
    verdict: str


@dataclass(frozen=True, slots=True)
class QualityView:
    """How good a model was.

    Attributes
    ----------
    tested : str
        On what.
    found : tuple of FoundRow
        The model's list, then simpler ones.
    visited : str
        How many of a hundred that are visited fell.
    held : tuple of HeldRow
        By date, the latest first.
    """

    tested: str
    found: tuple[FoundRow, ...]
    visited: str
    held: tuple[HeldRow, ...]


def quality_view(evaluation: Figures, capacity_share: float | None, language: Language) -> QualityView | None:
    """Return how good a model was; None where it was never tested.

    Parameters
    ----------
    evaluation : mapping
        ``evaluation.json``.
    capacity_share : float or None
        Which share of households can be visited: so many a list drawn by lot would find.
    language : Language
        Of the words.
    """
    pooled = evaluation.get("pooled", {})
    own = pooled.get(MODEL)
    if not own or own.get("recall_at_capacity") is None:
        return None
    return QualityView(
        _tested(evaluation, own, language),
        _found(pooled, capacity_share, language),
        of_hundred(language, own.get("precision_at_capacity")),
        tuple(_held(date, one, language) for date, one in sorted(_periods(evaluation).items(), reverse=True)),
    )


def of_hundred(language: Language, share: float | None) -> str:
    """Write a share as so many of a hundred; a small one with a decimal, one that is unknown as a dash."""
    return "–" if share is None else language.number(100 * share, *((0, 0) if share >= 0.095 else (1, 1)))


def range_of(language: Language, ends: Sequence[float | None] | None) -> str:
    """Write the range of a share, of a hundred; nothing where it is unknown."""
    if not ends or ends[0] is None or ends[1] is None:
        return ""
    low, high = (of_hundred(language, end) for end in ends)
    return language.gettext("%(low)s to %(high)s", low=low, high=high)


def _tested(evaluation: Figures, own: Mapping[str, Any], language: Language) -> str:
    dates = [language.date(dt.date.fromisoformat(fold["as_of"])) for fold in evaluation.get("folds", ())]
    return language.gettext(
        "Tested on %(dates)s: %(households)s households, counted anew at each date, of which %(fell)s fell.",
        dates=language.gettext(", ").join(dates),
        households=language.number(own["n"], 0),
        fell=language.number(own["events"], 0),
    )


def _found(pooled: Figures, capacity_share: float | None, language: Language) -> tuple[FoundRow, ...]:
    gettext = language.gettext
    labels = {
        MODEL: gettext("This model"),
        "department_rules": gettext("The departments' warning rules"),
        "welfare_rank": gettext("The lowest incomes first"),
        "last_status": gettext("Whoever was poor before"),
    }
    known = [(name, pooled[name]) for name in labels if (pooled.get(name) or {}).get("recall_at_capacity") is not None]
    rows = [
        FoundRow(
            labels[name],
            of_hundred(language, one["recall_at_capacity"]),
            range_of(language, one.get("recall_at_capacity_interval")),
            round(100 * one["recall_at_capacity"], 1),
            name == MODEL,
        )
        for name, one in known
    ]
    if capacity_share is not None:
        lot = FoundRow(
            gettext("By lot"), of_hundred(language, capacity_share), "", round(100 * capacity_share, 1), False
        )
        rows.append(lot)
    return tuple(rows)


def _periods(evaluation: Figures) -> Mapping[str, Mapping[str, Any]]:
    found = evaluation.get("calibration", {}).get("by_period", {})
    return {date: one for date, one in found.items() if one.get("predicted") is not None}


def _held(date: str, one: Mapping[str, Any], language: Language) -> HeldRow:
    return HeldRow(
        language.date(dt.date.fromisoformat(date)),
        language.number(one["n"], 0),
        of_hundred(language, one["predicted"]),
        of_hundred(language, one["observed"]),
        _verdict(one, language),
    )


def _verdict(one: Mapping[str, Any], language: Language) -> str:
    """Tell whether what was said lies within what chance makes of what was seen."""
    gettext, ends = language.gettext, one.get("observed_interval") or [None, None]
    if ends[0] is None or ends[1] is None:
        return gettext("not clear")
    if one["predicted"] < ends[0]:
        return gettext("said too little")
    return gettext("said too much") if one["predicted"] > ends[1] else gettext("held, within chance")
