"""A receiver that follows Standard Webhooks knows who sent a message, and that nothing of it was changed."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pytest

from riskmodel.service.webhooks.messages import body_of, headers_of, new_secret, signature_of

AT = dt.datetime(2021, 6, 1, 12, 0, 0, 999_999, tzinfo=dt.UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, SECONDS, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def test_the_answer_that_the_reference_implementations_give() -> None:
    assert signature_of(SECRET, MESSAGE, SECONDS, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_another_computation_gives() -> None:
    """The same by the two hashes of which an HMAC is made, without the library that is used."""
    key = base64.b64decode(SECRET[6:]).ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
    signed = f"{MESSAGE}.{SECONDS}.".encode() + BODY
    expected = hashlib.sha256(outer + hashlib.sha256(inner + signed).digest()).digest()
    assert signature_of(SECRET, MESSAGE, SECONDS, BODY) == f"v1,{base64.b64encode(expected).decode()}"


@pytest.mark.parametrize(
    "changed", [(MESSAGE + "x", SECONDS, BODY), (MESSAGE, SECONDS + 1, BODY), (MESSAGE, SECONDS, b"{}")]
)
def test_every_part_is_signed(changed: tuple[str, int, bytes]) -> None:
    assert signature_of(SECRET, *changed) != signature_of(SECRET, MESSAGE, SECONDS, BODY)


def test_the_headers_of_an_attempt() -> None:
    headers = headers_of(SECRET, MESSAGE, AT, BODY)
    assert headers["webhook-id"] == MESSAGE
    assert headers["webhook-timestamp"] == str(int(dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC).timestamp()))
    signed = f"{MESSAGE}.{headers['webhook-timestamp']}.".encode() + BODY
    expected = base64.b64encode(hmac.digest(base64.b64decode(SECRET[6:]), signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["content-type"] == "application/json"


def test_the_lines_that_the_documentation_gives_to_receivers() -> None:
    text = (Path(__file__).parents[3] / "docs" / "service.md").read_text(encoding="utf-8")
    [lines] = re.findall(r"```python\n(import base64[^`]+)```", text)
    known: dict[str, Any] = {}
    exec(lines, known)
    now = dt.datetime.now(dt.UTC)
    headers = headers_of(SECRET, MESSAGE, now, BODY)
    known["verify"](SECRET, headers, BODY)
    two = {**headers, "webhook-signature": f"v1,AAAA {headers['webhook-signature']}"}
    known["verify"](SECRET, two, BODY)
    with pytest.raises(ValueError, match="not signed"):
        known["verify"](SECRET, headers, BODY + b" ")
    with pytest.raises(ValueError, match="long ago"):
        known["verify"](SECRET, headers_of(SECRET, MESSAGE, now - dt.timedelta(minutes=6), BODY), BODY)


def test_a_secret_is_of_32_bytes_and_drawn_anew() -> None:
    drawn = {new_secret() for _ in range(50)}
    assert len(drawn) == 50
    assert {len(base64.b64decode(one.removeprefix("whsec_"), validate=True)) for one in drawn} == {32}
    assert all(one.startswith("whsec_") for one in drawn)


def test_the_body_holds_the_alert_as_it_is_told() -> None:
    document = {
        "alert": 7,
        "household_id": "h0",
        "rules": [{"label": {"zh": "大病"}}],
        "score": {"probability": 0.1 + 0.2},
    }
    body = json.loads(body_of(document, AT))
    assert body == {"type": "alert.raised", "timestamp": "2021-06-01T12:00:00.999999+00:00", "data": document}
