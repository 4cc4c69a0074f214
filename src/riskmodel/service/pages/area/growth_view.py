"""How an area's incomes grow beside what the programme holds them against: in words and signs."""

from __future__ import annotations

from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.programme.reviewing import IncomeGrowth, ReferenceSeries
from riskmodel.service.income_growth import YearGrowth


@dataclass(frozen=True, slots=True)
class Against:
    """Growth held against that of one reference.

    Attributes
    ----------
    label, growth : str
        What it is held against, and how that grew.
    verdict : str
        In words.
    sign : str
        ``above``, ``below`` or nothing, for the sign beside the words.
    """

    label: str
    growth: str
    verdict: str
    sign: str


@dataclass(frozen=True, slots=True)
class GrowthRow:
    """One year."""

    year: str
    households: str
    mean: str
    median: str
    against: tuple[Against, ...]


@dataclass(frozen=True, slots=True)
class GrowthView:
    """How incomes grew.

    Attributes
    ----------
    label : str
        Which income.
    summary : str
        The latest year that can be held against everything, in one sentence; empty where there is none.
    rows : tuple of GrowthRow
        The latest year first.
    references, sources : tuple of str
        What it is held against, and who says so.
    note : str
        That some references leave out how prices rose; empty where none does.
    """

    label: str
    summary: str
    rows: tuple[GrowthRow, ...]
    references: tuple[str, ...]
    sources: tuple[str, ...]
    note: str


def growth_view(programme: Programme, growth: tuple[YearGrowth, ...], language: Language) -> GrowthView | None:
    """Return how incomes grew; None where the programme holds them against nothing."""
    wanted = programme.file.reviewing.income_growth
    if wanted is None:
        return None
    column = programme.dictionary.column(wanted.column)
    return GrowthView(
        language.label(column.labels) if column is not None else wanted.column,
        _summary(wanted, growth, language),
        tuple(_row(wanted, one, language) for one in reversed(growth)),
        tuple(reference_label(one, language) for one in wanted.references),
        tuple(dict.fromkeys(language.label(one.source) for one in wanted.references)),
        _note(wanted, language),
    )


def reference_label(reference: ReferenceSeries, language: Language) -> str:
    """Return what incomes are held against, and in whose prices it grew."""
    name = language.label(reference.label)
    if reference.real:
        return language.gettext("%(name)s (real)", name=name)
    return language.gettext("%(name)s (nominal)", name=name)


def _note(wanted: IncomeGrowth, language: Language) -> str:
    real = language.gettext(", ").join(language.label(one.label) for one in wanted.references if one.real)
    if not real:
        return ""
    return language.gettext("%(names)s: real growth; incomes: nominal growth. For orientation only.", names=real)


def _row(wanted: IncomeGrowth, one: YearGrowth, language: Language) -> GrowthRow:
    return GrowthRow(
        str(one.year),
        language.number(one.households, 0),
        signed_percent(language, one.mean),
        signed_percent(language, one.median),
        tuple(_against(reference, one, language) for reference in wanted.references),
    )


def _against(reference: ReferenceSeries, one: YearGrowth, language: Language) -> Against:
    gettext, label = language.gettext, reference_label(reference, language)
    theirs = reference.growth.get(one.year)
    if theirs is None:
        return Against(label, "", gettext("no figure"), "")
    written = signed_percent(language, theirs)
    if one.mean is None:
        return Against(label, written, "", "")
    if one.mean > theirs:
        return Against(label, written, gettext("exceeded"), "above")
    return Against(label, written, gettext("not exceeded"), "below")


def _summary(wanted: IncomeGrowth, growth: tuple[YearGrowth, ...], language: Language) -> str:
    whole = [
        one for one in growth if one.mean is not None and all(one.year in series.growth for series in wanted.references)
    ]
    if not whole or not wanted.references:
        return ""
    last = whole[-1]
    exceeded = sum((last.mean or 0.0) > series.growth[last.year] for series in wanted.references)
    return language.gettext(
        "In %(year)s incomes grew by %(growth)s, and exceeded %(exceeded)s of %(all)s references.",
        year=last.year,
        growth=signed_percent(language, last.mean),
        exceeded=exceeded,
        all=len(wanted.references),
    )


def signed_percent(language: Language, share: float | None) -> str:
    """Write a growth, with its sign where it is below 0; that there are too few households where it is unknown."""
    return language.gettext("too few") if share is None else f"{language.number(share * 100, 1, 1)}%"
