"""What is done outside the store is told to its audit where there is one, and makes none where there is none."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from helpers.stores import closing_store
from riskmodel.commands.operating import note_if_there_is_a_store, opened_store, operator
from riskmodel.errors import NotReady
from riskmodel.service.audit import Action
from riskmodel.service.store.audit_log import page
from riskmodel.service.store.migrating import migrate

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "deep" / "store.db"
    monkeypatch.setenv("RISKMODEL_STORE", f"sqlite:///{path}")
    return path


def test_only_a_store_that_is_used_is_told(file: Path) -> None:
    note_if_there_is_a_store(NOW, Action.PROMOTED, "v1", {"by": "A"})
    assert not file.parent.exists()
    with closing_store(f"sqlite:///{file}") as store:
        migrate(store)
    note_if_there_is_a_store(NOW, Action.PROMOTED, "v1", {"by": "A"})
    with closing_store(f"sqlite:///{file}") as store, store.reading() as connection:
        (entry,) = page(connection, 0, 10)
    told = json.loads(entry.content)
    assert (told["action"], told["subject"], told["actor"]) == ("promoted", "v1", operator())


def test_a_store_that_is_to_be_left_as_it_is(file: Path) -> None:
    with pytest.raises(NotReady, match="shape"), opened_store(as_it_is=True):
        pass
    with opened_store():
        pass
    with opened_store(as_it_is=True) as store:
        assert store.backend == "sqlite"


@pytest.mark.parametrize("failure", [KeyError, OSError])
def test_a_process_without_a_name(monkeypatch: pytest.MonkeyPatch, failure: type[Exception]) -> None:
    def nobody() -> str:
        raise failure

    monkeypatch.setattr("getpass.getuser", nobody)
    assert operator() == "operator:unknown"
