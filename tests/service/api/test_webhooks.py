"""Webhooks belong to one account, lead to the open network, and show their secret in the first answer and nowhere else."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from conftest import NOW
from helpers.offices import Headers, Office, office, told_apart
from helpers.telling import raise_alerts
from riskmodel.service.access import Scope
from riskmodel.service.api.webhook_schemas import (
    DeliveriesReply,
    NewWebhookShape,
    ReplayReply,
    WebhookShape,
    WebhooksReply,
)
from riskmodel.service.digests import sha256_of
from riskmodel.service.store.delivery_rows import fan_out
from riskmodel.service.store.tables import deliveries, idempotency
from riskmodel.service.store.webhook_rows import MOST_WEBHOOKS
from riskmodel.service.webhooks import addresses

PATH = "/v1/webhooks"
URL = "https://monitor.example/hook?token=13812345678"
PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.1"
LOOK_UP = addresses.look_up


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return what names mean; all others are unknown."""
    known = {"monitor.example": PUBLIC, "inside.example": PRIVATE}

    def look_up(host: str, port: int) -> list[addresses.Place]:
        if host not in known:
            raise socket.gaierror
        return [(socket.AF_INET, (known[host], port))]

    monkeypatch.setattr(addresses, "look_up", look_up)
    return known


@pytest.fixture
def place(models_dir: Path, tmp_path: Path, resolved: dict[str, str]) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        yield place


@pytest.fixture
def monitor(place: Office) -> Headers:
    return place.client("monitor", Scope.WEBHOOKS, area="c1")


@pytest.fixture
def other(place: Office) -> Headers:
    return place.client("other", Scope.WEBHOOKS)


def add(place: Office, who: Headers, **changes: Any) -> dict[str, Any]:
    answer = place.web.post(PATH, json={"url": URL, **changes}, headers=who)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def own(place: Office, who: Headers) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.web.get(PATH, headers=who).json()["webhooks"]
    return found


def told(place: Office, webhook: int, **values: Any) -> None:
    """Let a webhook have deliveries of two alerts, and change them."""
    raise_alerts(place.store, place.numbers[:2])
    with place.store.writing() as connection:
        assert fan_out(place.store, connection, webhook, NOW) == 2
        if values:
            connection.execute(update(deliveries).values(**values))


class TestAdding:
    def test_the_secret_is_shown_once(self, place: Office, monitor: Headers) -> None:
        answer = place.web.post(PATH, json={"url": URL}, headers=monitor)
        NewWebhookShape.model_validate_json(answer.content)
        found = answer.json()
        secret = found.pop("secret")
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
        made = {"webhook": 1, "url": URL, "area_code": "c1", "created_at": "2021-06-01T12:00:00+00:00"}
        assert (answer.status_code, found) == (201, made)
        listed, one = place.web.get(PATH, headers=monitor), place.web.get(f"{PATH}/1", headers=monitor)
        WebhooksReply.model_validate_json(listed.content)
        WebhookShape.model_validate_json(one.content)
        assert one.json() == {**made, "last_alert": 0, "disabled_at": None, "disabled_because": None}
        assert listed.json() == {"webhooks": [one.json()]}
        assert secret not in listed.text + one.text

    def test_under_a_key_once_with_the_same_bytes(self, place: Office, monitor: Headers) -> None:
        headers = {**monitor, "idempotency-key": "one"}
        first, again = (place.web.post(PATH, json={"url": URL}, headers=headers) for _ in range(2))
        assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
        assert "secret" in again.json() and len(own(place, monitor)) == 1
        assert len(place.acts("webhook_added")) == 1
        another = place.web.post(PATH, json={"url": f"{URL}0"}, headers=headers)
        assert (another.status_code, another.json()["code"]) == (422, "idempotency_key_reused")

    def test_no_more_than_twenty(self, place: Office, monitor: Headers, other: Headers) -> None:
        for _ in range(MOST_WEBHOOKS):
            add(place, monitor)
        answer = place.web.post(PATH, json={"url": URL}, headers=monitor)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        add(place, other)
        place.web.delete(f"{PATH}/1", headers=monitor)
        add(place, monitor)

    def test_an_area_within_the_own_one(self, place: Office, monitor: Headers) -> None:
        assert add(place, monitor, area_code="c1a")["area_code"] == "c1a"
        assert add(place, monitor, area_code="c1")["area_code"] == "c1"

    @pytest.mark.parametrize("area_code", ["c", "c10", "c2", "nowhere"])
    def test_one_outside_is_like_one_that_is_not(self, place: Office, monitor: Headers, area_code: str) -> None:
        missing = place.web.post(PATH, json={"url": URL, "area_code": "never"}, headers=monitor)
        answer = place.web.post(PATH, json={"url": URL, "area_code": area_code}, headers=monitor)
        assert answer.status_code == 404
        assert told_apart(answer.content) == told_apart(missing.content)
        assert own(place, monitor) == []

    def test_an_account_for_everything_hears_of_everything(self, place: Office, other: Headers) -> None:
        assert add(place, other)["area_code"] == ""


