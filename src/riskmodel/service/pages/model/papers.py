"""What comes with a model: how it did in the past, its card, and what it was made from. Read once a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from riskmodel.registry.champion import open_version
from riskmodel.scoring.figures import ModelId

MOST_KEPT = 4
Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Papers:
    """What comes with a model.

    Attributes
    ----------
    evaluation : mapping
        ``evaluation.json``.
    card : str
        The full card, in Markdown.
    cutoff : str
        Nothing recorded on or after this date was seen.
    """

    evaluation: Figures
    card: str
    cutoff: str


@lru_cache(MOST_KEPT)
def papers_of(models: Path, model: ModelId) -> Papers:
    """Return what comes with a model that was approved; every byte is checked before anything is read.

    Raises
    ------
    BundleCorrupt
        If it is not what was approved.
    """
    bundle = open_version(models, model.programme, model.version).approved(model.digest)
    card = bundle.files["card.md"].decode("utf-8", "replace")
    return Papers(bundle.json("evaluation.json"), card, str(bundle.manifest["cutoff"]))
