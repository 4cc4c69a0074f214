"""Where a model is weak: whom it finds less often, what it was worst at, and how it ages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from riskmodel.language import Language
from riskmodel.programme.dictionary import Column, Kind
from riskmodel.programme.programme import AuditGroup, Programme
from riskmodel.service.pages.model.papers import Figures
from riskmodel.service.pages.model.quality_view import of_hundred, range_of
from riskmodel.service.pages.sentences import range_odds

MOST_GROUPS, FEWEST_FALLS, A_YEAR_MONTHS = 6, 10, 12
NOTABLY = 0.9
"""Of what the list holds of all falls: a group of whose falls it holds more than so much is not called weak."""


@dataclass(frozen=True, slots=True)
class WeakRow:
    """A group of households of whose falls the list holds fewer: how many of a hundred, and between which numbers."""

    label: str
    found: str
    range: str


@dataclass(frozen=True, slots=True)
class WeakView:
    """Where a model is weak.

    Attributes
    ----------
    overall : str
        How many of a hundred that fell its list holds.
    groups, causes : tuple of WeakRow
        Groups of households, and recorded causes, of whose falls it holds fewer; the fewest first.
    limits : tuple of str
        What else is to be known, a sentence each.
    """

    overall: str
    groups: tuple[WeakRow, ...]
    causes: tuple[WeakRow, ...]
    limits: tuple[str, ...]


def weak_view(programme: Programme, evaluation: Figures, language: Language) -> WeakView | None:
    """Return where a model is weak; None where it was never tested."""
    overall = (evaluation.get("pooled", {}).get("model") or {}).get("recall_at_capacity")
    if overall is None:
        return None
    return WeakView(
        of_hundred(language, overall),
        _groups(programme, evaluation, overall, language),
        _causes(programme, evaluation, overall, language),
        tuple(_limits(evaluation, language)),
    )


def _groups(programme: Programme, evaluation: Figures, overall: float, language: Language) -> tuple[WeakRow, ...]:
    by_name = {group.name: group for group in programme.file.audit_groups}
    rows = []
    for one in evaluation.get("groups", {}).get("groups", ()):
        [(name, value), *others] = one["group"].items()
        recall = one.get("recall_at_capacity")
        if not others and name in by_name and recall is not None and recall < overall * NOTABLY and not one["too_few"]:
            label = f"{language.label(by_name[name].label)}{language.gettext(': ')}"
            own = label + value_label(programme, by_name[name], value, language)
            rows.append((recall, own, one.get("recall_at_capacity_interval")))
    return tuple(
        WeakRow(own, of_hundred(language, recall), range_of(language, ends))
        for recall, own, ends in sorted(rows, key=lambda row: row[0])[:MOST_GROUPS]
    )


def value_label(programme: Programme, group: AuditGroup, value: str, language: Language) -> str:
    """Return a group's value in words: yes and no, a category's label, or a span of numbers."""
    gettext = language.gettext
    column = _column_of(programme, group)
    if value in ("yes", "no"):
        return gettext("yes") if value == "yes" else gettext("no")
    for labels in programme.categories.values():
        if column is not None and tuple(labels) == column.categories and value in labels:
            return language.label(labels[value])
    return (
        _span_label(value, language, whole=column is not None and column.kind is Kind.INTEGER) if group.cuts else value
    )


def _span_label(value: str, language: Language, *, whole: bool) -> str:
    gettext = language.gettext
    low, high = _ends(value, whole=whole)
    if whole and low is None and high == "0":
        return gettext("none")
    if low is None and high is not None:
        return gettext("at most %(number)s", number=high) if whole else gettext("below %(number)s", number=high)
    if high is None and low is not None:
        return gettext("%(number)s or more", number=low)
    return gettext("%(low)s to %(high)s", low=low, high=high)


def _column_of(programme: Programme, group: AuditGroup) -> Column | None:
    feature = programme.dictionary.feature(group.column)
    return feature.column if feature is not None else programme.dictionary.column(group.column)


def _ends(value: str, *, whole: bool) -> tuple[str | None, str | None]:
    """Return both ends of a span; of what is counted, whole numbers within it."""
    numbers = [float(part) for part in value.replace("<", "").replace(">=", "").split(" to ")]
    low = None if value.startswith("<") else numbers[0]
    high = numbers[-1] if value.startswith("<") or len(numbers) > 1 else None
    if whole:
        low, high = (None if low is None else math.ceil(low)), (None if high is None else math.ceil(high) - 1)
    return (None if low is None else f"{low:g}"), (None if high is None else f"{high:g}")


def _causes(programme: Programme, evaluation: Figures, overall: float, language: Language) -> tuple[WeakRow, ...]:
    known = getattr(programme.file.outcome, "causes", {})
    rows = [
        (one["recall_at_capacity"], language.label(programme.file.groups[known[code].group]))
        for code, one in evaluation.get("causes", {}).items()
        if code in known and one["events"] >= FEWEST_FALLS and one["recall_at_capacity"] < overall * NOTABLY
    ]
    return tuple(WeakRow(label, of_hundred(language, recall), "") for recall, label in sorted(rows))


def _limits(evaluation: Figures, language: Language) -> list[str]:
    gettext = language.gettext
    unknown = evaluation.get("unknown", {}).get("unknown", {}).get("n", 0)
    found = []
    if unknown:
        found.append(
            gettext(
                "Of %(count)s more households nobody knows what became of them. They are in no figure here; if they fell "
                "more often, the figures are too good.",
                count=language.number(unknown, 0),
            )
        )
    held = evaluation.get("ranges", {})
    if held.get("share") is not None and held.get("share_with_chance") is not None:
        times, of = range_odds()
        found.append(
            gettext(
                "The range beside a score is meant to hold %(times)s times out of %(of)s. It held what came in %(share)s of "
                "the parts that were checked; in %(allowed)s where chance in what came is allowed for.",
                times=times,
                of=of,
                share=language.percent(held["share"]),
                allowed=language.percent(held["share_with_chance"]),
            )
        )
    found += _ageing(evaluation, language)
    found.append(gettext("It can't foresee a shock that the past does not hold."))
    found.append(
        gettext("What it names as reasons explains the score, not the hardship: the cause is confirmed on the visit.")
    )
    return found


def _ageing(evaluation: Figures, language: Language) -> list[str]:
    folds: Mapping[str, Any] = {
        fold["as_of"]: fold["model"]["recall_at_capacity"] for fold in evaluation.get("folds", ())
    }
    pairs = [
        (one["recall_at_capacity"], folds[date])
        for date, aged in evaluation.get("ages", {}).items()
        for one in aged
        if one["months_old"] == A_YEAR_MONTHS
        and one.get("recall_at_capacity") is not None
        and folds.get(date) is not None
    ]
    if not pairs:
        return []
    older, newer = (of_hundred(language, fmean(side)) for side in zip(*pairs, strict=True))
    return [
        language.gettext(
            "It ages. On the dates that were tested, a model that was a year old found %(older)s of 100 that fell, and a "
            "new one %(newer)s.",
            older=older,
            newer=newer,
        )
    ]
