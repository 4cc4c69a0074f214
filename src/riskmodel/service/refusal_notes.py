"""What is refused is noted in the audit: each by itself up to a number in a minute, what is beyond that as a sum.

The audit only ever grows, and nobody needs an account to be refused: without an end to it, anybody could fill the disk.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from starlette.requests import Request

from riskmodel.errors import RiskError
from riskmodel.service.access import Principal
from riskmodel.service.audit import Act, Action
from riskmodel.service.edge import route_of
from riskmodel.service.guarding import PRINCIPAL
from riskmodel.service.limiting import network_of

MINUTE = dt.timedelta(minutes=1)
MOST_ANONYMOUS, MOST_KNOWN = 10, 60
"""Entries in a minute: of an address and a code, and of an account."""
MOST_ADDRESSES = 1000
"""That are told apart at once; all others are counted as one."""
ANONYMOUS, ELSEWHERE = "anonymous", "elsewhere"
NOTED_STATUSES = {404, 409, 422}
AREA_ROUTES = {"/review/area", "/v1/areas/{code}"}
NOTED_BY_THE_ROUTE = {"promotion_refused"}
Submit = Callable[[list[Act]], object]


@dataclass(slots=True)
class _Bucket:
    """The refusals of somebody in a minute."""

    since: dt.datetime
    actor: str
    role: str
    written: int = 0
    more: Counter[str] = field(default_factory=Counter)


class RefusalNotes:
    """Notes refusals.

    Parameters
    ----------
    submit : callable
        Hands acts over to the audit, without waiting for them: a refusal gives nothing away.
    now : callable
        Returns the present instant.
    most_addresses : int
        How many addresses are told apart at once.

    Notes
    -----
    Asked on the event loop and by the threads of routes that answer a refusal themselves; each process counts for itself.
    It never fails: who is to be refused is refused, whatever becomes of the note.
    """

    def __init__(self, submit: Submit, now: Callable[[], dt.datetime], most_addresses: int = MOST_ADDRESSES) -> None:
        self._submit, self._now, self._most_addresses = submit, now, most_addresses
        # in the order in which their minutes began
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        # held for microseconds: what is handed over is written by somebody else
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def note(self, request: Request, principal: Principal | None, code: str) -> None:
        """Note that a request is refused: who asked, where that is known, and the problem's code."""
        with self._lock:
            now = self._now()
            self._sum_up(now)
            bucket = self._bucket(request, principal, code, now)
            if bucket.written >= (MOST_ANONYMOUS if principal is None else MOST_KNOWN):
                bucket.more[code] += 1
                return
            bucket.written += 1
            detail = {"code": code, "method": request.method, "route": route_of(request.scope)}
            if not self._write(now, bucket, detail, request.scope["state"]["request_id"]):
                bucket.more[code] += 1

    def note_error(self, request: Request, error: RiskError) -> None:
        """Note an error by which a route refused somebody known; of other statuses than 403 where somebody is concerned."""
        # who is refused by the guard is noted by it, and is not known here
        principal = request.scope["state"].get(PRINCIPAL)
        if principal is None or error.code in NOTED_BY_THE_ROUTE:
            return
        if error.status == HTTPStatus.FORBIDDEN or (error.status in NOTED_STATUSES and _concerns(request)):
            self.note(request, principal, error.code)

    def sum_up(self, now: dt.datetime | None = None) -> None:
        """Write the sums of those whose minute is over; of all where no instant is given."""
        with self._lock:
            self._sum_up(now)

    def _sum_up(self, now: dt.datetime | None) -> None:
        for key, bucket in list(self._buckets.items()):
            # a clock that is set back must not keep a bucket for ever
            if now is not None and abs(now - bucket.since) < MINUTE:
                break
            del self._buckets[key]
            for code, count in sorted(bucket.more.items()):
                self._write(now or self._now(), bucket, {"code": code, "more": count}, "")

    async def keep_summing_up(self) -> None:
        """Write the sums of each minute, also where nobody is refused any more, until this is cancelled."""
        while True:
            await asyncio.sleep(MINUTE.total_seconds())
            self.sum_up(self._now())

    def _bucket(self, request: Request, principal: Principal | None, code: str, now: dt.datetime) -> _Bucket:
        if principal is not None:
            key, bucket = (principal.actor, ""), _Bucket(now, principal.actor, str(principal.role or ""))
        else:
            network = network_of(request.client.host if request.client is not None else "")
            key, bucket = (network, code), _Bucket(now, ANONYMOUS, "")
            if key not in self._buckets and len(self._buckets) >= self._most_addresses:
                key = (ELSEWHERE, code)
        return self._buckets.setdefault(key, bucket)

    def _write(self, now: dt.datetime, bucket: _Bucket, detail: Mapping[str, Any], request_id: str) -> bool:
        act = Act(now, Action.REFUSED, bucket.actor, bucket.role, "", detail, request_id)
        try:
            self._submit([act])
        except RiskError as error:
            structlog.get_logger().error("refusal_not_recorded", error=error.code, refusals=detail.get("more", 1))
            return False
        return True


def _concerns(request: Request) -> bool:
    """Tell whether a request does something, or asks about a household or an area."""
    route = route_of(request.scope)
    return request.method == "POST" or "{household_id}" in route or route in AREA_ROUTES
