"""Letting another version serve, on the grounds of the latest verdict that is kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from riskmodel.errors import NotFound, PromotionRefused
from riskmodel.evaluation.gates import Party
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.champion import history, open_version, promote, versions
from riskmodel.registry.history import Promotion
from riskmodel.registry.verdicts import Kept, latest_verdict
from riskmodel.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Promoting:
    """Which version is to serve.

    Attributes
    ----------
    models : Path
        Folder of the bundles.
    programme, version : str
        Which bundle.
    by, reason : str
        Who promotes, and why.
    expected_champion : str or None
        Version that is believed to serve now; None where none does.
    """

    models: Path
    programme: str
    version: str
    by: str
    reason: str
    expected_champion: str | None


def check_version(models: Path, programme: str, version: str) -> None:
    """Check that there is a bundle of a version.

    Raises
    ------
    NotFound
        If there is none.
    """
    if version not in versions(models, programme):
        raise NotFound("no such version; GET /v1/models lists them")


def promote_judged(asked: Promoting, at: dt.datetime) -> Promotion:
    """Let a version serve if its latest verdict against the one that serves lets it pass.

    Raises
    ------
    PromotionRefused
        If another version serves than expected, no verdict passes, or who promotes may not.
    BundleCorrupt
        If the bundle is not what was published, or its golden rows do not agree.
    """
    past = history(asked.models, asked.programme)
    serving = past[-1] if past else None
    if asked.expected_champion != (serving.version if serving else None):
        raise PromotionRefused("another champion serves than expected; GET /v1/models tells which, and what changed")
    files = open_version(asked.models, asked.programme, asked.version)
    # its golden rows are checked on the way
    Scorer(files)
    return promote(
        asked.models,
        asked.programme,
        asked.version,
        by=asked.by,
        reason=asked.reason,
        at=at,
        expected_champion=asked.expected_champion,
        # nobody is the demonstration here, whose word is enough for simulated data: a user may be called like it
        simulated=False,
        gate=_passing(files, asked, serving),
    )


def _passing(files: BundleFiles, asked: Promoting, serving: Promotion | None) -> Kept:
    own = Party(files.version, files.digest)
    kept = latest_verdict(asked.models, asked.programme, own, serving.party if serving else None)
    if kept is None or not kept.verdict.passes:
        found = (
            "its latest verdict does not pass" if kept else "no verdict about it against the present champion is kept"
        )
        raise PromotionRefused(
            f"{found}, and over HTTP no second person can agree: judge it with `riskmodel promote --data`, or let "
            "somebody else agree with `riskmodel promote --second`"
        )
    return kept
