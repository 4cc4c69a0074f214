"""The shapes of requests and answers about webhooks, as ``/openapi.json`` tells them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from riskmodel.service.api.schemas import PRINTABLE, Shape
from riskmodel.service.store.tables import LONGEST_CODE

MOST_URL_CHARACTERS = 2000
INSTANT: dict[str, Any] = {"format": "date-time"}
HTTPS = (
    r"^https://([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\.){1,3}[a-z]{2,12}(:[1-9][0-9]{1,3})?(/[A-Za-z0-9._~/-]{0,200})?$"
)
"""The usual form of a URL; some more are taken."""


class WebhookRequestShape(Shape):
    """Body of ``POST /v1/webhooks``."""

    url: str = Field(
        max_length=MOST_URL_CHARACTERS,
        json_schema_extra={"pattern": HTTPS, "examples": ["https://monitor.example.org/riskmodel"]},
        description="Where messages go: HTTPS, to a host of the open network.",
    )
    area_code: str | None = Field(
        default=None,
        min_length=1,
        max_length=LONGEST_CODE,
        json_schema_extra={"pattern": PRINTABLE},
        description="Only alerts of this area and those below it; the account's own area where it is left out.",
    )


class WebhookShape(Shape):
    """Where somebody is told of alerts."""

    webhook: int
    url: str
    area_code: str = Field(description="Empty for everything.")
    created_at: str = Field(json_schema_extra=INSTANT)
    last_alert: int = Field(description="Alerts up to this number have their deliveries, or do not concern it.")
    disabled_at: str | None = Field(json_schema_extra=INSTANT, description="Since when nothing is sent.")
    disabled_because: str | None = Field(description="`gone`: the receiver answered 410.")


class NewWebhookShape(Shape):
    """A webhook, and what signs its messages: shown now, and not again."""

    webhook: int
    url: str
    area_code: str
    created_at: str = Field(json_schema_extra=INSTANT)
    secret: str = Field(description="`whsec_` and 32 bytes in base64.")


class WebhooksReply(Shape):
    """Webhooks of whoever asks."""

    webhooks: list[WebhookShape]


class DeliveryShape(Shape):
    """One alert on its way to a webhook."""

    delivery: int
    alert: int
    message: str = Field(description="Id of the message, the same for each attempt.")
    state: Literal["due", "delivered", "dead"]
    attempts: int
    next_at: str | None = Field(json_schema_extra=INSTANT, description="When it is sent next; null where it is not.")
    last_status: int | None = Field(description="HTTP status of the last answer.")
    last_error: str | None = Field(description="What stood in the way, where there was no answer.")
    delivered_at: str | None = Field(json_schema_extra=INSTANT)


class DeliveriesReply(Shape):
    """Deliveries of a webhook, in order."""

    cursor: int
    deliveries: list[DeliveryShape]


class ReplayAfterShape(Shape):
    """Send again whatever was raised after an alert."""

    after: int = Field(ge=0, le=2**62, description="Number of an alert; 0 for all that the webhook was told of.")


class ReplayDeadShape(Shape):
    """Send again what failed too often."""

    dead: Literal[True]


class ReplayReply(Shape):
    """What is sent again."""

    webhook: int
    due: int = Field(description="How many deliveries.")


REPLAY_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [one.model_json_schema() for one in (ReplayAfterShape, ReplayDeadShape)]}
            }
        },
    }
}
"""What ``/openapi.json`` tells of the body of a replay, which the route reads itself."""
