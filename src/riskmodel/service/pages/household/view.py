"""What the page of one household shows, ready for its template."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from riskmodel.explain.reasons import Driver, DriverGroup, Words, split_drivers
from riskmodel.language import Language
from riskmodel.programme.dictionary import How
from riskmodel.programme.programme import AreaRow, Programme
from riskmodel.scoring.inputs import UNKNOWN_CATEGORY
from riskmodel.service.explanation import Explanation
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area_names import area_name
from riskmodel.service.serving import Serving

BAR_UNITS = 100


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One row of the table of drivers.

    Attributes
    ----------
    label, value, typical, effect : str
        In words.
    width : float
        Length of its bar, of 100; the page's strongest driver has 100.
    log_odds : str
        Its contribution with every digit.
    """

    label: str
    value: str
    typical: str
    effect: str
    width: float
    log_odds: str


@dataclass(frozen=True, slots=True)
class DriverBlock:
    """The rows of one factor group."""

    label: str
    rows: tuple[DriverRow, ...]


@dataclass(frozen=True, slots=True)
class FittingHelp:
    """A measure and the factor group that it answers."""

    label: str
    why: str


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """The page of one household."""

    household_id: str
    place: str
    sentence: str
    rank: str
    level: int
    band_label: str
    as_of: str
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
    helps: tuple[FittingHelp, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def household_view(
    serving: Serving, explanation: Explanation, areas: Mapping[str, AreaRow], language: Language
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
    """
    score, programme = explanation.score, serving.scorer.programme
    words = serving.words[language.code]
    rows = _Rows(words, language, explanation.drivers)
    minor = [driver for driver in explanation.drivers if abs(driver.log_odds) < sentences.SLIGHT]
    split = split_drivers(driver for driver in explanation.drivers if abs(driver.log_odds) >= sentences.SLIGHT)
    start = score["base_log_odds"] + explanation.horizon
    contributions = [driver.log_odds for driver in explanation.drivers]
    missing, unknown = _gaps(programme, words, score["warnings"])
    return HouseholdView(
        household_id=score["household_id"],
        place=area_name(areas, explanation.area_code, language),
        sentence=sentences.score_sentence(language, score),
        rank=sentences.rank_sentence(language, score["rank_share"]),
        level=band_level(programme, score["band"]),
        band_label=band_label(programme, score["band"], language),
        as_of=language.date(dt.date.fromisoformat(score["as_of"])),
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
        helps=_helps(programme, words, language, score["measures"]),
        missing=missing,
        unknown=unknown,
    )


class _Rows:
    """Makes rows whose bars share one scale."""

    def __init__(self, words: Words, language: Language, drivers: Sequence[Driver]) -> None:
        self.words, self.language = words, language
        self.longest = max((abs(driver.log_odds) for driver in drivers), default=0.0)

    def row(self, driver: Driver) -> DriverRow:
        return DriverRow(
            self.words.feature(driver.feature),
            self.words.household_value(driver),
            self.words.typical_value(driver),
            sentences.strength(self.language, driver.log_odds),
            round(BAR_UNITS * abs(driver.log_odds) / self.longest, 1) if self.longest else 0.0,
            repr(driver.log_odds),
        )

    def blocks(self, groups: Iterable[DriverGroup]) -> tuple[DriverBlock, ...]:
        return tuple(
            DriverBlock(self.words.group(group.group), tuple(self.row(driver) for driver in group.drivers))
            for group in groups
        )


def band_label(programme: Programme, code: str, language: Language) -> str:
    """Return a band's label."""
    labels = {band.code: band.label for band in programme.file.bands}
    return language.label(labels[code])


def band_level(programme: Programme, code: str) -> int:
    """Return a band's place from the top, 1 for the highest; the lowest one is 0: it needs no mark."""
    codes = [band.code for band in programme.file.bands]
    place = codes.index(code) + 1
    return 0 if place == len(codes) else place


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


def _helps(
    programme: Programme, words: Words, language: Language, measures: Sequence[dict[str, str]]
) -> tuple[FittingHelp, ...]:
    labels = {measure.code: measure.label for measure in programme.file.measures}
    return tuple(FittingHelp(language.label(labels[one["measure"]]), words.group(one["group"])) for one in measures)


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
