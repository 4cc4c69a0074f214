"""The pages of areas, of the model and of help in a real browser: accessible, and readable on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from helpers.browsing import LANGUAGES, WIDTHS, check

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("width", WIDTHS)
def test_an_area_and_those_below_it(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for language in LANGUAGES:
        page.goto(f"{address}/review/area?lang={language}")
        check(page, "area", width, language)
    page.locator("table.below th a").first.click()
    page.wait_for_url("**/review/area?area=*")
    check(page, "area-below", width, "zh")
    page.locator(".trail a, table.below td a").first.click()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_model(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for language in LANGUAGES:
        page.goto(f"{address}/review/model?lang={language}")
        for details in page.locator("details").all():
            details.locator("summary").click()
        check(page, "model", width, language)
    page.goto(f"{address}/review/model/card?lang=en")
    check(page, "model-card", width, "en")


@pytest.mark.parametrize("width", WIDTHS)
def test_help(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for language in LANGUAGES:
        page.goto(f"{address}/review/help?lang={language}")
        check(page, "help", width, language)
