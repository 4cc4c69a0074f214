"""The challenger is an extra: without its package it is left out, never a crash."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from conftest import Tiny
from riskmodel.features.encode import schema_of
from riskmodel.training.baselines.boosting_machine import fit_boosting_machine
from riskmodel.training.examples import Examples


def test_without_the_package_it_is_left_out(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    schema = schema_of(tiny.programme)
    empty = np.zeros(0)
    rows = Examples(
        np.zeros((0, len(schema.names))), empty, empty, empty.astype(int), empty, empty.astype(int), empty.astype(bool)
    )
    assert fit_boosting_machine(schema, rows, 0) is None
