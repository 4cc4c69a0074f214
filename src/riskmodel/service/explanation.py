"""The whole explanation of one household: every contribution, and the proof that they add up to its score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskmodel.errors import RiskError
from riskmodel.explain.reasons import Driver, adds_up
from riskmodel.features.encode import HORIZON, HORIZON_GROUP
from riskmodel.scoring.scorer import DEFAULT_REASONS
from riskmodel.service.asking import Found


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score with all that it is made of.

    Attributes
    ----------
    score : mapping
        Every field of the score, as JSON values; its reasons are all features, the strongest first.
    drivers : tuple of Driver
        The same features.
    horizon : float
        Contribution of the months ahead, where one model answers several horizons; else 0.
    area_code : str
        Where the household lives.
    """

    score: Mapping[str, Any]
    drivers: tuple[Driver, ...]
    horizon: float
    area_code: str

    def document(self) -> dict[str, Any]:
        """Return the explanation as JSON values."""
        contributions = list(self.score["reasons"])
        if self.horizon:
            contributions.append({"feature": HORIZON, "group": HORIZON_GROUP, "log_odds": self.horizon})
        reasons = contributions[:DEFAULT_REASONS]
        return {**self.score, "reasons": reasons, "area_code": self.area_code, "contributions": contributions}


def explain(found: Found) -> Explanation:
    """Explain the household that was found.

    Raises
    ------
    RiskError
        If the contributions do not add up to the score: better no explanation than a wrong one.
    """
    scorer = found.serving.scorer
    score = found.serving.score(found.inputs, len(scorer.schema.features))[0]
    drivers = tuple(Driver.of(reason) for reason in score["reasons"])
    horizon = 0.0
    if scorer.schema.has_horizon:
        horizon = float(scorer.contributions(found.inputs.matrix)[0, -2])
    parts = [*(driver.log_odds for driver in drivers), horizon]
    if not adds_up(score["base_log_odds"], parts, score["log_odds"]):
        raise RiskError("contributions do not add up to the score")
    return Explanation(score, drivers, horizon, found.subjects[0].area_code)
