"""One version serves; who changed that, when and why is kept; of two at once only one wins."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from riskmodel.errors import BundleCorrupt, NotFound, NotReady, PromotionRefused
from riskmodel.evaluation.gates import Check, Evidence, Party, State, Verdict
from riskmodel.registry.bundle import BundleFiles, publish_bundle, read_bundle
from riskmodel.registry.champion import (
    POINTER,
    champion,
    history,
    live_on,
    open_champion,
    open_version,
    promote,
    rollback,
    versions,
)
from riskmodel.registry.history import Gate, entries
from riskmodel.registry.verdicts import Kept, keep_verdict

OLD_FIELDS = {"version", "digest", "at", "by", "reason"}
AT = dt.datetime(2022, 3, 1, 9, tzinfo=dt.UTC)


@pytest.fixture
def registry(tiny_bundle: BundleFiles, tmp_path: Path) -> tuple[Path, str, str]:
    """Two versions of tinyland's model, none promoted."""
    first = publish_bundle(tmp_path, "tinyland", tiny_bundle.files, {"cutoff": "2021-01-01"})
    other = {**tiny_bundle.files, "card.md": b"another card"}
    second = publish_bundle(tmp_path, "tinyland", other, {"cutoff": "2022-01-01"})
    return tmp_path, first.name, second.name


def put(models: Path, version: str, expected: str | None, by: str = "B. Modeller", at: dt.datetime = AT) -> None:
    promote(
        models,
        "tinyland",
        version,
        by=by,
        reason="better",
        at=at,
        expected_champion=expected,
        simulated=False,
        second="S. Second",
    )


def test_nothing_promoted_is_not_ready(registry: tuple[Path, str, str]) -> None:
    models, first, second = registry
    assert versions(models, "tinyland") == (first, second)
    with pytest.raises(NotReady, match="riskmodel promote"):
        champion(models, "tinyland")


def test_history_tells_which_version_was_live_when(registry: tuple[Path, str, str]) -> None:
    models, first, second = registry
    put(models, first, None)
    put(models, second, first, at=AT + dt.timedelta(days=10))
    assert champion(models, "tinyland").version == second
    assert live_on(models, "tinyland", AT - dt.timedelta(days=1)) is None
    before = live_on(models, "tinyland", AT + dt.timedelta(days=5))
    assert before is not None and before.version == first
    assert open_champion(models, "tinyland").version == second


def test_rollback_returns_to_the_version_before_and_is_kept_too(registry: tuple[Path, str, str]) -> None:
    models, first, second = registry
    put(models, first, None)
    with pytest.raises(PromotionRefused, match="nothing to roll back"):
        rollback(models, "tinyland", by="C. Chief", reason="alarm", at=AT)
    put(models, second, first)
    rollback(models, "tinyland", by="C. Chief", reason="alarm", at=AT)
    assert [entry.version for entry in history(models, "tinyland")] == [first, second, first]


def test_of_many_promotions_at_once_exactly_one_wins(registry: tuple[Path, str, str]) -> None:
    models, first, second = registry
    put(models, first, None)

    def attempt(number: int) -> bool:
        try:
            put(models, second, first, by=f"person {number}")
        except PromotionRefused:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(attempt, range(50)))
    assert sum(won) == 1
    assert len(history(models, "tinyland")) == 2


def test_the_demonstration_promotes_simulated_data_only(registry: tuple[Path, str, str]) -> None:
    models, first, _ = registry
    with pytest.raises(PromotionRefused, match="simulated data only"):
        put(models, first, None, by="demo")
    promote(models, "tinyland", first, by="demo", reason="show", at=AT, expected_champion=None, simulated=True)


@pytest.mark.parametrize("by", ["", "  "])
def test_a_promotion_needs_a_person(registry: tuple[Path, str, str], by: str) -> None:
    with pytest.raises(PromotionRefused, match="name of a person"):
        put(registry[0], registry[1], None, by=by)


def test_a_damaged_bundle_is_not_promoted(registry: tuple[Path, str, str]) -> None:
    models, first, _ = registry
    (models / "tinyland" / first / "model.txt").write_bytes(b"tree\n")
    with pytest.raises(BundleCorrupt):
        put(models, first, None)
    assert history(models, "tinyland") == ()


