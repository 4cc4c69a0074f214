"""`riskmodel load`: what it prints, what it names, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import DATA
from helpers.loading import write_folder
from helpers.tinyland import events, households, observations
from riskmodel.cli import app

DAY = "2019-12-31"
PEOPLE, SEEN = households(("1", "n1")), observations(("1", DAY, DAY, 1, 1, None), ("canary", DAY, DAY, 1, 1, None))


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKMODEL_STORE", f"sqlite:///{tmp_path / 'new' / 'store.db'}")
    monkeypatch.setenv("RISKMODEL_WORK", str(tmp_path / "work"))


def load(folder: Path):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, ["load", str(DATA / "tiny" / "tiny.yaml"), "--data", str(folder)])


def test_a_new_store_is_made_and_refused_rows_are_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "data", {"households": PEOPLE, "observations": SEEN})
    result = load(folder)
    assert result.exit_code == 0, result.output
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.output.splitlines()]
    assert ["households", "households.csv", "1", "0", "0", ""] in cells
    assert ["observations", "observations.csv", "1", "0", "1", ""] in cells
    assert ["observations", "household_id", "unknown_household", "1", "2"] in cells
    named = (tmp_path / "work" / "data.rejected.csv").read_text()
    assert named == "table,row,column,rule\nobservations,2,household_id,unknown_household\n"
    assert "canary" not in result.output
    again = load(folder)
    assert again.exit_code == 0
    assert "loaded before" in again.output


def test_a_table_that_was_refused_as_a_whole_fails_the_command(tmp_path: Path) -> None:
    strangers = events(("9", "illness", DAY, DAY, 1))
    folder = write_folder(tmp_path / "data", {"households": PEOPLE, "observations": SEEN, "events": strangers})
    assert load(folder).exit_code == 1
