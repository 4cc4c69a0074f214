"""The shape of alerts, as ``/openapi.json`` tells it."""

from __future__ import annotations

from pydantic import Field

from riskmodel.service.api.schemas import A_DATE, NamedModel, Shape


class FiredRule(Shape):
    """A department's rule that began to fire."""

    rule: str
    department: str
    label: dict[str, str] = Field(description="In words, by language.")


class AlertEvent(Shape):
    """What happened."""

    kind: str
    occurred_on: str = Field(json_schema_extra=A_DATE)
    recorded_on: str = Field(json_schema_extra=A_DATE)
    amount: float | None
    origin: str | None = Field(description="Null for an event of a data folder.")
    source: str


class AlertScore(Shape):
    """The score after it, and the one before."""

    score: int
    as_of: str = Field(json_schema_extra=A_DATE)
    probability: float
    band: str
    previous_probability: float | None
    previous_band: str | None
    model: NamedModel


class Moved(Shape):
    """A reason that moved: the same model, before and after."""

    feature: str
    group: str
    log_odds_before: float
    log_odds: float
    value_before: float | None = Field(description="Null for categories and missing values.")
    value: float | None
    label: dict[str, str] = Field(description="The feature in words, by language.")


class AlertShape(Shape):
    """What somebody is to be told of."""

    alert: int
    household_id: str
    area_code: str
    raised_at: str = Field(json_schema_extra={"format": "date-time"})
    origin: str = Field(description="Who noticed: self_report, official_check, department_screening or model.")
    origins: list[str] = Field(description="All who noticed at the same time.")
    group: str = Field(description="Factor group: one illness is one alert.")
    rules: list[FiredRule]
    events: list[AlertEvent]
    score: AlertScore | None = Field(description="Null for a household that is not at risk, such as one in monitoring.")
    moved: list[Moved]


class AlertsReply(Shape):
    """Alerts, and where to go on."""

    cursor: int
    alerts: list[AlertShape]
