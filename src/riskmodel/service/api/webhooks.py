"""``/v1/webhooks``: where somebody is told of alerts, and what became of each message."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic_core import to_json
from sqlalchemy import Connection, Row

from riskmodel.errors import Fault, NotFound
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import BodyOf, PrincipalOf, StateOf, act_of, scope_path
from riskmodel.service.api.flat_body import Broken, Field, Presence, described, number, read_flat, text
from riskmodel.service.api.idempotency_key import Key
from riskmodel.service.api.webhook_schemas import (
    MOST_URL_CHARACTERS,
    REPLAY_BODY,
    DeliveriesReply,
    NewWebhookShape,
    ReplayReply,
    WebhookRequestShape,
    WebhookShape,
    WebhooksReply,
)
from riskmodel.service.audit import Action
from riskmodel.service.digests import sha256_of
from riskmodel.service.errors import RequestInvalid
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.json_body import parse_json
from riskmodel.service.once import Keep, once
from riskmodel.service.reply import json_response
from riskmodel.service.state import State
from riskmodel.service.store import audit_log, webhook_rows
from riskmodel.service.store.households import path_of
from riskmodel.service.store.idempotency import Answer, Claim, question_of
from riskmodel.service.store.tables import LONGEST_CODE
from riskmodel.service.store.webhook_rows import DeliveryState, Webhook, webhook_of
from riskmodel.service.webhooks import addresses
from riskmodel.service.webhooks.addresses import AddressRefused, Unresolved, places_of, target_of
from riskmodel.service.webhooks.messages import new_secret

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=GuardedRoute)
OK, CREATED, NO_CONTENT = 200, 201, 204
JSON = "application/json"
MOST_DELIVERIES = 1000
Number = Annotated[int, Path(ge=1, le=2**62)]


@router.post(
    "",
    status_code=CREATED,
    summary="Be told of alerts",
    responses={CREATED: {"model": NewWebhookShape}},
    openapi_extra=described(WebhookRequestShape),
)
def add(request: Request, state: StateOf, principal: PrincipalOf, body: BodyOf, key: Key = None) -> Response:
    """Make a webhook, which is told of every alert from now on; what signs its messages is shown in this answer alone.

    An account has at most 20. A message names the household, as `GET /v1/alerts` does.
    """
    private = state.settings.private_webhooks
    asked = read_flat(body, [_url(private=private), text("area_code", LONGEST_CODE, Presence.OPTIONAL)])

    def make(keep: Keep) -> Answer:
        if not private:
            _check_host(asked["url"])
        with state.store.writing() as connection:
            area_code = _area(connection, principal, asked["area_code"])
            made = webhook_rows.add_webhook(
                connection,
                owner=principal.actor,
                url=asked["url"],
                secret=new_secret(),
                area_code=area_code,
                at=state.now(),
            )
            # without the secret: answers that are kept are no place for it
            answer = Answer(CREATED, to_json(_known(made)).decode())
            keep(connection, answer)
            detail: dict[str, Any] = {"webhook": made.webhook, "area": area_code, "url_sha256": sha256_of(made.url)}
            audit_log.append(state.store, connection, [act_of(request, Action.WEBHOOK_ADDED, **detail)])
        return answer

    claim = _claim(principal, key, "", "/v1/webhooks", asked)
    return _with_secret(state, principal, once(state.store, claim, state.now(), make))


@router.get("", summary="Your webhooks", responses={OK: {"model": WebhooksReply}})
def webhooks(state: StateOf, principal: PrincipalOf) -> Response:
    """Return the webhooks of whoever asks."""
    with state.store.reading() as connection:
        found = webhook_rows.webhooks_of(connection, principal.actor)
    return json_response({"webhooks": [_document(one) for one in found]})


@router.get("/{webhook}", summary="One of your webhooks", responses={OK: {"model": WebhookShape}})
def one_webhook(webhook: Number, state: StateOf, principal: PrincipalOf) -> Response:
    """Return a webhook; somebody else's is answered like one that does not exist."""
    with state.store.reading() as connection:
        return json_response(_document(webhook_of(connection, principal.actor, webhook)))


@router.delete("/{webhook}", status_code=NO_CONTENT, summary="Be told no more", response_class=Response)
def delete(request: Request, webhook: Number, state: StateOf, principal: PrincipalOf) -> Response:
    """Delete a webhook with its deliveries; what is on its way already may still arrive."""
    with state.store.writing() as connection:
        webhook_rows.delete_webhook(connection, principal.actor, webhook)
        audit_log.append(state.store, connection, [act_of(request, Action.WEBHOOK_DELETED, webhook=webhook)])
    return Response(status_code=NO_CONTENT)


