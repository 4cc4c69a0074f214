"""Blocks of rows: whose rows are whose, which columns stand in them, and columns that came later."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from conftest import DATA
from helpers.loading import with_private_columns
from riskmodel.programme.dictionary import Kind, Privacy
from riskmodel.programme.loading import load_programme
from riskmodel.service.store.records import HOUSEHOLD, LOAD, decode, encode, table_shape

SHAPE = {"day": Kind.DATE, "amount": Kind.NUMBER, "home": Kind.CATEGORY}


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            HOUSEHOLD: [4, 4, 7],
            "day": np.array(["1970-01-11", "1970-01-12", "NaT"], dtype="datetime64[us]"),
            "amount": [1.0, np.nan, 0.25],
            "home": pd.array(["mud", None, "tent"], dtype="str"),
        }
    )


def test_a_block_is_one_household_s_rows() -> None:
    households, texts = encode(rows(), SHAPE)
    assert households == [4, 7]
    assert texts[0] == '{"day":[10,11],"amount":[1,null],"home":["mud",null]}'
    assert json.loads(texts[1]) == {"day": [None], "amount": [0.25], "home": ["tent"]}


def test_blocks_come_back_as_rows() -> None:
    households, texts = encode(rows(), SHAPE)
    back = decode([(number, 3, text) for number, text in zip(households, texts, strict=True)], SHAPE)
    pd.testing.assert_frame_equal(back.drop(columns=LOAD), rows())
    assert back[LOAD].tolist() == [3, 3, 3]


def test_a_column_that_some_blocks_lack_is_missing_in_their_rows() -> None:
    blocks = [(1, 1, '{"day":[1,2]}'), (2, 1, '{"day":[3],"amount":[5],"home":["mud"]}')]
    back = decode(blocks, SHAPE)
    assert back["amount"].isna().tolist() == [True, True, False]
    assert back["home"].isna().tolist() == [True, True, False]
    assert len(decode([], SHAPE)) == 0
    assert len(encode(rows()[:0], SHAPE)[0]) == 0


def test_shapes_leave_out_what_is_personal_and_what_is_derived(tmp_path: Path) -> None:
    tiny = load_programme(DATA / "tiny" / "tiny.yaml")
    assert list(table_shape(tiny, "observations")) == [
        "period_end", "recorded_on", "income_tin", "size", "owns_land",
    ]  # fmt: skip
    private = with_private_columns(tmp_path)
    assert list(table_shape(private, "members")) == ["member_id", "woman"]
    assert list(table_shape(private, "members", Privacy.PERSONAL)) == ["name", "born"]
    assert list(table_shape(private, "households", Privacy.PROTECTED)) == ["head_female"]
