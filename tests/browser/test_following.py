"""The follow-up list in a real browser: what was promised comes onto it; accessible, and whole without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from helpers.browsing import LANGUAGES, WIDTHS, check, signed_in

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_visit_that_is_promised_is_followed_up(page: Page, address: str, width: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/review?lang={language}")
    household = page.locator("table.queue th.who > a").first.text_content()
    page.goto(f"{address}/review/households/{household}/decide")
    page.check("#outcome-needs_visit")
    page.fill("#decide-reason", "the roof came down")
    page.fill("#decide-next_on", page.get_attribute("#decide-next_on", "min") or "")
    page.click("form.decide button")
    page.wait_for_url("**/case?kept=decision")
    page.click('.places a[href="/review/follow-up"]')
    check(page, "follow-up", width, language)
    page.goto(f"{address}/review/follow-up?kind=answer&due=overdue")
    check(page, "follow-up-empty", width, language)
    page.go_back()
    page.locator(f"table.follow a:text-is('{household}')").first.click()
    page.wait_for_url(f"**/review/households/{household}/case")


def test_without_javascript_it_is_filtered_and_cleared(browser: Browser, address: str) -> None:
    context = signed_in(browser, address, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/review/follow-up?lang=en")
    page.click('.kinds a[href*="kind=answer"]')
    page.select_option("#f-due", "overdue")
    page.click(".filter button")
    assert "kind=answer" in page.url and "due=overdue" in page.url
    assert page.locator("p.empty").is_visible()
    page.click("p.empty a")
    assert page.url.endswith("/review/follow-up?kind=answer")
    context.close()
