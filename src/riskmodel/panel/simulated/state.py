"""What changes about households from month to month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.constants import Bools, Floats, Ints
from riskmodel.panel.simulated.population import Population

NEVER = -10_000
"""A month long before the first one."""
CATEGORIES = ("none", "unstable", "marginal", "sudden")


@dataclass(slots=True)
class State:
    """The state of all households in a month.

    Attributes
    ----------
    transitory, support : ndarray of float, shape (n,)
        Parts of log income: what comes and goes, and what measures add.
    pressure : ndarray of float, shape (n_causes, n)
        What is left of each kind of shock.
    out_of_work, lost_workers : ndarray of int, shape (n,)
        Wage workers who look for work, and who can't work any more.
    more_chronic, more_serious, more_disabled, more_severe : ndarray of int, shape (n,)
        Members who fell ill or were disabled since 2019.
    business_factor : ndarray of float, shape (n,)
        Business income over its normal level.
    illness_cost : ndarray of float, shape (n,)
        Yuan of self-pay that a serious illness still costs this month.
    students : ndarray of int, shape (n,)
        Years of college that a member still has to pay for.
    tuition : ndarray of float, shape (n,)
        Yuan a month for it.
    debt : ndarray of float, shape (n,)
        Yuan owed.
    house_grade : ndarray of int, shape (n,)
        1 safe (A) to 4 dangerous (D).
    water_unsafe, dropped_out, dibao, public_job, left : ndarray of bool, shape (n,)
        As named.
    monitored_since, eliminated_at, visited_at : ndarray of int, shape (n,)
        Months; ``NEVER`` where it has not happened. ``monitored_since`` is ``NEVER`` outside a spell.
    category, cause : ndarray of int, shape (n,)
        Of the current or latest spell: positions in ``CATEGORIES`` and ``CAUSES`` (-1 for none).
    measures : ndarray of int, shape (n,)
        Measures given in the latest spell.
    """

    transitory: Floats
    support: Floats
    pressure: Floats
    out_of_work: Ints
    lost_workers: Ints
    more_chronic: Ints
    more_serious: Ints
    more_disabled: Ints
    more_severe: Ints
    business_factor: Floats
    illness_cost: Floats
    students: Ints
    tuition: Floats
    debt: Floats
    house_grade: Ints
    water_unsafe: Bools
    dropped_out: Bools
    dibao: Bools
    public_job: Bools
    left: Bools
    monitored_since: Ints
    eliminated_at: Ints
    visited_at: Ints
    category: Ints
    cause: Ints
    measures: Ints

    @property
    def monitored(self) -> Bools:
        """Households in a spell of monitoring."""
        monitored: Bools = self.monitored_since != NEVER
        return monitored

    @property
    def at_risk(self) -> Bools:
        """Households that could be identified now."""
        return ~self.monitored & ~self.left


def first_state(population: Population, dibao: Bools, rng: np.random.Generator) -> State:
    """Return the state at the start of 2019, before any shock."""
    n = population.n

    def zeros() -> Ints:
        return np.zeros(n, dtype="int64")

    def never() -> Ints:
        return np.full(n, NEVER, dtype="int64")

    def no() -> Bools:
        return np.zeros(n, dtype=bool)

    grades = rng.choice([1, 2, 3], size=n, p=[0.62, 0.36, 0.02])
    owes = rng.random(n) < np.where(population.ex_poor, 0.32, 0.22)
    return State(
        transitory=c.SIGMA_TRANSITORY * rng.normal(size=n),
        support=np.zeros(n),
        pressure=np.zeros((len(c.CAUSES), n)),
        out_of_work=zeros(),
        lost_workers=zeros(),
        more_chronic=zeros(),
        more_serious=zeros(),
        more_disabled=zeros(),
        more_severe=zeros(),
        business_factor=np.ones(n),
        illness_cost=np.zeros(n),
        students=zeros(),
        tuition=np.zeros(n),
        debt=np.where(owes, np.exp(rng.normal(9.6, 0.8, n)), 0.0),
        house_grade=grades.astype("int64"),
        water_unsafe=rng.random(n) < 0.004,
        dropped_out=no(),
        dibao=dibao.copy(),
        public_job=population.ex_poor & (rng.random(n) < 0.08),
        left=no(),
        monitored_since=never(),
        eliminated_at=never(),
        visited_at=never(),
        category=zeros(),
        cause=np.full(n, -1, dtype="int64"),
        measures=zeros(),
    )
