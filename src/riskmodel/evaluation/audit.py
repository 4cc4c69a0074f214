"""Who is audited: readable labels for the programme's audit groups, and who is on the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.errors import ColumnsMismatch, Fault
from riskmodel.programme.programme import AuditGroup

Values = npt.NDArray[np.float64]
Labels = npt.NDArray[np.object_]
YES, NO = "yes", "no"


def audit_labels(groups: Sequence[AuditGroup], columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, Labels]:
    """Turn the columns that groups are built on into labels.

    Parameters
    ----------
    groups : sequence of AuditGroup
        The programme's.
    columns : mapping of str to ndarray, shape (n,)
        Values by ``AuditGroup.column``: numbers, booleans (also as 0.0 and 1.0) or text, with NaN or None for unknown.

    Returns
    -------
    dict of str to ndarray of object, shape (n,)
        By the group's name; None where unknown. Numbers are cut at ``cuts`` into ``< 0.5``, ``0.5 to 5`` (5 not
        included) and ``>= 5``, booleans are ``yes`` and ``no``, categories their code.

    Raises
    ------
    ColumnsMismatch
        If a group's column is not among them.
    """
    missing = [group for group in groups if group.column not in columns]
    if missing:
        raise ColumnsMismatch(
            "audit groups",
            [
                Fault(f"audit_groups.{group.name}", "missing", f"{group.column} is not among the columns; add it")
                for group in missing
            ],
        )
    return {group.name: _labels(group.cuts, columns[group.column]) for group in groups}


def _labels(cuts: tuple[float, ...], values: npt.NDArray[Any]) -> Labels:
    known = ~np.asarray(pd.isna(values))
    out = np.full(len(values), None, dtype=object)
    seen = values[known]
    if cuts:
        edges = np.sort(cuts)
        names = np.array(_between(edges), dtype=object)
        out[known] = names[np.searchsorted(edges, seen.astype("float64"), side="right")]
    elif all(value in (0, 1) for value in set(seen.tolist())):
        out[known] = np.where(seen.astype("float64") == 1, YES, NO)
    else:
        out[known] = [value if isinstance(value, str) else f"{value:g}" for value in seen.tolist()]
    return out


def _between(edges: Values) -> list[str]:
    written = [f"{edge:g}" for edge in edges]
    middle = [f"{low} to {high}" for low, high in pairwise(written)]
    return [f"< {written[0]}", *middle, f">= {written[-1]}"]


def listed_at_capacity(
    log_odds: Values, household: npt.NDArray[np.int64], period: npt.NDArray[Any], capacity_share: float
) -> npt.NDArray[np.bool_]:
    """Return who is on their period's list: the riskiest share, at least one; ties go to the first household.

    Parameters
    ----------
    log_odds, household, period : ndarray, shape (n,)
        Score, who each row is of, and the list that the row competes for.
    capacity_share : float
        Share of a period's rows that can be visited.
    """
    listed = np.zeros(len(log_odds), dtype=bool)
    for one in np.unique(period):
        rows = np.flatnonzero(period == one)
        order = rows[np.lexsort((household[rows], -log_odds[rows]))]
        listed[order[: max(1, round(capacity_share * len(rows)))]] = True
    return listed
