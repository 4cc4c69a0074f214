"""The shapes of events and of what is answered to them, as ``/openapi.json`` tells them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from riskmodel.service.api.schemas import A_DATE, Shape
from riskmodel.service.reports import LONGEST_ID, LONGEST_SOURCE
from riskmodel.service.store.tables import LONGEST_CODE


class EventData(Shape):
    """What is said of the event."""

    occurred_on: str | None = Field(
        None, description="When it happened; else the day of `time`.", json_schema_extra=A_DATE
    )
    amount: float | None = Field(None, description="How much, in the unit of the kind.")
    cause: str | None = Field(None, description="As the programme names causes.")


class CloudEvent(BaseModel):
    """An event as CloudEvents 1.0 writes it; attributes of extensions are let pass."""

    model_config = ConfigDict(extra="allow")

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, max_length=LONGEST_ID, description="Given once by its source.")
    source: str = Field(min_length=1, max_length=LONGEST_SOURCE, description="Such as a system's name.")
    type: str = Field(
        min_length=1, description="Its last part is the kind, such as `cn.example.health.serious_illness`."
    )
    subject: str = Field(min_length=1, max_length=LONGEST_CODE, description="The household's id.")
    time: str | None = Field(None, description="When it happened, as RFC 3339 writes it.")
    datacontenttype: str | None = None
    data: EventData | None = None


class RefusedEvent(Shape):
    """An event that does not count, and why."""

    position: int = Field(description="From 0 on; in a file, the row below the header is 0.")
    where: str
    rule: str
    message: str


class EventsReply(Shape):
    """What came of the events."""

    accepted: int = Field(description="Events that are new.")
    known: int = Field(description="Events that had been sent before, under the same id and source.")
    refused: int
    recorded_on: str = Field(description="The day on which they count as known.", json_schema_extra=A_DATE)
    faults: list[RefusedEvent] = Field(description="Of the first 1,000 that are refused.")
