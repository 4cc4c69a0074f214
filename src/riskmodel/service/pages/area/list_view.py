"""An area's visit list in figures: how far people are with it, and why households are on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.service.area_counting import ListCounts, Progress
from riskmodel.service.pages.area.chance import share_range
from riskmodel.service.pages.deciding.words import outcome_label
from riskmodel.service.store.decisions import Outcome

FEWEST_DECISIONS = 20
_JUDGING = (Outcome.MONITOR, Outcome.NEEDS_VISIT, Outcome.NOT_NOW)


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One row of a table with a bar.

    Attributes
    ----------
    code, label : str
        What is counted.
    count, share : str
        How many, and which share of all.
    width : float
        Length of its bar: the share, of 100.
    """

    code: str
    label: str
    count: str
    share: str
    width: float


@dataclass(frozen=True, slots=True)
class DepartingRow:
    """Decisions of one outcome: how many depart from the band, and which share that is, with its range."""

    label: str
    count: str
    departing: str
    share: str
    range: str


def progress_rows(progress: Progress, within_days: int | None, language: Language) -> tuple[ShareRow, ...]:
    """Return how far people are with a list.

    Parameters
    ----------
    progress : Progress
        What was counted of it.
    within_days : int or None
        How long a sign may wait; None where nothing says so.
    language : Language
        Of the words.
    """
    gettext, visits = language.gettext, progress.visits
    rows = [
        ("decided", gettext("Decided since the list came to be"), visits.decided),
        ("planned", gettext("A visit is planned"), visits.planned),
        ("assigned", gettext("Somebody has them"), visits.assigned),
    ]
    if progress.visited is not None:
        rows.insert(0, ("visited", gettext("Visited since then"), progress.visited))
    if within_days is not None:
        label = gettext("A sign waits for more than %(days)s days", days=within_days)
        rows.append(("overdue", label, visits.overdue))
    return tuple(_row(code, label, count, visits.listed, language) for code, label, count in rows)


def reason_rows(programme: Programme, visits: ListCounts, language: Language) -> tuple[ShareRow, ...]:
    """Return which factor group raises the risk of the listed most, the most frequent first."""
    groups: Mapping[str, Mapping[str, str]] = programme.file.groups
    nothing = language.gettext("Nothing raises the risk.")
    return tuple(
        _row(
            code,
            (language.label(groups.get(code, {})) or code) if code else nothing,
            count,
            visits.listed,
            language,
        )
        for code, count in sorted(visits.by_group.items(), key=lambda one: (-one[1], one[0]))
    )


def _row(code: str, label: str, count: int, of: int, language: Language) -> ShareRow:
    share = count / of if of else 0.0
    return ShareRow(code, label, language.number(count, 0), language.percent(share), round(100 * share, 1))


def departing_rows(decisions: Mapping[tuple[str, bool | None], int], language: Language) -> tuple[DepartingRow, ...]:
    """Return decisions by outcome, and all of them together at the end; none where nothing was decided.

    Only those count that were made in view of a score: without one, nothing can depart from its band. That the data are
    wrong is no judgement of the risk, so that it can't depart, either.
    """
    known = {key: count for key, count in decisions.items() if key[0] in _JUDGING and key[1] is not None}
    rows = [
        _departing(
            outcome_label(language, outcome), known.get((outcome.value, True), 0), _made(known, outcome), language
        )
        for outcome in _JUDGING
    ]
    total = sum(known.values())
    if not total:
        return ()
    departing = sum(count for (_, departs), count in known.items() if departs)
    return (*rows, _departing(language.gettext("All decisions"), departing, total, language))


def _made(known: Mapping[tuple[str, bool | None], int], outcome: Outcome) -> int:
    return sum(known.get((outcome.value, departs), 0) for departs in (True, False))


def _departing(label: str, departing: int, of: int, language: Language) -> DepartingRow:
    if of < FEWEST_DECISIONS:
        return DepartingRow(
            label, language.number(of, 0), language.number(departing, 0), language.gettext("too few"), ""
        )
    low, high = (language.number(100 * end, 0) for end in share_range(departing, of))
    return DepartingRow(
        label,
        language.number(of, 0),
        language.number(departing, 0),
        language.percent(departing / of),
        language.gettext("%(low)s to %(high)s%%", low=low, high=high),
    )
