"""What an audit of groups found: values, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskmodel.evaluation.intervals import figures_json
from riskmodel.evaluation.ranking import Interval

FIGURES = ("base_rate", "recall_at_capacity", "false_negative_rate", "selection_rate", "calibration_gap")


@dataclass(frozen=True, slots=True)
class GroupResult:
    """How one group did.

    Attributes
    ----------
    columns, labels : tuple of str
        Audit columns and the group's value in each; two of each for an intersection, none for all rows.
    n, events : int
        Rows, and how many of them fell; unweighted.
    figures : mapping of name to Interval or None, or None
        ``base_rate`` (share that fell), ``recall_at_capacity`` (share of those who fell that was on the list),
        ``false_negative_rate`` (the rest of them), ``selection_rate`` (share on the list), ``calibration_gap`` (mean
        probability minus share that fell). A figure is None with too few events, all are with too few rows.
    """

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    n: int
    events: int
    figures: Mapping[str, Interval | None] | None

    @property
    def too_few(self) -> bool:
        """Whether there are too few rows for any figure."""
        return self.figures is None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; an undefined figure is null."""
        place = {"group": dict(zip(self.columns, self.labels, strict=True))} if self.columns else {}
        return {
            **place,
            "n": self.n,
            "events": self.events,
            "too_few": self.too_few,
            **figures_json(self.figures or {}),
        }


@dataclass(frozen=True, slots=True)
class Gap:
    """How far the groups of a column lie apart in one figure.

    Attributes
    ----------
    highest, lowest : str
        Groups with the largest and the smallest figure.
    difference : Interval
        Their difference. Draws compare these same two groups, so its range may hold 0: then chance alone could have
        put them apart. They were picked as the extremes, which with many groups lie apart by chance already.
    furthest : str
        Group that lies furthest from all rows.
    to_overall : Interval
        Its figure minus that of all rows.
    """

    highest: str
    lowest: str
    difference: Interval
    furthest: str
    to_overall: Interval

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        names = {"highest": self.highest, "lowest": self.lowest, "furthest": self.furthest}
        return names | figures_json({"difference": self.difference, "to_overall": self.to_overall})


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Figures of all rows, of each group and of each pair, and the gaps.

    Attributes
    ----------
    overall : GroupResult
        All rows.
    groups : tuple of GroupResult
        Single columns first, then pairs.
    gaps : mapping of column to figure to Gap
        Figures that at least two of its groups have; a pair of columns is named ``one × other``.
    unknown : mapping of column to int
        Rows whose group is unknown; they count in ``overall`` alone.
    """

    overall: GroupResult
    groups: tuple[GroupResult, ...]
    gaps: Mapping[str, Mapping[str, Gap]]
    unknown: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, without NaN."""
        return {
            "overall": self.overall.to_json(),
            "groups": [group.to_json() for group in self.groups],
            "gaps": {column: {name: gap.to_json() for name, gap in gaps.items()} for column, gaps in self.gaps.items()},
            "unknown": dict(self.unknown),
        }
