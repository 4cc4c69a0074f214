"""The shapes of requests and answers, as ``/openapi.json`` tells them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from riskmodel.scoring.inputs import MAX_ID_LENGTH

PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f]+$"
"""Text of one line without control characters."""
WORDS = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
"""Text that is not blank, with lines and tabs but no other control characters."""
A_DATE: dict[str, JsonValue] = {"format": "date"}


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


class NamedModel(Shape):
    """Which model said so."""

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


class RefusedHousehold(Shape):
    """A place in the request that has no answer."""

    position: int = Field(description="The first is 0.")
    code: Literal["not_found", "not_at_risk"]


class ScoreReply(Shape):
    """Scores in the order of the request."""

    scores: list[Score]
    refused: list[RefusedHousehold] | None = Field(default=None, description="Only of households asked for by id.")


class Change(Shape):
    """A score that moved."""

    score: int
    household_id: str
    area_code: str
    as_of: str = Field(json_schema_extra={"format": "date"})
    scored_at: str = Field(json_schema_extra={"format": "date-time"})
    probability: float
    previous_probability: float
    band: str
    model: NamedModel


class ChangesReply(Shape):
    """Scores that moved, in the order in which they were said."""

    cursor: int = Field(description="Give it as `after` to go on.")
    changes: list[Change]


class SaidReason(Shape):
    """A reason as it was given then."""

    feature: str
    log_odds: float
    value: float | None
    category: str | None


class SaidScore(Shape):
    """A score as it was given then."""

    as_of: str = Field(json_schema_extra={"format": "date"})
    said_at: str = Field(json_schema_extra={"format": "date-time"})
    probability: float
    interval: Interval
    band: str
    rank_share: float
    log_odds: float
    previous_probability: float | None
    reasons: list[SaidReason]
    model: NamedModel
    snapshot_digest: str


class HistoryReply(Shape):
    """What was said of a household, the newest first."""

    household_id: str
    scores: list[SaidScore]


class HorizonContribution(Shape):
    """What the months ahead contribute, where one model answers several horizons."""

    feature: Literal["horizon_months"]
    group: Literal["horizon"]
    log_odds: float


class ExplanationReply(Score):
    """A score and every contribution to it."""

    area_code: str
    contributions: list[Reason | HorizonContribution]


class QueuedScore(Score):
    """A score and its place in the queue."""

    rank: int
    area_code: str


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


HouseholdId = Annotated[str, Field(min_length=1, max_length=MAX_ID_LENGTH, json_schema_extra={"pattern": PRINTABLE})]


class HouseholdShape(Shape):
    """One household to score."""

    household_id: HouseholdId
    as_of: str = Field(description="Date that the features stand for; not in the future.", json_schema_extra=A_DATE)
    features: dict[str, float | bool | str | None] = Field(
        description="Every feature of the model by name, in any order; null where not known."
    )


class ScoreRequestShape(Shape):
    """Body of ``POST /v1/scores``."""

    households: list[HouseholdShape] = Field(
        min_length=1,
        max_length=10_000,
        description="Each household once for a date.",
    )
    reasons: int = Field(default=5, ge=0, le=50, description="Reasons per household.")
    model: str | None = Field(
        default=None, min_length=1, max_length=64, description="Version that answers; the champion if null."
    )


class IdRequestShape(Shape):
    """Body of ``POST /v1/scores`` that names households by id."""

    household_ids: list[HouseholdId] = Field(min_length=1, max_length=10_000)
    as_of: str | None = Field(default=None, json_schema_extra=A_DATE, description="Not in the future.")
    model: str | None = Field(default=None, min_length=1, max_length=64)
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

ID_EXAMPLE: dict[str, Any] = {
    "household_ids": ["000000000000000042", "000000000000000043"],
    "as_of": "2025-01-01",
    "reasons": 3,
}
"""A request by id."""


class UnmaskingRequestShape(Shape):
    """Body of ``POST /v1/households/{household_id}/unmasking``."""

    purpose: Literal["visit", "check_identity", "correct_data", "appeal", "other"] = Field(
        description="What it is needed for; the audit keeps it."
    )
    words: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        json_schema_extra={"pattern": WORDS},
        description="More about it, not blank; the audit keeps a digest alone, by which the words can be proven later.",
    )


class PersonShape(Shape):
    """What is personal of one member; ``member_id`` is empty for the household as a whole."""

    member_id: str
    content: dict[str, JsonValue]


class PeopleReply(Shape):
    """The people of a household."""

    household_id: str
    masked: bool
    people: list[PersonShape]


class PromotionRequestShape(Shape):
    """Body of ``POST /v1/models/{version}/promotion``."""

    expected_champion: str | None = Field(
        min_length=1,
        max_length=64,
        json_schema_extra={"pattern": WORDS},
        description="Version that serves now; null where none does.",
    )
    reason: str = Field(
        min_length=1,
        max_length=2000,
        json_schema_extra={"pattern": WORDS},
        description="Why; it is kept in the history.",
    )


class PromotionReply(Shape):
    """From this instant on, this version serves."""

    programme: str
    version: str
    digest: str
    at: str = Field(json_schema_extra={"format": "date-time"})
    previous: str | None


class AuditEntryShape(Shape):
    """One entry of the audit: its hash is SHA-256 over the one before, a line feed and the content's canonical JSON."""

    sequence: int
    content: dict[str, JsonValue]
    hash: str
    previous_hash: str


class AuditReply(Shape):
    """Entries of the audit, in order."""

    cursor: int
    entries: list[AuditEntryShape]


class ChildArea(Shape):
    """An area right below another one."""

    code: str
    names: dict[str, str]


class AreaReply(Shape):
    """An area, and what is said of the households that live in it or below it."""

    code: str
    level: str
    parent: str | None
    names: dict[str, str]
    children: list[ChildArea]
    households: int
    scored: int
    expected_falls: float = Field(description="Sum of the probabilities that count now.")
    bands: dict[str, int] = Field(description="Households by band.")
