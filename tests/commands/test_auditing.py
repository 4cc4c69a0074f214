"""The log is checked and anchored from the command line; a broken one ends it with one line that names the entry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from helpers.acts import record
from helpers.stores import closing_store
from riskmodel.commands.auditing import anchor, verify
from riskmodel.errors import AuditBroken, InputError, NotFound, NotReady
from riskmodel.service.store.audit_log import entries
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.tables import audit_entries, audit_head


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a store with three entries, which the settings name."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("RISKMODEL_STORE", url)
    with closing_store(url) as store:
        migrate(store)
        record(store, "a", "b", "c")
    return url


def cut(store: Store) -> None:
    """Take the last entry away, so that the rest looks whole."""
    with store.writing() as connection:
        before = list(entries(connection))[-2]
        connection.execute(delete(audit_entries).where(audit_entries.c.sequence > before.sequence))
        connection.execute(update(audit_head).values(sequence=before.sequence, hash=before.hash))


def test_a_whole_log(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    verify()
    with closing_store(url) as store, store.reading() as connection:
        last = list(entries(connection))[-1]
    assert capsys.readouterr().out == f"3 entries, the chain is whole, last hash {last.hash}\n"


def test_anchors_are_added_and_agree(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "anchors.jsonl"
    anchor(kept)
    with closing_store(url) as store:
        record(store, "d")
    # lost on the way, as by an editor
    kept.write_text(kept.read_text().rstrip("\n"))
    anchor(kept)
    assert [json.loads(line)["sequence"] for line in kept.read_text().splitlines()] == [3, 4]
    capsys.readouterr()
    verify(kept)
    assert "4 entries, the chain is whole, 2 anchors agree" in capsys.readouterr().out


def test_a_cut_is_seen_by_the_anchor_alone(url: str, tmp_path: Path) -> None:
    kept = tmp_path / "anchors.jsonl"
    anchor(kept)
    before = kept.read_bytes()
    with closing_store(url) as store:
        cut(store)
    verify()
    for found in (verify, anchor):
        with pytest.raises(AuditBroken, match="entry 3"):
            found(kept)
    assert kept.read_bytes() == before


def test_a_broken_log_is_not_anchored_and_ends_with_one_line(url: str, tmp_path: Path) -> None:
    with closing_store(url) as store, store.writing() as connection:
        connection.execute(update(audit_entries).where(audit_entries.c.sequence == 2).values(content="{}"))
    with pytest.raises(AuditBroken):
        anchor(tmp_path / "anchors.jsonl")
    assert not (tmp_path / "anchors.jsonl").exists()
    found = subprocess.run(
        [sys.executable, "-m", "riskmodel.cli", "audit", "verify"], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.splitlines() == [
        "riskmodel: the audit log is broken from entry 2 on: altered: its hash is not that of its content"
    ]


def test_what_is_no_anchor(url: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="anchor --out"):
        verify(tmp_path / "nothing")
    odd = tmp_path / "odd.jsonl"
    odd.write_bytes(b"\xff\xfe\n")
    for found in (verify, anchor):
        with pytest.raises(InputError, match=r"odd\.jsonl, line 1"):
            found(odd)
    assert odd.read_bytes() == b"\xff\xfe\n"


def test_nothing_to_anchor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("RISKMODEL_STORE", url)
    with pytest.raises(NotReady, match="shape"):
        verify()
    with closing_store(url) as store:
        migrate(store)
    verify()
    assert capsys.readouterr().out.startswith("0 entries, the chain is whole")
    with pytest.raises(NotReady, match="nothing to anchor"):
        anchor(tmp_path / "anchors.jsonl")
