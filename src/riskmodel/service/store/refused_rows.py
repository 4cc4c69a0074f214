"""Rows that a load refused: the first ones by name, all by rule; never values."""

from __future__ import annotations

import pandas as pd

from riskmodel.panel.checking import REJECTED_COLUMNS

MOST_NAMED = 200_000
"""Faults that are named one by one; of the others only the rule is known, so that memory has a bound."""


class RefusedRows:
    """Collects refused rows, part by part."""

    def __init__(self, most_named: int = MOST_NAMED) -> None:
        self._room = most_named
        self._named: list[pd.DataFrame] = []
        self._rules: dict[tuple[str, str, str], tuple[int, int]] = {}

    def add(self, faults: pd.DataFrame) -> None:
        """Take in faults: ``table, row, column, rule``."""
        self._named.append(faults.head(self._room))
        self._room -= len(self._named[-1])
        for names, rows in faults.groupby(["table", "column", "rule"])["row"]:
            table, column, rule = map(str, names)
            count, first = self._rules.get((table, column, rule), (0, int(rows.min())))
            self._rules[table, column, rule] = count + len(rows), min(first, int(rows.min()))

    @property
    def total(self) -> int:
        """How many faults there are."""
        return sum(count for count, _ in self._rules.values())

    def named(self) -> pd.DataFrame:
        """Return faults by table and row."""
        if not self._named:
            return pd.DataFrame(columns=REJECTED_COLUMNS)
        return pd.concat(self._named).sort_values(REJECTED_COLUMNS, ignore_index=True)

    def by_rule(self) -> list[dict[str, str | int]]:
        """Return how many rows break each rule, and the first that does; the most frequent first."""
        rows = sorted(self._rules.items(), key=lambda item: (-item[1][0], item[0]))
        return [
            {"table": table, "column": column, "rule": rule, "rows": count, "first": first}
            for (table, column, rule), (count, first) in rows
        ]
