"""Of when a figure is: of its record, of the last event of its kind, or up to when everything was counted."""

from __future__ import annotations

import datetime as dt
import re

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


def event_feature(county: Programme, *hows: How) -> Feature:
    return next(one for one in county.features if one.origin.startswith(f"{EVENTS}.") and one.how in hows)


@pytest.mark.parametrize("how", [How.COUNT, How.SUM])
def test_what_is_counted_up_to_the_score_is_of_the_day_before_it(county: Programme, how: How) -> None:
    """No stay in hospital within 12 months, dated 2019 because that was the last one ever, reads as a wrong record."""
    feature = event_feature(county, how)
    found = sources_of(county, panel_of(feature.origin.partition(".")[2]), AS_OF)
    assert found.text(feature.name, language("en")).endswith(", until Dec 31, 2025")
    assert found.text(feature.name, language("zh")).endswith("，截至2025年12月31日")


def test_months_since_tell_the_last_time_or_that_there_was_none(county: Programme) -> None:
    feature = event_feature(county, How.MONTHS_SINCE)
    known = sources_of(county, panel_of(feature.origin.partition(".")[2]), AS_OF)
    never = sources_of(county, panel_of("x"), AS_OF)
    assert known.text(feature.name, language("en")).endswith(", last on Mar 4, 2025")
    assert known.text(feature.name, language("zh")).endswith("最近一次：2025年3月4日")
    assert never.text(feature.name, language("en")).endswith(", nothing recorded until Dec 31, 2025")
    assert never.text(feature.name, language("zh")).endswith("截至2025年12月31日无记录")


def test_a_rate_of_an_area_is_of_the_day_before_the_score(county: Programme) -> None:
    feature = event_feature(county, How.AREA_RATE)
    assert sources_of(county, panel_of("x"), AS_OF).text(feature.name, language("en")).endswith("until Dec 31, 2025")


def test_every_figure_has_a_department_and_a_date(county: Programme) -> None:
    """Also facts without a date of their own, and what is made of income beside the line."""
    found = sources_of(county, panel_of("x"), AS_OF)
    for feature in county.features:
        assert re.search(r"^[A-Z][^,]+, .*\b20\d\d", found.text(feature.name, language("en"))), feature.name
    assert found.text("margin_to_line", language("en")) == "Village committee, Dec 31, 2024"
    assert found.text("road_km", language("en")) == "Agriculture and rural affairs, until Dec 31, 2025"


def test_what_was_recorded_later_is_not_seen(county: Programme) -> None:
    feature = next(one for one in county.features if one.origin.startswith("observations.") and one.how is How.VALUE)
    assert sources_of(county, panel_of("x"), AS_OF).text(feature.name, language("en")).endswith("Dec 31, 2024")
