"""What the page of one household shows, ready for its template."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from riskmodel.explain.reasons import Driver, DriverGroup, Words, split_drivers
from riskmodel.features.encode import HORIZON_GROUP
from riskmodel.language import Language
from riskmodel.programme.dictionary import How
from riskmodel.programme.programme import AreaRow, Programme
from riskmodel.scoring.inputs import UNKNOWN_CATEGORY
from riskmodel.service.explanation import Explanation
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area_names import area_name
from riskmodel.service.pages.household.bands import band_label, band_level
from riskmodel.service.pages.household.changes_view import ChangeView
from riskmodel.service.pages.household.glance import GlanceBar, group_bars, longest_of, strongest_bars
from riskmodel.service.pages.household.people_view import PersonLine
from riskmodel.service.pages.household.plan_view import PlanView, plan_view
from riskmodel.service.pages.household.sources import Sources
from riskmodel.service.pages.household.story_view import StoryView
from riskmodel.service.serving import Serving

BAR_UNITS = 100
MOST_PRINTED, MOST_GAPS_PRINTED = 10, 4
"""Factors that raise the risk on the sheet that is taken along, and gaps of a kind: more would not fit two pages."""


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One row of the table of drivers.

    Attributes
    ----------
    label, value, typical, effect : str
        In words.
    width : float
        Length of its bar, of 100; the page's strongest factor or group has 100.
    log_odds : str
        Its contribution with every digit.
    source : str
        Who recorded it, and of when it is; empty where neither is known.
    own_label, own_language : str
        Its name in the survey's own language, where the pages do not speak it.
    printed : bool
        Whether it is on the sheet that is taken along.
    department : str
        Who recorded it: all that the sheet has room for.
    """

    label: str
    value: str
    typical: str
    effect: str
    width: float
    log_odds: str
    source: str = ""
    own_label: str = ""
    own_language: str = ""
    printed: bool = False
    department: str = ""


@dataclass(frozen=True, slots=True)
class DriverBlock:
    """The rows of one factor group."""

    label: str
    rows: tuple[DriverRow, ...]

    @property
    def printed(self) -> bool:
        """Whether any of them is on the sheet that is taken along."""
        return any(row.printed for row in self.rows)


