"""A bundle: the bytes that were approved. Checked before anything parses them, published whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskmodel.errors import BundleCorrupt, NotFound
from riskmodel.files import sync_folder, write_synced

MANIFEST = "manifest.json"
FILES = (
    "model.txt",
    "calibration.json",
    "programme.json",
    "reference.json",
    "neighbours.parquet",
    "golden.parquet",
    "card.md",
    "evaluation.json",
)
"""What a bundle holds beside its manifest; nothing else may be in it."""

NAME = re.compile(r"^[a-z0-9][a-z0-9.-]{0,63}$")
MAX_FILE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BundleFiles:
    """A bundle's verified bytes.

    Attributes
    ----------
    path : Path
        Its folder.
    programme, version, digest : str
        Which model this is.
    manifest : mapping
        The manifest as written.
    files : mapping of name to bytes
        Every file but the manifest.
    """

    path: Path
    programme: str
    version: str
    digest: str
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]

    def json(self, name: str) -> Any:
        """Parse one of the JSON files."""
        return json.loads(self.files[name])

    def approved(self, digest: str) -> BundleFiles:
        """Return the bundle if it is the one that was approved.

        Raises
        ------
        BundleCorrupt
            If its digest is another one.
        """
        if self.digest != digest:
            raise BundleCorrupt(
                f"{self.version} is not the bundle that was promoted; roll back or promote another version"
            )
        return self


def digest_of(hashes: Mapping[str, str]) -> str:
    """Return the digest over sorted (name, sha256) pairs."""
    joined = "".join(f"{name}\0{sha256}\n" for name, sha256 in sorted(hashes.items()))
    return hashlib.sha256(joined.encode()).hexdigest()


def version_of(cutoff: str, digest: str) -> str:
    """Return the version: the training cut-off and the digest's first 8 digits."""
    return f"{cutoff}-{digest[:8]}"


def canonical_json(value: Any) -> bytes:
    """Return JSON bytes that depend on the value alone; keys keep the order they were made in, which people chose."""
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def publish_bundle(models: Path, programme: str, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> Path:
    """Write a bundle: all of it, or nothing.

    Parameters
    ----------
    models : Path
        Folder of the bundles.
    programme : str
        Whose bundle.
    files : mapping of name to bytes
        Exactly :data:`FILES`.
    facts : mapping
        What the manifest tells besides: ``cutoff``, ``data_digest``, ``code_version``, ``seed``, ``parent_run``, times.

    Returns
    -------
    Path
        Its folder, ``models/<programme>/<version>``. The same bytes published again change nothing.
    """
    if set(files) != set(FILES):
        raise BundleCorrupt(f"a bundle holds exactly {', '.join(FILES)}; got {', '.join(sorted(files))}")
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    digest = digest_of(hashes)
    version = version_of(str(facts["cutoff"]), digest)
    target = models / programme / version
    if target.exists():
        return target
    listed = {name: {"sha256": hashes[name], "bytes": len(files[name])} for name in sorted(files)}
    manifest = {"programme": programme, "version": version, "digest": digest, "files": listed, **facts}
    partial = target.with_name(f".{version}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        for name, data in {**files, MANIFEST: canonical_json(manifest)}.items():
            write_synced(partial / name, data)
        sync_folder(partial)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync_folder(target.parent)
    return target


def read_bundle(path: Path) -> BundleFiles:
    """Read a bundle and check every byte of it against its manifest; nothing but the manifest is parsed.

    Raises
    ------
    NotFound
        If there is no bundle.
    BundleCorrupt
        If a file is missing, unlisted, a link, of another size or of another sha256, or the digest is not the sum.
    """
    if not (path / MANIFEST).is_file():
        raise NotFound(f"{path} is not a bundle: it has no {MANIFEST}")
    manifest = _manifest(path)
    present = {entry.name for entry in path.iterdir()}
    if present != {*FILES, MANIFEST}:
        odd = ", ".join(sorted(present ^ {*FILES, MANIFEST}))
        raise BundleCorrupt(f"bundle {path.name}: missing or unlisted files: {odd}; publish it again")
    files = {name: _verified(path / name, manifest["files"][name]) for name in FILES}
    digest = digest_of({name: manifest["files"][name]["sha256"] for name in FILES})
    version = version_of(manifest["cutoff"], digest)
    if digest != manifest["digest"] or version != manifest["version"] or version != path.name:
        raise BundleCorrupt(f"bundle {path.name}: digest or version do not follow from its files; publish it again")
    return BundleFiles(path, manifest["programme"], version, digest, manifest, files)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        listed = {name: (entry["sha256"], entry["bytes"]) for name, entry in manifest["files"].items()}
        texts = [manifest[key] for key in ("programme", "version", "digest", "cutoff")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BundleCorrupt(f"bundle {path.name}: {MANIFEST} is not a manifest; publish it again") from None
    if set(listed) != set(FILES) or not all(isinstance(text, str) for text in texts) or not NAME.match(texts[0]):
        raise BundleCorrupt(f"bundle {path.name}: {MANIFEST} does not list a bundle's files; publish it again")
    return dict(manifest)


def _verified(file: Path, entry: Mapping[str, Any]) -> bytes:
    """Return a file's bytes if they are the listed ones."""
    if file.is_symlink() or not file.is_file() or file.stat().st_size > MAX_FILE_BYTES:
        raise BundleCorrupt(f"bundle {file.parent.name}: {file.name} is not a plain file of reasonable size")
    data = file.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if len(data) != entry["bytes"] or found != entry["sha256"]:
        raise BundleCorrupt(
            f"bundle {file.parent.name}: {file.name} has sha256 {found[:12]}, approved was {str(entry['sha256'])[:12]}; "
            "refusing to load it. Fetch it again or promote another version"
        )
    return data
