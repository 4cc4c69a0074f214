"""When a message that was not delivered is tried again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime

WAITS_SECONDS = (5, 30, 2 * 60, 10 * 60, 3600, 5 * 3600, 10 * 3600, 24 * 3600)
"""After the first failure, the second, and on: short waits for a restart, long ones for a night or a weekend's part."""
JITTER_SHARE = 0.2
"""Part by which a wait is longer or shorter, so that receivers that come back are not met by everything at once."""
LONGEST_ASKED_SECONDS = 24 * 3600


def wait_after(attempts: int, asked: str | None, now: dt.datetime, draw: Callable[[], float]) -> dt.timedelta | None:
    """Return how long to wait before the next attempt; None where there is none.

    Parameters
    ----------
    attempts : int
        How many have failed.
    asked : str or None
        The answer's ``Retry-After``.
    now : datetime
        When the last one failed.
    draw : callable
        Draws a number from 0 to 1.
    """
    if attempts > len(WAITS_SECONDS):
        return None
    own = WAITS_SECONDS[attempts - 1] * (1 + JITTER_SHARE * (2 * draw() - 1))
    return dt.timedelta(seconds=max(own, min(_seconds(asked, now), LONGEST_ASKED_SECONDS)))


def _seconds(asked: str | None, now: dt.datetime) -> float:
    """Read ``Retry-After``, which is a number of seconds or a date; 0 where it is neither."""
    text = (asked or "").strip()
    if text.isascii() and text.isdigit():
        # more digits than a wait has are a long wait all the same
        return float(text[:12])
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return 0
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return (until - now).total_seconds()
