"""Scores in words: a probability as so many of a hundred households."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from riskmodel.evaluation.calibration import INTERVAL_SHARE
from riskmodel.language import Language

STRONG, MODERATE, SLIGHT = 0.5, 0.15, 0.05
"""Contributions in log-odds from which an effect is called so: the odds change by two thirds, a sixth, a twentieth."""


def of_hundred(language: Language, probability: float) -> str:
    """Return a probability as so many of a hundred."""
    if probability < 0.005:
        return language.gettext("fewer than 1 of 100")
    if probability > 0.995:
        return language.gettext("more than 99 of 100")
    return language.gettext("about %(n)s of 100", n=round(probability * 100))


def score_sentence(language: Language, score: Mapping[str, Any]) -> str:
    """Return a score as a sentence, with its range."""
    probability, months = score["probability"], score["horizon_months"]
    if probability < 0.005:
        return language.gettext(
            "Fewer than 1 of 100 households like this fell into poverty within %(months)s months; "
            "probably at most %(high)s.",
            months=months,
            high=max(1, math.ceil(score["interval"]["high"] * 100)),
        )
    if probability > 0.995:
        return language.gettext(
            "More than 99 of 100 households like this fell into poverty within %(months)s months; "
            "probably at least %(low)s.",
            months=months,
            low=math.floor(score["interval"]["low"] * 100),
        )
    low, high = range_ends(language, score["interval"])
    return language.gettext(
        "About %(n)s of 100 households like this fell into poverty within %(months)s months; "
        "between %(low)s and %(high)s.",
        # as finely as its range, so that it never lies outside of it as it is read
        n=language.number(probability * 100, _decimals(score["interval"])),
        months=months,
        low=low,
        high=high,
    )


def range_ends(language: Language, interval: Mapping[str, float]) -> tuple[str, str]:
    """Return both ends of a range, of a hundred; with a decimal where whole numbers would be the same."""
    decimals = _decimals(interval)
    return language.number(interval["low"] * 100, decimals), language.number(interval["high"] * 100, decimals)


def _decimals(interval: Mapping[str, float]) -> int:
    return 0 if f"{interval['low'] * 100:.0f}" != f"{interval['high'] * 100:.0f}" else 1


def range_meaning(language: Language) -> str:
    """Return how often the range beside a score is meant to hold."""
    held, of = range_odds()
    return language.gettext("The range is meant to hold about %(held)s times out of %(of)s.", held=held, of=of)


def range_odds() -> tuple[int, int]:
    """Return how often ranges are meant to hold: so many times, out of so many."""
    return Fraction(INTERVAL_SHARE).limit_denominator(20).as_integer_ratio()


def last_day(language: Language, as_of: dt.date) -> str:
    """Return the last day whose records a score has seen: the one before its date, which is exclusive."""
    return language.date(as_of - dt.timedelta(days=1))


def rank_sentence(language: Language, rank_share: float) -> str:
    """Return where a score stands among the reference cohort's; never above all of them, however high."""
    share = min(max(1 - rank_share, 0.0), 0.999)
    written = f"{language.number(math.floor(share * 1000) / 10, 1)}%" if share > 0.99 else language.percent(share)
    return language.gettext("Higher than %(share)s of the households it is compared with", share=written)


def strength(language: Language, log_odds: float) -> str:
    """Return how strongly a contribution moves the risk, and which way."""
    size = abs(log_odds)
    if size < SLIGHT:
        return language.gettext("hardly any effect")
    if log_odds > 0:
        if size >= STRONG:
            return language.gettext("raises it strongly")
        return language.gettext("raises it") if size >= MODERATE else language.gettext("raises it slightly")
    if size >= STRONG:
        return language.gettext("lowers it strongly")
    return language.gettext("lowers it") if size >= MODERATE else language.gettext("lowers it slightly")


def movement(language: Language, log_odds: float) -> str:
    """Return the same as the end of a sentence about what changed."""
    gettext, size = language.gettext, abs(log_odds)
    if size < SLIGHT:
        return gettext("hardly moves the risk")
    if log_odds > 0:
        if size >= STRONG:
            return gettext("raises the risk strongly")
        return gettext("raises the risk") if size >= MODERATE else gettext("raises the risk slightly")
    if size >= STRONG:
        return gettext("lowers the risk strongly")
    return gettext("lowers the risk") if size >= MODERATE else gettext("lowers the risk slightly")
