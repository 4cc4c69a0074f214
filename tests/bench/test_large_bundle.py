"""The bundle with large trees is one like any other: read, checked, and its golden rows come out."""

from __future__ import annotations

from pathlib import Path

from riskmodel.bench.invented import Size
from riskmodel.bench.large_bundle import large_bundle
from riskmodel.bench.snapshots import champion_snapshots
from riskmodel.explain.treeshap import TreeExplainer
from riskmodel.registry.champion import open_champion
from riskmodel.scoring.scorer import Scorer
from riskmodel.settings import Settings


def test_its_trees_are_as_large_as_asked_and_all_else_is_the_shipped_bundles(tmp_path: Path) -> None:
    shipped = open_champion(Settings().models, "china-county")
    size = Size("", 31, 6)
    large = large_bundle(shipped, champion_snapshots(shipped, 1_500), size, 10, tmp_path)
    # making the scorer checks the golden rows, which are LightGBM's own answers
    assert Scorer(large).schema == Scorer(shipped).schema
    assert large.digest != shipped.digest
    assert large.files["programme.json"] == shipped.files["programme.json"]
    starts = TreeExplainer(large.files["model.txt"]).forest.trees.split_start
    splits = starts[1:] - starts[:-1]
    assert len(splits) == 10
    assert min(splits) > 20
