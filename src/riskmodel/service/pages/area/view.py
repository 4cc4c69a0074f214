"""What the page of an area shows, ready for its template."""

from __future__ import annotations

from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.service.area_counting import AreaCounts
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area.below_view import BelowView, below_view
from riskmodel.service.pages.area.falls_view import FallsView, falls_view
from riskmodel.service.pages.area.growth_view import GrowthView, growth_view
from riskmodel.service.pages.area.list_view import DepartingRow, ShareRow, departing_rows, progress_rows, reason_rows
from riskmodel.service.pages.deciding.words import instant_text
from riskmodel.service.store.area_trees import AreaTree, Named
from riskmodel.service.store.decisions import Outcome


@dataclass(frozen=True, slots=True)
class AreaView:
    """The page of an area.

    Attributes
    ----------
    code : str or None
        Which one; None for the whole store.
    label : str
        What it is called.
    above : tuple of (str, str)
        Codes and names of those that it lies in.
    households, data_until, counted_at : str
        How many are at risk, the last day of the data, and when the day-to-day figures were counted.
    falls : FallsView
        Falls that are expected and seen.
    listed : str
        How many are on the list.
    progress, reasons : tuple of ShareRow
        How far people are with it, and why households are on it.
    departing : tuple of DepartingRow
        Decisions that depart from the band, all of them last; none where nothing was decided.
    without_score : str
        How many more were made without a score in view; empty where none was.
    below : BelowView
        The areas below.
    growth : GrowthView or None
        How incomes grew.
    """

    code: str | None
    label: str
    above: tuple[tuple[str, str], ...]
    households: str
    data_until: str
    counted_at: str
    falls: FallsView
    listed: str
    progress: tuple[ShareRow, ...]
    reasons: tuple[ShareRow, ...]
    departing: tuple[DepartingRow, ...]
    without_score: str
    below: BelowView
    growth: GrowthView | None


def area_view(programme: Programme, tree: AreaTree, counts: AreaCounts, language: Language, level: int = 1) -> AreaView:
    """Return what the page shows.

    Parameters
    ----------
    programme : Programme
        Of the champion.
    tree : AreaTree
        Which area.
    counts : AreaCounts
        What was counted of it.
    language : Language
        Of the words.
    level : int
        How far below it those areas lie that are compared.
    """
    progress, file = counts.progress, programme.file
    without = sum(
        count
        for (outcome, departs), count in progress.decisions.items()
        if departs is None and outcome != Outcome.WRONG_DATA
    )
    return AreaView(
        tree.own.code or None,
        area_label(tree.own, language),
        tuple((one.code, area_label(one, language)) for one in tree.above),
        language.number(counts.figures.risk.households, 0),
        sentences.last_day(language, counts.figures.as_of),
        instant_text(language, progress.counted_at, file.time_zone),
        falls_view(programme, counts, programme.day_of(progress.counted_at), language),
        language.number(progress.visits.listed, 0),
        progress_rows(progress, file.reviewing.decide_within_days, language),
        reason_rows(programme, progress.visits, language),
        departing_rows(progress.decisions, language),
        language.number(without, 0) if without else "",
        below_view(tree, counts, language, level),
        growth_view(programme, counts.figures.growth, language),
    )


def area_label(area: Named, language: Language) -> str:
    """Return what an area is called; its code where it has no name."""
    return language.label(area.names) or area.code or language.gettext("All areas")
