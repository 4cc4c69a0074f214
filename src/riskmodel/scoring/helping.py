"""A plan of help for one household: which measures, why these, and why not the others. Pure.

A single risk gets one measure, several get a package of one each, and where nobody can work the safety net comes first. The
rules follow the practice of China's mechanism: what is lacking is given, and nothing is piled up. Of several measures that
fit a reason the one with the most conditions comes first, since it was made for the fewest; the others stand beside it,
for whoever decides.
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
"""Of a plan: more than these nobody sees through."""
Values = Mapping[str, float]
"""Features by name; NaN for what is missing."""


class PlanKind(StrEnum):
    """What kind of plan it is."""

    SINGLE = "single"
    PACKAGE = "package"
    SAFETY_NET = "safety_net"
    NOTHING = "nothing"


class Labour(StrEnum):
    """Whether anybody in a household can work."""

    SOME = "some"
    NONE = "none"
    UNKNOWN = "unknown"


class WhyNot(StrEnum):
    """Why a measure is not in the plan."""

    OTHER_REASON = "other_reason"
    """It answers what does not lead."""
    CONDITION = "condition"
    UNKNOWN = "unknown"
    """What it is given for is not recorded."""
    ANOTHER_FIRST = "another_first"
    """It would fit; but others come first, and more than :data:`MOST_MEASURES` are never named."""


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
    """What is offered to whoever decides.

    Attributes
    ----------
    kind : PlanKind
        What kind of plan it is.
    labour : Labour
        Whether anybody can work; where that is not known, the safety net comes first as if nobody could.
    offers : tuple of Offer
        What comes first: the safety net where it does, and one measure for each reason.
    also : tuple of Offer
        Other measures that fit the same reasons.
    misses : tuple of Miss
        All others.
    """

    kind: PlanKind
    labour: Labour
    offers: tuple[Offer, ...]
    also: tuple[Offer, ...]
    misses: tuple[Miss, ...]


def plan(
    measures: Sequence[Measure], groups: Mapping[str, float], values: Values, without_labour: Sequence[Condition] = ()
) -> Plan:
    """Return the plan for one household.

    Parameters
    ----------
    measures : sequence of Measure
        What help there is; of those that are equally specific, the first ones come first.
    groups : mapping of str to float
        Contributions in log-odds, summed by factor group.
    values : mapping of str to float
        The household's features.
    without_labour : sequence of Condition
        All hold where nobody can work; none where the programme does not tell.
    """
    shares, reasons, labour = _shares(groups), leading(groups), labour_of(without_labour, values)
    first = [] if labour is Labour.SOME else _safety_net(measures, without_labour, values)
    fitting = [one for one in measures if all(_holds(condition, values) for condition in one.only_if)]
    fitting.sort(key=lambda one: -len(one.only_if))
    of_reasons = [one for group in reasons for one in fitting if one.group == group and one not in first]
    chosen = _one_each(first, of_reasons)[:MOST_MEASURES]
    also = [one for one in of_reasons if one not in chosen][: MOST_MEASURES - len(chosen)]
    named = {one.code for one in (*chosen, *also)}
    misses = tuple(_miss(one, reasons, values) for one in measures if one.code not in named)
    offers, others = (tuple(Offer(one, shares.get(one.group, 0.0)) for one in part) for part in (chosen, also))
    return Plan(_kind(offers, reasons, is_net=bool(first)), labour, offers, others, misses)


def labour_of(without_labour: Sequence[Condition], values: Values) -> Labour:
    """Tell whether anybody can work, by the programme's conditions; somebody can where it has none."""
    if not without_labour or any(_fails(one, values) for one in without_labour):
        return Labour.SOME
    return Labour.NONE if all(_holds(one, values) for one in without_labour) else Labour.UNKNOWN


def _safety_net(measures: Sequence[Measure], without_labour: Sequence[Condition], values: Values) -> list[Measure]:
    """Return the safety net's measures that fit if nobody can work: what is not known of labour is in nobody's way."""
    unknown = {one.feature for one in without_labour if math.isnan(values.get(one.feature, math.nan))}
    return [
        one
        for one in measures
        if one.safety_net and all(each.feature in unknown or _holds(each, values) for each in one.only_if)
    ]


def leading(groups: Mapping[str, float]) -> list[str]:
    """Return the factor groups that help answers, the one that raises the risk most first.

    Parameters
    ----------
    groups : mapping of str to float
        Contributions in log-odds, summed by factor group.
    """
    names = list(groups)
    leads = leading_groups(np.array([[groups[name] for name in names]]))[0] if names else []
    found = [name for name, is_one in zip(names, leads, strict=True) if is_one]
    return sorted(found, key=lambda name: (-groups[name], name))


def _shares(groups: Mapping[str, float]) -> dict[str, float]:
    raising = {name: max(0.0, value) for name, value in groups.items()}
    total = math.fsum(raising.values())
    return {name: value / total if total else 0.0 for name, value in raising.items()}


def _one_each(first: Sequence[Measure], of_reasons: Sequence[Measure]) -> list[Measure]:
    """Return the safety net, then one for each reason that has none yet."""
    found = list(first)
    answered = {one.group for one in found}
    for one in of_reasons:
        if one.group not in answered:
            answered.add(one.group)
            found.append(one)
    return found


def _kind(offers: Sequence[Offer], reasons: Sequence[str], *, is_net: bool) -> PlanKind:
    if not offers:
        return PlanKind.NOTHING
    if is_net:
        return PlanKind.SAFETY_NET
    return PlanKind.SINGLE if len(reasons) == 1 else PlanKind.PACKAGE


def _miss(measure: Measure, reasons: Sequence[str], values: Values) -> Miss:
    for condition, value in _failing(measure, values):
        return Miss(measure, WhyNot.UNKNOWN if math.isnan(value) else WhyNot.CONDITION, condition)
    return Miss(measure, WhyNot.ANOTHER_FIRST if measure.group in reasons else WhyNot.OTHER_REASON)


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


def _fails(condition: Condition, values: Values) -> bool:
    """Tell whether a condition is known not to hold."""
    return not math.isnan(values.get(condition.feature, math.nan)) and not _holds(condition, values)
