"""Which earlier households a bundle remembers, so that similar ones can be shown."""

from __future__ import annotations

import datetime as dt

import numpy as np

from riskmodel.explain.neighbours import Neighbours, mark_of
from riskmodel.features.encode import HORIZON_GROUP, MatrixSchema
from riskmodel.features.timeline import Positions, Timeline
from riskmodel.labels.labels import label_causes
from riskmodel.programme.outcome import EventWithin
from riskmodel.programme.programme import Programme
from riskmodel.scoring.measures import leading_groups
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import Fitted
from riskmodel.training.plan import Plan

REMEMBERING_SEED = 4
"""Added to the run's seed, so that no two uses share a stream."""
SALT_BYTES = 16


def remembered(plan: Plan, source: ExampleSource, fitted: Fitted) -> Neighbours:
    """Return earlier households with what became of them, as far as it was recorded by the cut-off.

    All are of the last date whose outcome is settled, on which each is there once. To add what earlier dates alone have
    would tell too many falls: who is there no more has often fallen in between.

    Parameters
    ----------
    plan : Plan
        How many are remembered, and the seed that chooses them.
    source : ExampleSource
        Where the rows are from.
    fitted : Fitted
        The model, and the rows that it is calibrated on.
    """
    programme, rng = plan.programme, np.random.default_rng([plan.seed, REMEMBERING_SEED])
    rows = fitted.sides.calibration.at_horizon(programme.main_horizon)
    rows = rows.where(rows.as_of == rows.as_of.max())
    chosen = rng.permutation(len(rows.outcome))[: programme.file.model.neighbours]
    kept = rows.where(np.sort(chosen))
    salt, fell, day = rng.bytes(SALT_BYTES), kept.outcome == 1, rows.as_of.max().item()
    groups, leading = _leading(
        programme, source.schema, np.asarray(fitted.booster.predict(kept.matrix, pred_contrib=True))
    )
    leaves = np.asarray(fitted.booster.predict(kept.matrix, pred_leaf=True)).reshape(len(fell), -1)
    return Neighbours(
        kept.as_of,
        fell,
        np.where(fell, cause_groups(programme, source.line, kept.household, day, fitted.fold.as_of), ""),
        groups,
        leading,
        np.array([mark_of(str(one), salt) for one in source.line.household_ids[kept.household]], dtype="uint8"),
        salt,
        leaves,
    )


def cause_groups(
    programme: Programme, line: Timeline, households: Positions, as_of: dt.date, known_by: dt.date
) -> np.ndarray:
    """Return the factor group of each household's recorded cause; empty without one.

    Parameters
    ----------
    programme : Programme
        Which causes there are.
    line : Timeline
        The panel.
    households : ndarray of int, shape (n,)
        Positions of the households.
    as_of : date
        Start of the main horizon's window.
    known_by : date
        What was recorded later is not known.
    """
    causes = label_causes(programme, line, households, as_of, programme.main_horizon, known_by)
    outcome = programme.file.outcome
    if causes is None or not isinstance(outcome, EventWithin):
        return np.full(len(households), "", dtype=object)
    groups = {code: cause.group for code, cause in outcome.causes.items()}
    return np.array([groups.get(cause, "") for cause in causes], dtype=object)


def _leading(
    programme: Programme, schema: MatrixSchema, contributions: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the factor groups, and which of them lead in each score; how far ahead it looks is no reason."""
    places = {
        group: [place for place, one in enumerate(schema.groups) if one == group]
        for group in programme.file.groups
        if group in schema.groups and group != HORIZON_GROUP
    }
    by_group = [contributions[:, columns].sum(axis=1) for columns in places.values()]
    return tuple(places), leading_groups(np.column_stack(by_group))
