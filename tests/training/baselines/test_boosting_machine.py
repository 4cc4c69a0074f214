"""The challenger is an extra: without its package it is left out, never a crash."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from conftest import Tiny
from helpers.rows import made_rows
from riskmodel.features.encode import schema_of
from riskmodel.training.baselines.boosting_machine import fit_boosting_machine


def test_without_the_package_it_is_left_out(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    schema = schema_of(tiny.programme)
    empty = np.zeros(0)
    assert fit_boosting_machine(schema, made_rows(np.zeros((0, len(schema.names))), empty), 0) is None
