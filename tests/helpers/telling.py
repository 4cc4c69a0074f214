"""Alerts and webhooks, put into a store by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select

from conftest import NOW
from riskmodel.service.access import Scope
from riskmodel.service.store.accounts import Client, add_client
from riskmodel.service.store.alert_rows import LAST_ALERT
from riskmodel.service.store.engine import Store
from riskmodel.service.store.facts import write_fact
from riskmodel.service.store.tables import alerts, deliveries
from riskmodel.service.store.webhook_rows import Webhook, add_webhook
from riskmodel.service.tokens import hash_of_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OWNER = "client:monitor"
URL = "https://monitor.example/hook?token=13812345678"


def raise_alert(store: Store, connection: Connection, household: int, repeats: int | None = None) -> int:
    """Raise an alert about a household, and return its number."""
    number = int(connection.execute(select(func.coalesce(func.max(alerts.c.alert), 0))).scalar_one()) + 1
    row = {"origin": "model", "origins": ["model"], "group": "health", "rules": [], "events": [], "moved": []}
    day = {"raised_at": NOW, "as_of": NOW.date()}
    connection.execute(insert(alerts).values(alert=number, household=household, repeats=repeats, **row, **day))
    write_fact(store, connection, LAST_ALERT, str(number))
    return number


def raise_alerts(store: Store, households: Sequence[int]) -> list[int]:
    """Raise an alert about each household, all in one transaction."""
    with store.writing() as connection:
        return [raise_alert(store, connection, household) for household in households]


def add_owner(store: Store, name: str = "monitor", area_code: str = "", expires_at: dt.datetime | None = None) -> None:
    """Add a program that may have webhooks."""
    with store.writing() as connection:
        add_client(
            connection, Client(name, hash_of_secret(f"key of {name}"), (Scope.WEBHOOKS,), area_code, NOW, expires_at)
        )


def hook(store: Store, area_code: str = "", owner: str = OWNER, url: str = URL) -> Webhook:
    """Add a webhook, which is told of alerts from now on."""
    with store.writing() as connection:
        return add_webhook(connection, owner=owner, url=url, secret=SECRET, area_code=area_code, at=NOW)


def delivered(store: Store, webhook: int) -> list[tuple[int, str, int]]:
    """Return alert, state and attempts of a webhook's deliveries, by alert."""
    columns = (deliveries.c.alert, deliveries.c.state, deliveries.c.attempts)
    with store.reading() as connection:
        rows = connection.execute(select(*columns).where(deliveries.c.webhook == webhook).order_by(deliveries.c.alert))
        return [tuple(row) for row in rows]
