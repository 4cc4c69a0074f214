"""The sheet that is taken along on a visit: two A4 pages, for the household with most to tell."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Page

from helpers.browsing import LANGUAGES
from riskmodel.service.pages.household import routes
from riskmodel.service.pages.household.changes_view import ChangeView
from riskmodel.service.pages.household.plan_view import OfferLine
from riskmodel.service.pages.household.view import MOST_PRINTED, DriverBlock, HouseholdView, household_view

pytestmark = [pytest.mark.browser]
LONG = {
    "en": "Households of the village that fell or returned, 36 months",
    "zh": "近五年人均收入参考值与监测线之比的平均水平",
}
"""About as long as the longest labels of the programmes that are shipped."""


def worst(*arguments: Any) -> HouseholdView:
    """Return a household of whom everything is to be told: long names, every kind of gap, a full package of help."""
    view, label = household_view(*arguments), LONG[arguments[3].code]
    row = replace(next(row for block in (*view.up, *view.down) for row in block.rows), label=label, value="1,234,567")
    blocks = tuple(
        DriverBlock(f"{label} {place}", tuple(replace(row, printed=place < MOST_PRINTED // 2) for _ in range(2)))
        for place in range(15)
    )
    plan = replace(view.plan, offers=(OfferLine(label, label[:12], f"{label}, 34%", (label,)),) * 4)
    gaps = (label,) * 30
    change = ChangeView(f"{label}. {label}.", f"{label}. {label}.", ())
    told = replace(view, others=(label, label), without_transfers=label, plan=plan)
    told = replace(told, background=replace(view.background, change=change))
    return replace(told, up=blocks, missing=gaps, stale=gaps[:5], unlike=gaps, unknown=gaps[:8])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_worst_household_is_taken_along_on_two_pages(
    page: Page, address: str, tiny_snapshot: pd.DataFrame, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "household_view", worst)
    page.goto(f"{address}/review/households/{tiny_snapshot['household_id'].iloc[0]}?lang={language}")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) <= 2
    page.emulate_media(media="print")
    rows = page.locator("[data-log-odds]:visible")
    assert rows.count() == MOST_PRINTED
    assert rows.locator(".on-paper:visible").count() == MOST_PRINTED, "whom to ask where a value is wrong"
    assert page.locator(".checks:visible, .notes .lines:visible, .sign:visible").count() == 3
    assert page.locator("li.on-paper:visible").count() == 4, "what is left out says so"
