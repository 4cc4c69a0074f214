"""Why a job is not taken in, or its result not given."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.errors import RiskError
from riskmodel.service.errors import Conflict

RETRY_AFTER_SECONDS = 60


class TooManyJobs(RiskError):
    """As many jobs of the same owner wait as may wait.

    Parameters
    ----------
    most : int
        How many may wait.
    """

    code, status = "too_many_jobs", 429
    headers: Mapping[str, str] = {"retry-after": str(RETRY_AFTER_SECONDS)}

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"{most} jobs of this account wait already; send this one when some of them are done")

    def __reduce__(self) -> tuple[type[TooManyJobs], tuple[int]]:
        """Keep the limit."""
        return type(self), (self.most,)


class InsufficientStorage(RiskError):
    """The disk has no room for the file and what comes of it.

    Parameters
    ----------
    what : str
        What there is no room for, and what to do.
    """

    code, status = "insufficient_storage", 507

    def __init__(
        self,
        what: str = "the disk has no room for this file and its result; send it later, or tell whoever runs the service",
    ) -> None:
        super().__init__(what)


class JobNotDone(Conflict):
    """There is no result, since the job is not done or will never be."""

    code = "job_not_done"


class JobExpired(RiskError):
    """The result was there once.

    Parameters
    ----------
    what : str
        What is gone, and what to do.
    """

    code, status, exit_code = "job_expired", 410, 1

    def __init__(self, what: str = "the files of this job are gone; send the file again for another job") -> None:
        super().__init__(what)
