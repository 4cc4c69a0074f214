"""Earlier households that the model treats like this one, and what happened to them, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskmodel.explain.neighbours import Alike
from riskmodel.explain.reasons import Words
from riskmodel.features.encode import HORIZON_GROUP
from riskmodel.language import Language
from riskmodel.scoring.helping import leading
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area.chance import share_range

SHOWN, A_ROW, MOST_OTHERS = 50, 10, 4
LITTLE_ALIKE = 0.5
"""Two households that are alike by less than this are not much alike."""


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
class Shared:
    """A main reason: whether it leads here, for how many of the others it did, and how many of those fell."""

    label: str
    is_here: bool
    count: str
    fell: str


@dataclass(frozen=True, slots=True)
class SimilarView:
    """What happened to earlier households like one.

    Attributes
    ----------
    counted : str
        How many of them fell.
    causes : str
        What was recorded as the cause; empty where nothing was.
    chance : str
        What so few can tell.
    differs : str
        That the score says something else; empty where it lies within what chance allows.
    dates : tuple of str
        As of when they were scored, and how many.
    alike : str
        How similar they are.
    little_alike : bool
        Whether even the most similar one is not much alike.
    tens : tuple of Ten
        All of them.
    shared : tuple of Shared
        Their main reasons: those of the household first.
    """

    counted: str
    causes: str
    chance: str
    differs: str
    dates: tuple[str, ...]
    alike: str
    little_alike: bool
    tens: tuple[Ten, ...]
    shared: tuple[Shared, ...]


def similar_view(alike: Alike, score: Mapping[str, Any], words: Words) -> SimilarView | None:
    """Return what the page says; None where the bundle remembers no earlier household.

    Parameters
    ----------
    alike : Alike
        The most similar ones, the most similar first.
    score : mapping
        What the model says of the household itself.
    words : Words
        Of the programme.
    """
    if not len(alike.fell):
        return None
    language = words.language
    low, high = share_range(int(alike.fell.sum()), len(alike.fell))
    ends = sentences.range_ends(language, {"low": low, "high": high})
    return SimilarView(
        _counted(alike, score["horizon_months"], language),
        _causes(alike, words),
        language.gettext(
            "Chance plays a part in so few: if many more like them were counted, anything between %(low)s and %(high)s "
            "of 100 would fit.",
            low=ends[0],
            high=ends[1],
        ),
        "" if low <= score["probability"] <= high else _differs(language),
        _dates(alike, language),
        language.gettext(
            "The most similar household is %(best)s alike; half of them are %(middle)s alike or more.",
            best=language.percent(float(alike.similarity[0])),
            middle=language.percent(float(np.median(alike.similarity))),
        ),
        bool(alike.similarity[0] < LITTLE_ALIKE),
        tuple(_tens(alike, language)),
        _shared(alike, score["groups"], words),
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


def _causes(alike: Alike, words: Words) -> str:
    """Return the recorded causes of those that fell, the commonest first."""
    gettext = words.language.gettext
    told = Counter(alike.cause[alike.fell].tolist())
    unknown = told.pop("", 0)
    if not told:
        return ""
    counts = [(words.group(group), count) for group, count in told.most_common()]
    counts += [(gettext("not recorded"), unknown)] if unknown else []
    listed = gettext("; ").join(gettext("%(cause)s %(count)s", cause=cause, count=count) for cause, count in counts)
    return gettext("Recorded causes of those that fell: %(causes)s.", causes=listed)


def _differs(language: Language) -> str:
    return language.gettext(
        "The score says something else. The households may differ from this one, or the model may be off here: "
        "look closely on the visit."
    )


def _dates(alike: Alike, language: Language) -> tuple[str, ...]:
    days, counts = np.unique(alike.as_of, return_counts=True)
    return tuple(
        language.ngettext(
            "%(date)s: %(n)s household",
            "%(date)s: %(n)s households",
            int(count),
            date=language.date(day.item()),
            n=int(count),
        )
        for day, count in zip(days, counts, strict=True)
    )


def _shared(alike: Alike, groups: list[Mapping[str, Any]], words: Words) -> tuple[Shared, ...]:
    here = leading({one["group"]: one["log_odds"] for one in groups if one["group"] != HORIZON_GROUP})
    counts = {group: int(flags.sum()) for group, flags in zip(alike.groups, alike.leading.T, strict=True)}
    others = sorted(
        (group for group in counts if counts[group] and group not in here), key=lambda group: -counts[group]
    )
    fell = dict(zip(alike.groups, alike.leading[alike.fell].sum(axis=0).tolist(), strict=True))
    number = words.language.number
    return tuple(
        Shared(words.group(group), group in here, number(counts[group]), number(fell[group]))
        for group in (*here, *others[:MOST_OTHERS])
    )


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
