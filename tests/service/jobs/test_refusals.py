"""Why a job is not taken in: each error has a code that the service tells of, and stays itself between processes."""

from __future__ import annotations

import copy

import pytest

from riskmodel.errors import RiskError
from riskmodel.service.errors import CODES, problem_of
from riskmodel.service.jobs.refusals import InsufficientStorage, JobExpired, JobNotDone, TooManyJobs

ERRORS = [
    (TooManyJobs(20), 429, "too_many_jobs"),
    (InsufficientStorage(), 507, "insufficient_storage"),
    (JobNotDone("the job is waiting and has no result yet"), 409, "job_not_done"),
    (JobExpired(), 410, "job_expired"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS)
def test_errors(error: RiskError, status: int, code: str) -> None:
    problem = problem_of(copy.copy(error))
    assert (problem.status, problem.code, problem.detail) == (status, code, str(error))
    assert code in CODES


def test_whoever_has_too_many_is_told_when_to_ask_again() -> None:
    assert int(TooManyJobs(20).headers["retry-after"]) > 0
