"""Why somebody is not answered who could be: each a problem document, with the headers that belong to it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from riskmodel.errors import NotReady, RiskError


class Unauthenticated(RiskError):
    """Nobody knows who asks: no key or session, or one that is unknown, expired, revoked or ended."""

    code, status = "unauthenticated", 401
    headers: Mapping[str, str] = {"www-authenticate": "Bearer"}

    def __init__(self) -> None:
        # one text for all, so that it tells nothing about which keys there were
        super().__init__(
            "no valid key or session came with this request; send `authorization: Bearer KEY`, or sign in at /review/sign-in"
        )


class Forbidden(RiskError):
    """Who asks is known, and may not do this.

    Parameters
    ----------
    what : str
        What the account lacks, and what to do.
    """

    code, status = "forbidden", 403

    def __init__(
        self, what: str = "this account's role or scopes do not allow it; ask whoever hands out accounts"
    ) -> None:
        super().__init__(what)


class CrossSite(RiskError):
    """A browser was led here by a page of somebody else, or does not say by whose."""

    code, status = "cross_site", 403

    def __init__(self) -> None:
        super().__init__(
            "changes with a browser's session are taken from this service's own pages alone; programs send a key instead"
        )


class TooManyRequests(RiskError):
    """More than is allowed in this time.

    Parameters
    ----------
    wait_seconds : float
        After which it may be tried again.
    """

    code, status = "too_many_requests", 429

    def __init__(self, wait_seconds: float) -> None:
        self.wait_seconds = max(1, math.ceil(wait_seconds))
        self.headers: Mapping[str, str] = {"retry-after": str(self.wait_seconds)}
        super().__init__(f"too many requests or attempts; try again in {self.wait_seconds} s")

    def __reduce__(self) -> tuple[type[TooManyRequests], tuple[float]]:
        """Keep how long to wait."""
        return type(self), (self.wait_seconds,)


class NoCredentials(NotReady):
    """Nobody can sign in yet, so that nobody is answered."""

    code = "no_credentials"

    def __init__(self) -> None:
        super().__init__(
            "there is no user and no client yet; run `riskmodel user add NAME --role reviewer --area CODE` for a person, "
            "`riskmodel client add NAME --scope scores:features` for a program"
        )
