"""What an event or a new score is to be told of: which rules began to fire or were struck again, and whether the risk rose.

One alert a household and factor group: what several noticed at the same time is one alert with several origins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodel.programme.dictionary import EVENTS, How
from riskmodel.scoring.rules import Rules
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Origin
from riskmodel.service.store.households import Subject

Matrix = npt.NDArray[np.float64]
ORDER = (Origin.SELF_REPORT, Origin.OFFICIAL_CHECK, Origin.DEPARTMENT_SCREENING, Origin.MODEL)
"""Who is named first of those who notice at the same time."""
REPORTED = frozenset({Origin.SELF_REPORT, Origin.OFFICIAL_CHECK})
"""Whoever reports like this is to be listened to, whatever rules and model say."""
MOST_MOVED = 5


@dataclass(frozen=True, slots=True)
class Struck:
    """An event that is told of.

    Attributes
    ----------
    event : int
        Its number.
    group : str
        Factor group of its kind.
    origin : Origin or None
        Who noticed; none of events that came in a data folder.
    kind : str
        What it is, as the dictionary names it.
    """

    event: int
    group: str
    origin: Origin | None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What was said of a household before."""

    probability: float
    band: str


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A household before and after.

    Attributes
    ----------
    subject : Subject
        The household.
    events : sequence of Struck
        What happened.
    before, after : ndarray or None, shape (n_features,)
        Its features; None where it was not, or is not, at risk.
    said : Standing or None
        What was said before; None where nothing was.
    score : mapping or None
        What is said now, as the API answers it.
    """

    subject: Subject
    events: Sequence[Struck]
    before: Matrix | None
    after: Matrix | None
    said: Standing | None
    score: Mapping[str, Any] | None


@dataclass(slots=True)
class Draft:
    """An alert that has no number yet.

    Attributes
    ----------
    case : Case
        About whom.
    group : str
        Factor group.
    origins : set of Origin
        Who noticed.
    rules : list of str
        Codes of the rules that began to fire, or fire and look at what happened.
    moved : list
        ``[feature, log-odds before, log-odds after, value before, value after]``, the largest change first.
    """

    case: Case
    group: str
    origins: set[Origin] = field(default_factory=set)
    rules: list[str] = field(default_factory=list)
    moved: list[list[Any]] = field(default_factory=list)

    @property
    def in_order(self) -> list[Origin]:
        """Who noticed, the one who is named first in front."""
        return [origin for origin in ORDER if origin in self.origins]

    @property
    def events(self) -> list[int]:
        """Numbers of the events that it is about; of all where none is of its group."""
        own = [one.event for one in self.case.events if one.group == self.group]
        return own or [one.event for one in self.case.events]


def drafts(cases: Sequence[Case], rules: Rules, scorer: Scorer, as_of: dt.date) -> list[Draft]:
    """Return what is to be told of some households.

    Parameters
    ----------
    cases : sequence of Case
        The households.
    rules : Rules
        The departments' rules in force.
    scorer : Scorer
        The model.
    as_of : date
        Date of the scores, whose thresholds count.
    """
    news = _news(cases, rules, scorer, as_of)
    moves = _moves(cases, scorer)
    found: list[Draft] = []
    for case, fired, moved in zip(cases, news, moves, strict=True):
        own: dict[str, Draft] = {}
        for one in case.events:
            if one.origin in REPORTED:
                _of(own, case, one.group).origins.add(one.origin)
        for place in np.flatnonzero(fired):
            draft = _of(own, case, rules.groups[place])
            draft.origins.add(Origin.DEPARTMENT_SCREENING)
            draft.rules.append(rules.codes[place])
        if _rose(case, scorer):
            _of(own, case, _group_of(moved, case, scorer)).origins.add(Origin.MODEL)
        for draft in own.values():
            draft.moved = moved[:MOST_MOVED]
        found += own.values()
    return found


def _of(own: dict[str, Draft], case: Case, group: str) -> Draft:
    return own.setdefault(group, Draft(case, group))


def _news(cases: Sequence[Case], rules: Rules, scorer: Scorer, as_of: dt.date) -> npt.NDArray[np.bool_]:
    """Tell for each household which rules fire that did not before, or that look at what struck it, shape (n, n_rules)."""
    paths = [case.subject.area_path for case in cases]
    width = next((len(case.after) for case in cases if case.after is not None), 0)
    after, before = (
        # an unknown category stands there as infinite, which any lower bound would let pass
        np.stack([np.full(width, np.nan) if one is None else np.where(np.isinf(one), np.nan, one) for one in some])
        if cases
        else np.empty((0, width))
        for some in ([case.after for case in cases], [case.before for case in cases])
    )
    if not width:
        return np.zeros((len(cases), len(rules.codes)), bool)
    # a second illness is news while the rule still fires for the first one; the cool-down tells whether it is the same
    struck = _struck(cases, rules, scorer)
    return rules.fired(after, paths, as_of) & (~rules.fired(before, paths, as_of) | struck)


def _struck(cases: Sequence[Case], rules: Rules, scorer: Scorer) -> npt.NDArray[np.bool_]:
    """Tell for each household which rules look at kinds of events that struck it, shape (n, n_rules)."""
    own = (feature for feature in scorer.programme.features if feature.how is not How.AREA_RATE)
    origins = {feature.name: feature.origin for feature in own}
    looked_at = [{origins.get(name) for name in names} for names in rules.features]
    happened = [{f"{EVENTS}.{one.kind}" for one in case.events} for case in cases]
    found = [[not kinds.isdisjoint(looked) for looked in looked_at] for kinds in happened]
    return np.array(found, dtype=bool).reshape(len(cases), len(rules.codes))


def _rose(case: Case, scorer: Scorer) -> bool:
    """Tell whether the risk rose by the programme's step, or into a higher band."""
    if case.said is None or case.score is None:
        return False
    # what is written as 0.05 may miss it by the last bit
    far = case.score["probability"] - case.said.probability >= scorer.programme.file.change_step - 1e-12
    places = {band: place for place, band in enumerate(scorer.names.bands)}
    return far or places[case.score["band"]] < places.get(case.said.band, 0)


