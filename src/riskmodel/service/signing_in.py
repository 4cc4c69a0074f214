"""Signing in with a name and a password, and out again; both are noted in the audit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread

from riskmodel.service.access import Principal
from riskmodel.service.audit import Act, Action
from riskmodel.service.limiting import Attempts
from riskmodel.service.passwords import is_password, prepare
from riskmodel.service.store import audit_log
from riskmodel.service.store.accounts import User, find_user, is_account_name
from riskmodel.service.store.engine import Store
from riskmodel.service.store.sessions import add_session, end_session
from riskmodel.service.tokens import hash_of_secret, new_session_token

ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed, and from where.

    Attributes
    ----------
    name, password : str
        As typed.
    address : str
        IP address.
    request_id : str
        Under which the log knows the request.
    """

    name: str
    password: str
    address: str
    request_id: str

    def __repr__(self) -> str:
        return "Attempt(...)"


@dataclass(frozen=True, slots=True)
class Session:
    """A session that has just begun.

    Attributes
    ----------
    token : str
        What the browser shows from now on.
    principal : Principal
        Whose it is.
    """

    token: str
    principal: Principal

    def __repr__(self) -> str:
        return "Session(...)"


class SignIns:
    """Lets people in.

    Parameters
    ----------
    store : Store
        Where accounts are.
    now : callable
        Returns the present instant.

    Notes
    -----
    Attempts take turns in a thread of their own. So nobody gets a guess more than is allowed by making many at once, 64
    MiB are the most that checking passwords takes, and whoever waits for it holds no thread that others need.
    """

    def __init__(self, store: Store, now: Callable[[], dt.datetime]) -> None:
        self._store, self._now = store, now
        self._attempts = Attempts()
        self._turn = CapacityLimiter(1)

    async def sign_in(self, attempt: Attempt) -> Session | None:
        """Begin a session; None where the name or the password is wrong, or the account is disabled.

        Raises
        ------
        TooManyRequests
            If too many attempts failed in the minute before.
        """
        return await to_thread.run_sync(self._sign_in, attempt, limiter=self._turn)

    def sign_out(self, principal: Principal, token_hash: str, request_id: str) -> None:
        """End a session; this waits for the store."""
        now = self._now()
        act = Act(now, Action.SIGNED_OUT, principal.actor, principal.role or "", principal.name, {}, request_id)
        with self._store.writing() as connection:
            end_session(connection, token_hash, now)
            audit_log.append(self._store, connection, [act])

    def _sign_in(self, attempt: Attempt) -> Session | None:
        prepare()
        name = attempt.name if is_account_name(attempt.name) else None
        self._attempts.check(name, attempt.address)
        user = self._find(name)
        usable = user is not None and user.disabled_at is None
        if is_password(attempt.password, user.password_hash if user is not None and usable else None):
            assert user is not None
            return self._begin(user, attempt)
        self._attempts.note_failure(name, attempt.address)
        self._note_failure(user, attempt)
        return None

    def _find(self, name: str | None) -> User | None:
        with self._store.reading() as connection:
            return None if name is None else find_user(connection, name)

    def _begin(self, user: User, attempt: Attempt) -> Session | None:
        token, now = new_session_token(), self._now()
        act = Act(now, Action.SIGNED_IN, user.principal.actor, user.role, user.name, {}, attempt.request_id)
        with self._store.writing() as connection:
            if find_user(connection, user.name) != user:
                # changed while its password was checked
                return None
            add_session(connection, hash_of_secret(token), user.name, now)
            audit_log.append(self._store, connection, [act])
        return Session(token, user.principal)

    def _note_failure(self, user: User | None, attempt: Attempt) -> None:
        # what is no account's name may be a password in the wrong field
        subject = "" if user is None else user.name
        act = Act(self._now(), Action.SIGN_IN_FAILED, ANONYMOUS, "", subject, {}, attempt.request_id)
        with self._store.writing() as connection:
            audit_log.append(self._store, connection, [act])
