"""The Alkire-Foster count by hand: dimensions weigh alike, and indicators alike within theirs."""

from __future__ import annotations

import numpy as np
import pytest

from conftest import Tiny
from riskmodel.features.encode import schema_of
from riskmodel.training.baselines.deprivation import deprivation_share


def test_shares_are_those_worked_out_by_hand(tiny: Tiny) -> None:
    """Tinyland names one indicator of assets and two of the household: weights 1/2, 1/4 and 1/4."""
    schema = schema_of(tiny.programme)
    rows = np.full((4, len(schema.names)), np.nan)
    for name, values in {
        "land": [0, 1, 0, np.nan],
        "persons": [5, 4, 1, np.nan],
        "poor_before_count": [2, 0, 0, np.nan],
    }.items():
        rows[:, schema.names.index(name)] = values
    share = deprivation_share(tiny.programme.file.baselines.deprivations, schema, rows)
    assert share.tolist() == pytest.approx([1, 0.25, 0.5, 0])
