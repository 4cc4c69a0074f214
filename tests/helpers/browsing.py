"""What tests of pages in a real browser share: who is signed in, what is checked of every page, and its screenshot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request

from helpers.accounts import token_of
from riskmodel.service.browser import cookie_name

WIDTHS = (360, 1280)
LANGUAGES = ("en", "zh")
SCREENSHOTS = Path(os.environ.get("RISKMODEL_ARTEFACTS", ".riskmodel/screenshots"))
REVIEWER, OTHER_REVIEWER, SUPERVISOR = "li.na", "zhao.min", "wang.fang"
"""Users of the browser tests' store."""


def signed_in(browser: Browser, address: str, name: str = REVIEWER, **options: bool) -> BrowserContext:
    """Return a browser's profile in which somebody is signed in."""
    context = browser.new_context(**options)
    context.add_cookies([{"name": cookie_name(False), "value": token_of(name), "url": address}])
    return context


@contextmanager
def watched(browser: Browser, address: str, name: str = REVIEWER) -> Iterator[Page]:
    """Give a page that fails the test for every request to another host and every complaint of the browser."""
    context = signed_in(browser, address, name)
    page = context.new_page()
    foreign: list[str] = []
    complaints: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(address):
            foreign.append(request.url)

    page.on("request", note)
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    yield page
    context.close()
    assert foreign == []
    assert complaints == []


def serious(page: Page) -> list[str]:
    """Return axe's serious and critical findings."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def check(page: Page, name: str, width: int, language: str) -> None:
    """Check a page that is open, and keep a screenshot."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{language}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    assert serious(page) == []
