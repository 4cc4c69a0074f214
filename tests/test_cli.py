"""The command line answers at once, says in one line what is wrong, and writes nothing by halves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sqlalchemy.exc import IntegrityError

from conftest import DATA, Tiny
from riskmodel import cli
from riskmodel.registry.bundle import BundleFiles

TINY = str(DATA / "tiny" / "tiny.yaml")


def run(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "riskmodel.cli", *map(str, words)], capture_output=True, text=True, cwd=cwd, check=False
    )


def refused(*words: object, code: int = 2) -> str:
    """Run a command that must fail in one line without a traceback, and return that line."""
    result = run(*words)
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    lines = result.stderr.strip().splitlines()
    assert len([line for line in lines if line.startswith("riskmodel:")]) == 1, result.stderr
    return lines[-1]


def test_help_needs_no_heavy_library() -> None:
    loaded = run("--help")
    assert loaded.returncode == 0
    assert "promote" in loaded.stdout
    heavy = "import sys, riskmodel.cli; print([m for m in ('pandas', 'lightgbm', 'mlflow', 'sklearn', 'numpy') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.slow
def test_from_data_to_an_explained_score(tiny: Tiny, tmp_path: Path) -> None:
    """Check, train, promote, snapshot, score and explain a country that exists only as YAML and CSV."""
    assert "nothing is wrong" in run("check", TINY, "--data", tiny.folder).stdout
    trained = run("train", TINY, "--data", tiny.folder, "--out", tmp_path / "models", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    assert "as of 2018-01-01" in trained.stdout
    assert "logistic regression" in trained.stdout
    bundle = next((tmp_path / "models" / "tinyland").iterdir())
    # nothing later than the cut-off is settled, so the backtest decides; its verdict is kept and lets it through or not
    alone = run("promote", bundle, "--by", "A. Person", "--reason", "first")
    assert (alone.returncode, "second person" in alone.stderr) == (1, True)
    judged = ("--data", tiny.folder, "--second", "B. Person")
    promoted = run("promote", bundle, "--by", "A. Person", "--reason", "first", *judged)
    assert f"{bundle.name} serves" in promoted.stdout, promoted.stderr
    assert list((tmp_path / "models" / "tinyland" / "gates").iterdir())
    listed = run("models", "--programme", "tinyland", "--out", tmp_path / "models")
    assert "<- serves" in listed.stdout
    shot = run("snapshot", TINY, tmp_path / "s.parquet", "--data", tiny.folder, "--as-of", "2021-01-01")
    assert shot.returncode == 0, shot.stderr
    scored = run("score", tmp_path / "s.parquet", tmp_path / "out.parquet", "--bundle", bundle)
    assert scored.returncode == 0, scored.stderr
    scores = pq.read_table(tmp_path / "out.parquet").to_pandas()
    riskiest = scores.sort_values("log_odds").iloc[-1]
    told = run("explain", bundle, "--data", tiny.folder, "--household", riskiest["household_id"])
    assert told.returncode == 0, told.stderr
    assert f"{riskiest['probability']:.1%}" in told.stdout
    in_chinese = run("explain", bundle, "--data", tiny.folder, "--household", riskiest["household_id"], "--lang", "zh")
    assert "收入与标准之比" in in_chinese.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "atlantis", "--data", "."], "no programme 'atlantis'"),
        (["check", TINY, "--data", "/nowhere"], "not a folder"),
        (["score", "nowhere.parquet", "out.parquet", "--bundle", "/nowhere"], "not a bundle"),
        (["models", "--programme", "../../etc"], "no bundle of ../../etc"),
        (["train", TINY, "--data", ".", "--until", "soon"], "YYYY-MM-DD"),
        (["snapshot", TINY, "out.txt", "--data", ".", "--as-of", "2021-01-01"], "ending in .parquet or .csv"),
    ],
)
def test_bad_usage_is_one_line(words: list[str], message: str) -> None:
    assert message in refused(*words)


def test_data_without_rows_and_dates_without_households_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(tiny.folder, folder)
    assert "no household is at risk" in refused(
        "snapshot", TINY, tmp_path / "s.csv", "--data", folder, "--as-of", "1999-01-01"
    )
    table = (folder / "observations.csv").read_text().splitlines()
    (folder / "observations.csv").write_text(table[0] + "\n")
    assert "holds no sound row" in refused("check", TINY, "--data", folder)
    (folder / "events.csv").unlink()
    assert "holds no sound row" in refused("train", TINY, "--data", folder, "--out", tmp_path / "models")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def corrupt(frame: pd.DataFrame, how: str, path: Path) -> None:
    """Write a snapshot with one thing wrong."""
    text = frame.astype("object")
    match how:
        case "missing":
            frame.drop(columns="persons").to_csv(path, index=False)
        case "renamed":
            frame.rename(columns={"persons": "people"}).to_csv(path, index=False)
        case "extra":
            frame.assign(people=1).to_csv(path, index=False)
        case "reordered":
            frame[[*frame.columns[:3], *reversed(frame.columns[3:])]].to_csv(path, index=False)
        case "text":
            text.loc[3, "persons"] = "many"
            text.to_csv(path, index=False)
        case "infinity":
            text.loc[3, "income_to_line"] = "Infinity"
            text.to_csv(path, index=False)
        case "huge":
            text.loc[3, "income_to_line"] = "1e999"
            text.to_csv(path, index=False)
        case "nan":
            text.loc[3, "income_to_line"] = "NaN"
            text.to_csv(path, index=False)
        case "future":
            frame.assign(as_of="2999-01-01").to_csv(path, index=False)
        case "utf-16":
            frame.assign(household_id=[f"户{i}" for i in range(len(frame))]).to_csv(
                path, index=False, encoding="utf-16"
            )
        case "empty":
            path.write_bytes(b"")


@pytest.mark.parametrize(
    ("how", "field", "rule"),
    [
        ("missing", "persons", "missing_column"),
        ("renamed", "people", "extra_column"),
        ("extra", "people", "extra_column"),
        ("reordered", "months_settled", "column_order"),
        ("text", "row 4, column persons", "number"),
        ("infinity", "row 4, column income_to_line", "finite"),
        ("huge", "row 4, column income_to_line", "finite"),
        ("nan", "row 4, column income_to_line", "number"),
        ("future", "column as_of", "future"),
        ("utf-16", "in.csv", "UTF-8"),
        ("empty", "in.csv", "empty"),
    ],
)
def test_bad_input_names_the_field_and_the_rule_and_writes_nothing(
    tiny_bundle: BundleFiles, tiny_snapshot: pd.DataFrame, tmp_path: Path, how: str, field: str, rule: str
) -> None:
    corrupt(tiny_snapshot.head(8).copy(), how, tmp_path / "in.csv")
    line = refused("score", tmp_path / "in.csv", tmp_path / "out.parquet", "--bundle", tiny_bundle.path)
    assert field in line
    assert rule in line
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_truncated_parquet_is_refused(tiny_bundle: BundleFiles, tiny_snapshot: pd.DataFrame, tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    tiny_snapshot.to_parquet(source)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    line = refused("score", source, tmp_path / "out.parquet", "--bundle", tiny_bundle.path)
    assert "in.parquet is not a whole Parquet file" in line
    assert not (tmp_path / "out.parquet").exists()


def test_a_damaged_bundle_is_refused_in_one_line(tiny_bundle: BundleFiles, tmp_path: Path) -> None:
    copy = tmp_path / tiny_bundle.version
    shutil.copytree(tiny_bundle.path, copy)
    (copy / "model.txt").write_text("tree\n")
    assert "model.txt" in refused("score", "x.parquet", "y.parquet", "--bundle", copy, code=1)


def test_a_folder_with_things_in_it_is_not_simulated_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert "not empty" in refused("simulate", tmp_path, "--households", 100)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_rows_that_are_refused_are_counted_and_fail_the_check(tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(tiny.folder, folder)
    table = pd.read_csv(folder / "observations.csv", dtype="str")
    table.loc[5, "size"] = "SECRET"
    table.to_csv(folder / "observations.csv", index=False)
    result = run("check", TINY, "--data", folder)
    assert result.returncode == 1
    assert "number" in result.stdout
    assert "SECRET" not in result.stdout + result.stderr
    shot = run("snapshot", TINY, tmp_path / "s.csv", "--data", folder, "--as-of", "2021-01-01")
    assert shot.returncode == 0
    assert (tmp_path / "s.csv.rejected.csv").read_text() == "table,row,column,rule\nobservations,6,size,number\n"


def test_a_database_s_error_is_one_line_without_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(**_: object) -> None:
        raise IntegrityError("INSERT", {"household_id": "110101199003078888"}, ValueError("110101199003078888"))

    monkeypatch.setattr(cli, "app", failing)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("riskmodel: the database failed (IntegrityError); check RISKMODEL_STORE")
    assert printed.err.count("\n") == 1 and "110101199003078888" not in printed.err