def test_a_bundle_swapped_after_promotion_does_not_serve(registry: tuple[Path, str, str]) -> None:
    models, first, second = registry
    put(models, first, None)
    shutil.rmtree(models / "tinyland" / first)
    (models / "tinyland" / second).rename(models / "tinyland" / first)
    with pytest.raises(BundleCorrupt):
        open_champion(models, "tinyland")


@pytest.mark.parametrize("version", ["../../etc", "%2e%2e", "", ".", "A b", "x" * 65, "/abs"])
def test_odd_versions_reach_no_file(registry: tuple[Path, str, str], version: str) -> None:
    with pytest.raises(NotFound):
        open_version(registry[0], "tinyland", version)


def test_a_damaged_pointer_is_refused(registry: tuple[Path, str, str]) -> None:
    models, first, _ = registry
    put(models, first, None)
    (models / "tinyland" / POINTER).write_bytes(b'{"champion": "x"}')
    with pytest.raises(BundleCorrupt, match="backup"):
        champion(models, "tinyland")


def verdict_of(models: Path, version: str, against: str | None, state: State) -> Kept:
    parties = [Party(one, read_bundle(models / "tinyland" / one).digest) if one else None for one in (version, against)]
    told = tuple(Check(code, 0.1, 0.0, 0.2, 0.0, state, code) for code in ("average_precision", "recall_at_capacity"))
    assert parties[0] is not None
    found = Verdict("tinyland", parties[0], parties[1], Evidence.LATER_DATA, ("2022-01-01",), "c", "2023-01-01", told)
    return keep_verdict(models, found)


def go(models: Path, version: str, expected: str | None, gate: Kept | None, by: str = "B. Modeller") -> None:
    promote(
        models,
        "tinyland",
        version,
        by=by,
        reason="better",
        at=AT,
        expected_champion=expected,
        simulated=False,
        gate=gate,
    )


def test_a_passing_verdict_needs_no_second_person_and_is_named_in_the_history(registry: tuple[Path, str, str]) -> None:
    models, first, _ = registry
    kept = verdict_of(models, first, None, State.PASSED)
    go(models, first, None, kept)
    grounds = entries(models, "tinyland")[-1].grounds
    assert (grounds.gate, grounds.verdict, grounds.second) == (Gate.PASSED, kept.name, "")


def test_without_a_passing_verdict_one_person_is_not_enough(registry: tuple[Path, str, str]) -> None:
    models, first, _ = registry
    for gate in (None, verdict_of(models, first, None, State.FAILED)):
        with pytest.raises(PromotionRefused, match="second person"):
            go(models, first, None, gate)
    assert history(models, "tinyland") == ()


def test_a_verdict_against_another_champion_does_not_count(registry: tuple[Path, str, str]) -> None:
    models, first, second = registry
    early = verdict_of(models, second, None, State.PASSED)
    put(models, first, None)
    with pytest.raises(PromotionRefused, match="second person"):
        go(models, second, first, early)
    go(models, second, first, verdict_of(models, second, first, State.PASSED))
    assert champion(models, "tinyland").version == second


def test_who_trained_does_not_promote(tiny_bundle: BundleFiles, tmp_path: Path) -> None:
    facts = {"cutoff": "2021-01-01", "trained_by": "T. Trainer"}
    version = publish_bundle(tmp_path, "tinyland", tiny_bundle.files, facts).name
    with pytest.raises(PromotionRefused, match="trained by the same person"):
        go(tmp_path, version, None, verdict_of(tmp_path, version, None, State.PASSED), by="t.  trainer")


def test_stepping_back_twice_does_not_come_forward_again(registry: tuple[Path, str, str]) -> None:
    models, first, second = registry
    put(models, first, None)
    put(models, second, first)
    rollback(models, "tinyland", by="C. Chief", reason="alarm", at=AT)
    with pytest.raises(PromotionRefused, match="stood before"):
        rollback(models, "tinyland", by="C. Chief", reason="alarm", at=AT)
    assert champion(models, "tinyland").version == first


def test_a_history_from_before_grounds_were_kept_is_still_read(registry: tuple[Path, str, str]) -> None:
    models, first, _ = registry
    put(models, first, None)
    path = models / "tinyland" / POINTER
    pointer = json.loads(path.read_bytes())
    pointer["history"] = [{k: v for k, v in one.items() if k in OLD_FIELDS} for one in pointer["history"]]
    path.write_text(json.dumps(pointer))
    assert champion(models, "tinyland").version == first
    assert entries(models, "tinyland")[-1].grounds.gate == Gate.NONE
