"""What is told beside the tables: calibration by part, ranges, groups, segments, kinds of outcome, causes, who was lost.

Everything is measured on the pooled test cohorts and written as plain JSON, which the card and the pages read.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from riskmodel.features.timeline import Timeline
from riskmodel.programme.programme import Programme
from riskmodel.training.parts.groups import tell_groups
from riskmodel.training.parts.lists import tell_lists, tell_losses, tell_utility
from riskmodel.training.parts.lost import tell_moved, tell_unknown
from riskmodel.training.parts.pooled import Pooled
from riskmodel.training.parts.probabilities import tell_calibration, tell_ranges
from riskmodel.training.parts.segments import tell_causes, tell_kinds, tell_segments


def tell_parts(
    programme: Programme, line: Timeline, pooled: Pooled, known_by: dt.date, seed: int, *, full: bool = False
) -> dict[str, Any]:
    """Measure every part.

    Parameters
    ----------
    line : Timeline
        The panel: audit columns, areas, other kinds of outcome.
    pooled : Pooled
        Test cohorts.
    known_by : date
        Outcomes recorded later are unknown.
    seed : int
        Seed of every bootstrap.
    full : bool
        Also tell what the lists would have been worth as transfers.

    Returns
    -------
    dict
        ``calibration``, ``ranges``, ``groups``, ``segments``, ``outcomes``, ``causes``, ``unknown``, ``moved``,
        ``lists``, ``losses``, and ``utility`` in full.
    """
    known = ~np.isnan(pooled.rows.outcome)
    parts = {
        "calibration": tell_calibration(line, pooled, known, seed),
        "ranges": tell_ranges(pooled, known),
        "groups": tell_groups(programme, line, pooled, known, seed),
        "segments": tell_segments(programme, pooled, known, seed),
        "outcomes": tell_kinds(programme, line, pooled, known_by, seed),
        "causes": tell_causes(programme, line, pooled, known_by),
        "unknown": tell_unknown(programme, pooled, known),
        "moved": tell_moved(programme, pooled, known, seed),
        "lists": tell_lists(programme, line, pooled, known_by),
        "losses": tell_losses(pooled, seed),
    }
    return parts | ({"utility": tell_utility(programme, line, pooled, known_by, seed)} if full else {})
