"""Earlier households that the model treats like this one, and what happened to them, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riskmodel.explain.neighbours import Alike
from riskmodel.language import Language
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area.chance import share_range

SHOWN, A_ROW = 50, 10
LITTLE_ALIKE = 0.5
"""Two households that fewer trees than this put together are not much alike."""


@dataclass(frozen=True, slots=True)
class Ten:
    """Ten of the most similar households: a row of the table.

    Attributes
    ----------
    places : str
        Which ones, counted from the most similar.
    similarity : str
        From the most to the least similar of them.
    fell : str
        How many fell.
    dots : tuple of bool
        Whether each one fell, for the row's picture.
    """

    places: str
    similarity: str
    fell: str
    dots: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class SimilarView:
    """What happened to earlier households like one.

    Attributes
    ----------
    counted : str
        How many of them fell.
    chance : str
        What so few can tell.
    differs : str
        Why the score says something else; empty where it lies within what chance allows.
    dates : str
        When they were looked at.
    alike : str
        How similar they are.
    little_alike : bool
        Whether even the most similar one is not much alike.
    tens : tuple of Ten
        All of them.
    """

    counted: str
    chance: str
    differs: str
    dates: str
    alike: str
    little_alike: bool
    tens: tuple[Ten, ...]


def similar_view(alike: Alike, probability: float, horizon_months: int, language: Language) -> SimilarView | None:
    """Return what the page says; None where the bundle remembers no earlier household.

    Parameters
    ----------
    alike : Alike
        The most similar ones, the most similar first.
    probability : float
        What the model says of the household itself.
    horizon_months : int
        Within how many months those that fell did.
    language : Language
        Of the words.
    """
    if not len(alike.fell):
        return None
    low, high = share_range(int(alike.fell.sum()), len(alike.fell))
    ends = sentences.range_ends(language, {"low": low, "high": high})
    return SimilarView(
        _counted(alike, horizon_months, language),
        language.gettext(
            "Chance plays a part in so few: if many more like them were counted, anything between %(low)s and %(high)s "
            "of 100 would fit.",
            low=ends[0],
            high=ends[1],
        ),
        "" if low <= probability <= high else _differs(len(alike.fell), language),
        _dates(alike, language),
        language.gettext(
            "The most similar one matches this household in %(best)s of the model's decision trees; "
            "half of them match in %(middle)s or more.",
            best=language.percent(float(alike.similarity[0])),
            middle=language.percent(float(np.median(alike.similarity))),
        ),
        bool(alike.similarity[0] < LITTLE_ALIKE),
        tuple(_tens(alike, language)),
    )


def _counted(alike: Alike, months: int, language: Language) -> str:
    fell, count = int(alike.fell.sum()), len(alike.fell)
    if fell == 0:
        return language.gettext(
            "None of the %(count)s most similar earlier households fell into poverty within %(months)s months.",
            count=count,
            months=months,
        )
    return language.gettext(
        "%(fell)s of the %(count)s most similar earlier households fell into poverty within %(months)s months.",
        fell=fell,
        count=count,
        months=months,
    )


def _differs(count: int, language: Language) -> str:
    return language.gettext(
        "The score says something else, because the %(count)s are not all much alike: "
        "an unusual risk shows less clearly among them.",
        count=count,
    )


def _dates(alike: Alike, language: Language) -> str:
    first, last = (language.date(day) for day in (alike.as_of.min().item(), alike.as_of.max().item()))
    if first == last:
        return language.gettext("They were looked at as of %(date)s.", date=first)
    return language.gettext("They were looked at between %(first)s and %(last)s.", first=first, last=last)


def _tens(alike: Alike, language: Language) -> Iterator[Ten]:
    for start in range(0, len(alike.fell), A_ROW):
        fell, similarity = alike.fell[start : start + A_ROW], alike.similarity[start : start + A_ROW]
        best, least = (language.percent(float(one)) for one in (similarity[0], similarity[-1]))
        yield Ten(
            f"{start + 1}–{start + len(fell)}" if len(fell) > 1 else str(start + 1),
            best if best == least else f"{best}–{least}",
            language.gettext("%(fell)s of %(count)s", fell=int(fell.sum()), count=len(fell)),
            tuple(bool(one) for one in fell),
        )
