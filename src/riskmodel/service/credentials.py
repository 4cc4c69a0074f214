"""What was shown with a request, and what is known of it: keys of clients and tokens of sessions, remembered for a second."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from starlette.requests import Request

from riskmodel.service.access import Principal
from riskmodel.service.browser import cookie_name
from riskmodel.service.store.accounts import find_client
from riskmodel.service.store.engine import Store
from riskmodel.service.store.sessions import find_session
from riskmodel.service.tokens import hash_of_secret

REMEMBERED = dt.timedelta(seconds=1)
MOST_REMEMBERED = 10_000
BEARER = "bearer"
NOW_AT_LEAST = dt.timedelta(0)


@dataclass(frozen=True, slots=True)
class Shown:
    """What came with a request.

    Attributes
    ----------
    secret_hash : str
        Hash of the key or token.
    by_cookie : bool
        Whether a browser sent it of its own accord.
    """

    secret_hash: str
    by_cookie: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knew of a key or token.

    Attributes
    ----------
    principal : Principal
        Whose it is.
    expires_at : datetime or None
        From when on it is refused.
    """

    principal: Principal
    expires_at: dt.datetime | None

    def is_valid(self, now: dt.datetime) -> bool:
        """Tell whether it has not expired."""
        return self.expires_at is None or now < self.expires_at


def shown_by(request: Request, secure_cookie: bool) -> Shown | None:
    """Return what came with a request; a key is looked at first, and then no cookie."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, secret = header.partition(" ")
        return Shown(hash_of_secret(secret.strip()), False) if scheme.lower() == BEARER else None
    token = request.cookies.get(cookie_name(secure_cookie))
    return None if token is None else Shown(hash_of_secret(token), True)


def look_up(store: Store, shown: Shown) -> Known | None:
    """Return what the store knows; a session is no key, and a key no session."""
    with store.reading() as connection:
        if shown.by_cookie:
            session = find_session(connection, shown.secret_hash)
            return None if session is None else Known(session[0].principal, session[1])
        client = find_client(connection, shown.secret_hash)
        return None if client is None or client.revoked_at else Known(client.principal, client.expires_at)


class Memory:
    """What was looked up in the second before, so that a busy program costs one look a second.

    A key that was taken back therefore works for one second more at most. A session that ended in this process is refused
    at once, even where an earlier look comes back later.
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self.most = most
        self._known: dict[Shown, tuple[dt.datetime, Known]] = {}
        self._ended: dict[Shown, None] = {}

    def recall(self, shown: Shown, now: dt.datetime) -> Known | None:
        """Return what is remembered; None where that is nothing, or too old."""
        found = self._known.get(shown)
        return found[1] if found is not None and NOW_AT_LEAST <= now - found[0] < REMEMBERED else None

    def remember(self, shown: Shown, known: Known, asked_at: dt.datetime) -> None:
        """Remember what the store knew when it was asked."""
        self._known.pop(shown, None)
        self._known[shown] = (asked_at, known)
        if len(self._known) > self.most:
            del self._known[next(iter(self._known))]

    def has_ended(self, shown: Shown) -> bool:
        """Tell whether a session ended in this process."""
        return shown in self._ended

    def end(self, shown: Shown) -> None:
        """Refuse a session from now on."""
        self._ended[shown] = None
        self._known.pop(shown, None)
        if len(self._ended) > self.most:
            del self._ended[next(iter(self._ended))]
