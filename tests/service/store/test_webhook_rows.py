"""A webhook is known to its owner alone, begins at the present and has few brothers, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from conftest import NOW
from helpers.population import settle
from helpers.telling import OWNER, SECRET, URL, add_owner, delivered, hook, raise_alerts
from riskmodel.errors import NotFound
from riskmodel.service.errors import Conflict
from riskmodel.service.store.delivery_rows import disable, fan_out
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import deliveries, webhooks
from riskmodel.service.store.webhook_rows import (
    MOST_WEBHOOKS,
    DeliveryState,
    delete_webhook,
    deliveries_of,
    replay,
    webhook_of,
    webhooks_of,
)


def told(store: Store, count: int) -> int:
    """Return a webhook with deliveries of the alerts from 1 on."""
    [household] = settle(store, ["c1a"])
    add_owner(store)
    webhook = hook(store).webhook
    raise_alerts(store, [household] * count)
    with store.writing() as connection:
        assert fan_out(store, connection, webhook, NOW) == count
    return webhook


def put(store: Store, alert: int, **values: object) -> None:
    with store.writing() as connection:
        connection.execute(update(deliveries).where(deliveries.c.alert == alert).values(**values))


def test_a_new_one_begins_at_the_present_last_alert(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    assert hook(store).last_alert == 0
    raise_alerts(store, [household] * 3)
    made = hook(store, "c1")
    assert (made.last_alert, made.area_code, made.created_at, made.disabled_at) == (3, "c1", NOW, None)
    with store.reading() as connection:
        assert webhook_of(connection, OWNER, made.webhook) == made


def test_neither_address_nor_secret_is_in_its_words(store: Store) -> None:
    assert SECRET not in repr(hook(store)) and URL not in repr(hook(store))


def test_only_its_owner_finds_it(store: Store) -> None:
    mine, other = hook(store), hook(store, owner="client:other")
    with store.writing() as connection:
        assert webhooks_of(connection, OWNER) == [mine]
        for number in (other.webhook, 2**62):
            with pytest.raises(NotFound, match="no such webhook"):
                webhook_of(connection, OWNER, number)
            with pytest.raises(NotFound, match="no such webhook"):
                delete_webhook(connection, OWNER, number)
            with pytest.raises(NotFound, match="no such webhook"):
                replay(connection, OWNER, number, None, NOW)
        assert webhooks_of(connection, "client:other") == [other]


def test_with_a_webhook_its_deliveries_go(store: Store) -> None:
    webhook = told(store, 2)
    with store.writing() as connection:
        delete_webhook(connection, OWNER, webhook)
    with store.reading() as connection:
        assert connection.execute(select(deliveries.c.delivery)).all() == []


def test_of_many_at_once_no_more_are_made_than_one_may_have(store: Store) -> None:
    add_owner(store)
    for _ in range(MOST_WEBHOOKS - 2):
        hook(store)

    def one(_: int) -> bool:
        try:
            hook(store)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(6))) == [False] * 4 + [True] * 2
    with store.reading() as connection:
        assert len(webhooks_of(connection, OWNER)) == MOST_WEBHOOKS
    assert hook(store, owner="client:other").owner == "client:other"


def test_deliveries_come_in_order_by_state_and_from_a_number_on(store: Store) -> None:
    webhook = told(store, 5)
    put(store, 2, state=DeliveryState.DEAD.value)
    put(store, 4, state=DeliveryState.DEAD.value)
    with store.reading() as connection:
        every = deliveries_of(connection, webhook, None, 0, 100)
        assert [row.alert for row in every] == [1, 2, 3, 4, 5]
        assert [row.alert for row in deliveries_of(connection, webhook, None, every[1].delivery, 2)] == [3, 4]
        assert [row.alert for row in deliveries_of(connection, webhook, DeliveryState.DEAD, 0, 100)] == [2, 4]
        assert deliveries_of(connection, webhook + 1, None, 0, 100) == []


class TestReplay:
    def test_of_what_is_dead(self, store: Store) -> None:
        webhook = told(store, 3)
        put(store, 1, state=DeliveryState.DEAD.value, attempts=9)
        put(store, 2, state=DeliveryState.DELIVERED.value, attempts=1)
        with store.reading() as connection:
            before = {row.alert: row.message for row in deliveries_of(connection, webhook, None, 0, 100)}
        with store.writing() as connection:
            assert replay(connection, OWNER, webhook, None, NOW) == 1
        assert delivered(store, webhook) == [(1, "due", 0), (2, "delivered", 1), (3, "due", 0)]
        with store.reading() as connection:
            after = {row.alert: row.message for row in deliveries_of(connection, webhook, None, 0, 100)}
        assert after == before and len(set(after.values())) == 3

    def test_of_everything_after_an_alert(self, store: Store) -> None:
        webhook = told(store, 4)
        for alert, state in enumerate(("delivered", "dead", "delivered", "due"), start=1):
            put(store, alert, state=state, attempts=2, delivered_at=NOW if state == "delivered" else None)
        with store.writing() as connection:
            assert replay(connection, OWNER, webhook, 1, NOW) == 3
            # else what was taken a month ago would be let go before it is sent again
            sent = select(deliveries.c.delivered_at).where(deliveries.c.alert > 1)
            assert set(connection.execute(sent).scalars()) == {None}
        assert delivered(store, webhook) == [(1, "delivered", 2), (2, "due", 0), (3, "due", 0), (4, "due", 0)]

    def test_a_disabled_webhook_goes_on(self, store: Store) -> None:
        webhook = told(store, 1)
        with store.writing() as connection:
            assert disable(connection, webhook, "gone", NOW)
            assert not disable(connection, webhook, "gone", NOW)
        with store.writing() as connection:
            found = webhook_of(connection, OWNER, webhook)
            assert (found.disabled_at, found.disabled_because) == (NOW, "gone")
            assert replay(connection, OWNER, webhook, None, NOW) == 0
            found = webhook_of(connection, OWNER, webhook)
            assert (found.disabled_at, found.disabled_because) == (None, None)


def test_secrets_are_kept_as_they_are_for_they_sign(store: Store) -> None:
    hook(store)
    with store.reading() as connection:
        assert connection.execute(select(webhooks.c.secret)).scalar_one() == SECRET
