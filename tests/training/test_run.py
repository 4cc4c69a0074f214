"""A run repeats itself to the byte, learns only from the past, and tells honestly how it did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import riskmodel.training.run
from conftest import NOW, Tiny, make_tiny_tables
from riskmodel.errors import ModelUnsupported, TooFewRows, UsageError
from riskmodel.registry.bundle import BundleFiles
from riskmodel.training.checks.codes import CheckFailed, Finding
from riskmodel.training.checks.run import check_final
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import fit_fold
from riskmodel.training.folds import Slice, fold_at
from riskmodel.training.judging import MODEL
from riskmodel.training.plan import Plan, cutoff_of
from riskmodel.training.train import TrainRequest, train


def retrain(tiny: Tiny, folder: Path, work: Path, threads: int) -> BundleFiles:
    return train(TrainRequest(tiny.programme, folder, work / "models", work, None, 0, threads, NOW)).bundle


def test_threads_and_the_order_of_input_rows_leave_the_digest_alone(
    tiny: Tiny, tiny_bundle: BundleFiles, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name, table in make_tiny_tables().items():
        table.sample(frac=1, random_state=3).to_csv(data / f"{name}.csv", index=False)
    again = retrain(tiny, data, tmp_path, threads=1)
    assert again.digest == tiny_bundle.digest
    assert again.manifest["data_digest"] != tiny_bundle.manifest["data_digest"]


def test_records_after_the_cut_off_change_nothing_before_it(tiny: Tiny, tmp_path: Path) -> None:
    """Train until 2019 with and without the years that follow: bundle and backtests are the same."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    for name, table in make_tiny_tables().items():
        table.to_csv(whole / f"{name}.csv", index=False)
        early = table[table["recorded_on"] <= "2019-12-31"] if "recorded_on" in table else table
        early.to_csv(cut / f"{name}.csv", index=False)
    until = pd.Timestamp("2019-12-31").date()

    def run(folder: Path, work: Path) -> BundleFiles:
        return train(TrainRequest(tiny.programme, folder, work / "models", work, until, 0, 2, NOW)).bundle

    assert run(whole, tmp_path / "a").digest == run(cut, tmp_path / "b").digest


def test_training_labels_hold_only_what_was_recorded_by_the_cut_off(tiny: Tiny) -> None:
    source = ExampleSource(tiny.programme, tiny.line)
    cutoff = pd.Timestamp("2018-01-01").date()
    settled = source.examples([Slice(pd.Timestamp("2017-01-01").date(), 12)], cutoff)
    assert len(settled.outcome) > 300
    not_yet = source.examples([Slice(pd.Timestamp("2017-01-01").date(), 12)], pd.Timestamp("2017-12-31").date())
    assert (len(not_yet.outcome), not_yet.censored) == (0, len(settled.outcome) + settled.censored)


def test_calibration_rows_are_later_than_the_trees_that_are_calibrated(tiny: Tiny) -> None:
    source = ExampleSource(tiny.programme, tiny.line)
    cutoff = pd.Timestamp("2019-01-01").date()
    fitted = fit_fold(Plan(tiny.programme, cutoff, cutoff), source, fold_at(tiny.programme, cutoff))
    assert fitted.sides.trees.as_of.max() < fitted.sides.calibration.as_of.min()
    assert len(fitted.sides.everything.outcome) > len(fitted.sides.trees.outcome)


def test_evaluation_has_every_fold_and_baseline_with_intervals(tiny_bundle: BundleFiles) -> None:
    evaluation = tiny_bundle.json("evaluation.json")
    simple = {"last_status", "welfare_rank", "department_rules"}
    names = {MODEL, *simple, "logistic_regression", "proxy_means_test", "alkire_foster"}
    assert names == set(evaluation["pooled"])
    assert [fold["as_of"] for fold in evaluation["folds"]] == ["2018-01-01", "2019-01-01"]
    for table in (evaluation["pooled"], *evaluation["folds"]):
        for name in names:
            for metric in ("roc_auc", "average_precision", "recall_at_capacity"):
                low, high = table[name][f"{metric}_interval"]
                assert low <= table[name][metric] <= high
            assert table[name]["n"] > table[name]["events"] > 0
    assert sum(fold["model"]["n"] for fold in evaluation["folds"]) == evaluation["pooled"]["model"]["n"]


