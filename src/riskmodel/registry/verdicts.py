"""Verdicts, kept: what was found about each candidate, against whom, and when. Nothing kept is ever overwritten."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from riskmodel.errors import BundleCorrupt, UsageError
from riskmodel.evaluation.gates import Party, Verdict
from riskmodel.files import held, replacing
from riskmodel.registry.bundle import NAME, canonical_json

FOLDER = "gates"
BASELINES = "baselines"
_NUMBERED = re.compile(r"(?:-no(\d+))?\.json$")


@dataclass(frozen=True, slots=True)
class Kept:
    """A verdict and the name of the file that keeps it."""

    name: str
    verdict: Verdict


def keep_verdict(models: Path, verdict: Verdict) -> Kept:
    """Write a verdict beside the bundles.

    The file is ``models/<programme>/gates/<candidate>-against-<champion or baselines>.json``. A second, different verdict
    about the same two is kept beside the first as ``...-no2.json``; the same one again changes nothing.

    Raises
    ------
    UsageError
        If a name in it can't be a file's.
    """
    stem = _stem(verdict.candidate, verdict.champion)
    if not NAME.match(verdict.programme):
        raise UsageError("a verdict names its programme and versions as the registry does")
    data = canonical_json(verdict.to_json())
    folder = models / verdict.programme / FOLDER
    folder.mkdir(exist_ok=True)
    with held(folder.parent, wait=True):
        earlier = _files(folder, stem)
        if earlier and earlier[-1].read_bytes() == data:
            return Kept(earlier[-1].name, verdict)
        number = _number(earlier[-1]) + 1 if earlier else 1
        target = folder / (f"{stem}.json" if number == 1 else f"{stem}-no{number}.json")
        with replacing(target) as partial:
            partial.write_bytes(data)
    return Kept(target.name, verdict)


def latest_verdict(models: Path, programme: str, candidate: Party, champion: Party | None) -> Kept | None:
    """Return the latest verdict about exactly these two bundles; None without one.

    The latest counts, not the best: nobody may judge until it passes and then show that one.

    Raises
    ------
    BundleCorrupt
        If the file is not what this module writes.
    """
    for path in reversed(_files(models / programme / FOLDER, _stem(candidate, champion))):
        kept = Kept(path.name, read_verdict(path))
        if (kept.verdict.candidate, kept.verdict.champion) == (candidate, champion):
            return kept
    return None


def read_verdict(path: Path) -> Verdict:
    """Read one verdict.

    Raises
    ------
    BundleCorrupt
        If the file is not what this module writes.
    """
    try:
        return Verdict.from_json(json.loads(path.read_bytes()))
    except (ValueError, TypeError):
        raise BundleCorrupt(f"{path.name} is not a verdict; move it away and judge the candidate again") from None


def _stem(candidate: Party, champion: Party | None) -> str:
    against = BASELINES if champion is None else champion.version
    if not (NAME.match(candidate.version) and NAME.match(against)):
        raise UsageError("a verdict names its programme and versions as the registry does")
    return f"{candidate.version}-against-{against}"


def _files(folder: Path, stem: str) -> list[Path]:
    """Return the verdicts about two versions, oldest first."""
    if not folder.is_dir():
        return []
    own = re.compile(re.escape(stem) + _NUMBERED.pattern)
    return sorted((path for path in folder.iterdir() if own.fullmatch(path.name)), key=_number)


def _number(path: Path) -> int:
    found = _NUMBERED.search(path.name)
    return int(found[1]) if found and found[1] else 1
