"""Collects what happened, month by month, until the offices record it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from riskmodel.panel.simulated.constants import KINDS, Bools, Floats, Ints


@dataclass(slots=True)
class EventLog:
    """Events in the order in which they were simulated; each call adds those of one kind and month."""

    kind: list[Ints] = field(default_factory=list)
    household: list[Ints] = field(default_factory=list)
    month: list[Ints] = field(default_factory=list)
    amount: list[Floats] = field(default_factory=list)

    def add(self, kind: str, month: int, struck: Bools, amount: Floats | None = None) -> None:
        """Note that something happened to the households in ``struck``.

        Parameters
        ----------
        kind : str
            One of ``KINDS``.
        month : int
            Month of the simulation.
        struck : ndarray of bool, shape (n,)
            The households.
        amount : ndarray of float, shape (n,), optional
            Yuan; missing where there is no amount.
        """
        who = np.flatnonzero(struck)
        self.kind.append(np.full(len(who), KINDS.index(kind), dtype="int64"))
        self.household.append(who)
        self.month.append(np.full(len(who), month, dtype="int64"))
        self.amount.append(np.full(len(who), np.nan) if amount is None else amount[who])
