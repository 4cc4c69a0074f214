"""Welfare from proxies: known coefficients are found again, and welfare itself is never asked."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from conftest import Tiny
from helpers.rows import made_rows
from riskmodel.errors import TooFewRows
from riskmodel.features.encode import MatrixSchema, schema_of
from riskmodel.training.baselines.proxies import fit_expected_poverty, fit_proxy_means, proxy_columns
from riskmodel.training.examples import Examples


def world(tiny: Tiny, n: int, deviation_of_landless: float) -> tuple[MatrixSchema, Examples]:
    """Make log welfare 0.5 + 0.8 * land - 0.1 * persons; the landless scatter as told, the others by 0.2."""
    schema, rng = schema_of(tiny.programme), np.random.default_rng(0)
    matrix = np.zeros((n, len(schema.names)))
    land, persons = (rng.random(n) < 0.5).astype(float), rng.integers(1, 7, n).astype(float)
    scatter = np.where(land == 1, 0.2, deviation_of_landless)
    log_welfare = 0.5 + 0.8 * land - 0.1 * persons + scatter * rng.normal(size=n)
    for name, values in (("land", land), ("persons", persons), ("income_to_line", np.exp(log_welfare))):
        matrix[:, schema.names.index(name)] = values
    return schema, made_rows(matrix, np.zeros(n))


def test_no_proxy_is_of_the_group_of_welfare(tiny: Tiny) -> None:
    schema = schema_of(tiny.programme)
    groups = {schema.groups[place] for place in proxy_columns(tiny.programme, schema)}
    assert groups == {"household", "health", "area"}


def test_the_test_finds_the_line_that_welfare_was_drawn_from(tiny: Tiny) -> None:
    schema, rows = world(tiny, 4_000, 0.2)
    score = fit_proxy_means(tiny.programme, schema, rows).score(rows.matrix)
    land, persons = (rows.matrix[:, schema.names.index(name)] for name in ("land", "persons"))
    assert -score == pytest.approx(0.5 + 0.8 * land - 0.1 * persons, abs=0.03)


def test_expected_poverty_is_the_normal_chance_with_each_groups_own_scatter(tiny: Tiny) -> None:
    schema, rows = world(tiny, 20_000, 0.6)
    chance = fit_expected_poverty(tiny.programme, schema, rows).score(rows.matrix)
    land, persons = (rows.matrix[:, schema.names.index(name)] for name in ("land", "persons"))
    true = norm.cdf(-(0.5 + 0.8 * land - 0.1 * persons) / np.where(land == 1, 0.2, 0.6))
    assert chance == pytest.approx(true, abs=0.04)


def test_fewer_rows_than_a_regression_needs_are_refused(tiny: Tiny) -> None:
    schema, rows = world(tiny, 15, 0.2)
    with pytest.raises(TooFewRows, match="15 rows tell their welfare"):
        fit_proxy_means(tiny.programme, schema, rows)
