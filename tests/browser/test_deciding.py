"""Deciding and the case in a real browser: accessible, readable on a phone, and whole without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from helpers.browsing import LANGUAGES, OTHER_REVIEWER, SUPERVISOR, WIDTHS, check, signed_in, watched

pytestmark = [pytest.mark.browser]
LONG = "The roof over the kitchen came down in the storm; 屋顶在暴雨中坍塌，全家暂住邻居家。" * 3


def first_household(page: Page, address: str) -> str:
    page.goto(f"{address}/review?lang=en")
    there = page.locator('a[href^="/review/households/"]').first.get_attribute("href")
    assert there is not None
    return f"{address}{there}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_decide_case_and_ending(page: Page, address: str, width: int, language: str) -> None:
    house = first_household(page, address)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{house}/decide?lang={language}")
    check(page, "decide", width, language)
    page.check("#outcome-needs_visit")
    page.fill("#decide-reason", LONG)
    page.fill("#decide-next_on", page.get_attribute("#decide-next_on", "min") or "")
    page.click("form.decide button")
    page.wait_for_url("**/case?kept=decision")
    for details in page.locator("details.act").all():
        details.locator("summary").first.click()
    check(page, "case", width, language)
    page.goto(f"{house}/ending")
    check(page, "ending", width, language)


def test_a_form_says_where_it_comes_from(browser: Browser, address: str) -> None:
    """Browsers that send no `Sec-Fetch-Site` are let in by this alone."""
    context = signed_in(browser, address, OTHER_REVIEWER)
    page = context.new_page()
    page.goto(f"{first_household(page, address)}/decide?lang=en")
    page.check("#outcome-monitor")
    page.fill("#decide-reason", LONG)
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.click("form.decide button")
    assert sent.value.all_headers()["origin"] == address
    context.close()


def test_a_mistake_is_shown_beside_its_field(browser: Browser, address: str) -> None:
    # a browser complains of each answer that is a refusal, so that nobody listens to it here
    context = signed_in(browser, address, OTHER_REVIEWER)
    page = context.new_page()
    house = first_household(page, address)
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(f"{house}/decide?lang=zh")
    page.check("#outcome-needs_visit")
    page.fill("#decide-reason", LONG)
    page.click("form.decide button")
    assert page.locator("#decide-next_on-fault").is_visible()
    check(page, "decide-fault", 360, "zh")
    page.click(".faults a")
    assert page.evaluate("location.hash") == "#decide-next_on"
    context.close()


def test_without_javascript_help_goes_all_its_way(browser: Browser, address: str) -> None:
    context = signed_in(browser, address, OTHER_REVIEWER, java_script_enabled=False)
    page = context.new_page()
    house = first_household(page, address)
    page.goto(f"{house}/case?lang=en")
    page.click("#help summary")
    page.select_option("#help-measure", index=1)
    page.fill("#help-text", LONG)
    page.click("#help button")
    page.wait_for_url("**/case?kept=help")
    number = page.locator('details[id^="help-"][id$="-started"]').first.get_attribute("id")
    page.click(f"#{number} summary")
    page.click(f"#{number} button")
    page.wait_for_url("**/case?kept=help")
    assert page.locator(".state-started").first.is_visible()
    context.close()


def test_the_second_person(browser: Browser, address: str) -> None:
    with watched(browser, address, SUPERVISOR) as page:
        house = first_household(page, address)
        page.goto(f"{house}/case?lang=en")
        page.click("#appeal summary")
        page.select_option("#appeal-kind", "correction")
        page.fill("#appeal-text", LONG)
        page.click("#appeal button")
        page.wait_for_url("**/case?kept=appeal")
        check(page, "case-appeal", 1280, "en")
