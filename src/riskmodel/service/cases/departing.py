"""Whether a decision departs from the band of the score that was looked at: then it needs a reason."""

from __future__ import annotations

from collections.abc import Sequence

from riskmodel.programme.programme import Band, Capacity
from riskmodel.service.store.decisions import Outcome

VISITING = frozenset({Outcome.MONITOR, Outcome.NEEDS_VISIT})
_LAST_BIT = 1e-12


def visited_bands(bands: Sequence[Band], capacity: Capacity) -> frozenset[str]:
    """Return the bands whose households can all be visited; the highest one at least.

    Parameters
    ----------
    bands : sequence of Band
        The programme's, the highest first.
    capacity : Capacity
        How many households can be visited; of a number of households it is not known which share they are.
    """
    share = capacity.share or 0.0
    return frozenset({bands[0].code, *(one.code for one in bands if one.top_share <= share + _LAST_BIT)})


def departs(outcome: Outcome, band: str, visited: frozenset[str]) -> bool:
    """Tell whether an outcome departs from a band.

    Parameters
    ----------
    outcome : Outcome
        What is decided.
    band : str
        Band of the score that was looked at.
    visited : frozenset of str
        Bands whose households are to be visited.
    """
    return outcome is Outcome.NOT_NOW if band in visited else outcome in VISITING