@dataclass(frozen=True, slots=True)
class Background:
    """What the page tells beside the score; what is not known is left out.

    Attributes
    ----------
    sources : Sources or None
        Where figures come from.
    story : StoryView or None
        The past.
    change : ChangeView or None
        What is different from last time.
    case : CaseFacts or None
        Where the household stands with people.
    people : tuple of PersonLine
        Who lives there.
    notice : str
        That the list was ordered by another model than the one that serves.
    """

    sources: Sources | None = None
    story: StoryView | None = None
    change: ChangeView | None = None
    case: CaseFacts | None = None
    people: tuple[PersonLine, ...] = ()
    notice: str = ""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Where a household stands with people, in words; empty where nothing is to be said."""

    status: str
    assignee: str
    waiting: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """The page of one household."""

    household_id: str
    place: str
    sentence: str
    rank: str
    level: int
    band_label: str
    range_meaning: str
    data_until: str
    version: str
    others: tuple[str, ...]
    risk_low: float
    risk: float
    risk_high: float
    up: tuple[DriverBlock, ...]
    down: tuple[DriverBlock, ...]
    minor: tuple[DriverRow, ...]
    start: str
    start_text: str
    sum_up: str
    sum_down: str
    total: str
    log_odds: str
    groups: tuple[GlanceBar, ...]
    strongest: tuple[GlanceBar, ...]
    plan: PlanView
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    stale: tuple[str, ...]
    unlike: tuple[str, ...]
    without_transfers: str
    background: Background


def household_view(
    serving: Serving,
    explanation: Explanation,
    areas: Mapping[str, AreaRow],
    language: Language,
    background: Background = Background(),
) -> HouseholdView:
    """Return what the page shows.

    Parameters
    ----------
    serving : Serving
        The model that explains.
    explanation : Explanation
        What it says of the household.
    areas : mapping of str to AreaRow
        The area where the household lives, and the one above it.
    language : Language
        Of the words.
    background : Background, optional
        What is told beside the score.
    """
    score, programme = explanation.score, serving.scorer.programme
    words = serving.words[language.code]
    longest = longest_of(explanation.drivers, score["groups"])
    rows = _Rows(words, language, explanation.drivers, longest, background.sources)
    minor = [driver for driver in explanation.drivers if abs(driver.log_odds) < sentences.SLIGHT]
    split = split_drivers(driver for driver in explanation.drivers if abs(driver.log_odds) >= sentences.SLIGHT)
    start = score["base_log_odds"] + explanation.horizon
    contributions = [driver.log_odds for driver in explanation.drivers]
    missing, unknown = _gaps(programme, words, score["warnings"])
    return HouseholdView(
        household_id=score["household_id"],
        place=area_name(areas, explanation.area_code, language),
        sentence=sentences.score_sentence(language, score),
        range_meaning=sentences.range_meaning(language),
        rank=sentences.rank_sentence(language, score["rank_share"]),
        level=band_level(programme, score["band"]),
        band_label=band_label(programme, score["band"], language),
        data_until=sentences.last_day(language, dt.date.fromisoformat(score["as_of"])),
        version=score["model"]["version"],
        others=_other_horizons(language, score["horizons"], score["horizon_months"]),
        risk_low=score["interval"]["low"] * BAR_UNITS,
        risk=score["probability"] * BAR_UNITS,
        risk_high=score["interval"]["high"] * BAR_UNITS,
        up=rows.blocks(split.up),
        down=rows.blocks(split.down),
        minor=tuple(rows.row(driver) for driver in minor),
        start=repr(start),
        start_text=_signed(language, start),
        sum_up=_signed(language, math.fsum(value for value in contributions if value > 0)),
        sum_down=_signed(language, math.fsum(value for value in contributions if value < 0)),
        total=_signed(language, score["log_odds"]),
        log_odds=repr(score["log_odds"]),
        groups=group_bars(score["groups"], longest, words),
        strongest=strongest_bars(explanation.drivers, longest, words),
        plan=_plan(programme, words, explanation),
        missing=missing,
        unknown=unknown,
        stale=background.sources.stale(language) if background.sources else (),
        unlike=_unlike(serving, words, explanation.drivers),
        without_transfers=_without_transfers(language, score["probability_without_transfers"]),
        background=background,
    )


class _Rows:
    """Makes rows whose bars share one scale."""

    def __init__(
        self, words: Words, language: Language, drivers: Sequence[Driver], longest: float, sources: Sources | None
    ) -> None:
        self.words, self.language, self.longest, self.sources = words, language, longest, sources
        raising = sorted((one for one in drivers if one.log_odds >= sentences.SLIGHT), key=lambda one: -one.log_odds)
        self.printed = {driver.feature for driver in raising[:MOST_PRINTED]}

    def row(self, driver: Driver) -> DriverRow:
        return DriverRow(
            self.words.feature(driver.feature),
            self.words.household_value(driver),
            self.words.typical_value(driver),
            sentences.strength(self.language, driver.log_odds),
            round(BAR_UNITS * abs(driver.log_odds) / self.longest, 1) if self.longest else 0.0,
            repr(driver.log_odds),
            self.sources.text(driver.feature, self.language) if self.sources else "",
            *self.words.own_label(driver.feature),
            driver.feature in self.printed,
            self.sources.department(driver.feature, self.language) if self.sources else "",
        )

    def blocks(self, groups: Iterable[DriverGroup]) -> tuple[DriverBlock, ...]:
        return tuple(
            DriverBlock(self.words.group(group.group), tuple(self.row(driver) for driver in group.drivers))
            for group in groups
        )


def _signed(language: Language, value: float) -> str:
    written = language.number(value, 2, 2)
    return f"+{written}" if value > 0 and float(f"{value:.2f}") else written


def _other_horizons(language: Language, horizons: Sequence[dict[str, object]], main: int) -> tuple[str, ...]:
    return tuple(
        language.gettext(
            "within %(months)s months: %(risk)s",
            months=one["months"],
            risk=sentences.of_hundred(language, float(str(one["probability"]))),
        )
        for one in horizons
        if one["months"] != main
    )


def _plan(programme: Programme, words: Words, explanation: Explanation) -> PlanView:
    groups = {one["group"]: one["log_odds"] for one in explanation.score["groups"] if one["group"] != HORIZON_GROUP}
    drivers = {driver.feature: driver for driver in explanation.drivers}
    values = {name: math.nan if one.value is None else one.value for name, one in drivers.items()}
    return plan_view(programme, words, groups, drivers, values)


def _unlike(serving: Serving, words: Words, drivers: Sequence[Driver]) -> tuple[str, ...]:
    """Return features whose values lie outside of all that the reference cohort had."""
    names = (feature.name for feature in serving.scorer.schema.features)
    ranges = dict(zip(names, serving.scorer.reference.quantiles, strict=True))
    found = []
    for driver in drivers:
        seen = ranges.get(driver.feature, ())
        if driver.value is not None and driver.category is None and seen and not seen[0] <= driver.value <= seen[-1]:
            found.append(words.feature(driver.feature))
    return tuple(found)


def _without_transfers(language: Language, probability: float | None) -> str:
    if probability is None:
        return ""
    risk = sentences.of_hundred(language, probability)
    return language.gettext("Without public transfers, by what the model saw of others: %(risk)s.", risk=risk)


def _gaps(
    programme: Programme, words: Words, warnings: Sequence[dict[str, str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part values that are missing from those that were not understood.

    That something never happened is no gap: months since an event are missing where there was none.
    """
    hows = {feature.name: feature.how for feature in programme.features}
    gaps = [one for one in warnings if hows[one["feature"]] is not How.MONTHS_SINCE]
    missing = tuple(words.feature(one["feature"]) for one in gaps if one["code"] != UNKNOWN_CATEGORY)
    unknown = tuple(words.feature(one["feature"]) for one in gaps if one["code"] == UNKNOWN_CATEGORY)
    return missing, unknown
