"""Erasing and expiring from the command line: what went, what the audit says, and what nobody may read afterwards."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from typer.testing import CliRunner

from conftest import NOW
from helpers.acts import acts_of
from helpers.population import settle
from helpers.standings import stand
from helpers.stores import closing_store
from riskmodel.cli import app
from riskmodel.commands import privacy
from riskmodel.commands.privacy import erase, retention
from riskmodel.errors import NotFound, NotReady, UsageError
from riskmodel.registry.champion import versions
from riskmodel.service.deciding import sha256_of
from riskmodel.service.store import erasure
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.tables import households, idempotency, persons

CANARY, WHY = "C4n4ry", "asked for by Zhang San"
LONG_AGO = dt.date(2000, 1, 1)


@pytest.fixture
def url(models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a store with two households and their people, which the settings name."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("RISKMODEL_STORE", url)
    monkeypatch.setenv("RISKMODEL_MODELS", str(models_dir))
    monkeypatch.setenv("RISKMODEL_PROGRAMME", "tinyland")
    with closing_store(url) as store:
        migrate(store)
        numbers = settle(store, ["c1a", "c1b"])
        stand(store, numbers, [(0.5, "low")] * 2, LONG_AGO)
        with store.writing() as connection:
            for household, name in zip(numbers, [CANARY, "stays"], strict=True):
                connection.execute(insert(persons).values(household=household, member_id="1", content={"name": name}))
            answer = {"actor": "user:li", "key": "k", "question": "q", "status": 201, "answer": CANARY}
            connection.execute(insert(idempotency).values({**answer, "household": numbers[0], "answered_at": NOW}))
    return url


def count(store: Store, table: Any) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("store.db*"))


class TestErase:
    def test_a_household_goes(
        self, url: str, tmp_path: Path, models_dir: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert CANARY.encode() in bytes_of(tmp_path)
        erase("h0", WHY, yes=True)
        told = capsys.readouterr().out.splitlines()
        assert told[0] == "erased: households 1, idempotency 1, persons 1, scores 1, standings 1"
        assert "train again" in told[1]
        assert told[2:] == [f"  tinyland/{version}" for version in versions(models_dir, "tinyland")]
        assert CANARY.encode() not in bytes_of(tmp_path)
        with closing_store(url) as store:
            assert (count(store, households), count(store, persons)) == (1, 1)
            [act] = acts_of(store)
        assert (act["action"], act["subject"], act["role"]) == ("erased", "p0", "operator")
        assert act["detail"]["reason_sha256"] == sha256_of(WHY)
        assert "h0" not in str(act) and "Zhang" not in str(act)

    def test_without_models_none_is_named(
        self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("RISKMODEL_MODELS", str(tmp_path / "none"))
        erase("h0", WHY, yes=True)
        assert len(capsys.readouterr().out.splitlines()) == 1

    def test_nobody_of_that_id(self, url: str) -> None:
        with pytest.raises(NotFound) as refused:
            erase(CANARY, WHY, yes=True)
        assert CANARY not in str(refused.value)
        with closing_store(url) as store:
            assert acts_of(store) == []

    def test_a_reason_is_needed(self, url: str) -> None:
        with pytest.raises(UsageError, match="--reason"):
            erase("h0", " ", yes=True)

    @pytest.mark.parametrize(("answer", "left", "code"), [("n", 2, 1), ("", 2, 1), ("y", 1, 0)])
    def test_it_asks_first(self, url: str, answer: str, left: int, code: int) -> None:
        done = CliRunner().invoke(app, ["erase", "h0", "--reason", WHY], input=f"{answer}\n")
        assert done.exit_code == code
        with closing_store(url) as store:
            assert count(store, households) == left

    def test_remains_in_the_file_are_told(
        self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(erasure, "rewrite", lambda _: False)
        erase("h0", WHY, yes=True)
        assert privacy.REMAINS in capsys.readouterr().out


class TestRetention:
    def test_a_dry_run_changes_nothing(
        self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("RISKMODEL_RETENTION_MONTHS_PERSONS", "12")
        retention(dry_run=True)
        # the answer was given in 2021, and 48 hours are over
        assert capsys.readouterr().out == "would go: deliveries 0, idempotency 1, persons 2, sessions 0\n"
        with closing_store(url) as store:
            assert (count(store, persons), count(store, idempotency), acts_of(store)) == (2, 1, [])

    def test_people_go_with_their_bytes(
        self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("RISKMODEL_RETENTION_MONTHS_PERSONS", "12")
        retention()
        assert capsys.readouterr().out == "went: deliveries 0, idempotency 1, persons 2, sessions 0\n"
        assert CANARY.encode() not in bytes_of(tmp_path)
        with closing_store(url) as store:
            assert (count(store, persons), count(store, households)) == (0, 2)
            [act] = acts_of(store)
        rows = {"deliveries": 0, "idempotency": 1, "persons": 2, "sessions": 0}
        assert (act["action"], act["detail"]) == ("erased", {"what": "retention", "rows": rows})

    def test_the_file_is_written_anew_for_people_or_when_asked(
        self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(erasure, "rewrite", lambda _: False)
        retention()
        assert privacy.REMAINS not in capsys.readouterr().out
        retention(rewrite=True)
        assert privacy.REMAINS in capsys.readouterr().out

    def test_months_before_today_alone(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RISKMODEL_RETENTION_MONTHS_PERSONS", "-1")
        with pytest.raises(ValueError, match="greater than or equal to 0"):
            retention()


def test_an_older_store_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKMODEL_STORE", f"sqlite:///{tmp_path / 'store.db'}")
    with pytest.raises(NotReady, match="shape"):
        erase("h0", WHY, yes=True)
    with pytest.raises(NotReady, match="shape"):
        retention()


def test_as_it_is_typed(url: str) -> None:
    command = [sys.executable, "-m", "riskmodel.cli"]
    gone = subprocess.run(
        [*command, "erase", "h0", "--reason", WHY, "--yes"], capture_output=True, text=True, check=True
    )
    assert gone.stdout.startswith("erased: households 1")
    again = subprocess.run(
        [*command, "erase", "h0", "--reason", WHY, "--yes"], capture_output=True, text=True, check=False
    )
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
    kept = subprocess.run([*command, "retention", "--dry-run"], capture_output=True, text=True, check=True)
    assert kept.stdout.startswith("would go: ")
