"""The command runs what it is asked to, keeps what is measured at once, and fails where a bar is missed if asked."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from riskmodel.bench import running
from riskmodel.bench.drill import running as drilling
from riskmodel.bench.drill.running import Lengths, Part, usual_lengths
from riskmodel.bench.markdown import to_markdown
from riskmodel.bench.measuring import Spread
from riskmodel.bench.report import ORDER, Figure, Section, at_least, at_most, from_json
from riskmodel.cli import app
from riskmodel.errors import UsageError

MACHINE = {"cores": "2", "processor": "x86_64"}


def section(name: str, times: float) -> Section:
    figure = Figure(f"times as fast, {name}", "x", Spread(times, times, times), at_least(10))
    return Section(name, dt.date(2026, 1, 2), 5, MACHINE, {}, (figure,))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What each benchmark gives, by name; an exception is raised."""
    gives: dict[str, Any] = {name: section(name, 20.0) for name in ORDER}

    def run(name: str, *_: object) -> Section:
        if isinstance(gives[name], Exception):
            raise gives[name]
        return gives[name]

    monkeypatch.setattr(running, "run_section", run)
    return gives


def test_without_a_name_all_run_and_page_and_figures_agree(measured: dict[str, Any], tmp_path: Path) -> None:
    figures, page = tmp_path / "figures.json", tmp_path / "page.md"
    done = CliRunner().invoke(app, ["bench", "--json", str(figures), "--out", str(page), "--check"])
    assert done.exit_code == 0, done.output
    found = from_json(figures.read_text(encoding="utf-8"))
    assert [one.name for one in found] == list(ORDER)
    assert page.read_text(encoding="utf-8") == to_markdown(found)
    assert "times as fast, batch" in done.output


@pytest.mark.parametrize(("options", "code"), [(["--check"], 1), ([], 0)])
def test_a_missed_bar_fails_only_if_asked(measured: dict[str, Any], options: list[str], code: int) -> None:
    measured["serve"] = section("serve", 9.0)
    done = CliRunner().invoke(app, ["bench", "serve", *options])
    assert done.exit_code == code
    assert "**no**" in done.output


def test_what_was_measured_before_a_failure_is_kept_and_one_run_alone_joins_it(
    measured: dict[str, Any], tmp_path: Path
) -> None:
    figures = tmp_path / "figures.json"
    measured["batch"] = RuntimeError("broken")
    assert CliRunner().invoke(app, ["bench", "--json", str(figures)]).exit_code == 1
    assert [one.name for one in from_json(figures.read_text(encoding="utf-8"))] == ["explain", "serve", "store"]
    measured["batch"] = section("batch", 30.0)
    assert CliRunner().invoke(app, ["bench", "batch", "--json", str(figures)]).exit_code == 0
    assert [one.name for one in from_json(figures.read_text(encoding="utf-8"))] == [
        "explain",
        "serve",
        "store",
        "batch",
    ]


def test_a_file_that_could_not_be_written_is_refused_before_anything_is_measured(
    measured: dict[str, Any], tmp_path: Path
) -> None:
    measured["explain"] = AssertionError("measured")
    done = CliRunner().invoke(app, ["bench", "--json", str(tmp_path / "none" / "figures.json")])
    assert isinstance(done.exception, UsageError)


@pytest.mark.parametrize(("most", "code"), [(10, 0), (1, 1)])
def test_the_drill_writes_its_page_and_fails_below_a_bar(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, most: float, code: int
) -> None:
    asked: list[Lengths] = []

    def run(models: Path, lengths: Lengths, now: dt.datetime, tell: object) -> tuple[Part, ...]:
        asked.append(lengths)
        return (Part("A flood", (Figure("within", "ms", Spread(5.0, 5.0, 5.0), at_most(most)),)),)

    monkeypatch.setattr(drilling, "run_drill", run)
    page = tmp_path / "drill.md"
    done = CliRunner().invoke(app, ["bench", "drill", "--minutes", "2", "--out", str(page), "--check"])
    assert done.exit_code == code, done.output
    assert "## A flood" in page.read_text(encoding="utf-8")
    assert asked == [usual_lengths(2)]
