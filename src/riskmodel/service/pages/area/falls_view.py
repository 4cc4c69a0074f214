"""How many households are expected to fall in an area, and how many have: in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.calendar import add_months
from riskmodel.programme.programme import Programme
from riskmodel.service.area_counting import AreaCounts
from riskmodel.service.pages.area.chance import after_shock, chance_range
from riskmodel.service.store.area_figures import Risk


@dataclass(frozen=True, slots=True)
class FallsView:
    """Falls that are expected and seen.

    Attributes
    ----------
    expected, range : str
        How many are expected, and between which numbers.
    shock : str
        What a shock would make of it; empty where the programme reckons with none.
    seen : str
        How many were seen; empty where no event tells.
    by_now : str
        How many would have been expected by now; empty where no event tells, or no month has passed.
    since, gone : str
        From which date on they count, and how many months have passed since.
    months : int
        The horizon.
    """

    expected: str
    range: str
    shock: str
    seen: str
    by_now: str
    since: str
    gone: str
    months: int


def falls_view(programme: Programme, counts: AreaCounts, today: dt.date, language: Language) -> FallsView:
    """Return what is said of an area's falls.

    Parameters
    ----------
    programme : Programme
        What is predicted, and with which shock it reckons.
    counts : AreaCounts
        What was counted.
    today : date
        Where the programme is at home.
    language : Language
        Of the words.
    """
    gettext, risk = language.gettext, counts.figures.risk
    low, high = chance_range(risk.expected, risk.variance, risk.households)
    fallen, horizon = counts.progress.fallen, programme.main_horizon
    gone = _gone(counts.figures.as_of, today, horizon)
    return FallsView(
        count_text(language, risk.expected),
        gettext("between %(low)s and %(high)s", low=count_text(language, low), high=count_text(language, high)),
        _shock(programme, risk, language),
        "" if fallen is None else language.number(fallen, 0),
        "" if fallen is None else _by_now(risk, gone, horizon, language),
        language.date(counts.figures.as_of),
        gettext("%(gone)s of %(months)s months have passed", gone=gone, months=horizon),
        horizon,
    )


def _by_now(risk: Risk, gone: int, horizon: int, language: Language) -> str:
    """Return how many would have been expected by now, were falls spread evenly over the months."""
    if not gone:
        return ""
    return language.gettext(
        "A rough guide: spread evenly over the months, about %(number)s would be expected by now.",
        number=count_text(language, risk.expected * gone / horizon),
    )


def _gone(as_of: dt.date, today: dt.date, most: int) -> int:
    """Return how many whole months have passed."""
    return next((months for months in range(most, 0, -1) if add_months(as_of, months) <= today), 0)


def count_text(language: Language, value: float) -> str:
    """Write how many are expected; of a few with a decimal."""
    return language.number(value, 0 if value >= 10 else 1)


def _shock(programme: Programme, risk: Risk, language: Language) -> str:
    shock = programme.file.shock
    if shock is None or not risk.households:
        return ""
    number = after_shock(risk.expected / risk.households, shock.log_odds) * risk.households
    return language.gettext(
        "A shock to the whole area, of the size that the programme reckons with, would make it at most about %(number)s.",
        number=count_text(language, number),
    )
