"""Results by the programme's audit groups: who is served worse."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodel.evaluation.audit import audit_labels, listed_at_capacity
from riskmodel.evaluation.groups import by_group
from riskmodel.features.encode import schema_of
from riskmodel.features.timeline import Timeline
from riskmodel.programme.dictionary import Kind
from riskmodel.programme.programme import Programme
from riskmodel.training.examples import Examples
from riskmodel.training.parts.pooled import Flags, Pooled, outcomes_of

GROUP_SEED = 11
"""Added to the run's seed, so that no two uses share a stream."""


def tell_groups(programme: Programme, line: Timeline, pooled: Pooled, known: Flags, seed: int) -> dict[str, Any]:
    """Measure each audit group and pair of groups; empty where the programme names none."""
    if not programme.file.audit_groups:
        return {}
    rows = pooled.rows.where(known)
    share = outcomes_of(programme, rows).capacity_share
    listed = listed_at_capacity(pooled.log_odds[known], rows.household, pooled.period[known], share)
    labels = audit_labels(programme.file.audit_groups, audit_columns(programme, line, rows))
    rng = np.random.default_rng([seed, GROUP_SEED])
    report = by_group(labels, listed, pooled.probability[known], rows.outcome, rows.weight, rows.household, rng)
    return report.to_json()


def audit_columns(programme: Programme, line: Timeline, rows: Examples) -> dict[str, npt.NDArray[Any]]:
    """Take each audit group's column: a fact of the household, or a feature with its categories in words."""
    columns: dict[str, npt.NDArray[Any]] = {}
    names = schema_of(programme).names
    for group in programme.file.audit_groups:
        feature = programme.dictionary.feature(group.column)
        if feature is None:
            own = line.households[group.column.partition(".")[2]]
            columns[group.column] = own.to_numpy()[rows.household]
            continue
        values = rows.matrix[:, names.index(group.column)]
        if feature.column.kind is Kind.CATEGORY:
            codes = np.array([*feature.column.categories, None], dtype=object)
            values = codes[np.where(np.isnan(values), -1, values).astype("int64")]
        columns[group.column] = values
    return columns
