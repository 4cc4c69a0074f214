"""A bundle keeps the words that its model was trained with: through JSON and back, nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from conftest import DATA
from riskmodel.programme.freezing import freeze, thaw
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.settings import CHECKOUT

SHIPPED = [DATA / "tiny" / "tiny.yaml", *sorted((CHECKOUT / "configs").glob("*.yaml"))]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_thawing_gives_back_the_same_programme(path: Path) -> None:
    programme = load_programme(path)
    text = json.dumps(freeze(programme), allow_nan=False, ensure_ascii=False)
    again = thaw(json.loads(text))
    assert again == programme
    # order counts for columns of the matrix, and for categories' codes
    assert [feature.name for feature in again.features] == [feature.name for feature in programme.features]
    assert json.dumps(freeze(again), ensure_ascii=False) == text


def test_two_loads_freeze_to_the_same_text() -> None:
    first, second = (json.dumps(freeze(load_programme(SHIPPED[0]))) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("part", ["file", "dictionary", "areas"])
def test_what_is_no_frozen_programme_is_refused(part: str) -> None:
    frozen = freeze(load_programme(SHIPPED[0]))
    with pytest.raises(ValidationError):
        thaw(frozen | {part: {"nothing": 1}})


def test_the_grain_of_lines_is_the_same_kind_of_value() -> None:
    programme: Programme = load_programme(SHIPPED[0])
    assert type(thaw(freeze(programme)).lines.grain) is type(programme.lines.grain)