def test_labels_shuffled_among_households_leave_nothing_to_find(tiny: Tiny) -> None:
    """If the model still ranked well, something other than the past would be telling it."""
    from riskmodel.evaluation.ranking import Outcomes, Ranking
    from riskmodel.training.estimator import RiskClassifier

    source = ExampleSource(tiny.programme, tiny.line)
    fold = fold_at(tiny.programme, pd.Timestamp("2019-01-01").date())
    train_rows = source.examples(fold.everything, fold.as_of)
    later = (fold.as_of, pd.Timestamp("2020-01-01").date())
    test = source.examples([Slice(day, 12) for day in later], tiny.line.end)
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        shuffled = train_rows.where(np.arange(len(train_rows.outcome)))
        shuffled.outcome[:] = rng.permutation(train_rows.outcome)
        # without directions from the dictionary, which alone rank better than chance
        model = RiskClassifier(tiny.programme.file.model.params, 40, source.schema.categorical, seed=seed)
        odds = model.fit(shuffled.matrix, shuffled.outcome).decision_function(test.matrix)
        outcomes = Outcomes(test.outcome, test.weight, test.household, 0.2)
        found.append(Ranking(odds, outcomes).measure()["roc_auc"])
    assert abs(np.mean(found) - 0.5) < 0.03


def test_the_card_tells_dates_results_and_limits(tiny_bundle: BundleFiles) -> None:
    card = tiny_bundle.files["card.md"].decode()
    for part in ("2021-01-01", "logistic_regression", "## Limits", "people decide", "95 %"):
        assert part in card


def test_cut_off_before_the_first_origin_is_refused(tiny: Tiny) -> None:
    with pytest.raises(TooFewRows, match="before the first origin"):
        cutoff_of(tiny.programme, tiny.line, pd.Timestamp("2014-01-01").date())


class TestChecks:
    """An error that a check finds stops the run before anything is published, unless it was allowed by its code."""

    LEAK = Finding("RM001", "error", "persons alone has an AUC of 0.990", {"feature": "persons", "auc": 0.99})

    def run(self, tiny: Tiny, root: Path, allowed: frozenset[str]) -> BundleFiles:
        until = pd.Timestamp("2018-12-31").date()
        models, work = root / "models", root / "work"
        request = TrainRequest(tiny.programme, tiny.folder, models, work, until, 0, 2, NOW, allowed=allowed)
        return train(request).bundle

    def test_an_error_publishes_nothing(self, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(riskmodel.training.run, "check_final", lambda *_: [self.LEAK])
        with pytest.raises(CheckFailed, match="--allow RM001"):
            self.run(tiny, tmp_path, frozenset())
        assert not (tmp_path / "models").exists()

    def test_what_was_allowed_is_written_into_the_bundle(
        self, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(riskmodel.training.run, "check_final", lambda *_: [self.LEAK])
        bundle = self.run(tiny, tmp_path, frozenset({"RM001"}))
        evaluation = bundle.json("evaluation.json")
        assert evaluation["allowed"] == ["RM001"]
        assert any(one["code"] == "RM001" and one["allowed"] for one in evaluation["checks"])
        assert "Allowed by whoever trained: RM001" in bundle.files["card.md"].decode()

    def test_a_misspelt_code_is_refused(self, tiny: Tiny, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no such check"):
            self.run(tiny, tmp_path, frozenset({"RM0001"}))

    def test_the_same_households_on_both_sides_are_told_with_the_unseen(self, tiny_bundle: BundleFiles) -> None:
        found = [one for one in tiny_bundle.json("evaluation.json")["checks"] if one["code"] == "RM003"]
        assert [one["where"] for one in found] == ["as of 2018-01-01", "as of 2019-01-01"]
        assert all(0 < one["figures"]["share_of_test"] <= 1 for one in found)


def test_a_feature_that_knows_the_outcome_is_found_in_the_rows_of_a_real_run(tiny: Tiny) -> None:
    source, cutoff = ExampleSource(tiny.programme, tiny.line), pd.Timestamp("2019-01-01").date()
    fitted = fit_fold(Plan(tiny.programme, cutoff, cutoff), source, fold_at(tiny.programme, cutoff))
    assert "RM001" not in {one.code for one in check_final(fitted, source.schema, source.cohort(cutoff), 12)}
    rows = fitted.sides.everything
    rows.matrix[:, 0] = rows.outcome
    found = [one for one in check_final(fitted, source.schema, source.cohort(cutoff), 12) if one.code == "RM001"]
    assert [one.figures["feature"] for one in found] == [source.schema.names[0]]


def test_trees_that_could_not_be_explained_exactly_are_never_published(tiny: Tiny, tmp_path: Path) -> None:
    file = tiny.programme.file
    linear = file.model.model_copy(
        update={"params": {**file.model.params, "linear_tree": True}, "constrained_groups": ()}
    )
    programme = replace(tiny.programme, file=file.model_copy(update={"model": linear}))
    models = tmp_path / "models"
    with pytest.raises(ModelUnsupported, match="linear"):
        train(TrainRequest(programme, tiny.folder, models, tmp_path / "work", None, 0, 2, NOW))
    assert not list(models.rglob("model.txt"))