@router.get("/{webhook}/deliveries", summary="What became of messages", responses={OK: {"model": DeliveriesReply}})
def deliveries(
    webhook: Number,
    state: StateOf,
    principal: PrincipalOf,
    which: Annotated[DeliveryState | None, Query(alias="state", description="Only those that are so far.")] = None,
    after: Annotated[int, Query(ge=0, le=2**62, description="The cursor of the last answer; 0 for all.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_DELIVERIES)] = 100,
) -> Response:
    """Return deliveries in the order in which they were made; go on with the `cursor` of each answer."""
    with state.store.reading() as connection:
        webhook_of(connection, principal.actor, webhook)
        found = webhook_rows.deliveries_of(connection, webhook, which, after, limit)
    cursor = found[-1].delivery if found else after
    return json_response({"cursor": cursor, "deliveries": [_delivery(row) for row in found]})


@router.post(
    "/{webhook}/replay",
    summary="Send again",
    responses={OK: {"model": ReplayReply}},
    openapi_extra=REPLAY_BODY,
)
def replay(
    request: Request, webhook: Number, state: StateOf, principal: PrincipalOf, body: BodyOf, key: Key = None
) -> Response:
    """Send messages again, under the same ids: what is `dead`, or everything `after` an alert, delivered or not.

    A webhook that was disabled goes on, and is told of what was raised meanwhile.
    """
    after = _read_replay(body)

    def again(keep: Keep) -> Answer:
        with state.store.writing() as connection:
            due = webhook_rows.replay(connection, principal.actor, webhook, after, state.now())
            answer = Answer(OK, to_json({"webhook": webhook, "due": due}).decode())
            keep(connection, answer)
            detail: dict[str, Any] = {"webhook": webhook, "after": after, "due": due}
            audit_log.append(state.store, connection, [act_of(request, Action.WEBHOOK_REPLAYED, **detail)])
        return answer

    claim = _claim(principal, key, str(webhook), "/v1/webhooks/{webhook}/replay", {"after": after})
    answer = once(state.store, claim, state.now(), again)
    return Response(answer.body, answer.status, media_type=JSON)


def _claim(
    principal: Principal, key: str | None, subject: str, route: str, values: dict[str, str | int | None]
) -> Claim | None:
    return None if key is None else Claim(principal.actor, key, question_of("POST", route, subject, values))


def _url(*, private: bool) -> Field:
    """Return the field that holds a URL; what its host's name means is looked at later."""
    words = text("url", MOST_URL_CHARACTERS).read

    def read(value: Any) -> str | Broken:
        url: str | Broken = words(value)
        return url if isinstance(url, Broken) else _unless_refused(url, lambda: target_of(url, private=private))

    return Field("url", read, Presence.REQUIRED)


def _unless_refused(url: str, check: Callable[[], object]) -> str | Broken:
    try:
        check()
    except AddressRefused as refused:
        return Broken(refused.rule, refused.message)
    return url


def _check_host(url: str) -> None:
    """Refuse a host that messages would never be sent to; one that has no address yet may have one later."""
    try:
        places_of(target_of(url, private=False), addresses.look_up, private=False)
    except Unresolved:
        return
    except AddressRefused as refused:
        raise RequestInvalid("request", [Fault("url", refused.rule, refused.message)]) from None


def _area(connection: Connection, principal: Principal, area_code: str | None) -> str:
    """Return the area of a new webhook; one outside of the account's is answered like one that does not exist."""
    if area_code is None:
        return principal.area_code
    path = path_of(connection, area_code)
    if path is None or not path.startswith(scope_path(connection, principal)):
        raise NotFound("no such area")
    return area_code


def _with_secret(state: State, principal: Principal, answer: Answer) -> Response:
    """Complete what is answered to whoever made a webhook, at the first time and at each repetition."""
    known = json.loads(answer.body)
    with state.store.reading() as connection:
        secret = webhook_of(connection, principal.actor, known["webhook"]).secret
    return Response(to_json({**known, "secret": secret}), answer.status, media_type=JSON)


def _read_replay(body: bytes) -> int | None:
    """Read after which alert; None where it is asked for what is dead."""
    document = parse_json(body)
    if isinstance(document, dict) and "dead" in document:
        read_flat(body, [Field("dead", _true, Presence.REQUIRED)])
        return None
    after: int = read_flat(body, [number("after", least=0)])["after"]
    return after


def _true(value: Any) -> bool | Broken:
    return True if value is True else Broken("true", "expected true; leave it out and name `after` for others")


def _known(made: Webhook) -> dict[str, Any]:
    return {
        "webhook": made.webhook,
        "url": made.url,
        "area_code": made.area_code,
        "created_at": made.created_at.isoformat(),
    }


def _document(one: Webhook) -> dict[str, Any]:
    return {
        **_known(one),
        "last_alert": one.last_alert,
        "disabled_at": one.disabled_at.isoformat() if one.disabled_at else None,
        "disabled_because": one.disabled_because,
    }


def _delivery(row: Row[Any]) -> dict[str, Any]:
    return {
        "delivery": row.delivery,
        "alert": row.alert,
        "message": row.message,
        "state": row.state,
        "attempts": row.attempts,
        "next_at": row.next_at.isoformat() if row.state == DeliveryState.DUE.value else None,
        "last_status": row.last_status,
        "last_error": row.last_error,
        "delivered_at": row.delivered_at.isoformat() if row.delivered_at else None,
    }
