"""JSON rows and Arrow columns are two ways to write the same figures."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from conftest import TODAY
from helpers.scores import assert_same_scores
from riskmodel.scoring.columns import SCORE
from riskmodel.scoring.inputs import Inputs, read_inputs
from riskmodel.scoring.scorer import Scorer


@pytest.fixture(scope="module")
def inputs(scorer: Scorer, tiny_snapshot: pd.DataFrame) -> Inputs:
    """Return tinyland's cohort with missing and unknown values among it."""
    frame = tiny_snapshot.copy()
    frame.loc[frame.index[::7], "persons"] = None
    frame.loc[frame.index[::5], "home_kind"] = "castle"
    frame.loc[frame.index[::11], "home_kind"] = None
    return read_inputs(scorer.schema, frame, TODAY)[0]


def some(inputs: Inputs, rows: slice) -> Inputs:
    return Inputs(inputs.household_id[rows], inputs.as_of[rows], inputs.matrix[rows], inputs.unknown[rows])


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "as_of": row["as_of"].isoformat()}


@pytest.mark.parametrize("reasons", [0, 3, 50])
def test_rows_are_the_columns_to_the_bit(scorer: Scorer, inputs: Inputs, reasons: int) -> None:
    rows = scorer.score_rows(inputs, reasons)
    assert rows == [as_json(row) for row in scorer.score_inputs(inputs, reasons).to_pylist()]
    assert all(list(row) == SCORE.names for row in rows)


def test_one_row_is_that_of_the_batch(scorer: Scorer, inputs: Inputs) -> None:
    together = [as_json(row) for row in scorer.score_inputs(inputs).to_pylist()]
    alone = [scorer.score_rows(some(inputs, slice(row, row + 1)))[0] for row in range(len(together))]
    assert_same_scores(alone, together)


def test_rows_are_json_values(scorer: Scorer, inputs: Inputs) -> None:
    rows = scorer.score_rows(inputs)
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows


def test_no_row_at_all(scorer: Scorer, inputs: Inputs) -> None:
    assert scorer.score_rows(some(inputs, slice(0, 0))) == []
