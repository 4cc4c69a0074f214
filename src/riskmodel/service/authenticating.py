"""Who asks, whether they may, and whether they ask too often: what every guarded route asks before it answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from riskmodel.service.access import Principal, Public, Rule, allows
from riskmodel.service.browser import SAFE_METHODS, is_same_origin
from riskmodel.service.credentials import Known, Memory, Shown, look_up, shown_by
from riskmodel.service.limiting import Buckets
from riskmodel.service.refusals import CrossSite, Forbidden, NoCredentials, Unauthenticated
from riskmodel.service.signing_in import SignIns
from riskmodel.service.store.accounts import has_accounts
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import check_current
from riskmodel.settings import Settings

Refused = Callable[[Request, Principal | None, str], None]
"""Is told of each request that is answered 401 or 403: who asked, where that is known, and the problem's code."""
LOOK_AGAIN = dt.timedelta(seconds=1)


def _tell_nobody(request: Request, principal: Principal | None, code: str) -> None:
    """Take no note."""


class Access:
    """Decides about requests; found at ``app.state.access``.

    Parameters
    ----------
    store : Store
        Where accounts are.
    settings : Settings
        Whether cookies are secure, and how often one caller may ask.
    now : callable
        Returns the present instant.
    refused : callable
        Is told of every refusal; called on the event loop, so that it must not wait.

    Notes
    -----
    What is remembered is looked at on the event loop, which takes some microseconds; what is not is asked of the store in
    a thread. Where the store does not answer, nobody is let in.
    """

    def __init__(
        self, store: Store, settings: Settings, now: Callable[[], dt.datetime], refused: Refused = _tell_nobody
    ) -> None:
        self.store, self.now, self.refused = store, now, refused
        self.secure_cookie = settings.cookie_secure
        self.memory = Memory()
        self.buckets = Buckets(settings.requests_per_second, settings.burst_requests)
        self.sign_ins = SignIns(store, now)
        self._has_accounts, self._looked_at = False, dt.datetime.min.replace(tzinfo=dt.UTC)

    async def admit(self, request: Request, rule: Rule) -> Principal | None:
        """Let a request in, and return who asks; None where nobody has to say so.

        Raises
        ------
        StoreOutdated
            If the store is not in the newest shape.
        NoCredentials
            If there is no account at all.
        Unauthenticated, CrossSite, Forbidden
            If it may not be answered.
        TooManyRequests
            If the same caller asked too often.
        """
        if rule is Public.ALWAYS:
            return None
        now = self.now()
        if not self._has_accounts:
            await self._check_accounts(now)
        if isinstance(rule, Public):
            return None
        principal = await self._identify(request, now)
        try:
            self.permit(request, principal, rule)
        except (CrossSite, Forbidden) as refusal:
            self.refused(request, principal, refusal.code)
            raise
        self.buckets.take(principal.actor, now)
        return principal

    def recognise(self, request: Request, now: dt.datetime) -> Principal | None:
        """Return who asks, as far as that is remembered.

        Raises
        ------
        Unauthenticated
            If nothing was shown, or what has expired or ended.
        """
        shown = self._shown(request)
        known = self.memory.recall(shown, now)
        return None if known is None else _unexpired(known, now).principal

    def authenticate(self, request: Request, now: dt.datetime) -> Principal:
        """Return who asks, as the store knows; this waits for the store.

        Raises
        ------
        Unauthenticated
            If what was shown is unknown, expired, revoked or ended.
        """
        shown = self._shown(request)
        known = look_up(self.store, shown)
        if known is None:
            raise Unauthenticated
        self.memory.remember(shown, _unexpired(known, now), now)
        return known.principal

    def permit(self, request: Request, principal: Principal, rule: Rule) -> None:
        """Check that a principal may do what a route does.

        Raises
        ------
        CrossSite
            If another site's page may be behind it.
        Forbidden
            If the principal may not.
        """
        # a user comes by cookie alone, which a browser sends of its own accord
        if principal.kind == "user" and request.method not in SAFE_METHODS and not is_same_origin(request):
            raise CrossSite
        if not allows(principal, rule):
            raise Forbidden

    async def _identify(self, request: Request, now: dt.datetime) -> Principal:
        try:
            remembered = self.recognise(request, now)
            if remembered is not None:
                return remembered
            return await run_in_threadpool(self.authenticate, request, now)
        except Unauthenticated as refusal:
            self.refused(request, None, refusal.code)
            raise

    def _shown(self, request: Request) -> Shown:
        shown = shown_by(request, self.secure_cookie)
        if shown is None or self.memory.has_ended(shown):
            raise Unauthenticated
        return shown

    async def _check_accounts(self, now: dt.datetime) -> None:
        if abs(now - self._looked_at) >= LOOK_AGAIN:
            if await run_in_threadpool(self._look_for_accounts):
                self._has_accounts = True
            else:
                self._looked_at = now
        if not self._has_accounts:
            raise NoCredentials

    def _look_for_accounts(self) -> bool:
        # where tables are missing, databases differ in what they say, and none says what to do
        check_current(self.store)
        with self.store.reading() as connection:
            return has_accounts(connection)


def _unexpired(known: Known, now: dt.datetime) -> Known:
    if not known.is_valid(now):
        raise Unauthenticated
    return known
