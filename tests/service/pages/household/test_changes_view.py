"""What is different: only what a reader can see, and only where it is felt."""

from __future__ import annotations

import datetime as dt

import pytest
from fastapi import FastAPI

from riskmodel.explain.reasons import Driver, Words
from riskmodel.language import language
from riskmodel.service.changes import Change, Moved
from riskmodel.service.pages.household.changes_view import change_view


def moved(feature: str, before: float, after: float, log_odds: float) -> Moved:
    return Moved(Driver(feature, "g", 0.0, value=before), Driver(feature, "g", log_odds, value=after))


@pytest.mark.parametrize(
    ("one", "listed"),
    [
        (moved("persons", 3, 5, 0.4), True),
        (moved("persons", 3, 5, -0.4), True),
        (moved("persons", 3, 3, 0.4), False),
        (moved("persons", 3, 5, 0.04), False),
    ],
    ids=["raises", "lowers", "reads the same", "hardly felt"],
)
def test_what_is_listed(app: FastAPI, one: Moved, listed: bool) -> None:
    words = Words(app.state.riskmodel.versions.champion().scorer.programme, language("en"))
    view = change_view(Change(dt.date(2020, 1, 1), "v", 0.1, "high", True, 0.4, 0.0, (one,)), words)
    assert view is not None and bool(view.moved) is listed
