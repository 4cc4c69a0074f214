"""What people send from a page's form. That it came from a page of ours, the guard has seen to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from fastapi import Request

from riskmodel.service.bodies import limited_body

FORM = "application/x-www-form-urlencoded"
MOST_FORM_BYTES, MOST_FIELDS = 64 * 1024, 40
"""Longest texts are of 2,000 characters, which take 12 bytes each where escaped."""


async def read_form(request: Request, most_bytes: int = MOST_FORM_BYTES) -> Mapping[str, str]:
    """Return the first value of each field of a form; none at all of what is no form of ours.

    Parameters
    ----------
    request : Request
        Whose body.
    most_bytes : int
        How long a body the page has use for.

    Raises
    ------
    BodyTooLarge, BodyTooSlow
        If it is not what a person types.
    """
    body = await limited_body(request, most_bytes)
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != FORM:
        return {}
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
