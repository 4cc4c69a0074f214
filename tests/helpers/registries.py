"""Bundles and verdicts about them, for tests of promotions."""

from __future__ import annotations

from pathlib import Path

from riskmodel.evaluation.gates import Check, Evidence, Party, State, Verdict
from riskmodel.registry.bundle import BundleFiles, publish_bundle, read_bundle
from riskmodel.registry.verdicts import Kept, keep_verdict


def publish(models: Path, bundle: BundleFiles, count: int, **facts: object) -> list[str]:
    """Publish some bundles of tinyland that differ by their cards alone; return their versions."""
    own = ("programme", "version", "digest", "files")
    known = {name: value for name, value in bundle.manifest.items() if name not in own} | facts
    cards = [{**bundle.files, "card.md": f"card {place}".encode()} for place in range(count)]
    return [publish_bundle(models, "tinyland", files, known).name for files in cards]


def judge(models: Path, version: str, against: str | None, state: State = State.PASSED) -> Kept:
    """Keep a verdict about a version against the one that serves."""
    own, other = (
        Party(one, read_bundle(models / "tinyland" / one).digest) if one else None for one in (version, against)
    )
    assert own is not None
    told = tuple(Check(code, 0.1, 0.0, 0.2, 0.0, state, code) for code in ("average_precision", "recall_at_capacity"))
    return keep_verdict(
        models, Verdict("tinyland", own, other, Evidence.LATER_DATA, ("2022-01-01",), "c", "2023-01-01", told)
    )
