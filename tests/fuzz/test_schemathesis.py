"""The interface is what its document says, whoever asks: nothing fails, and no sound request is refused for its shape."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
import structlog
from fastapi import FastAPI

from conftest import NOW
from helpers.accounts import EVERYTHING, key_of, token_of
from helpers.fuzzing import Fuzzed, fuzz
from riskmodel.service.access import Role
from riskmodel.service.app import create_app
from riskmodel.settings import Settings

pytestmark = pytest.mark.slow

FULL = os.environ.get("RISKMODEL_FUZZ") == "full"
CASES = 1_000 if FULL else 58
OFTEN_COVERED = {
    "POST /v1/scores": 4,
    "GET /v1/audit": 15,
    "GET /v1/scores": 22,
    "POST /v1/models/{version}/promotion": 24,
    "GET /v1/queue": 34,
    "POST /v1/households/{household_id}/unmasking": 36,
}
"""What the coverage phase, which tries each limit of each value, asks often anyway -> how much is generated beside it."""
WHO: Mapping[str, Mapping[str, str]] = {
    "anonymous": {},
    EVERYTHING: {"key": key_of(EVERYTHING)},
    **{role.value: {"token": token_of(role.value)} for role in Role},
}
MOST_CASES_SHARED, WITHOUT_INPUT = 500, 60
"""Cases of an operation over everybody together; those that read nothing can't be asked in so many ways."""
NEVER_MET = {
    "POST /v1/models/{version}/promotion",
    "GET /v1/areas/{code}",
    "POST /v1/webhooks",
    "GET /v1/webhooks/{webhook}",
    "DELETE /v1/webhooks/{webhook}",
    "GET /v1/webhooks/{webhook}/deliveries",
    "POST /v1/webhooks/{webhook}/replay",
    "POST /v1/events",
    "POST /v1/jobs",
    "GET /v1/jobs/{job}",
    "DELETE /v1/jobs/{job}",
    "GET /v1/jobs/{job}/result",
}
"""Operations whose success needs more than a sound request: a verdict on a version, the code of an area that exists, a host
that has an address, a webhook or a job that exists, a kind of event that the key may send, a file that is a table."""
NO_INPUT = {"GET /healthz", "GET /readyz", "GET /v1/webhooks"}


@pytest.fixture(scope="module")
def asked() -> Iterator[dict[str, Fuzzed]]:
    """Return what is asked by whom, to be looked at when everybody has asked."""
    yield {}


@pytest.mark.parametrize("who", WHO)
def test_everybody(fuzzed_settings: Settings, asked: dict[str, Fuzzed], who: str) -> None:
    # an application each: schemathesis ends what it has asked
    app = create_app(fuzzed_settings, now=lambda: NOW)
    with structlog.testing.capture_logs():
        found = fuzz(app, CASES, list(WHO).index(who), fewer={} if FULL else OFTEN_COVERED, **WHO[who])
    asked[who] = found
    assert found.failures == {}, "\n\n".join(f"{name}\n{told}" for name, told in found.failures.items())
    assert not {(label, status) for label, status in found.statuses if status >= 500 or status == 0}


def test_every_operation_was_asked_often_enough_and_did_answer(fuzzed_app: FastAPI, asked: dict[str, Fuzzed]) -> None:
    if set(asked) != set(WHO):
        pytest.skip("not everybody asked")
    cases = sum((found.cases for found in asked.values()), Counter[str]())
    statuses = sum((found.statuses for found in asked.values()), Counter[tuple[str, int]]())
    operations = {
        f"{method.upper()} {path}" for path, known in fuzzed_app.openapi()["paths"].items() for method in known
    }
    assert set(cases) == operations
    few = {one for one in operations if cases[one] < (WITHOUT_INPUT if one in NO_INPUT else MOST_CASES_SHARED)}
    assert few == set(), {one: cases[one] for one in few}
    answered = {label for label, status in statuses if status < 300}
    assert operations - answered <= NEVER_MET
