"""Outcomes of a window: an office's decision, hardship whatever an office decided, either, and the recorded cause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.tinyland import Row, Words, altered, events, faults_of_file, households, line_of, observations
from riskmodel.labels.labels import label, label_causes, label_kinds
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme

LATE, START = dt.date(2022, 1, 1), dt.date(2019, 1, 1)
WELL, POOR = 500.0, 10.0
ADD: list[Row] = [
    {"name": "dropout", "table": "events", "type": "number", "group": "household"},
    {"name": "left", "table": "events", "type": "number", "group": "household", "leak": "leak"},
]
OUTCOME = {
    "kind": "event_within",
    "events": ["listed"],
    "censored_by": ["left"],
    "horizons_months": [6, 12],
    "main_horizon_months": 12,
    "objective": {"lost_guarantees": ["dropout"], "guarantee_columns": ["observations.owns_land"]},
    "causes": {"health": {"group": "health", "shown_by": ["illness"]}},
}
Kinds = dict[str, float | None]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Programme]:
    def build(**outcome: Any) -> Programme:
        def edit(words: Words) -> None:
            words["outcome"] = OUTCOME | outcome
            words["groups"]["horizon"] = {"en": "Horizon", "zh": "期限"}

        return load_programme(altered(tmp_path_factory.mktemp("outcome"), edit, add=ADD))

    return build


def kinds(programme: Programme, rows: list[Any], happened: list[Any] | None = None, months: int = 12) -> Kinds:
    line = line_of(
        programme,
        households(("1", "n1")),
        observations(*(("1", *row) for row in rows)),
        events(*(("1", *row, None) for row in happened or [])),
    )
    found = label_kinds(programme, line, np.array([0]), START, months, LATE)
    return {kind: None if np.isnan(values[0]) else float(values[0]) for kind, values in found.items()}


def year(end: str, income: float | None, lacks: str = "false") -> tuple[Any, ...]:
    return end, end, income, 1, lacks


BEFORE = year("2018-12-31", WELL)
CASES = [
    # (rows of observations, events) -> administrative, objective, either
    ("nothing happened", [BEFORE, year("2019-12-31", WELL)], [], (0, 0, 0)),
    ("listed only", [BEFORE, year("2019-12-31", WELL)], [("listed", "2019-05-01", "2019-05-01")], (1, 0, 1)),
    ("fell below the line, nobody listed it", [BEFORE, year("2019-12-31", POOR)], [], (0, 1, 1)),
    ("lost schooling", [BEFORE, year("2019-12-31", WELL)], [("dropout", "2019-05-01", "2019-05-01")], (0, 1, 1)),
    ("lacks a guarantee that it had", [BEFORE, year("2019-12-31", WELL, "true")], [], (0, 1, 1)),
    ("lacked it before", [year("2018-12-31", WELL, "true"), year("2019-12-31", WELL, "true")], [], (0, 0, 0)),
    ("below the line before", [year("2018-12-31", POOR), year("2019-12-31", POOR)], [], (0, None, 0)),
    ("income of the year not recorded", [BEFORE], [], (0, None, None)),
    ("income of the year not told", [BEFORE, year("2019-12-31", None)], [], (0, None, None)),
    ("not recorded, but listed", [BEFORE], [("listed", "2019-05-01", "2019-05-01")], (1, None, 1)),
    ("not recorded, but lost schooling", [BEFORE], [("dropout", "2019-05-01", "2019-05-01")], (0, 1, 1)),
    ("left", [BEFORE], [("left", "2019-05-01", "2019-05-01")], (None, None, None)),
    ("below the line after it left", [BEFORE, year("2019-12-31", POOR)], [("left", "2019-05-01", "2019-05-01")], (None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("what", "rows", "happened", "expected"), CASES, ids=[case[0] for case in CASES])
def test_three_kinds_of_outcome(
    make: Callable[..., Programme], what: str, rows: list[Any], happened: list[Any], expected: tuple[Any, ...]
) -> None:
    found = kinds(make(), rows, happened)
    assert tuple(found[kind] for kind in ("administrative", "objective", "either")) == expected


def test_a_window_that_no_year_ends_in_shows_lost_guarantees_alone(make: Callable[..., Programme]) -> None:
    assert kinds(make(), [BEFORE], months=6)["objective"] == 0
    assert kinds(make(), [BEFORE], [("dropout", "2019-05-01", "2019-05-01")], months=6)["objective"] == 1


@pytest.mark.parametrize(("predict", "expected"), [("administrative", 0), ("objective", 1), ("either", 1)])
def test_the_programme_chooses_which_is_learned(make: Callable[..., Programme], predict: str, expected: int) -> None:
    programme = make(predict=predict)
    table = observations(("1", *BEFORE), ("1", *year("2019-12-31", POOR)))
    line = line_of(programme, households(("1", "n1")), table)
    assert label(programme, line, np.array([0]), START, 12, LATE)[0] == expected


def test_the_cause_is_that_of_the_first_event_in_the_window(make: Callable[..., Programme]) -> None:
    programme = make()
    rows = [
        ("1", "listed", "2019-06-01", "2019-06-01", None),
        ("1", "listed", "2019-03-01", "2019-03-01", None),
        ("1", "listed", "2018-03-01", "2018-03-01", None),
        ("2", "illness", "2019-03-01", "2019-03-01", None),
    ]
    table = events(*rows).assign(cause=["job", "health", "old", None])
    people = households(("1", "n1"), ("2", "n1"))
    seen = observations(("1", *BEFORE), ("2", *BEFORE))
    found = label_causes(programme, line_of(programme, people, seen, table), np.array([0, 1]), START, 12, LATE)
    assert found is not None
    assert found.tolist() == ["health", None]


def test_a_cause_is_no_feature(make: Callable[..., Programme]) -> None:
    programme = make()
    table = events(("1", "listed", "2018-03-01", "2018-03-01", None)).assign(cause=["health"])
    line = line_of(programme, households(("1", "n1")), observations(("1", *BEFORE)), table)
    assert not any("cause" in feature.origin for feature in programme.features)
    assert pd.isna(line.events["illness"].columns["cause"]).all()


WRONG = [
    ({"predict": "objective", "objective": None}, "objective"),
    ({"causes": {"health": {"group": "nowhere"}}}, "unknown_group"),
    ({"causes": {"health": {"group": "health", "shown_by": ["nothing"]}}}, "unknown_column"),
    ({"objective": {"lost_guarantees": ["nothing"]}}, "unknown_column"),
    ({"objective": {"guarantee_columns": ["observations.nothing"]}}, "unknown_column"),
]


@pytest.mark.parametrize(("outcome", "expected"), WRONG)
def test_faults_of_an_outcome_are_named(outcome: dict[str, Any], expected: str, tmp_path: Path) -> None:
    def edit(words: Words) -> None:
        words["outcome"] = OUTCOME | outcome
        words["groups"]["horizon"] = {"en": "Horizon", "zh": "期限"}

    faults = faults_of_file(altered(tmp_path, edit, add=ADD))
    assert expected in " ".join(f"{fault.rule} {fault.message}" for fault in faults)
