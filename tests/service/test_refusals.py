"""A refusal says in one shape why, and what to do."""

from __future__ import annotations

import pickle

import pytest

from riskmodel.errors import RiskError
from riskmodel.service.errors import CODES, Overloaded, headers_of
from riskmodel.service.refusals import CrossSite, Forbidden, NoCredentials, TooManyRequests, Unauthenticated


@pytest.mark.parametrize(
    ("error", "status", "code", "headers"),
    [
        (Unauthenticated(), 401, "unauthenticated", {"www-authenticate": "Bearer"}),
        (Forbidden(), 403, "forbidden", {}),
        (CrossSite(), 403, "cross_site", {}),
        (TooManyRequests(2.1), 429, "too_many_requests", {"retry-after": "3"}),
        (TooManyRequests(-1), 429, "too_many_requests", {"retry-after": "1"}),
        (NoCredentials(), 503, "no_credentials", {"retry-after": "1"}),
        (Overloaded("x"), 503, "overloaded", {"retry-after": "1"}),
    ],
)
def test_statuses_codes_and_headers(error: RiskError, status: int, code: str, headers: dict[str, str]) -> None:
    assert (error.status, error.code, dict(headers_of(error))) == (status, code, headers)
    assert code in CODES


def test_without_accounts_it_says_what_to_run() -> None:
    assert "riskmodel user add NAME --role reviewer --area CODE" in str(NoCredentials())
    assert "riskmodel client add NAME --scope" in str(NoCredentials())


def test_how_long_to_wait_survives_a_journey_between_processes() -> None:
    assert pickle.loads(pickle.dumps(TooManyRequests(7))).headers == {"retry-after": "7"}
