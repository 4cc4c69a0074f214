"""The visit list in a real browser: by keys, by form, narrowed down, and searched."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from helpers.browsing import LANGUAGES, SUPERVISOR, check, signed_in, watched

pytestmark = [pytest.mark.browser]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent"))


def test_through_the_list_by_keys(page: Page, address: str) -> None:
    page.goto(f"{address}/review?lang=en")
    ids = page.locator("table.queue th.who > a:first-child").all_text_contents()
    page.locator(".filter button").focus()
    for key in ("j", "x", "?", "/"):
        page.keyboard.press(key)
        assert focused(page) == page.locator(".filter button").text_content(), "outside of the list, letters do nothing"
    page.locator("table.queue th.who > a:first-child").first.focus()
    page.keyboard.press("k")
    for key, expected in (("j", 1), ("k", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        page.keyboard.press(key)
        assert focused(page) == ids[expected]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "the focus is visible"
    page.keyboard.press("x")
    assert page.locator("table.queue input:checked").count() == 1
    page.keyboard.press("?")
    assert page.locator("#keys[open]").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("jjx?/")
    assert page.input_value("#q") == "jjx?/", "in a field, keys are letters"
    page.fill("#q", ids[1])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/households/{ids[1]}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_supervisor_hands_over(browser: Browser, address: str, language: str) -> None:
    with watched(browser, address, SUPERVISOR) as page:
        page.set_viewport_size({"width": 360, "height": 900})
        page.goto(f"{address}/review?lang={language}&who=nobody")
        check(page, "queue-filtered", 360, language)
        page.locator("table.queue input[type=checkbox]").first.check()
        page.select_option("#to", "li.na")
        page.click(".handing button")
        page.wait_for_url("**/review?who=nobody&handed=1")
        assert page.locator(".handed").is_visible()
        check(page, "queue-handed", 360, language)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{address}/review/search?q=0000")
        check(page, "search", 1280, language)


def test_without_javascript_it_is_filtered_and_cleared(browser: Browser, address: str) -> None:
    context = signed_in(browser, address, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/review?lang=en")
    before = page.locator(".state strong").text_content()
    page.select_option("#f-origin", "self_report")
    page.click(".filter button")
    assert "origin=self_report" in page.url
    assert page.locator("p.empty").is_visible()
    page.locator(".chips a").first.click()
    assert page.locator(".state strong").text_content() == before
    context.close()