def _moves(cases: Sequence[Case], scorer: Scorer) -> list[list[list[Any]]]:
    """Return what moved each household's score, by the same model before and after; nothing where one is not known."""
    known = [place for place, case in enumerate(cases) if case.before is not None and case.after is not None]
    found: list[list[list[Any]]] = [[] for _ in cases]
    if not known:
        return found
    features = len(scorer.schema.features)
    pairs = [np.stack([getattr(cases[place], side) for place in known]) for side in ("before", "after")]
    parts = [scorer.contributions(_filled(scorer, pair))[:, :features] for pair in pairs]
    for row, place in enumerate(known):
        change = parts[1][row] - parts[0][row]
        order = np.argsort(-np.abs(change), kind="stable")
        found[place] = [
            [
                scorer.names.features[column],
                float(parts[0][row][column]),
                float(parts[1][row][column]),
                _told(pairs[0][row][column]),
                _told(pairs[1][row][column]),
            ]
            for column in order
            if change[column]
        ]
    return found


def _filled(scorer: Scorer, features: Matrix) -> Matrix:
    """Return features with the model's other columns beside them."""
    matrix = np.full((len(features), len(scorer.schema.names)), np.nan)
    matrix[:, : features.shape[1]] = np.where(np.isinf(features), np.nan, features)
    return matrix


def _told(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _group_of(moved: Sequence[Sequence[Any]], case: Case, scorer: Scorer) -> str:
    """Return the factor group that raised the risk most; that of the strongest reason where it is not known what moved."""
    groups = dict(zip(scorer.names.features, scorer.names.feature_groups, strict=True))
    sums: dict[str, float] = {}
    for feature, before, after, *_ in moved:
        sums[groups[feature]] = sums.get(groups[feature], 0.0) + after - before
    if sums and max(sums.values()) > 0:
        return max(sums, key=lambda group: (sums[group], group))
    assert case.score is not None, "its risk rose"
    return next((str(reason["group"]) for reason in case.score["reasons"] if reason["log_odds"] > 0), "")
