"""The pages in a real browser: accessible, self-contained, and readable on a phone. Screenshots are kept."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page

from helpers.browsing import LANGUAGES, WIDTHS, check, signed_in

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_queue_and_household(page: Page, address: str, width: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/review?lang={language}")
    check(page, "queue", width, language)
    page.locator("table.queue th a").first.click()
    page.wait_for_url("**/review/households/*")
    assert page.get_attribute("html", "lang") == {"en": "en", "zh": "zh-Hans"}[language], (
        "the cookie keeps the language"
    )
    check(page, "household", width, language)
    for details in page.locator("details").all():
        details.locator("summary").click()
    check(page, "household-open", width, language)
    rows = page.eval_on_selector_all("[data-log-odds]", "rows => rows.map(row => Number(row.dataset.logOdds))")
    score = float(page.get_attribute("[data-score-log-odds]", "data-score-log-odds") or "nan")
    assert abs(sum(rows) - score) < 1e-9


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_pages(page: Page, address: str, language: str) -> None:
    page.set_viewport_size({"width": 360, "height": 900})
    pages = (("empty", "/review?area=atlantis"), ("docs", "/docs?"), ("sign-in", "/review/sign-in?"))
    for name, path in pages:
        page.goto(f"{address}{path}&lang={language}")
        check(page, name, 360, language)


def test_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/review?lang=en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus is visible"
    # past the search and the filter
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('table.queue th a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/households/*")


def test_without_javascript(browser: Browser, address: str) -> None:
    context = signed_in(browser, address, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/review?lang=en")
    page.locator("table.queue th a").first.click()
    page.locator(".rest details summary").first.click()
    assert page.locator(".rest details[open] table").first.is_visible()
    page.get_by_role("link", name="中文").click()
    assert page.get_attribute("html", "lang") == "zh-Hans"
    context.close()


def test_printed(page: Page, address: str) -> None:
    page.goto(f"{address}/review?lang=en")
    page.locator("table.queue th a").first.click()
    page.emulate_media(media="print")
    assert not page.locator("nav.languages").is_visible()
    assert page.locator(".sentence").is_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_household_is_taken_along_on_two_pages(page: Page, address: str, language: str) -> None:
    page.goto(f"{address}/review?lang={language}")
    page.locator("table.queue th a").first.click()
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) <= 2
    page.emulate_media(media="print")
    assert page.locator(".notes .lines").is_visible()


def test_keys_move_through_the_list(page: Page, address: str) -> None:
    page.goto(f"{address}/review?lang=en")
    links = page.locator("table.queue th.who > a:first-child")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY", "single letters act within the list alone"
    links.first.focus()
    for key, place in (("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent") == links.nth(place).text_content()
    page.keyboard.press("x")
    assert page.locator("table.queue input[type=checkbox]").nth(1).is_checked()
    page.keyboard.press("/")
    page.keyboard.type("jk")
    assert page.input_value("#q") == "jk", "in a field keys are letters"
