"""Values as JSON."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response


def json_response(value: Any, status: int = 200) -> Response:
    """Return a value as JSON; floats keep every bit.

    Raises
    ------
    ValueError
        If it holds NaN or an infinity, which JSON does not have.
    """
    text = to_json(value)
    if b"NaN" in text or b"Infinity" in text:
        # as a number, or only as part of somebody's text
        json.dumps(value, allow_nan=False)
    return Response(text, status, media_type="application/json")
