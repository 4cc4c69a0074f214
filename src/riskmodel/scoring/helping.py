"""A plan of help for one household: which measures, why these, and why not the others. Pure.

A single risk gets one measure, several get a package of one each, and where nobody can work the safety net comes first. The
rules follow the practice of China's mechanism: what is lacking is given, and nothing is piled up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from riskmodel.programme.measures import Condition, Measure
from riskmodel.scoring.measures import leading_groups

MOST_MEASURES = 4
"""Of a package: more than these nobody sees through."""
Values = Mapping[str, float]
"""Features by name; NaN for what is missing."""


class PlanKind(StrEnum):
    """What kind of plan it is."""

    SINGLE = "single"
    PACKAGE = "package"
    SAFETY_NET = "safety_net"
    NOTHING = "nothing"


class WhyNot(StrEnum):
    """Why a measure is not in the plan."""

    OTHER_REASON = "other_reason"
    """It answers what does not lead."""
    CONDITION = "condition"
    UNKNOWN = "unknown"
    """What it is given for is not recorded."""
    ANOTHER_FIRST = "another_first"
    """It would fit; for this reason another one stands first."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A measure of the plan.

    Attributes
    ----------
    measure : Measure
        Which.
    share : float
        Share of its factor group in all that raises the risk; 0 where it is offered as a safety net alone.
    """

    measure: Measure
    share: float


@dataclass(frozen=True, slots=True)
class Miss:
    """A measure that is not in the plan.

    Attributes
    ----------
    measure : Measure
        Which.
    why : WhyNot
        Why not.
    condition : Condition or None
        The first one that does not hold, or that can't be told.
    """

    measure: Measure
    why: WhyNot
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is offered to whoever decides."""

    kind: PlanKind
    offers: tuple[Offer, ...]
    misses: tuple[Miss, ...]


def plan(
    measures: Sequence[Measure], groups: Mapping[str, float], values: Values, without_labour: Sequence[Condition] = ()
) -> Plan:
    """Return the plan for one household.

    Parameters
    ----------
    measures : sequence of Measure
        What help there is, the first of a factor group being the first that is offered.
    groups : mapping of str to float
        Contributions in log-odds, summed by factor group.
    values : mapping of str to float
        The household's features.
    without_labour : sequence of Condition
        All hold where nobody can work; none where the programme does not tell.
    """
    shares, leading = _shares(groups), _leading(groups)
    nobody_works = bool(without_labour) and all(_holds(one, values) for one in without_labour)
    fitting = [one for one in measures if all(_holds(condition, values) for condition in one.only_if)]
    first = [one for one in fitting if one.safety_net] if nobody_works else []
    of_reasons = [one for group in leading for one in fitting if one.group == group]
    offers = _offers(first, of_reasons, shares)
    chosen = {offer.measure.code for offer in offers}
    misses = tuple(_miss(one, leading, values) for one in measures if one.code not in chosen)
    return Plan(_kind(offers, leading, is_net=bool(first)), offers, misses)


def _leading(groups: Mapping[str, float]) -> list[str]:
    """Return the factor groups that help answers, the one that raises the risk most first."""
    names = list(groups)
    leads = leading_groups(np.array([[groups[name] for name in names]]))[0] if names else []
    found = [name for name, is_one in zip(names, leads, strict=True) if is_one]
    return sorted(found, key=lambda name: (-groups[name], name))


def _shares(groups: Mapping[str, float]) -> dict[str, float]:
    raising = {name: max(0.0, value) for name, value in groups.items()}
    total = math.fsum(raising.values())
    return {name: value / total if total else 0.0 for name, value in raising.items()}


def _offers(first: Sequence[Measure], of_reasons: Sequence[Measure], shares: Mapping[str, float]) -> tuple[Offer, ...]:
    """Return what is offered: the safety net, then one for each reason that has none yet."""
    found = list(first)
    answered = {one.group for one in found}
    for one in of_reasons:
        if one.group not in answered:
            answered.add(one.group)
            found.append(one)
    return tuple(Offer(one, shares.get(one.group, 0.0)) for one in found[:MOST_MEASURES])


def _kind(offers: Sequence[Offer], leading: Sequence[str], *, is_net: bool) -> PlanKind:
    if not offers:
        return PlanKind.NOTHING
    if is_net:
        return PlanKind.SAFETY_NET
    return PlanKind.SINGLE if len(leading) == 1 else PlanKind.PACKAGE


def _miss(measure: Measure, leading: Sequence[str], values: Values) -> Miss:
    for condition, value in _failing(measure, values):
        return Miss(measure, WhyNot.UNKNOWN if math.isnan(value) else WhyNot.CONDITION, condition)
    return Miss(measure, WhyNot.ANOTHER_FIRST if measure.group in leading else WhyNot.OTHER_REASON)


def _failing(measure: Measure, values: Values) -> Iterator[tuple[Condition, float]]:
    for condition in measure.only_if:
        if not _holds(condition, values):
            yield condition, values.get(condition.feature, math.nan)


def _holds(condition: Condition, values: Values) -> bool:
    value = values.get(condition.feature, math.nan)
    low = -math.inf if condition.at_least is None else condition.at_least
    high = math.inf if condition.at_most is None else condition.at_most
    # a missing value lies between no bounds
    return low <= value <= high
