"""What the model would say if some figures were others: its behaviour, not what would happen to a household. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from riskmodel.errors import Fault, ValuesInvalid
from riskmodel.programme.dictionary import Feature, How, Kind
from riskmodel.scoring.inputs import Inputs
from riskmodel.scoring.scorer import Scorer

SHARE = "share"
NOT_OFFERED = "is nothing that the programme lets people try out"
MESSAGES = {
    "finite": "expected a number",
    "boolean": "expected 0 or 1",
    "integer": "expected a whole number",
    "range": "is outside of what is usual in the reference cohort",
    "limit": "is more than the household has",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A feature that may be tried out.

    Attributes
    ----------
    feature : Feature
        Which one.
    place : int
        Its column in the matrix.
    low, high : float
        What is usual in the reference cohort, both ends included: without the hundredth at either end, as far as there is
        more than one value then. Fractions end where people write them, inside of that.
    limit : Feature or None
        The feature of the household that it may not exceed.
    most : float
        That feature's value; no limit where it is not known.
    """

    feature: Feature
    place: int
    low: float
    high: float
    limit: Feature | None = None
    most: float = math.inf

    @property
    def top(self) -> float:
        """The largest value that this household may have."""
        return min(self.high, self.most)

    def rule_broken(self, value: float) -> str:
        """Return the rule that a value breaks, a key of :data:`MESSAGES`; empty where it breaks none."""
        if not math.isfinite(value):
            return "finite"
        if self.feature.column.kind is Kind.BOOLEAN:
            return "" if value in (0.0, 1.0) else "boolean"
        if counted(self.feature) and not value.is_integer():
            return "integer"
        if value > self.most:
            return "limit"
        return "" if self.low <= value <= self.high else "range"


def counted(feature: Feature) -> bool:
    """Tell whether a feature's values are whole numbers."""
    return feature.column.kind is Kind.INTEGER or feature.how is How.COUNT


def trials(scorer: Scorer, inputs: Inputs) -> tuple[Trial, ...]:
    """Return what may be tried out for a household: what the programme names, as far as there is more than one value.

    Parameters
    ----------
    scorer : Scorer
        Whose programme names it.
    inputs : Inputs
        One row: the household.
    """
    places = {feature.name: place for place, feature in enumerate(scorer.schema.features)}
    reviewing, row = scorer.programme.file.reviewing, inputs.matrix[0]
    found = []
    for name in reviewing.try_out:
        trial = _trial(scorer, places[name])
        if name in reviewing.try_out_at_most:
            limiting = places[reviewing.try_out_at_most[name]]
            most = math.inf if math.isnan(row[limiting]) else float(row[limiting])
            trial = replace(trial, limit=scorer.schema.features[limiting], most=most)
        if trial.low < trial.top:
            found.append(trial)
    return tuple(found)


def _trial(scorer: Scorer, place: int) -> Trial:
    feature, seen = scorer.schema.features[place], scorer.reference.quantiles[place]
    if not seen:
        return Trial(feature, place, 0.0, 0.0)
    low, high = _ends(feature, seen[1], seen[-2])
    if low >= high:
        # nearly all have the same: what few others have is all that can be tried
        low, high = _ends(feature, seen[0], seen[-1])
    return Trial(feature, place, low, high)


def with_values(scorer: Scorer, inputs: Inputs, values: Mapping[str, float]) -> Inputs:
    """Return a household's features with some of them replaced; all others stay as they are.

    Parameters
    ----------
    scorer : Scorer
        Whose programme says what may be tried out.
    inputs : Inputs
        One row.
    values : mapping of str to float
        Feature -> value; booleans are 0 or 1.

    Raises
    ------
    ValuesInvalid
        If a feature may not be tried out, or a value lies outside of what is usual or is more than the household has.
    """
    offered = {trial.feature.name: trial for trial in trials(scorer, inputs)}
    faults = [fault for name, value in values.items() if (fault := _fault(offered, name, value))]
    if faults:
        raise ValuesInvalid("values", faults)
    matrix = inputs.matrix.copy()
    for name, value in values.items():
        # adding zero turns -0.0 into 0.0: one value, one digest
        matrix[:, offered[name].place] = value + 0.0
    return replace(inputs, matrix=matrix)


def _fault(offered: Mapping[str, Trial], name: str, value: float) -> Fault | None:
    if name not in offered:
        return Fault(name, "unknown_feature", NOT_OFFERED)
    rule = offered[name].rule_broken(value)
    return Fault(name, rule, MESSAGES[rule]) if rule else None


def _ends(feature: Feature, low: float, high: float) -> tuple[float, float]:
    """Round a range inwards, to as many digits as pages show: whoever types an end that is shown is within."""
    if feature.column.kind is not Kind.NUMBER or counted(feature):
        return float(math.ceil(low)), float(math.floor(high))
    share = feature.column.unit == SHARE
    return math.ceil(low * (up := _parts(low, share))) / up, math.floor(high * (down := _parts(high, share))) / down


def _parts(value: float, share: bool) -> int:
    """Return into how many parts a unit is divided where a value is shown."""
    if share:
        # whole percents, and tenths of small ones
        return 100 if abs(value) >= 0.1 else 1000
    if abs(value) >= 100:
        return 1
    return 10 if abs(value) >= 10 else 100
