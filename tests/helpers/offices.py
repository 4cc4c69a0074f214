"""A service over a few households, and people and programs who ask it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from conftest import NOW
from helpers.acts import acts_of
from helpers.population import settle
from helpers.stores import closing_store
from riskmodel.service.access import Origin, Role, Scope
from riskmodel.service.app import create_app
from riskmodel.service.store.accounts import Client, User, add_client, add_user
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.sessions import add_session
from riskmodel.service.tokens import hash_of_secret
from riskmodel.settings import Settings

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Office:
    """A running service.

    Attributes
    ----------
    web : TestClient
        What answers.
    store : Store
        Its store, opened once more.
    numbers : tuple of int
        Numbers of the households ``h0``, ``h1`` and on.
    """

    web: TestClient
    store: Store
    numbers: tuple[int, ...]

    def user(self, name: str, role: Role, area: str = "") -> Headers:
        """Add a person, and return what the person's browser sends with each request."""
        with self.store.writing() as connection:
            add_user(connection, User(name, "no password", role, area, NOW, None))
            add_session(connection, hash_of_secret(f"token of {name}"), name, NOW)
        return {"cookie": f"session=token of {name}", "sec-fetch-site": "same-origin"}

    def client(self, name: str, *scopes: Scope, area: str = "") -> Headers:
        """Add a program, and return what it sends with each request."""
        with self.store.writing() as connection:
            add_client(connection, Client(name, hash_of_secret(f"key of {name}"), scopes, area, NOW))
        return {"authorization": f"Bearer key of {name}"}

    def department(
        self, name: str, *kinds: str, origin: Origin = Origin.DEPARTMENT_SCREENING, area: str = ""
    ) -> Headers:
        """Add a program that may send some kinds of events, and return what it sends with each request."""
        key = hash_of_secret(f"key of {name}")
        account = Client(name, key, (Scope.EVENTS,), area, NOW, event_kinds=kinds, origin=origin)
        with self.store.writing() as connection:
            add_client(connection, account)
        return {"authorization": f"Bearer key of {name}"}

    def acts(self, *actions: str) -> list[dict[str, Any]]:
        """Return what the audit holds of some actions; of all without any."""
        # nobody waits for the note of a refusal: what is handed over later is written later
        self.web.app.state.riskmodel.audit.submit([]).result()  # type: ignore[attr-defined]
        return [act for act in acts_of(self.store) if not actions or act["action"] in actions]


@contextmanager
def office(models: Path, url: str, homes: Sequence[str] = ("c1a", "c1b", "c2")) -> Iterator[Office]:
    """Run a service over tinyland's models, with one household in each area named."""
    with closing_store(url) as store:
        migrate(store)
        numbers = tuple(settle(store, homes))
        settings = Settings(models=models, programme="tinyland", store=url, cookie_secure=False)
        with TestClient(create_app(settings, now=lambda: NOW), raise_server_exceptions=False) as web:
            yield Office(web, store, numbers)


def told_apart(body: bytes) -> dict[str, Any]:
    """Return a problem without what differs from request to request."""
    found: dict[str, Any] = json.loads(body)
    del found["instance"]
    return found
