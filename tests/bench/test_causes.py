"""The strongest factor is held against causes that could have been known, and against naming the commonest one always."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from riskmodel.bench import causes as under_test
from riskmodel.bench.causes import Agreement, agreement_on_causes
from riskmodel.features.encode import schema_of
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.labels.labels import label_causes
from riskmodel.panel.panel import assemble
from riskmodel.panel.simulated.county import simulate
from riskmodel.programme.loading import load_programme
from riskmodel.programme.outcome import EventWithin
from riskmodel.programme.programme import Programme
from riskmodel.settings import Settings
from riskmodel.training.examples import Examples, ExampleSource
from riskmodel.training.folds import Slice

DAY = dt.date(2023, 1, 1)
County = tuple[Programme, Timeline, Examples]


@pytest.fixture(scope="module")
def fell() -> County:
    programme = load_programme(Settings().configs / "china-county.yaml")
    line = timeline(assemble(programme, simulate(4000, 3).tables, dt.date(2026, 11, 1)), programme)
    rows = ExampleSource(programme, line).examples([Slice(DAY, 12)], line.end)
    return programme, line, rows.where(rows.outcome == 1)


def groups_of(county: County) -> np.ndarray:
    """The factor group of each fallen household's recorded cause."""
    programme, line, rows = county
    outcome = programme.file.outcome
    assert isinstance(outcome, EventWithin)
    found = label_causes(programme, line, rows.household, DAY, 12, line.end)
    assert found is not None
    return np.array([outcome.causes[cause].group for cause in found], dtype=object)


def agree(county: County, monkeypatch: pytest.MonkeyPatch, strongest: np.ndarray) -> Agreement:
    """Count with contributions that make one group the strongest of each row."""
    programme, line, rows = county
    own = schema_of(programme).groups
    by_row = {row.tobytes(): group for row, group in zip(rows.matrix, strongest, strict=True)}

    class Fake:
        def __init__(self, _: object) -> None:
            """Take any model."""

        def explain(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            table = [[float(group == by_row[row.tobytes()]) for group in own] for row in matrix]
            return np.array(table), np.zeros(len(matrix))

    monkeypatch.setattr(under_test, "TreeExplainer", Fake)
    return agreement_on_causes(programme, line, rows, DAY, None)


def test_whoever_names_every_recorded_cause_agrees_always(fell: County, monkeypatch: pytest.MonkeyPatch) -> None:
    found = agree(fell, monkeypatch, groups_of(fell))
    assert 0 < found.shown < len(fell[2].outcome)
    assert found.agreeing == found.shown


def test_whoever_names_illness_always_agrees_as_often_as_the_commonest_cause(
    fell: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = agree(fell, monkeypatch, np.full(len(fell[2].outcome), "medical", dtype=object))
    assert 0 < found.agreeing == found.commonest < found.shown


def test_counts_of_tests_add_up() -> None:
    assert Agreement(5, 3, 2) + Agreement(1, 0, 1) == Agreement(6, 3, 3)
