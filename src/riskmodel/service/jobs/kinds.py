"""What can be asked of a job: kinds, kinds of files, and who may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from riskmodel.service.access import Permission, Principal
from riskmodel.service.errors import UnsupportedMediaType
from riskmodel.service.refusals import Forbidden


class JobKind(StrEnum):
    """What is done with a file."""

    SCORES = "scores"
    EVENTS = "events"


class ResultFormat(StrEnum):
    """Kinds of files that scores are written as."""

    PARQUET = "parquet"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Mapping[str, str] = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
"""Ending of a file -> how it is declared."""
SENT = ("parquet", "csv", "xlsx")
NEEDS: Mapping[JobKind, Permission] = {JobKind.SCORES: Permission.SCORE, JobKind.EVENTS: Permission.SEND_EVENTS}
"""What a kind needs beside the permission to run jobs."""
Options = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a job.

    Attributes
    ----------
    kind : JobKind
        What is to be done.
    format : str
        Ending of the file that is sent.
    options : mapping
        The kind's own options.
    """

    kind: JobKind
    format: str
    options: Options


def format_of(content_type: str, content_encoding: str) -> str:
    """Return the ending of a kind of file.

    Parameters
    ----------
    content_type, content_encoding : str
        As the headers declare; empty where there is none.

    Raises
    ------
    UnsupportedMediaType
        If it is of no kind that is read, or packed once more.
    """
    declared = content_type.partition(";")[0].strip().lower()
    found = next((ending for ending in SENT if MEDIA_TYPES[ending] == declared), None)
    if found is None or content_encoding.strip().lower() not in ("", "identity"):
        known = ", ".join(MEDIA_TYPES[ending] for ending in SENT)
        raise UnsupportedMediaType(f"expected the header `content-type` to be one of {known}, and no content-encoding")
    return found


def check_may(principal: Principal, kind: JobKind) -> None:
    """Check that somebody may have a job of a kind done.

    Raises
    ------
    Forbidden
        If the account lacks a permission, or kinds of events to send.
    """
    if not {Permission.RUN_JOBS, NEEDS[kind]} <= principal.permissions:
        raise Forbidden
    if kind is JobKind.EVENTS and (principal.feed is None or not principal.feed.kinds):
        raise Forbidden("no kinds of events were given to this account; ask whoever hands out accounts")


def result_ending(kind: str, options: Options) -> str:
    """Return the ending of a job's result."""
    return "json" if kind == JobKind.EVENTS else str(options["result"])
