"""A browser, and tinyland served to it."""

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
from playwright.sync_api import Browser, Page, sync_playwright

from conftest import AS_OF, NOW, Tiny
from helpers.accounts import token_of
from helpers.accounts import user as user_account
from helpers.browsing import OTHER_REVIEWER, REVIEWER, SUPERVISOR, watched
from helpers.stores import closing_store
from helpers.tiny_store import fill
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Role
from riskmodel.service.app import create_app
from riskmodel.service.store.accounts import add_user
from riskmodel.service.store.sessions import add_session
from riskmodel.service.tokens import hash_of_secret
from riskmodel.settings import Settings

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
ROLES = {REVIEWER: Role.REVIEWER, OTHER_REVIEWER: Role.REVIEWER, SUPERVISOR: Role.SUPERVISOR}


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
    """Serve tinyland on a free port of the loopback address, with a session of each user."""
    folder = tmp_path_factory.mktemp("store")
    url = f"sqlite:///{folder / 'store.db'}"
    with closing_store(url) as store:
        fill(store, tiny, scorer, folder, AS_OF, NOW)
        with store.writing() as connection:
            for name, role in ROLES.items():
                add_user(connection, user_account(name, role))
                add_session(connection, hash_of_secret(token_of(name)), name, NOW)
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


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Return a page that notes every request to another host and every complaint of the browser."""
    with watched(browser, address) as page:
        yield page
