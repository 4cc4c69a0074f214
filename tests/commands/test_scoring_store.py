"""`riskmodel score --store` scores a cohort out of the store and into it, and says what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from conftest import NOW, Tiny
from helpers.stores import closing_store
from helpers.tiny_store import load_tiny
from riskmodel.cli import app
from riskmodel.errors import RiskError
from riskmodel.registry.bundle import BundleFiles, publish_bundle
from riskmodel.service.store.facts import write_fact
from riskmodel.service.store.scores import queue_size
from riskmodel.service.store.tables import audit_entries


@pytest.fixture
def url(tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    for name, value in (("STORE", url), ("MODELS", str(models_dir)), ("PROGRAMME", "tinyland")):
        monkeypatch.setenv(f"RISKMODEL_{name}", value)
    return url


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["score", *words])


def test_a_cohort(url: str, tiny: Tiny, tiny_bundle: BundleFiles, tmp_path: Path) -> None:
    with closing_store(url) as store:
        load_tiny(store, tiny, tmp_path, NOW)
    first, again = run("--store", "--as-of", "2021-01-01"), run("--store", "--as-of", "2021-01-01")
    assert first.exit_code == again.exit_code == 0, first.output
    assert f"scored with {tiny_bundle.version}: 502 new scores, 0 of them moved" in first.output
    assert "502 households at risk as of 2021-01-01" in again.output and ": 0 new scores" in again.output
    with closing_store(url) as store, store.reading() as connection:
        assert queue_size(connection, "") == 502
        texts = connection.execute(select(audit_entries.c.content).order_by(audit_entries.c.sequence)).scalars()
        entry = json.loads(list(texts)[-2])
    assert (entry["action"], entry["subject"]) == ("cohort_scored", tiny_bundle.version)
    assert entry["detail"] == {
        "version": tiny_bundle.version,
        "as_of": "2021-01-01",
        "households": 502,
        "added": 502,
        "moved": 0,
    }


REFUSED = [
    (["--store"], "--as-of"),
    (["--store", "--as-of", "soon"], "--as-of"),
    (["--store", "--as-of", "2999-01-01"], "future"),
    (["in.csv", "--store", "--as-of", "2021-01-01"], "leave out INPUT"),
    (["in.csv"], "INPUT OUTPUT --bundle BUNDLE"),
    ([], "INPUT OUTPUT --bundle BUNDLE"),
    (["in.csv", "out.parquet", "--bundle", "b", "--as-of", "2021-01-01"], "INPUT OUTPUT --bundle BUNDLE"),
    (["--store", "--as-of", "2021-01-01"], "riskmodel load"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED)
def test_what_can_not_be_done_is_said(url: str, words: list[str], said: str) -> None:
    error = run(*words).exception
    assert isinstance(error, RiskError) and said in str(error)


def test_a_bundle_that_nobody_approved_scores_no_store(
    url: str, tiny: Tiny, tiny_bundle: BundleFiles, tmp_path: Path
) -> None:
    with closing_store(url) as store:
        load_tiny(store, tiny, tmp_path, NOW)
    kept = ("programme", "version", "digest", "files")
    facts = {key: value for key, value in tiny_bundle.manifest.items() if key not in kept}
    files = {**tiny_bundle.files, "card.md": tiny_bundle.files["card.md"] + b"\nOther.\n"}
    other = publish_bundle(tmp_path / "models", "tinyland", files, facts)
    error = run("--store", "--as-of", "2021-01-01", "--bundle", str(other)).exception
    assert isinstance(error, RiskError) and "never promoted" in str(error)
    assert run("--store", "--as-of", "2021-01-01", "--bundle", str(tiny_bundle.path)).exit_code == 0


def test_a_store_of_another_programme(url: str, tiny: Tiny, tmp_path: Path) -> None:
    with closing_store(url) as store:
        load_tiny(store, tiny, tmp_path, NOW)
        with store.writing() as connection:
            write_fact(store, connection, "programme", "elsewhere")
    error = run("--store", "--as-of", "2021-01-01").exception
    assert isinstance(error, RiskError) and "elsewhere" in str(error)
