"""A backup and its restoring from the command line, and what the audit says of both."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.filled_store import every_row, fill_every_table
from helpers.stores import closing_store
from riskmodel.commands.keeping import backup, restore
from riskmodel.errors import NotFound, NotReady, UsageError
from riskmodel.registry.champion import open_champion
from riskmodel.service.store.audit_log import entries, verified_head
from riskmodel.service.store.migrating import migrate


@pytest.fixture
def url(tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a store with rows in every table, which the settings name."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("RISKMODEL_STORE", url)
    monkeypatch.setenv("RISKMODEL_MODELS", str(models_dir))
    monkeypatch.setenv("RISKMODEL_PROGRAMME", "tinyland")
    with closing_store(url) as store:
        migrate(store)
        fill_every_table(store)
    return url


def test_there_and_back(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    backup(tmp_path / "b.tar")
    assert "encrypt it" in capsys.readouterr().out
    other = f"sqlite:///{tmp_path / 'other.db'}"
    monkeypatch.setenv("RISKMODEL_STORE", other)
    monkeypatch.setenv("RISKMODEL_MODELS", str(tmp_path / "models"))
    restore(tmp_path / "b.tar")
    assert "the chain is whole" in capsys.readouterr().out
    with closing_store(url) as before, closing_store(other) as after:
        assert every_row(after)["persons"] == every_row(before)["persons"]
        with after.reading() as connection:
            assert verified_head(connection).sequence == 5
            done = [json.loads(entry.content) for entry in entries(connection)]
    assert [one["action"] for one in done[-2:]] == ["exported", "restored"]
    assert all(one["actor"].startswith("operator:") for one in done[-2:])
    assert open_champion(tmp_path / "models", "tinyland")
    with pytest.raises(UsageError, match="not empty"):
        restore(tmp_path / "b.tar")


def test_what_can_t_be_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKMODEL_STORE", f"sqlite:///{tmp_path / 'store.db'}")
    with pytest.raises(NotReady, match="shape"):
        backup(tmp_path / "b.tar")
    with pytest.raises(NotFound, match="riskmodel backup"):
        restore(tmp_path / "b.tar")
    (tmp_path / "b.tar").write_bytes(b"no tar at all")
    found = subprocess.run(
        [sys.executable, "-m", "riskmodel.cli", "restore", str(tmp_path / "b.tar")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 2
    assert [line for line in found.stderr.splitlines() if line.startswith("riskmodel: b.tar: not a whole tar file")]
