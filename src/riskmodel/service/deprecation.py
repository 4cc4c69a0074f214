"""Routes that will go: their answers say since when, until when, and what to ask instead (RFC 9745, RFC 8594)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What is known of a route that will go.

    Attributes
    ----------
    since : date
        From when on it should not be used any more.
    until : date
        From when on it may be gone; half a year after ``since`` at the earliest.
    instead : str
        Path of what to ask instead.
    """

    since: dt.date
    until: dt.date
    instead: str

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of each answer."""
        since, until = _midnight(self.since), _midnight(self.until)
        return [
            (b"deprecation", f"@{int(since.timestamp())}".encode()),
            (b"sunset", format_datetime(until, usegmt=True).encode()),
            (b"link", f'<{self.instead}>; rel="successor-version"'.encode()),
        ]


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)


DEPRECATED: Mapping[tuple[str, str], Deprecation] = {}
"""(method, template of the route) -> what is known; none so far."""


def deprecation_headers(
    method: str, route: str, deprecated: Mapping[tuple[str, str], Deprecation] = DEPRECATED
) -> list[tuple[bytes, bytes]]:
    """Return what a route's answers say of its end; nothing where it stays."""
    found = deprecated.get((method, route))
    return [] if found is None else found.headers()
