"""The areas below one, compared: in words and bars."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.service.area_counting import AreaCounts
from riskmodel.service.income_growth import FEWEST
from riskmodel.service.pages.area.chance import chance_range
from riskmodel.service.pages.area.falls_view import count_text
from riskmodel.service.store.area_figures import Risk
from riskmodel.service.store.area_trees import AreaTree, Named

MOST_ROWS, SMALL = 100, 10


@dataclass(frozen=True, slots=True)
class BelowRow:
    """One area.

    Attributes
    ----------
    code, label : str
        Which one.
    households : str
        How many are at risk.
    rate, range : str
        Expected falls of a hundred, and between which numbers; the rate says so where there are too few households.
    low, point, high : float
        The same as places on a scale of 100; all 0 where there are too few.
    wider : str
        The area between, of those that lie two levels below.
    seen, expected : str
        How many households have fallen so far, and how many are expected in all; empty where no event tells, or of too few.
    listed, share : str
        How many are on the list, and which share of the area's households.
    decided : str
        Of how many of those somebody has decided.
    """

    code: str
    label: str
    wider: str
    households: str
    rate: str
    range: str
    low: float
    point: float
    high: float
    seen: str
    expected: str
    listed: str
    share: str
    decided: str

    @property
    def enough(self) -> bool:
        """Whether there are enough households to say something."""
        return self.high > 0


@dataclass(frozen=True, slots=True)
class BelowView:
    """Areas compared.

    Attributes
    ----------
    rows : tuple of BelowRow
        The highest rate first; those with too few households last.
    scale : str
        What the right end of the bars stands for, of a hundred.
    left_out : int
        How many are not shown, of very many.
    deeper : bool
        Whether they lie two levels below.
    other : int
        At which level below there are others that can be compared; 0 where there are none.
    """

    rows: tuple[BelowRow, ...]
    scale: str
    left_out: int
    deeper: bool
    other: int


@dataclass(frozen=True, slots=True)
class _Below:
    area: Named
    wider: Named | None
    risk: Risk
    fallen: int | None
    listed: int
    decided: int

    @property
    def enough(self) -> bool:
        return self.risk.households >= FEWEST

    @property
    def order(self) -> tuple[bool, float, str]:
        rate = self.risk.expected / self.risk.households if self.enough else 0.0
        return not self.enough, -rate, self.area.code

    @property
    def ends(self) -> tuple[float, float]:
        """Between which rates the falls lie, of a hundred."""
        risk = self.risk
        low, high = chance_range(risk.expected, risk.variance, risk.households)
        return 100 * low / risk.households, 100 * high / risk.households


def below_view(tree: AreaTree, counts: AreaCounts, language: Language, level: int = 1) -> BelowView:
    """Return the areas right below one, or those right below these, the highest rate first.

    Parameters
    ----------
    tree : AreaTree
        The area.
    counts : AreaCounts
        What was counted.
    language : Language
        Of the words.
    level : int
        How far below they lie; where there is nothing that can be compared, those right below are taken.
    """
    deeper = level > 1 and bool(tree.deeper)
    between = {one.code: one for one in tree.below} if deeper else {}
    shown_areas = tree.deeper if deeper else tree.below
    found = sorted((_below(one, between, counts) for one in shown_areas), key=lambda one: one.order)
    shown = found[:MOST_ROWS]
    scale = _scale(max((one.ends[1] for one in shown if one.enough), default=1.0))
    rows = tuple(_row(one, scale, language) for one in shown)
    other = (1 if deeper else 2) if tree.deeper else 0
    return BelowView(rows, language.number(scale, 0), len(found) - len(shown), deeper, other)


def _below(area: Named, between: Mapping[str, Named], counts: AreaCounts) -> _Below:
    progress, wider = counts.progress, between.get(area.path.rstrip("/").split("/")[-2])
    fallen = None if progress.fallen is None else progress.fallen_below.get(area.code, 0)
    risk = counts.below.get(area.code, Risk())
    return _Below(area, wider, risk, fallen, *progress.visits.by_area.get(area.code, (0, 0)))


def _scale(highest: float) -> float:
    """Return a round number at or above the highest end of a range."""
    step = 1 if highest <= SMALL else 10
    return max(1.0, float(step * math.ceil(highest / step)))


def _row(one: _Below, scale: float, language: Language) -> BelowRow:
    gettext, risk = language.gettext, one.risk
    low, high = one.ends if one.enough else (0.0, 0.0)
    point = 100 * risk.expected / risk.households if one.enough else 0.0
    ends = {"low": language.number(low, 1, 1), "high": language.number(high, 1, 1)}
    share = one.listed / risk.households if risk.households else 0.0
    return BelowRow(
        one.area.code,
        language.label(one.area.names) or one.area.code,
        "" if one.wider is None else language.label(one.wider.names) or one.wider.code,
        language.number(risk.households, 0),
        language.number(point, 1, 1) if one.enough else gettext("too few"),
        gettext("%(low)s to %(high)s", **ends) if one.enough else "",
        round(100 * low / scale, 1),
        round(100 * point / scale, 1),
        round(100 * high / scale, 1),
        "" if one.fallen is None else language.number(one.fallen, 0),
        count_text(language, risk.expected) if one.enough else "",
        language.number(one.listed, 0),
        f"{language.number(100 * share, 1, 1)}%",
        language.number(one.decided, 0),
    )
