"""The header that stands for one request, however often it is sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from riskmodel.service.store.tables import LONGEST_CODE

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_CODE,
        pattern="^[ -~]+$",
        description="Chosen anew for each request: the same one sent again gets the same answer and changes nothing more.",
    ),
]
