"""How much one caller may ask for in a time, how often a password may be tried, and how much is done at once."""

from __future__ import annotations

import datetime as dt
import ipaddress
import time
from collections.abc import Sequence

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from riskmodel.service.errors import Overloaded, headers_of, problem_of, problem_response
from riskmodel.service.metrics import Metrics
from riskmodel.service.refusals import TooManyRequests

MOST_BUCKETS = 10_000
ALIVE = "/healthz"
NO_REQUEST_ID = "00000000-0000-0000-0000-000000000000"


class Buckets:
    """A bucket of tokens for each caller: a request takes one, and they come back at an even rate.

    Parameters
    ----------
    requests_per_second : float
        Rate at which they come back; 0 for no limit.
    burst : int
        How many a bucket holds: as many requests may come at once.
    most : int
        Buckets that are kept; those used longest ago are forgotten.

    Notes
    -----
    Asked on the event loop alone, so that it needs no lock; each process counts for itself.
    """

    def __init__(self, requests_per_second: float, burst: int, most: int = MOST_BUCKETS) -> None:
        self.requests_per_second, self.burst, self.most = requests_per_second, max(burst, 1), most
        self._buckets: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, name: str, now: dt.datetime) -> None:
        """Take a token.

        Raises
        ------
        TooManyRequests
            If there is none; it says when there will be.
        """
        if self.requests_per_second <= 0:
            return
        at = now.timestamp()
        tokens, filled_at = self._buckets.pop(name, (float(self.burst), at))
        # a clock that is set back gives nothing and takes nothing
        tokens = min(self.burst, tokens + max(0.0, at - filled_at) * self.requests_per_second)
        allowed = tokens >= 1
        self._buckets[name] = (tokens - 1 if allowed else tokens, at)
        if len(self._buckets) > self.most:
            del self._buckets[next(iter(self._buckets))]
        if not allowed:
            raise TooManyRequests((1 - tokens) / self.requests_per_second)


class Attempts:
    """Failed attempts to sign in, in the minute before: by the account's name, and by the address that they come from.

    Parameters
    ----------
    by_name, by_address : int
        Failures in a minute after which the next attempt is refused, right or wrong.

    Notes
    -----
    Asked by one thread at a time: between the question and the note that it failed, no other attempt may slip in.
    """

    def __init__(self, by_name: int = 5, by_address: int = 20) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._by_name, self._by_address = RateLimitItemPerMinute(by_name), RateLimitItemPerMinute(by_address)

    def check(self, name: str | None, address: str) -> None:
        """Check that another attempt may be made.

        Parameters
        ----------
        name : str or None
            Of the account; None where it can't be one.
        address : str
            IP address.

        Raises
        ------
        TooManyRequests
            If not; it says when.
        """
        for item, key in self._keys(name, address):
            if not self._limiter.test(item, *key):
                raise TooManyRequests(self._limiter.get_window_stats(item, *key).reset_time - time.time())

    def note_failure(self, name: str | None, address: str) -> None:
        """Count a failed attempt."""
        for item, key in self._keys(name, address):
            self._limiter.hit(item, *key)

    def _keys(self, name: str | None, address: str) -> Sequence[tuple[RateLimitItem, tuple[str, str]]]:
        of_address = (self._by_address, ("address", network_of(address)))
        return [of_address] if name is None else [of_address, (self._by_name, ("name", name))]


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the first half, since a line is given all of the second.

    Examples
    --------
    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2:3::4")
    ('192.0.2.7', '2001:db8:1:2::/64')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


class Gate:
    """Lets so many requests in at once, those that wait included, and refuses the next at once.

    A queue without an end answers nobody in time. ``/healthz`` is let in always: a busy process is alive.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    most_waiting : int
        Requests that are worked on or wait.
    metrics : Metrics
        Where it is told how many there are.
    """

    def __init__(self, app: ASGIApp, most_waiting: int, metrics: Metrics) -> None:
        self.app, self.most_waiting, self.metrics = app, most_waiting, metrics
        self.waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] == ALIVE:
            await self.app(scope, receive, send)
            return
        if self.waiting >= self.most_waiting:
            await _refuse(scope, receive, send)
            return
        self.waiting += 1
        self.metrics.waiting.set(self.waiting)
        try:
            await self.app(scope, receive, send)
        finally:
            self.waiting -= 1
            self.metrics.waiting.set(self.waiting)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = Overloaded("too many requests are waiting; send this one again in a moment")
    request_id = scope.get("state", {}).get("request_id", NO_REQUEST_ID)
    await problem_response(problem_of(error), request_id, headers_of(error))(scope, receive, send)
