"""The areas right below one, compared: in words and bars."""

from __future__ import annotations

import math
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.service.area_counting import AreaCounts
from riskmodel.service.income_growth import FEWEST
from riskmodel.service.pages.area.chance import chance_range
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
    listed, share : str
        How many are on the list, and which share of the area's households.
    decided : str
        Of how many of those somebody has decided.
    """

    code: str
    label: str
    households: str
    rate: str
    range: str
    low: float
    point: float
    high: float
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
    """

    rows: tuple[BelowRow, ...]
    scale: str
    left_out: int


@dataclass(frozen=True, slots=True)
class _Below:
    area: Named
    risk: Risk
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


def below_view(tree: AreaTree, counts: AreaCounts, language: Language) -> BelowView:
    """Return the areas right below one, the highest rate first."""
    found = sorted((_below(one, counts) for one in tree.below), key=lambda one: one.order)
    shown = found[:MOST_ROWS]
    scale = _scale(max((one.ends[1] for one in shown if one.enough), default=1.0))
    rows = tuple(_row(one, scale, language) for one in shown)
    return BelowView(rows, language.number(scale, 0), len(found) - len(shown))


def _below(area: Named, counts: AreaCounts) -> _Below:
    return _Below(area, counts.below.get(area.code, Risk()), *counts.progress.visits.by_area.get(area.code, (0, 0)))


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
        language.number(risk.households, 0),
        language.number(point, 1, 1) if one.enough else gettext("too few"),
        gettext("%(low)s to %(high)s", **ends) if one.enough else "",
        round(100 * low / scale, 1),
        round(100 * point / scale, 1),
        round(100 * high / scale, 1),
        language.number(one.listed, 0),
        f"{language.number(100 * share, 1, 1)}%",
        language.number(one.decided, 0),
    )
