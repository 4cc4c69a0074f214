"""The reviewers' pages on a store of many households: how long each takes, and how heavy it is with all that it loads."""

from __future__ import annotations

import datetime as dt
import http.client
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

import numpy as np

from riskmodel.bench.loading import LOOPBACK, PATIENCE_SECONDS
from riskmodel.bench.measuring import spread
from riskmodel.bench.report import Figure, at_most
from riskmodel.errors import RiskError
from riskmodel.service.access import Role
from riskmodel.service.browser import cookie_name
from riskmodel.service.store.accounts import User, add_user
from riskmodel.service.store.engine import Store
from riskmodel.service.store.sessions import add_session
from riskmodel.service.tokens import hash_of_secret, new_session_token

TURNS, WARM = 100, 5
COUNTED = "area"
"""The page whose figures are counted now and then: its first view takes longer."""
MOST_P95_MS, MOST_KILOBYTES = 100, 150
NOBODY = "!"
"""No password's hash: nobody signs in with it, since the session is given."""
PAGES: Mapping[str, str] = {
    "visit list": "/review?lang=zh",
    "visit list, one band": "/review?lang=zh&band=high",
    "visit list, one reason": "/review?lang=zh&group=medical",
    "search for an id": "/review/search?lang=zh&q={prefix}",
    "follow-up list": "/review/follow-up?lang=zh",
    "follow-up list, overdue": "/review/follow-up?lang=zh&kind=sign&due=overdue&who=nobody",
    "household": "/review/households/{one}?lang=zh",
    "similar households": "/review/households/{one}/similar?lang=zh",
    "two households compared": "/review/households/{one}/compare?lang=zh&with={other}",
    "what if": "/review/households/{one}/what-if?lang=zh&dibao=1",
    "deciding": "/review/households/{one}/decide?lang=zh",
    "case": "/review/households/{one}/case?lang=zh",
    "area": "/review/area?lang=zh",
    "model": "/review/model?lang=zh",
    "help": "/review/help?lang=zh",
}
"""Name -> address; each turn asks for other households."""
_ASSET = re.compile(rb'(?:href|src)="(/static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking for one page again and again.

    Attributes
    ----------
    milliseconds : ndarray
        Of each answer.
    first_milliseconds : float
        Of the very first one.
    kilobytes : float
        The heaviest page, with all that it loads.
    """

    milliseconds: np.ndarray
    first_milliseconds: float
    kilobytes: float


def add_bench_supervisor(store_url: str) -> str:
    """Let a supervisor of everything be signed in; return the session's token."""
    token, now = new_session_token(), dt.datetime.now(dt.UTC)
    with closing(Store(store_url)) as store, store.writing() as connection:
        add_user(connection, User("bench", NOBODY, Role.SUPERVISOR, "", now, None))
        add_session(connection, hash_of_secret(token), "bench", now)
    return token


def page_figures(port: int, token: str, ids: Sequence[str], households: int) -> tuple[Figure, ...]:
    """Ask for every page, and tell how long it took and how heavy it is.

    Parameters
    ----------
    port : int
        Of a server on the loopback address.
    token : str
        Of a session.
    ids : sequence of str
        Households that have a score.
    households : int
        How many the store holds, for the names of the figures.

    Raises
    ------
    RiskError
        If a page is not answered.
    """
    figures = []
    with _browser(port, token) as browser:
        for name, address in PAGES.items():
            asked = browser.ask([_filled(address, ids, turn) for turn in range(WARM + TURNS)])
            label = f"page: {name}, of {households:,} households"
            p95 = float(np.quantile(asked.milliseconds, 0.95))
            figures += [
                Figure(f"{label}; 95 % answered within", "ms", spread([p95]), at_most(MOST_P95_MS)),
                Figure(f"{label}; with all that it loads", "kB", spread([asked.kilobytes]), at_most(MOST_KILOBYTES)),
            ]
            if name == COUNTED:
                figures.append(Figure(f"{label}; the first view", "ms", spread([asked.first_milliseconds])))
    return tuple(figures)


def _filled(address: str, ids: Sequence[str], turn: int) -> str:
    one, other = ids[2 * turn % len(ids)], ids[(2 * turn + 1) % len(ids)]
    return address.format(one=one, other=other, prefix=one[:-1])


class _Browser:
    def __init__(self, connection: http.client.HTTPConnection, token: str) -> None:
        self._connection = connection
        self._headers = {"cookie": f"{cookie_name(secure=False)}={token}", "accept": "text/html"}
        self._assets: dict[bytes, int] = {}

    def ask(self, addresses: Sequence[str]) -> Asked:
        took, heaviest = [], 0
        for address in addresses:
            start = time.perf_counter()
            body = self._get(address)
            took.append(1000 * (time.perf_counter() - start))
            heaviest = max(heaviest, len(body) + sum(self._weight(one) for one in set(_ASSET.findall(body))))
        return Asked(np.array(took[WARM:]), took[0], heaviest / 1000)

    def _weight(self, asset: bytes) -> int:
        if asset not in self._assets:
            self._assets[asset] = len(self._get(asset.decode()))
        return self._assets[asset]

    def _get(self, address: str) -> bytes:
        self._connection.request("GET", address, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        # a search that finds one household leads straight to it
        if answer.status not in (200, 303):
            raise RiskError(f"the page {address.partition('?')[0].rpartition('/')[2]} was answered {answer.status}")
        return body


@contextmanager
def _browser(port: int, token: str) -> Iterator[_Browser]:
    with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_SECONDS)) as connection:
        yield _Browser(connection, token)
