"""Scores in words: a probability as so many of a hundred households."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

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
    low, high = range_ends(language, score["interval"])
    if probability < 0.005:
        return language.gettext(
            "Fewer than 1 of 100 households like this fell into poverty within %(months)s months; at most %(high)s.",
            months=months,
            high=max(1, math.ceil(score["interval"]["high"] * 100)),
        )
    if probability > 0.995:
        return language.gettext(
            "More than 99 of 100 households like this fell into poverty within %(months)s months; at least %(low)s.",
            months=months,
            low=math.floor(score["interval"]["low"] * 100),
        )
    return language.gettext(
        "About %(n)s of 100 households like this fell into poverty within %(months)s months; "
        "between %(low)s and %(high)s.",
        n=round(probability * 100),
        months=months,
        low=low,
        high=high,
    )


def range_ends(language: Language, interval: Mapping[str, float]) -> tuple[str, str]:
    """Return both ends of a range, of a hundred; with a decimal where whole numbers would be the same."""
    low, high = interval["low"] * 100, interval["high"] * 100
    decimals = 0 if round(low) != round(high) else 1
    return language.number(low, decimals), language.number(high, decimals)


def rank_sentence(language: Language, rank_share: float) -> str:
    """Return where a score stands in the reference cohort; never all of it, however high."""
    share = min(max(1 - rank_share, 0.0), 0.999)
    written = f"{language.number(math.floor(share * 1000) / 10, 1)}%" if share > 0.99 else language.percent(share)
    return language.gettext("Higher than %(share)s of households in the reference cohort", share=written)


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
