"""The county's programme as it ships, for tests of words that need its outcome, shock and references."""

from __future__ import annotations

from functools import cache

from conftest import DATA
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme


@cache
def county() -> Programme:
    """Return the programme."""
    return load_programme(DATA.parents[1] / "configs" / "china-county.yaml")
