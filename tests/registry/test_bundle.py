"""A bundle's bytes are checked before anything parses them, and published whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from riskmodel.errors import BundleCorrupt, NotFound
from riskmodel.registry import bundle as bundle_module
from riskmodel.registry.bundle import FILES, MANIFEST, BundleFiles, digest_of, publish_bundle, read_bundle


@pytest.fixture
def copy(tiny_bundle: BundleFiles, tmp_path: Path) -> Path:
    target = tmp_path / "tinyland" / tiny_bundle.version
    shutil.copytree(tiny_bundle.path, target)
    return target


def test_a_bundle_reads_back_and_its_names_follow_from_its_bytes(tiny_bundle: BundleFiles) -> None:
    assert set(tiny_bundle.files) == set(FILES)
    hashes = {name: entry["sha256"] for name, entry in tiny_bundle.manifest["files"].items()}
    assert tiny_bundle.digest == digest_of(hashes)
    assert tiny_bundle.version == f"2021-01-01-{tiny_bundle.digest[:8]}"


def test_every_flipped_bit_is_found_before_parsing(copy: Path) -> None:
    rng = np.random.default_rng(0)
    for name in FILES:
        original = (copy / name).read_bytes()
        for _ in range(20):
            changed = bytearray(original)
            changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
            (copy / name).write_bytes(changed)
            with pytest.raises(BundleCorrupt, match=name):
                read_bundle(copy)
        (copy / name).write_bytes(original)
    read_bundle(copy)


def test_every_truncation_is_found(copy: Path) -> None:
    for name in FILES:
        original = (copy / name).read_bytes()
        for length in (0, 1, len(original) // 2, len(original) - 1):
            (copy / name).write_bytes(original[:length])
            with pytest.raises(BundleCorrupt):
                read_bundle(copy)
        (copy / name).write_bytes(original)


def test_a_manifest_damaged_anywhere_is_refused_or_changes_no_byte_of_the_model(
    copy: Path, tiny_bundle: BundleFiles
) -> None:
    rng = np.random.default_rng(1)
    original = (copy / MANIFEST).read_bytes()
    for _ in range(100):
        changed = bytearray(original)
        changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
        (copy / MANIFEST).write_bytes(changed)
        try:
            found = read_bundle(copy)
        except BundleCorrupt:
            continue
        # a flip in a remark, such as the time, is harmless: the model's bytes are the approved ones
        assert found.files == tiny_bundle.files
        assert found.digest == tiny_bundle.digest


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b'{"files": 3}', b"[" * 100_000, b"\xff\xfe"])
def test_nonsense_manifests_are_refused(copy: Path, content: bytes) -> None:
    (copy / MANIFEST).write_bytes(content)
    with pytest.raises(BundleCorrupt):
        read_bundle(copy)


def test_extra_missing_and_linked_files_are_refused(copy: Path) -> None:
    (copy / "model.pkl").write_bytes(b"cos\nsystem\n")
    with pytest.raises(BundleCorrupt, match=r"model\.pkl"):
        read_bundle(copy)
    (copy / "model.pkl").unlink()
    elsewhere = copy.parent / "elsewhere"
    (copy / "card.md").rename(elsewhere)
    with pytest.raises(BundleCorrupt, match=r"card\.md"):
        read_bundle(copy)
    (copy / "card.md").symlink_to(elsewhere)
    with pytest.raises(BundleCorrupt, match=r"card\.md"):
        read_bundle(copy)


def test_a_renamed_bundle_is_refused(copy: Path) -> None:
    moved = copy.with_name("2099-01-01-00000000")
    copy.rename(moved)
    with pytest.raises(BundleCorrupt, match="version"):
        read_bundle(moved)


def test_no_bundle_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=MANIFEST):
        read_bundle(tmp_path)


def test_publishing_again_changes_nothing(tiny_bundle: BundleFiles, copy: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in copy.iterdir()}
    again = publish_bundle(copy.parent.parent, "tinyland", tiny_bundle.files, {"cutoff": "2021-01-01"})
    assert again == copy
    assert {path.name: path.stat().st_mtime_ns for path in copy.iterdir()} == before


def test_a_failure_at_any_write_leaves_no_bundle_behind(
    tiny_bundle: BundleFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bundle_module.write_synced
    for failing in range(len(FILES) + 1):
        calls = iter(range(100))

        def broken(path: Path, data: bytes, failing: int = failing, calls: object = calls) -> None:
            if next(calls) == failing:  # type: ignore[call-overload]
                raise OSError(28, os.strerror(28))
            real(path, data)

        monkeypatch.setattr(bundle_module, "write_synced", broken)
        with pytest.raises(OSError, match=os.strerror(28)):
            publish_bundle(tmp_path, "tinyland", tiny_bundle.files, {"cutoff": "2021-01-01"})
        assert list((tmp_path / "tinyland").iterdir()) == []


def test_manifest_tells_where_the_bundle_comes_from(tiny_bundle: BundleFiles) -> None:
    manifest = json.loads((tiny_bundle.path / MANIFEST).read_bytes())
    for key in ("cutoff", "data_digest", "code_version", "seed", "parent_run", "trained_at"):
        assert key in manifest
