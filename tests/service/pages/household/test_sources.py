"""Of when a figure is: of its period, of the last event of its kind, or of the score where it is about a whole area."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from riskmodel.language import language
from riskmodel.panel.panel import Panel
from riskmodel.programme.dictionary import EVENTS, Feature, How
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.service.pages.household.sources import sources_of
from riskmodel.settings import CHECKOUT

AS_OF = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def county() -> Programme:
    return load_programme(CHECKOUT / "configs" / "china-county.yaml")


def panel_of(kind: str) -> Panel:
    empty = pd.DataFrame()
    days = {
        "occurred_on": ["2023-05-02", "2025-03-04", "2025-12-20"],
        "recorded_on": ["2023-06-01", "2025-03-09", "2026-01-01"],
    }
    events = pd.DataFrame({"kind": [kind] * 3, **{name: pd.to_datetime(one) for name, one in days.items()}})
    observed = pd.to_datetime(["2024-12-31", "2025-12-31"])
    rows = pd.DataFrame({"period_end": observed, "recorded_on": pd.to_datetime(["2025-02-01", "2026-02-01"])})
    return Panel(empty, {"observations": rows}, events, empty, empty)


def of_events(county: Programme, *, area: bool) -> Feature:
    return next(
        one for one in county.features if one.origin.startswith(f"{EVENTS}.") and (one.how is How.AREA_RATE) is area
    )


def test_an_event_is_dated_by_the_last_one_that_was_known(county: Programme) -> None:
    feature = of_events(county, area=False)
    found = sources_of(county, panel_of(feature.origin.partition(".")[2]), AS_OF)
    assert found.text(feature.name, language("en")).endswith("Mar 4, 2025")


def test_a_rate_of_an_area_is_of_the_day_of_the_score(county: Programme) -> None:
    feature = of_events(county, area=True)
    assert sources_of(county, panel_of("x"), AS_OF).text(feature.name, language("en")).endswith("Jan 1, 2026")


def test_what_was_recorded_later_is_not_seen(county: Programme) -> None:
    feature = next(one for one in county.features if one.origin.startswith("observations.") and one.how is How.VALUE)
    assert sources_of(county, panel_of("x"), AS_OF).text(feature.name, language("en")).endswith("Dec 31, 2024")
