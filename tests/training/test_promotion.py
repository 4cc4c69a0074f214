"""A candidate is judged on periods that neither bundle has learned from, against the champion or the best baseline."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from conftest import NOW, Tiny
from riskmodel.commands.comparing import comparison_text
from riskmodel.errors import UsageError
from riskmodel.evaluation.gates import Evidence, State
from riskmodel.registry.bundle import BundleFiles
from riskmodel.training.comparison import compare_bundles
from riskmodel.training.promotion import judge_candidate
from riskmodel.training.tracking import move_aliases
from riskmodel.training.train import TrainRequest, train

CODES = {"average_precision", "recall_at_capacity", "worst_group_recall", "latency_ratio"}


def trained(tiny: Tiny, root: Path, until: dt.date, seed: int) -> BundleFiles:
    work = root / "work"
    return train(TrainRequest(tiny.programme, tiny.folder, root / "models", work, until, seed, 2, NOW)).bundle


@pytest.fixture(scope="module")
def pair(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> tuple[BundleFiles, BundleFiles, Path]:
    """Return a candidate of 2019, a champion of 2018, and the folder of their runs."""
    root = tmp_path_factory.mktemp("pair")
    champion = trained(tiny, root, dt.date(2017, 12, 31), 0)
    return trained(tiny, root, dt.date(2018, 12, 31), 1), champion, root / "work"


def test_both_are_judged_on_dates_after_both_cut_offs(tiny: Tiny, pair: tuple[BundleFiles, BundleFiles, Path]) -> None:
    candidate, champion, _ = pair
    verdict = judge_candidate(candidate, champion, tiny.folder, None, None, NOW.date())
    assert verdict.evidence == Evidence.LATER_DATA
    assert verdict.periods and min(verdict.periods) >= candidate.manifest["cutoff"]
    assert {check.code for check in verdict.checks} >= CODES
    ranking = next(check for check in verdict.checks if check.code == "average_precision")
    assert ranking.low is not None and ranking.low < 0 < (ranking.high or 0), "two like models differ by chance alone"
    assert ranking.state == State.PASSED


def test_the_first_candidate_is_held_against_the_best_baseline(
    tiny: Tiny, pair: tuple[BundleFiles, BundleFiles, Path]
) -> None:
    verdict = judge_candidate(pair[0], None, tiny.folder, None, None, NOW.date())
    assert verdict.champion is None
    assert "the best baseline" in next(check.words for check in verdict.checks if check.code == "average_precision")


def test_without_a_later_period_the_backtests_decide(tiny: Tiny, tiny_bundle: BundleFiles) -> None:
    verdict = judge_candidate(tiny_bundle, None, tiny.folder, None, None, NOW.date())
    assert verdict.evidence == Evidence.BACKTEST
    assert verdict.periods == ("2018-01-01", "2019-01-01")


def test_dates_that_were_learned_from_are_refused(tiny: Tiny, pair: tuple[BundleFiles, BundleFiles, Path]) -> None:
    with pytest.raises(UsageError, match="has learned from"):
        judge_candidate(pair[0], pair[1], tiny.folder, dt.date(2018, 1, 1), None, NOW.date())
    with pytest.raises(UsageError, match="serves already"):
        judge_candidate(pair[1], pair[1], tiny.folder, None, None, NOW.date())


def test_two_bundles_side_by_side_fit_a_hundred_columns(pair: tuple[BundleFiles, BundleFiles, Path]) -> None:
    text = comparison_text(compare_bundles(*pair[:2]))
    assert max(map(len, text.splitlines())) <= 100
    for part in (pair[0].version, pair[1].version, "2018-01-01", "2019-01-01"):
        assert part in text


def test_mlflow_aliases_follow_and_unknown_runs_are_said(
    pair: tuple[BundleFiles, BundleFiles, Path], tiny_bundle: BundleFiles, tmp_path: Path
) -> None:
    import mlflow

    candidate, champion, work = pair
    assert move_aliases(work, "tinyland", {"champion": candidate, "previous": champion}) == []
    client = mlflow.MlflowClient(f"sqlite:///{work / 'mlflow.db'}", f"sqlite:///{work / 'mlflow.db'}")
    named = {
        alias: client.get_model_version_by_alias("riskmodel-tinyland", alias).tags["bundle_version"]
        for alias in ("champion", "previous")
    }
    assert named == {"champion": candidate.version, "previous": champion.version}
    assert "no run of" in move_aliases(work, "tinyland", {"champion": tiny_bundle})[0]
    assert "no database" in move_aliases(tmp_path, "tinyland", {"champion": candidate})[0]
