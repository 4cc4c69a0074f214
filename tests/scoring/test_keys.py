"""Rows that stand twice are found, wherever they stand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.scoring.keys import KeyFiles


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.text("ab\0", max_size=3), max_size=12), max_size=5))
def test_exactly_the_later_of_equal_keys_are_told(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[list[str]]
) -> None:
    with KeyFiles(tmp_path_factory.mktemp("keys")) as keys:
        for chunk in chunks:
            keys.add(chunk)
        found = keys.repeated().tolist()
    together = pd.Series([key for chunk in chunks for key in chunk], dtype=object)
    assert found == together.index[together.duplicated()].tolist()


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyError), KeyFiles(tmp_path) as keys:
        keys.add(["a"])
        raise KeyError
    assert list(tmp_path.iterdir()) == []
