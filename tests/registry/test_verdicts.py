"""Verdicts are kept and numbered, never overwritten; the latest counts; what is not a verdict is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from riskmodel.errors import BundleCorrupt, UsageError
from riskmodel.evaluation.gates import Check, Evidence, Party, State, Verdict
from riskmodel.registry.verdicts import keep_verdict, latest_verdict

CANDIDATE, SERVING = Party("2022-01-01-aaaaaaaa", "a" * 64), Party("2021-01-01-bbbbbbbb", "b" * 64)


def verdict(state: State = State.PASSED, champion: Party | None = SERVING) -> Verdict:
    told = tuple(Check(code, 0.1, 0.0, 0.2, 0.0, state, code) for code in ("average_precision", "recall_at_capacity"))
    return Verdict("tinyland", CANDIDATE, champion, Evidence.LATER_DATA, ("2022-01-01",), "c" * 64, "2023-02-01", told)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "tinyland").mkdir()
    return tmp_path


def test_a_verdict_is_kept_under_both_names_and_read_back(models: Path) -> None:
    kept = keep_verdict(models, verdict())
    assert kept.name == f"{CANDIDATE.version}-against-{SERVING.version}.json"
    assert latest_verdict(models, "tinyland", CANDIDATE, SERVING) == kept
    assert keep_verdict(models, verdict(champion=None)).name == f"{CANDIDATE.version}-against-baselines.json"


def test_another_verdict_is_kept_beside_the_first_and_the_latest_counts(models: Path) -> None:
    first = keep_verdict(models, verdict())
    assert keep_verdict(models, verdict()) == first
    second = keep_verdict(models, verdict(State.FAILED))
    assert second.name.endswith("-no2.json")
    found = latest_verdict(models, "tinyland", CANDIDATE, SERVING)
    assert found is not None and not found.verdict.passes
    assert len(list((models / "tinyland" / "gates").iterdir())) == 2


def test_the_tenth_verdict_comes_after_the_ninth(models: Path) -> None:
    for number in range(11):
        keep_verdict(models, replace(verdict(), at=f"2023-02-{number + 1:02d}"))
    found = latest_verdict(models, "tinyland", CANDIDATE, SERVING)
    assert found is not None and found.verdict.at == "2023-02-11"


def test_a_verdict_about_other_bytes_of_the_same_name_does_not_count(models: Path) -> None:
    keep_verdict(models, verdict())
    assert latest_verdict(models, "tinyland", replace(CANDIDATE, digest="d" * 64), SERVING) is None
    assert latest_verdict(models, "tinyland", CANDIDATE, None) is None


def test_a_verdict_that_was_edited_to_pass_is_refused(models: Path) -> None:
    kept = keep_verdict(models, verdict(State.FAILED))
    path = models / "tinyland" / "gates" / kept.name
    path.write_text(
        path.read_text().replace('"passes":false', '"passes":true').replace('"passes": false', '"passes": true')
    )
    with pytest.raises(BundleCorrupt, match="is not a verdict"):
        latest_verdict(models, "tinyland", CANDIDATE, SERVING)


def test_odd_names_reach_no_file(models: Path) -> None:
    for odd in (replace(verdict(), programme="../x"), replace(verdict(), candidate=Party("../x", "a"))):
        with pytest.raises(UsageError, match="as the registry does"):
            keep_verdict(models, odd)