class TestAddresses:
    @pytest.mark.parametrize(
        ("url", "rule"),
        [
            ("http://monitor.example/", "scheme"),
            ("ftp://monitor.example/", "scheme"),
            ("https://me:13812345678@monitor.example/", "credentials"),
            ("https://2130706433/", "host"),
            ("https://0177.0.0.1/", "host"),
            ("https://0x7f.1/", "host"),
            ("https://localhost./", "host"),
            ("https://monitor.example/#part", "url"),
            ("https://monitor.example:65536/", "url"),
            ("https://inside.example/", "private_address"),
        ],
    )
    def test_hostile_ones_are_refused_by_rule_and_not_repeated(
        self, place: Office, monitor: Headers, url: str, rule: str
    ) -> None:
        answer = place.web.post(PATH, json={"url": url}, headers=monitor)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        [fault] = answer.json()["errors"]
        assert (fault["where"], fault["rule"]) == ("url", rule)
        assert "13812345678" not in answer.text and url not in answer.text
        assert own(place, monitor) == []

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "0.0.0.0", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "[fd00::1]", "localhost"]
    )
    def test_neither_this_machine_nor_its_network(
        self, place: Office, monitor: Headers, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(addresses, "look_up", LOOK_UP)
        answer = place.web.post(PATH, json={"url": f"https://{host}/"}, headers=monitor)
        assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (422, "private_address")

    def test_a_name_that_means_nothing_yet_may_later(self, place: Office, monitor: Headers) -> None:
        add(place, monitor, url="https://soon.example/")

    def test_where_an_installation_allows_its_own_network(self, place: Office, monitor: Headers) -> None:
        place.web.app.state.riskmodel.settings.private_webhooks = True  # type: ignore[attr-defined]
        for url in ("http://127.0.0.1:9000/hook", "https://inside.example/"):
            assert add(place, monitor, url=url)["url"] == url

    @pytest.mark.parametrize("sent", [{}, {"url": None}, {"url": 7}, {"url": URL, "secret": "x"}, [URL]])
    def test_what_is_no_request(self, place: Office, monitor: Headers, sent: Any) -> None:
        answer = place.web.post(PATH, json=sent, headers=monitor)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_somebody_else_s_is_like_one_that_is_not(place: Office, monitor: Headers, other: Headers) -> None:
    webhook = add(place, monitor)["webhook"]
    for method, tail, sent in [
        ("GET", "", None),
        ("DELETE", "", None),
        ("GET", "/deliveries", None),
        ("POST", "/replay", {"dead": True}),
        ("POST", "/replay", {"after": 0}),
    ]:
        found = [
            place.web.request(method, f"{PATH}/{number}{tail}", json=sent, headers=other) for number in (webhook, 999)
        ]
        assert [one.status_code for one in found] == [404, 404]
        assert told_apart(found[0].content) == told_apart(found[1].content)
    assert own(place, other) == [] and len(own(place, monitor)) == 1


def test_one_that_is_deleted_is_gone(place: Office, monitor: Headers) -> None:
    webhook = add(place, monitor)["webhook"]
    answer = place.web.delete(f"{PATH}/{webhook}", headers=monitor)
    assert (answer.status_code, answer.content) == (204, b"")
    assert place.web.get(f"{PATH}/{webhook}", headers=monitor).status_code == 404
    assert place.web.delete(f"{PATH}/{webhook}", headers=monitor).status_code == 404
    assert own(place, monitor) == []
    assert [act["detail"] for act in place.acts("webhook_deleted")] == [{"webhook": webhook}]


class TestDeliveries:
    def test_page_by_page_and_by_state(self, place: Office, monitor: Headers) -> None:
        webhook = add(place, monitor)["webhook"]
        told(place, webhook)
        path = f"{PATH}/{webhook}/deliveries"
        every = place.web.get(path, headers=monitor)
        DeliveriesReply.model_validate_json(every.content)
        first, second = every.json()["deliveries"]
        message = first.pop("message")
        assert message.startswith("msg_") and message != second["message"]
        assert first == {
            "delivery": 1,
            "alert": 1,
            "state": "due",
            "attempts": 0,
            "next_at": "2021-06-01T12:00:00+00:00",
            "last_status": None,
            "last_error": None,
            "delivered_at": None,
        }
        page = place.web.get(path, params={"limit": 1}, headers=monitor).json()
        rest = place.web.get(path, params={"after": page["cursor"]}, headers=monitor).json()
        assert [one["delivery"] for one in page["deliveries"] + rest["deliveries"]] == [1, 2]
        end = place.web.get(path, params={"after": rest["cursor"]}, headers=monitor).json()
        assert end == {"cursor": rest["cursor"], "deliveries": []}
        assert place.web.get(path, params={"state": "dead"}, headers=monitor).json()["deliveries"] == []
        assert len(place.web.get(path, params={"state": "due"}, headers=monitor).json()["deliveries"]) == 2

    @pytest.mark.parametrize("params", [{"state": "lost"}, {"limit": 0}, {"limit": 1001}, {"after": -1}])
    def test_what_is_no_question(self, place: Office, monitor: Headers, params: dict[str, Any]) -> None:
        webhook = add(place, monitor)["webhook"]
        answer = place.web.get(f"{PATH}/{webhook}/deliveries", params=params, headers=monitor)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


class TestReplay:
    @pytest.mark.parametrize(
        ("state", "sent", "due"),
        [
            ("dead", {"dead": True}, 2),
            ("delivered", {"dead": True}, 0),
            ("delivered", {"after": 0}, 2),
            ("delivered", {"after": 1}, 1),
            ("dead", {"after": 2}, 0),
        ],
    )
    def test_so_many_are_sent_again(
        self, place: Office, monitor: Headers, state: str, sent: dict[str, Any], due: int
    ) -> None:
        webhook = add(place, monitor)["webhook"]
        told(place, webhook, state=state, attempts=9)
        answer = place.web.post(f"{PATH}/{webhook}/replay", json=sent, headers=monitor)
        ReplayReply.model_validate_json(answer.content)
        assert (answer.status_code, answer.json()) == (200, {"webhook": webhook, "due": due})
        found = place.web.get(f"{PATH}/{webhook}/deliveries", params={"state": "due"}, headers=monitor).json()
        assert [one["attempts"] for one in found["deliveries"]] == [0] * due
        [act] = place.acts("webhook_replayed")
        assert act["detail"] == {"webhook": webhook, "after": sent.get("after"), "due": due}

    def test_under_a_key_once(self, place: Office, monitor: Headers) -> None:
        webhook = add(place, monitor)["webhook"]
        told(place, webhook, state="dead")
        headers = {**monitor, "idempotency-key": "one"}
        found = [place.web.post(f"{PATH}/{webhook}/replay", json={"dead": True}, headers=headers) for _ in range(2)]
        assert [one.json()["due"] for one in found] == [2, 2]
        assert len(place.acts("webhook_replayed")) == 1

    @pytest.mark.parametrize("sent", [{}, {"dead": False}, {"dead": 1}, {"dead": True, "after": 0}, {"after": -1}, []])
    def test_what_is_no_request(self, place: Office, monitor: Headers, sent: Any) -> None:
        webhook = add(place, monitor)["webhook"]
        answer = place.web.post(f"{PATH}/{webhook}/replay", json=sent, headers=monitor)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_the_secret_is_in_no_log_no_audit_and_no_kept_answer(
    place: Office, monitor: Headers, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {**monitor, "idempotency-key": "one"}
    secrets = {place.web.post(PATH, json={"url": URL}, headers=headers).json()["secret"] for _ in range(2)}
    [secret] = secrets
    webhook = own(place, monitor)[0]["webhook"]
    for tail in ("", "/deliveries"):
        place.web.get(f"{PATH}/{webhook}{tail}", headers=monitor)
    place.web.post(f"{PATH}/{webhook}/replay", json={"after": 0}, headers=monitor)
    place.web.delete(f"{PATH}/{webhook}", headers=monitor)
    [act] = place.acts("webhook_added")
    assert act["actor"] == "client:monitor"
    assert act["detail"] == {"webhook": webhook, "area": "c1", "url_sha256": sha256_of(URL)}
    with place.store.reading() as connection:
        kept = str(connection.execute(select(idempotency)).all())
    logged = "".join(capsys.readouterr())
    assert PATH in logged and "webhook" in kept
    for text in (kept, logged, str(place.acts())):
        assert secret not in text and secret.removeprefix("whsec_") not in text
    # the address may hold a password of the receiver's
    assert "13812345678" not in logged + str(place.acts())
