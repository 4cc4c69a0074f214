"""The cohort: who is in it, in which order, and what the areas are called."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.scores import assert_same_scores
from riskmodel.errors import ColumnsMismatch, NotFound
from riskmodel.language import language
from riskmodel.programme.programme import AreaRow
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.cohort import Cohort, CohortSource, areas_below, read_cohort, score_cohort
from riskmodel.service.serving import serving_of

TODAY = dt.date(2021, 6, 1)


@pytest.fixture(scope="module")
def make(scorer: Scorer) -> Any:
    serving = serving_of(scorer)

    def made(snapshot: pd.DataFrame, areas: tuple[AreaRow, ...] = ()) -> Cohort:
        return score_cohort(serving, CohortSource(snapshot, areas), TODAY)

    return made


@pytest.fixture(scope="module")
def cohort(make: Any, tiny_snapshot: pd.DataFrame) -> Cohort:
    return make(tiny_snapshot)


def test_scores_are_those_of_the_batch(cohort: Cohort, scorer: Scorer, tiny_snapshot: pd.DataFrame) -> None:
    batch, bad = scorer.score(tiny_snapshot, TODAY)
    assert not bad
    assert scorer.score_inputs(cohort.some(range(len(tiny_snapshot)))).equals(batch)
    assert_same_scores(scorer.score_inputs(cohort.some([7])).to_pylist(), batch.slice(7, 1).to_pylist())


def test_the_queue_is_by_risk_then_id(cohort: Cohort) -> None:
    scores = cohort.scorer.score_rows(cohort.some(cohort.queue()), 0)
    keys = [(-score["log_odds"], score["household_id"]) for score in scores]
    assert keys == sorted(keys)
    assert len(keys) == len(cohort.place)


def test_the_queue_of_an_area_holds_those_below_it(cohort: Cohort, tiny_snapshot: pd.DataFrame) -> None:
    expected = tiny_snapshot["area_code"].str.startswith("n").sum()
    assert len(cohort.queue("north")) == expected > 0
    assert len(cohort.queue("n1")) == (tiny_snapshot["area_code"] == "n1").sum()
    assert len(cohort.queue("nowhere")) == 0


def test_unknown_household(cohort: Cohort) -> None:
    with pytest.raises(NotFound) as error:
        cohort.row("110101199003078888")
    assert "110101199003078888" not in str(error.value)


def test_the_latest_date_counts(make: Any, tiny_snapshot: pd.DataFrame) -> None:
    earlier = tiny_snapshot.head(5).assign(as_of=pd.Timestamp("2020-01-01"), income_to_line=0.1)
    twice = make(pd.concat([tiny_snapshot.head(5), earlier], ignore_index=True))
    assert len(twice.place) == 5
    assert set(twice.inputs.as_of) == {np.datetime64("2021-01-01")}


def test_bad_rows_are_left_out(make: Any, tiny_snapshot: pd.DataFrame) -> None:
    spoilt = tiny_snapshot.head(5).copy()
    spoilt.loc[2, "persons"] = 99.0
    cohort = make(spoilt)
    assert cohort.refused == 1
    assert spoilt.loc[2, "household_id"] not in cohort.place


def test_another_programmes_snapshot(make: Any, tiny_snapshot: pd.DataFrame) -> None:
    with pytest.raises(ColumnsMismatch):
        make(tiny_snapshot.drop(columns="persons"))


def test_without_areas(make: Any, tiny_snapshot: pd.DataFrame) -> None:
    cohort = make(tiny_snapshot.drop(columns="area_code"))
    assert cohort.area_name(cohort.areas[0], language("en")) == ""
    assert len(cohort.queue()) == len(tiny_snapshot)


def test_names_of_areas(cohort: Cohort) -> None:
    assert cohort.area_name("n1", language("en")) == "North village 1, North"
    assert cohort.area_name("n1", language("zh")) == "北省北村1"
    assert cohort.area_name("north", language("en")) == "North"
    assert cohort.area_name("x9", language("en")) == "x9"
    assert cohort.area_name(None, language("en")) == ""


def test_areas_beside_the_file(tiny_snapshot: pd.DataFrame, tmp_path: Path) -> None:
    tiny_snapshot.to_parquet(tmp_path / "cohort.parquet", index=False)
    assert read_cohort(tmp_path / "cohort.parquet").areas == ()
    table = pd.DataFrame(
        {"area_code": ["01", "0101"], "parent": [None, "01"], "name_en": ["A", "B"], "name_zh": ["甲", None]}
    )
    table.to_parquet(tmp_path / "areas.parquet", index=False)
    found = read_cohort(tmp_path / "cohort.parquet").areas
    assert found == (AreaRow("01", "", "", {"en": "A", "zh": "甲"}), AreaRow("0101", "01", "", {"en": "B"}))


def test_areas_that_form_a_ring_end() -> None:
    areas = [AreaRow("a", "b", "", {}), AreaRow("b", "a", "", {}), AreaRow("c", "b", "", {})]
    assert areas_below(areas, "a") == {"a", "b", "c"}
