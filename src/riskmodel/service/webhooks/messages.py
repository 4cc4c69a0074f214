"""What a receiver is sent: a body, and the signature by which it knows the sender, as Standard Webhooks describes them."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from riskmodel import __version__

SECRET_PREFIX = "whsec_"
"""Tells a secret in a file or a log for what it is."""
SECRET_BYTES = 32
ALERT_RAISED = "alert.raised"


def new_secret() -> str:
    """Draw what signs the messages of one webhook: ``whsec_`` and 32 bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def body_of(document: Mapping[str, Any], raised_at: dt.datetime) -> bytes:
    """Return the body that tells of an alert.

    Parameters
    ----------
    document : mapping
        The alert, as ``GET /v1/alerts`` answers it.
    raised_at : datetime
        When it was raised.
    """
    return to_json({"type": ALERT_RAISED, "timestamp": raised_at.isoformat(), "data": document})


def headers_of(secret: str, message: str, at: dt.datetime, body: bytes) -> dict[str, str]:
    """Return the headers of one attempt.

    Parameters
    ----------
    secret : str
        Of the webhook.
    message : str
        Id of the message: the same for each attempt.
    at : datetime
        Now; a receiver refuses what was signed long ago.
    body : bytes
        As it is sent.
    """
    seconds = int(at.timestamp())
    return {
        "content-type": "application/json",
        "user-agent": f"riskmodel/{__version__}",
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature_of(secret, message, seconds, body),
    }


def signature_of(secret: str, message: str, seconds: int, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 over its id, the instant in seconds since 1970, and its body."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = hmac.digest(key, f"{message}.{seconds}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"
