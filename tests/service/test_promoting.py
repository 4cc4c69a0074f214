"""A version serves on the grounds of its latest verdict alone; nobody's word takes the place of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import NOW
from helpers.registries import judge, publish
from riskmodel.errors import BundleCorrupt, NotFound, PromotionRefused
from riskmodel.evaluation.gates import State
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.champion import Gate, Promotion, history
from riskmodel.registry.history import entries
from riskmodel.service.promoting import Promoting, check_version, promote_judged


@pytest.fixture
def pair(tiny_bundle: BundleFiles, tmp_path: Path) -> tuple[Path, str, str]:
    """Return a folder with two versions, the first of which passes."""
    first, second = publish(tmp_path, tiny_bundle, 2)
    judge(tmp_path, first, None)
    return tmp_path, first, second


def go(models: Path, version: str, expected: str | None, by: str = "li") -> Promotion:
    return promote_judged(Promoting(models, "tinyland", version, by, "better", expected), NOW)


def test_with_a_verdict_that_passes(pair: tuple[Path, str, str]) -> None:
    models, first, second = pair
    assert go(models, first, None).version == first
    judge(models, second, first)
    assert go(models, second, first).version == second
    assert [one.grounds.gate for one in entries(models, "tinyland")] == [Gate.PASSED, Gate.PASSED]
    assert [one.by for one in history(models, "tinyland")] == ["li", "li"]


def test_another_champion_than_expected(pair: tuple[Path, str, str]) -> None:
    models, first, second = pair
    go(models, first, None)
    judge(models, second, first)
    for expected in (None, second, "Zhang San"):
        with pytest.raises(PromotionRefused, match="another champion") as refused:
            go(models, second, expected)
        assert "Zhang" not in str(refused.value)
    assert len(history(models, "tinyland")) == 1


def test_without_a_verdict_that_passes(pair: tuple[Path, str, str]) -> None:
    models, first, second = pair
    with pytest.raises(PromotionRefused, match="riskmodel promote --second"):
        go(models, second, None)
    judge(models, first, None, State.FAILED)
    with pytest.raises(PromotionRefused, match=r"latest verdict does not pass.*--second"):
        go(models, first, None)
    assert history(models, "tinyland") == ()


def test_a_verdict_counts_against_the_present_champion_alone(pair: tuple[Path, str, str]) -> None:
    models, first, second = pair
    judge(models, second, None)
    go(models, first, None)
    with pytest.raises(PromotionRefused, match="present champion"):
        go(models, second, first)


def test_who_trained_does_not_promote(tiny_bundle: BundleFiles, tmp_path: Path) -> None:
    [version] = publish(tmp_path, tiny_bundle, 1, trained_by="Li")
    judge(tmp_path, version, None)
    with pytest.raises(PromotionRefused, match="same person"):
        go(tmp_path, version, None, by="li")


def test_a_user_called_like_the_demonstration_is_not_the_demonstration(
    tiny_bundle: BundleFiles, tmp_path: Path
) -> None:
    [version] = publish(tmp_path, tiny_bundle, 1, simulated=True)
    judge(tmp_path, version, None)
    with pytest.raises(PromotionRefused, match="demo"):
        go(tmp_path, version, None, by="demo")


def test_a_damaged_bundle(pair: tuple[Path, str, str]) -> None:
    models, first, _ = pair
    (models / "tinyland" / first / "card.md").write_bytes(b"another")
    with pytest.raises(BundleCorrupt):
        go(models, first, None)
    assert history(models, "tinyland") == ()


@pytest.mark.parametrize("version", ["none", "", "..", "CHAMPION.json", "gates", "\x00"])
def test_what_is_no_version(pair: tuple[Path, str, str], version: str) -> None:
    with pytest.raises(NotFound):
        check_version(pair[0], "tinyland", version)
    check_version(pair[0], "tinyland", pair[1])
