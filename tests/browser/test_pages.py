"""The pages in a real browser: accessible, self-contained, and readable on a phone. Screenshots are kept."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from conftest import AS_OF, NOW, Tiny
from helpers.accounts import token_of
from helpers.accounts import user as user_account
from helpers.stores import closing_store
from helpers.tiny_store import fill
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.app import create_app
from riskmodel.service.browser import cookie_name
from riskmodel.service.store.accounts import add_user
from riskmodel.service.store.sessions import add_session
from riskmodel.service.tokens import hash_of_secret
from riskmodel.settings import Settings

pytestmark = [pytest.mark.browser]

CHROMIUM = shutil.which("chromium")
INSTALL = "no chromium: pages are not tested in a browser; type  sudo apt-get install -y chromium fonts-noto-cjk"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDTHS = (360, 1280)
LANGUAGES = ("en", "zh")
SCREENSHOTS = Path(os.environ.get("RISKMODEL_ARTEFACTS", ".riskmodel/screenshots"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail(INSTALL)
        warnings.warn(INSTALL, pytest.PytestWarning, stacklevel=1)
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(models_dir: Path, tiny: Tiny, scorer: Scorer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve tinyland on a free port of the loopback address."""
    folder = tmp_path_factory.mktemp("store")
    url = f"sqlite:///{folder / 'store.db'}"
    with closing_store(url) as store:
        fill(store, tiny, scorer, folder, AS_OF, NOW)
        with store.writing() as connection:
            add_user(connection, user_account("li.na"))
            add_session(connection, hash_of_secret(token_of("li.na")), "li.na", NOW)
    settings = Settings(models=models_dir, programme="tinyland", store=url, cookie_secure=False)
    app = create_app(settings, now=lambda: NOW)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


def signed_in(browser: Browser, address: str, **options: bool) -> BrowserContext:
    """Return a browser's profile in which somebody is signed in."""
    context = browser.new_context(**options)
    context.add_cookies([{"name": cookie_name(False), "value": token_of("li.na"), "url": address}])
    return context


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Return a page that notes every request to another host and every complaint of the browser."""
    context = signed_in(browser, address)
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
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('table.queue') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/households/*")


def test_without_javascript(browser: Browser, address: str) -> None:
    context = signed_in(browser, address, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/review?lang=en")
    page.locator("table.queue th a").first.click()
    page.locator("details summary").first.click()
    assert page.locator("details[open] table").first.is_visible()
    page.get_by_role("link", name="中文").click()
    assert page.get_attribute("html", "lang") == "zh-Hans"
    context.close()


def test_printed(page: Page, address: str) -> None:
    page.goto(f"{address}/review?lang=en")
    page.locator("table.queue th a").first.click()
    page.emulate_media(media="print")
    assert not page.locator("nav.languages").is_visible()
    assert page.locator(".sentence").is_visible()
