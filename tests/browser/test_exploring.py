"""Exploring one household in a real browser: similar ones, another one beside it, other figures."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from helpers.browsing import LANGUAGES, WIDTHS, check, signed_in

pytestmark = [pytest.mark.browser]


def first_two(page: Page, address: str) -> list[str]:
    """Return the numbers of the first two households of the visit list."""
    page.goto(f"{address}/review?lang=en")
    links = page.locator('table.queue th a[href^="/review/households/"]').all()[:2]
    return [str(link.get_attribute("href")).rpartition("/")[2] for link in links]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page(page: Page, address: str, width: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    one, other = first_two(page, address)
    here = f"{address}/review/households/{one}"
    page.goto(f"{here}/similar?lang={language}")
    page.locator("main details summary").click()
    check(page, "similar", width, language)
    page.goto(f"{here}/compare?with={other}&lang={language}")
    assert page.locator("table.pairs").count() == 2
    check(page, "compare", width, language)
    page.goto(f"{here}/what-if?income_to_line=2&persons=1&lang={language}")
    check(page, "what-if", width, language)


def test_faults_lead_to_their_fields_without_javascript(browser: Browser, address: str) -> None:
    context = signed_in(browser, address, java_script_enabled=False)
    page = context.new_page()
    one, other = first_two(page, address)
    page.goto(f"{address}/review/households/{one}/what-if")
    page.fill("#try-persons", "many")
    page.locator("form.try button").click()
    page.locator(".faults a").click()
    assert page.url.endswith("#try-persons")
    assert page.get_attribute("#try-persons", "aria-invalid") == "true"
    page.fill("#try-persons", "2")
    page.locator("form.try button").click()
    assert page.locator(".outcome .sentence").is_visible()
    page.goto(f"{address}/review/households/{one}/compare")
    page.fill("#with", other)
    page.locator("form.other button").click()
    assert page.locator("table.pairs").first.is_visible()
    context.close()
