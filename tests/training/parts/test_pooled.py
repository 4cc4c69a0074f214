"""A capacity in households is that of one date, however many dates are pooled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conftest import Tiny
from helpers.rows import made_rows
from riskmodel.programme.programme import Capacity
from riskmodel.training.examples import stack
from riskmodel.training.parts.pooled import outcomes_of


@pytest.mark.parametrize("dates", [1, 2, 3])
@pytest.mark.parametrize(("capacity", "share"), [(Capacity(households=40), 0.2), (Capacity(share=0.3), 0.3)])
def test_the_share_is_the_same_for_one_date_and_for_several(
    tiny: Tiny, dates: int, capacity: Capacity, share: float
) -> None:
    file = tiny.programme.file.model_copy(update={"capacity": capacity})
    days = [made_rows(np.zeros((200, 1)), np.arange(200) % 2.0, f"20{18 + place}-01-01") for place in range(dates)]
    assert outcomes_of(replace(tiny.programme, file=file), stack(days)).capacity_share == pytest.approx(share)
