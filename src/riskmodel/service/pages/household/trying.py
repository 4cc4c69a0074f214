"""What the model would say with other figures, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskmodel.explain.reasons import Words
from riskmodel.features.encode import HORIZON_GROUP
from riskmodel.programme.programme import Programme
from riskmodel.scoring.inputs import Inputs
from riskmodel.scoring.whatif import Trial
from riskmodel.service.pages import sentences
from riskmodel.service.pages.household.bands import band_label, band_level
from riskmodel.service.pages.household.comparing import Bar, bar_of, direction_of
from riskmodel.service.pages.household.trying_fields import value_text


@dataclass(frozen=True, slots=True)
class BandMark:
    """A band, and its place from the top."""

    label: str
    level: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A figure that was tried out: what it is, and what it was taken for."""

    label: str
    now: str
    tried: str


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What a factor group does now and with the other figures, all bars on one scale, and the difference.

    Attributes
    ----------
    label : str
        The factor group.
    now, tried : Bar
        What it does now, and with the other figures.
    difference, direction : str
        In words, and which way.
    """

    label: str
    now: Bar
    tried: Bar
    difference: str
    direction: str


@dataclass(frozen=True, slots=True)
class TryView:
    """What the model would say.

    Attributes
    ----------
    sentence : str
        The other risk, instead of the one now.
    bands : tuple of BandMark
        The band now and the other one.
    same_band : bool
        Whether they are the same.
    tried : tuple of Tried
        With which figures.
    groups : tuple of GroupChange
        What does it, the largest change first.
    """

    sentence: str
    bands: tuple[BandMark, BandMark]
    same_band: bool
    tried: tuple[Tried, ...]
    groups: tuple[GroupChange, ...]


def try_view(
    programme: Programme,
    now: Mapping[str, Any],
    other: Mapping[str, Any],
    tried: tuple[Tried, ...],
    words: Words,
) -> TryView:
    """Return what the model would say.

    Parameters
    ----------
    programme : Programme
        Whose bands.
    now, other : mapping
        Score with the household's own figures, and with the others.
    tried : tuple of Tried
        The other figures.
    words : Words
        Of the programme.
    """
    return TryView(
        _sentence(now["probability"], other["probability"], words),
        (_mark(programme, now["band"], words), _mark(programme, other["band"], words)),
        now["band"] == other["band"],
        tried,
        _changes(now["groups"], other["groups"], words),
    )


def tried_of(trials: Sequence[Trial], inputs: Inputs, values: Mapping[str, float], words: Words) -> tuple[Tried, ...]:
    """Return the figures that were tried out, in the order of the form."""
    return tuple(
        Tried(
            words.feature(trial.feature.name),
            value_text(trial, float(inputs.matrix[0, trial.place]), words),
            value_text(trial, values[trial.feature.name], words),
        )
        for trial in trials
        if trial.feature.name in values
    )


def _sentence(now: float, other: float, words: Words) -> str:
    before, after = (sentences.of_hundred(words.language, one) for one in (now, other))
    if before == after:
        return words.language.gettext("With these values the model would say much the same: %(risk)s.", risk=before)
    return words.language.gettext(
        "With these values the model would say: %(other)s instead of %(now)s.", other=after, now=before
    )


def _mark(programme: Programme, band: str, words: Words) -> BandMark:
    return BandMark(band_label(programme, band, words.language), band_level(programme, band))


def _changes(
    now: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]], words: Words
) -> tuple[GroupChange, ...]:
    after = {one["group"]: one["log_odds"] for one in other}
    pairs = [(one["group"], one["log_odds"], after[one["group"]]) for one in now if one["group"] != HORIZON_GROUP]
    # of all groups, not of those that moved: a small step is to look small
    longest = max((abs(value) for pair in pairs for value in pair[1:]), default=1.0)
    moved = [pair for pair in pairs if abs(pair[2] - pair[1]) >= sentences.SLIGHT]
    moved.sort(key=lambda one: -abs(one[2] - one[1]))
    return tuple(
        GroupChange(
            words.group(code),
            bar_of(was, longest, words),
            bar_of(tried, longest, words),
            sentences.strength(words.language, tried - was),
            direction_of(tried - was),
        )
        for code, was, tried in moved
    )
