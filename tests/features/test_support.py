"""Taking transfers off: income shrinks by their share, nothing else changes."""

from __future__ import annotations

import numpy as np

from conftest import Tiny
from riskmodel.features.encode import schema_of
from riskmodel.features.support import without_transfers
from riskmodel.programme.programme import Transfers

TRANSFERS = Transfers(share="village_illness", scaled=("income_to_line",))
"""Tinyland has no transfers; any share will do for the arithmetic."""


def test_income_shrinks_by_the_share_and_nothing_else_changes(tiny: Tiny) -> None:
    schema = schema_of(tiny.programme)
    rows = np.ones((4, len(schema.names)))
    share, income = schema.names.index("village_illness"), schema.names.index("income_to_line")
    rows[:, share] = [0, 0.25, np.nan, 2]
    before = rows.copy()
    out = without_transfers(TRANSFERS, schema, rows)
    assert out[:, income].tolist() == [1, 0.75, 1, 0]
    others = [place for place in range(rows.shape[1]) if place != income]
    np.testing.assert_array_equal(out[:, others], before[:, others])
    np.testing.assert_array_equal(rows, before)
