"""The shapes of jobs, as ``/openapi.json`` tells them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from riskmodel.service.api.schemas import Shape

AN_INSTANT: dict[str, JsonValue] = {"format": "date-time"}


class JobFault(Shape):
    """One thing that is wrong with a file as a whole."""

    where: str
    rule: str
    message: str


class JobFailure(Shape):
    """Why a job failed."""

    code: str
    detail: str
    errors: list[JobFault]


class JobShape(Shape):
    """A file that is worked on in the background."""

    job: str = Field(description="Its name.")
    kind: Literal["scores", "events"]
    state: Literal["waiting", "running", "done", "failed", "cancelled", "expired"]
    cancelling: bool = Field(description="Whether it runs and will stop after the chunk that it is at.")
    format: Literal["parquet", "csv", "xlsx"] = Field(description="Of the file that was sent.")
    bytes: int
    sha256: str = Field(description="Of the file that was sent.")
    options: dict[str, str | int] = Field(description="What was asked, with what was left open filled in.")
    created_at: str = Field(json_schema_extra=AN_INSTANT)
    started_at: str | None = Field(json_schema_extra=AN_INSTANT)
    finished_at: str | None = Field(json_schema_extra=AN_INSTANT)
    expires_at: str = Field(description="When its files go; counted anew when it ends.", json_schema_extra=AN_INSTANT)
    rows_done: int
    rows_total: int | None = Field(description="Null while nobody knows.")
    accepted: int = Field(description="Rows that have a score, or events that are new.")
    known: int = Field(description="Events that had been sent before; told when it is done.")
    refused: int = Field(description="Rows that the result's part `refused` names.")
    failure: JobFailure | None


class JobsReply(Shape):
    """Jobs of one account, the newest first."""

    jobs: list[JobShape]
