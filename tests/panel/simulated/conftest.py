"""One county for all tests of this folder; making it takes a few seconds."""

from __future__ import annotations

import pytest

from riskmodel.panel.simulated import County, simulate


@pytest.fixture(scope="package")
def county() -> County:
    return simulate(households=20_000, seed=0)


@pytest.fixture(scope="package")
def small() -> County:
    return simulate(households=600, seed=3)
