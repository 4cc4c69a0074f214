"""What may be scored is checked by name, type, range and date; nothing is scored silently and wrongly."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conftest import TODAY
from riskmodel.errors import ColumnsMismatch
from riskmodel.scoring.inputs import MISSING_VALUE, UNKNOWN_CATEGORY, fault_of, read_inputs
from riskmodel.scoring.scorer import Scorer


@hypothesis_settings(max_examples=200)
@given(st.data())
def test_renamed_reordered_missing_and_extra_columns_are_always_refused(
    scorer: Scorer, tiny_snapshot: pd.DataFrame, data: st.DataObject
) -> None:
    names = list(tiny_snapshot.columns)
    place = data.draw(st.integers(3, len(names) - 1))
    change = data.draw(st.sampled_from(["rename", "swap", "drop", "extra"]))
    frame = tiny_snapshot.head(2)
    if change == "rename":
        frame = frame.rename(columns={names[place]: f"{names[place]}x"})
    elif change == "swap":
        other = data.draw(st.sampled_from([i for i in range(3, len(names)) if i != place]))
        names[place], names[other] = names[other], names[place]
        frame = frame[names]
    elif change == "drop":
        frame = frame.drop(columns=names[place])
    else:
        frame = frame.assign(another=1.0)
    with pytest.raises(ColumnsMismatch) as caught:
        read_inputs(scorer.schema, frame, TODAY)
    assert caught.value.faults


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("income_to_line", np.inf, "finite"),
        ("income_to_line", -np.inf, "finite"),
        ("persons", 2.5, "integer"),
        ("persons", 0, "range"),
        ("persons", 2**63, "range"),
        ("land", 2, "boolean"),
        ("as_of", pd.Timestamp("2999-01-01"), "future"),
        ("as_of", pd.NaT, "required"),
        ("household_id", None, "required"),
        ("household_id", "", "required"),
        ("household_id", "x" * 65, "too_long"),
    ],
)
def test_bad_values_are_named_by_row_column_and_rule(
    scorer: Scorer, tiny_snapshot: pd.DataFrame, column: str, value: object, rule: str
) -> None:
    frame = tiny_snapshot.head(4).copy()
    if column == "household_id":
        frame[column] = frame[column].astype(object)
    frame.loc[2, column] = value
    _, bad = read_inputs(scorer.schema, frame, TODAY)
    assert [(cell.row, cell.column, cell.rule) for cell in bad] == [(2, column, rule)]
    assert value == "" or str(value) not in fault_of(bad[0], "row 3").message


@pytest.mark.parametrize(("column", "text"), [("income_to_line", "abc"), ("land", "perhaps"), ("as_of", "01/02/2020")])
def test_text_where_another_type_belongs_is_named(
    scorer: Scorer, tiny_snapshot: pd.DataFrame, column: str, text: str
) -> None:
    frame = pd.read_csv(io.StringIO(tiny_snapshot.head(4).to_csv(index=False)), dtype="str")
    frame.loc[1, column] = text
    _, bad = read_inputs(scorer.schema, frame, TODAY)
    assert [(cell.row, cell.column) for cell in bad][:1] == [(1, column)]


def test_ids_that_are_numbers_are_refused_since_their_digits_are_at_risk(
    scorer: Scorer, tiny_snapshot: pd.DataFrame
) -> None:
    frame = tiny_snapshot.head(3).assign(household_id=[110101199003078888, 2, 3])
    _, bad = read_inputs(scorer.schema, frame, TODAY)
    assert {(cell.column, cell.rule) for cell in bad} == {("household_id", "text")}


def test_the_same_household_and_date_twice_is_refused(scorer: Scorer, tiny_snapshot: pd.DataFrame) -> None:
    frame = pd.concat([tiny_snapshot.head(2), tiny_snapshot.head(1)], ignore_index=True)
    _, bad = read_inputs(scorer.schema, frame, TODAY)
    assert [(cell.row, cell.rule) for cell in bad] == [(2, "duplicate_key")]


def test_missing_and_unknown_values_are_scored_as_missing_with_a_warning(
    scorer: Scorer, tiny_snapshot: pd.DataFrame
) -> None:
    frame = tiny_snapshot.head(1).copy()
    unknown, missing = frame.assign(home_kind="palace"), frame.assign(home_kind=None)
    first, _ = scorer.score(unknown, TODAY)
    second, _ = scorer.score(missing.astype({"home_kind": "str"}), TODAY)
    assert {"code": UNKNOWN_CATEGORY, "feature": "home_kind"} in first["warnings"].to_pylist()[0]
    assert {"code": MISSING_VALUE, "feature": "home_kind"} in second["warnings"].to_pylist()[0]
    assert first["log_odds"].to_pylist() == second["log_odds"].to_pylist()
