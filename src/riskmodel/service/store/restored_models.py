"""Puts the models of a backup back: what is missing, and never over what is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from riskmodel.files import held, replacing, sync_folder, write_synced
from riskmodel.registry.history import POINTER
from riskmodel.service.store.backup_format import BUNDLE_FILES, BackupUnusable, version_of_file

Read = Callable[[str], bytes]
"""Returns the bytes of one of the registry's files."""


def restore_models(folder: Path, names: Iterable[str], read: Read) -> None:
    """Put bundles, verdicts and the pointer into their places where there are none yet.

    Parameters
    ----------
    folder : Path
        ``models/<programme>``.
    names : iterable of str
        Files of the registry that the backup has.
    read : callable
        Returns the bytes of one.

    Raises
    ------
    BackupUnusable
        If a bundle lacks a file.
    """
    files = set(names)
    for version in _missing_versions(folder, files):
        _place_bundle(folder, version, read)
    _place_files(folder, {name for name in files if version_of_file(name) is None}, read)


def _missing_versions(folder: Path, names: set[str]) -> list[str]:
    """Return the versions whose folders are not there."""
    versions = sorted({version for name in names if (version := version_of_file(name)) is not None})
    for version in versions:
        if not names.issuperset(f"{version}/{name}" for name in BUNDLE_FILES):
            raise BackupUnusable(f"bundle {version} in the backup lacks a file; take another backup")
    return [version for version in versions if not (folder / version).exists()]


def _place_bundle(folder: Path, version: str, read: Read) -> None:
    """Write a bundle beside its place and move it there, whole."""
    partial = folder / f".{version}.{os.getpid()}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        for name in sorted(BUNDLE_FILES):
            write_synced(partial / name, read(f"{version}/{name}"))
        sync_folder(partial)
        partial.rename(folder / version)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    sync_folder(folder)


def _place_files(folder: Path, names: set[str], read: Read) -> None:
    if not names:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder, wait=True):
        # the pointer names the others, so it comes last
        for name in sorted(names, key=lambda name: name == POINTER):
            target = folder / name
            if not target.exists():
                target.parent.mkdir(exist_ok=True)
                with replacing(target) as partial:
                    partial.write_bytes(read(name))
