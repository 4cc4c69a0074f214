"""Runs schemathesis over the whole interface as somebody, and tells what it asked and what failed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from fastapi import FastAPI
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from conftest import TODAY
from helpers.accounts import SAME_ORIGIN

NOTHING: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What was asked: cases by operation, answers by operation and status, and the failures, each once."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)


REFUSED_FOR_MORE = (
    "POST /v1/households/{household_id}/decisions",
    "POST /v1/events",
    "POST /v1/jobs",
    "POST /v1/webhooks",
    "POST /v1/webhooks/{webhook}/replay",
)
"""What no schema can say decides here: whether a household, a kind of event or a host exists, and whether a key stood for another
request. Of a batch the sound ones count."""
DEEPER = {"positive_data_acceptance": {"enabled": False}, "negative_data_rejection": {"enabled": False}}


def configuration(cases: int, fewer: Mapping[str, int], seed: int, key: str, token: str) -> SchemathesisConfig:
    """Return how to fuzz: every check, the same cases each time."""
    schemes = {**({"key": {"bearer": key}} if key else {}), **({"session": {"api_key": token}} if token else {})}
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            **({"auth": {"openapi": schemes}} if schemes else {}),
            "headers": dict(SAME_ORIGIN),
            "suppress-health-check": ["all"],
            "continue-on-failure": True,
            "generation": {"max-examples": cases, "deterministic": True, "database": "none", "no-shrink": True},
            "operations": [
                *({"include-name": name, "generation": {"max-examples": count}} for name, count in fewer.items()),
                *({"include-name": name, "checks": DEEPER} for name in REFUSED_FOR_MORE),
            ],
            "phases": {"stateful": {"enabled": False}},
        }
    )


def fuzz(
    app: FastAPI, cases: int, seed: int, *, fewer: Mapping[str, int] = NOTHING, key: str = "", token: str = ""
) -> Fuzzed:
    """Ask every operation of an application.

    Parameters
    ----------
    app : FastAPI
        The application.
    cases : int
        Generated cases an operation, beside those of the coverage phase.
    seed : int
        Chooses the cases.
    fewer : mapping of str to int
        Generated cases of some operations instead, such as those that the coverage phase asks often.
    key, token : str
        Of the client or of the session that asks; nobody asks where both are empty.
    """
    schema = schemathesis.openapi.from_dict(app.openapi(), config=configuration(cases, fewer, seed, key, token))
    schema.app = app
    schema.hook(filter_case)
    found = Fuzzed()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(found, event.recorder)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            found.failures[f"{getattr(event, 'label', '')} error"] = str(getattr(event, "info", event))
    return found


def filter_case(context: Any, case: Any) -> bool:
    """Leave out dates in the future, dates to look again that are past or far, and the same household twice.

    That those are refused can't be said in a schema.
    """
    body = case.body if isinstance(case.body, dict) else {}
    asked = body.get("households")
    rows = [one for one in asked if isinstance(one, dict)] if isinstance(asked, list) else []
    names = [(str(one.get("household_id")), str(one.get("as_of"))) for one in rows]
    dated = (case.query or {}, body, *rows)
    if _is_out_of_reach(body.get("next_on")):
        return False
    return len(set(names)) == len(names) and not any(_is_future(one.get("as_of")) for one in dated)


def _is_out_of_reach(day: Any) -> bool:
    last = TODAY + dt.timedelta(366)
    return isinstance(day, str) and not TODAY.isoformat() <= day <= last.isoformat()


def _is_future(day: Any) -> bool:
    return isinstance(day, str) and day > TODAY.isoformat()


def _note(found: Fuzzed, recorder: ScenarioRecorder) -> None:
    for number, node in recorder.cases.items():
        label = node.value.operation.label
        interaction = recorder.interactions.get(number)
        found.cases[label] += 1
        status = interaction.response.status_code if interaction and interaction.response else 0
        found.statuses[label, status] += 1
        for check in recorder.checks.get(number, ()):
            if check.failure_info is not None:
                found.failures.setdefault(
                    f"{label} {check.name}", _told(check.failure_info.failure, node.value, status)
                )


def _told(failure: Any, case: Any, status: int) -> str:
    return f"{status}: {failure.title}: {failure.message}\n{case.as_curl_command()}"[:1500]
