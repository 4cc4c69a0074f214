"""Which department rules fire, by the thresholds in force where a household lives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.programme.measures import Condition, Rule
from riskmodel.scoring.measures import bounds, within

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Test:
    """One condition: the place of its rule, and of its feature among the columns."""

    rule: int
    column: int
    condition: Condition

    @property
    def by_area(self) -> bool:
        """Whether its bounds differ by area."""
        return any(one.area for one in self.condition.by)


class Rules:
    """Tells which rules fire, for one household or a million alike.

    Parameters
    ----------
    rules : sequence of Rule
        The programme's rules.
    names, groups : sequence of str
        Columns of the matrix, and the factor group of each.

    Attributes
    ----------
    codes : tuple of str
        Code of each rule.
    groups : tuple of str
        Factor group of each rule: that of the feature of its first condition.
    features : tuple of frozenset of str
        Features that each rule looks at.
    """

    def __init__(self, rules: Sequence[Rule], names: Sequence[str], groups: Sequence[str]) -> None:
        column = {name: place for place, name in enumerate(names)}
        self.codes = tuple(rule.code for rule in rules)
        self.groups = tuple(groups[column[rule.when[0].feature]] for rule in rules)
        self.features = tuple(frozenset(one.feature for one in rule.when) for rule in rules)
        tests = [_Test(place, column[one.feature], one) for place, rule in enumerate(rules) for one in rule.when]
        self._everywhere = tuple(test for test in tests if not test.by_area)
        self._by_area = tuple(test for test in tests if test.by_area)

    def fired(self, matrix: Values, area_paths: Sequence[str], as_of: dt.date) -> Flags:
        """Tell which rules fire; a missing value never passes.

        Parameters
        ----------
        matrix : ndarray, shape (n, n_columns)
            The households' features.
        area_paths : sequence of str, n long
            Codes of each household's areas from the widest to its own, ``/county/town/village/``; where a path is
            empty, thresholds for areas do not hold.
        as_of : date
            Date of the features, which decides between thresholds.

        Returns
        -------
        ndarray of bool, shape (n, n_rules)
        """
        fired = np.ones((len(self.codes), len(matrix)), dtype=bool)
        for test in self._everywhere:
            low, high = bounds([test.condition.in_force((), as_of)])
            fired[test.rule] &= within(matrix[:, test.column], low, high)
        if self._by_area:
            place, paths = pd.factorize(np.asarray(area_paths, dtype=object))
            areas = [[code for code in path.split("/") if code] for path in paths]
        for test in self._by_area:
            low, high = bounds([test.condition.in_force(codes, as_of) for codes in areas])
            fired[test.rule] &= within(matrix[:, test.column], low[place], high[place])
        return fired.T
