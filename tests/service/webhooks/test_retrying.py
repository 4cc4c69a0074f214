"""What failed is tried again ever more slowly, for two days in all, and as late as the receiver asks for."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.service.webhooks.retrying import WAITS_SECONDS, wait_after

NOW = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
DAY = 24 * 3600


def seconds(attempts: int, asked: str | None = None, drawn: float = 0.5) -> float | None:
    wait = wait_after(attempts, asked, NOW, lambda: drawn)
    return None if wait is None else wait.total_seconds()


def test_the_waits_without_jitter() -> None:
    assert [seconds(attempts) for attempts in range(1, 10)] == [5, 30, 120, 600, 3600, 18000, 36000, 86400, None]


@pytest.mark.parametrize("attempts", range(1, 9))
def test_jitter_is_a_fifth_at_most_and_follows_its_seed(attempts: int) -> None:
    own = WAITS_SECONDS[attempts - 1]
    assert seconds(attempts, drawn=0) == pytest.approx(0.8 * own)
    assert seconds(attempts, drawn=1) == pytest.approx(1.2 * own)
    found = [wait_after(attempts, None, NOW, random.Random(7).random) for _ in range(2)]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("1", 5),
        ("0", 5),
        (str(3 * DAY), DAY),
        ("9" * 4000, DAY),
        ("Tue, 01 Jun 2021 12:10:00 GMT", 600),
        ("Tue, 01 Jun 2021 12:10:00 -0000", 600),
        ("Tue, 01 Jun 2021 11:00:00 GMT", 5),
        ("Tue, 01 Jun 2031 12:00:00 GMT", DAY),
        ("-5", 5),
        ("1.5", 5),
        ("soon", 5),
        ("", 5),
        ("٣٠٠", 5),
    ],
)
def test_what_the_receiver_asks_for_is_kept_up_to_a_day(asked: str, expected: float) -> None:
    assert seconds(1, asked) == expected


def test_nothing_that_is_asked_for_makes_more_attempts() -> None:
    assert seconds(9, "5") is None


@given(st.text(), st.integers(1, 8), st.floats(0, 1))
def test_whatever_comes_the_wait_is_in_bounds(asked: str, attempts: int, drawn: float) -> None:
    wait = seconds(attempts, asked, drawn)
    assert wait is not None
    assert 0.8 * WAITS_SECONDS[attempts - 1] - 1e-5 <= wait <= 1.2 * DAY
