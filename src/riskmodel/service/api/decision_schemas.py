"""The shapes of decisions, as ``/openapi.json`` tells them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from riskmodel.service.api.schemas import A_DATE, WORDS, Shape


class DecisionRequestShape(Shape):
    """Body of ``POST /v1/households/{household_id}/decisions``."""

    outcome: Literal["monitor", "needs_visit", "not_now", "wrong_data"]
    reason: str | None = Field(
        default=None,
        min_length=1,
        max_length=2000,
        json_schema_extra={"pattern": WORDS},
        description=(
            "Why; not blank. Needed where the outcome does not follow from the band of the household's score, and with "
            "`wrong_data`."
        ),
    )
    as_of: str | None = Field(default=None, json_schema_extra=A_DATE, description="Of the score looked at.")
    version: str | None = Field(default=None, max_length=64, description="The model that gave it.")
    corrects: int | None = Field(
        default=None, ge=1, le=2**62, description="Earlier decision that this one takes the place of."
    )
    notes: str | None = Field(
        default=None,
        min_length=1,
        max_length=2000,
        json_schema_extra={"pattern": WORDS},
        description="What else is to be known; not blank.",
    )
    evidence: str | None = Field(
        default=None,
        min_length=1,
        max_length=2000,
        json_schema_extra={"pattern": WORDS},
        description="What was looked at: papers, visits, photographs; not blank.",
    )
    next_on: str | None = Field(
        default=None,
        json_schema_extra=A_DATE,
        description="When to look again: from today on, within a year. Needed with `needs_visit`.",
    )


class DecisionShape(Shape):
    """What somebody decided about a household; never changed."""

    decision: int
    household_id: str
    decided_at: str = Field(json_schema_extra={"format": "date-time"})
    decided_by: str
    role: str
    outcome: Literal["monitor", "needs_visit", "not_now", "wrong_data"]
    reason: str = Field(description="Empty where the outcome follows from the band.")
    as_of: str | None = Field(json_schema_extra={"format": "date"})
    version: str | None
    corrects: int | None
    notes: str
    evidence: str
    next_on: str | None = Field(json_schema_extra={"format": "date"})
    band: str | None = Field(description="Of the score looked at; null where it was none that counted then.")
    departs: bool | None = Field(description="Whether the outcome departs from that band.")


class DecisionsReply(Shape):
    """What was decided about a household, the newest first."""

    household_id: str
    decisions: list[DecisionShape]
