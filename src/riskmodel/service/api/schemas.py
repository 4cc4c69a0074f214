"""The shapes of requests and answers, as ``/openapi.json`` tells them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from riskmodel.scoring.inputs import MAX_ID_LENGTH


class Shape(BaseModel):
    """A JSON object whose every key is listed."""

    model_config = ConfigDict(extra="forbid")


class Interval(Shape):
    """Range that holds the probability."""

    low: float
    high: float


class Text(Shape):
    """A sentence in each language of the pages."""

    en: str
    zh: str


class Reason(Shape):
    """One feature's contribution, in figures and in words."""

    feature: str
    group: str
    log_odds: float = Field(description="Signed; above 0 raises the risk.")
    value: float | None = Field(description="Null for categories and missing values.")
    category: str | None
    typical: float | None = Field(description="Of the cohort that the model was trained on.")
    typical_category: str | None
    text: Text


class Group(Shape):
    """Contributions summed over a factor group."""

    group: str
    log_odds: float


class FittingMeasure(Shape):
    """Help that fits what drives the risk; a suggestion for the person who decides."""

    measure: str
    group: str


class ScoreWarning(Shape):
    """A value that was scored as missing."""

    code: Literal["missing_value", "unknown_category"]
    feature: str


class ModelIdentity(Shape):
    """Which model says so."""

    programme: str
    version: str
    digest: str


class AtHorizon(Shape):
    """Risk so many months ahead."""

    months: int
    probability: float
    interval: Interval


class Score(Shape):
    """Everything that is known about one household's risk."""

    household_id: str
    as_of: str = Field(json_schema_extra={"format": "date"})
    horizon_months: int
    probability: float
    interval: Interval
    band: str
    rank_share: float = Field(description="Share of the reference cohort that scores at least as high.")
    log_odds: float
    base_log_odds: float
    reasons: list[Reason]
    groups: list[Group]
    measures: list[FittingMeasure]
    warnings: list[ScoreWarning]
    model: ModelIdentity
    snapshot_digest: str
    horizons: list[AtHorizon]
    probability_without_transfers: float | None


class ScoreReply(Shape):
    """Scores in the order of the request."""

    scores: list[Score]


class HorizonContribution(Shape):
    """What the months ahead contribute, where one model answers several horizons."""

    feature: Literal["horizon_months"]
    group: Literal["horizon"]
    log_odds: float


class ExplanationReply(Score):
    """A score and every contribution to it."""

    area_code: str | None
    contributions: list[Reason | HorizonContribution]


class QueuedScore(Score):
    """A score and its place in the queue."""

    rank: int
    area_code: str | None


class QueueReply(Shape):
    """The head of the queue."""

    programme: str
    cohort_size: int
    capacity: int
    households: list[QueuedScore]


class FeatureShape(Shape):
    """One feature that a request must give."""

    name: str
    type: str
    unit: str
    low: float | None
    high: float | None
    categories: list[str]
    group: str
    label: dict[str, str]


class PromotionEntry(Shape):
    """From this instant on, this version served."""

    version: str
    digest: str
    at: str
    reason: str


class ModelsReply(Shape):
    """Versions, the champion, and what it expects."""

    programme: str
    champion: ModelIdentity
    simulated: bool
    horizons_months: list[int]
    versions: list[str]
    history: list[PromotionEntry]
    features: list[FeatureShape]


class Health(Shape):
    """The process is alive."""

    status: Literal["ok"]


class Ready(Shape):
    """A champion answers."""

    status: Literal["ready"]
    model: ModelIdentity
    cohort: bool


class FaultShape(Shape):
    """One place and the rule that it breaks; never a value that came in."""

    where: str
    rule: str
    message: str


class ProblemShape(Shape):
    """Every error answer: a problem document of RFC 9457."""

    type: str
    title: str
    status: int
    code: str = Field(description="Stable; programs read this.")
    detail: str
    instance: str = Field(description="The request's id, which the log knows.")
    errors: list[FaultShape]


class HouseholdShape(Shape):
    """One household to score."""

    household_id: str = Field(min_length=1, max_length=MAX_ID_LENGTH)
    as_of: str = Field(
        description="Date that the features stand for; not in the future.", pattern=r"^\d{4}-\d{2}-\d{2}$"
    )
    features: dict[str, float | bool | str | None] = Field(
        description="Every feature of the model by name, in any order; null where not known."
    )


class ScoreRequestShape(Shape):
    """Body of ``POST /v1/scores``."""

    households: list[HouseholdShape] = Field(min_length=1, max_length=10_000)
    reasons: int = Field(default=5, ge=0, le=50, description="Reasons per household.")


EXAMPLE = {
    "households": [
        {
            "household_id": "000000000000000042",
            "as_of": "2025-01-01",
            "features": {"income_to_line": 1.24, "owns_land": True, "home": "brick", "months_since_illness": None},
        }
    ],
    "reasons": 3,
}
"""A request in shape; the names of the features are the programme's."""
