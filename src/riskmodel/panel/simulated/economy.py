"""What households earn and pay: a permanent level, a transitory part, and the flows of each month."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.constants import Bools, Floats, Ints
from riskmodel.panel.simulated.members import Composition
from riskmodel.panel.simulated.population import Population

HISTORY = 12
"""Months before the first one, filled with the normal level so that trailing years exist from the start."""


@dataclass(frozen=True, slots=True)
class Economy:
    """Normal yearly flows at the level of ``CURRENCY_YEAR``, in yuan per household.

    Attributes
    ----------
    wage, business, rent, transfer : ndarray of float, shape (n,)
        By source; business net of its cost, rent all property income.
    workers : ndarray of float, shape (n,)
        Members who normally work for wages.
    migrants : ndarray of float, shape (n,)
        Those of them who work outside the county.
    cost_ratio : ndarray of float, shape (n,)
        Business cost over gross business income.
    herd : ndarray of float, shape (n,)
        Value of livestock over net business income; 0 for those who keep none.
    """

    wage: Floats
    business: Floats
    rent: Floats
    transfer: Floats
    workers: Floats
    migrants: Floats
    cost_ratio: Floats
    herd: Floats

    @property
    def total(self) -> Floats:
        """Net income a year."""
        return self.wage + self.business + self.rent + self.transfer


@dataclass(slots=True)
class Ledger:
    """Monthly flows so far, with a normal year before the first month.

    Attributes
    ----------
    flows : dict of str to ndarray, shape (HISTORY + N_MONTHS, n)
        Yuan per household.
    trailing : dict of str to ndarray, shape (n,)
        Sums over the last twelve months.
    """

    flows: dict[str, Floats] = field(default_factory=dict)
    trailing: dict[str, Floats] = field(default_factory=dict)

    def start(self, normal: dict[str, Floats]) -> None:
        """Fill the year before the first month with normal monthly flows."""
        for name, monthly in normal.items():
            self.flows[name] = np.zeros((HISTORY + c.N_MONTHS, len(monthly)))
            self.flows[name][:HISTORY] = monthly
            self.trailing[name] = 12.0 * monthly

    def book(self, month: int, name: str, amount: Floats) -> None:
        """Book one month's flow and move the trailing sum on."""
        self.flows[name][HISTORY + month] = amount
        self.trailing[name] += amount - self.flows[name][month]

    def reference_income(self, size: Floats) -> Floats:
        """Net income plus claims less self-pay and losses over the last twelve months, per head."""
        t = self.trailing
        net = t["wage"] + t["business"] + t["property"] + t["transfer"]
        return (net + t["claims"] - t["self_pay"] - t["loss"]) / size

    def net_income(self) -> Floats:
        """Net income of the last twelve months per household."""
        t = self.trailing
        return t["wage"] + t["business"] + t["property"] + t["transfer"]

    def year(self, name: str, year_index: int) -> Floats:
        """Return the sum of a flow over a calendar year, 0 being 2019."""
        first = HISTORY + 12 * year_index
        total: Floats = self.flows[name][first : first + 12].sum(axis=0)
        return total


def draw_economy(population: Population, people: Composition, rng: np.random.Generator) -> Economy:
    """Draw each household's normal income and where it comes from."""
    per_head = _permanent_income(population, people, rng)
    shares = _source_shares(population.ex_poor, people.n_labour == 0, rng)
    net = per_head * population.size
    workers = rng.binomial(people.n_labour.astype("int64"), 0.62).astype("float64")
    workers = np.where((workers == 0) & (people.n_labour > 0) & (shares[0] > 0.25), 1.0, workers)
    wage = np.where(workers > 0, shares[0], shares[0] * 0.3) * net
    business = shares[1] * net + np.where(workers > 0, 0.0, shares[0] * 0.7) * net * (people.n_labour > 0)
    transfer = net - wage - business - shares[2] * net
    return Economy(
        wage=wage,
        business=business,
        rent=shares[2] * net,
        transfer=transfer,
        workers=workers,
        migrants=rng.binomial(workers.astype("int64"), 0.6).astype("float64"),
        cost_ratio=np.clip(rng.normal(c.BUSINESS_COST_RATIO, 0.08, population.n), 0.08, 0.75),
        herd=np.where(rng.random(population.n) < 0.55, 0.35 * rng.uniform(0.4, 1.6, population.n), 0.0),
    )


def _permanent_income(population: Population, people: Composition, rng: np.random.Generator) -> Floats:
    """Draw log-normal income per head: labour, schooling and distance explain part of it."""
    town_effect = rng.normal(0, 1, c.TOWNS)[population.town]
    score = (
        1.6 * people.n_labour / population.size
        + 0.30 * people.max_education
        - 0.25 * np.log(population.road_km + 0.5)
        - 0.35 * (people.n_disabled > 0)
        + 0.25 * town_effect
        + 1.25 * rng.normal(size=population.n)
    )
    out = np.empty(population.n)
    for stratum, mean, sigma in (
        (population.ex_poor, c.MEAN_INCOME_EX_POOR, c.SIGMA_PERMANENT_EX_POOR),
        (~population.ex_poor, c.MEAN_INCOME_ORDINARY, c.SIGMA_PERMANENT_ORDINARY),
    ):
        standard = (score[stratum] - score[stratum].mean()) / score[stratum].std()
        level = np.exp(sigma * standard)
        weight = population.size[stratum]
        # published means are per person, so large households count more
        out[stratum] = level * mean * weight.sum() / (level * weight).sum()
    return out


def _source_shares(ex_poor: Bools, no_labour: Bools, rng: np.random.Generator) -> Floats:
    """Draw wage, business, property and transfer shares, shape (4, n)."""
    centre = np.where(
        no_labour,
        np.array(c.SOURCE_SHARES["no_labour"])[:, None],
        np.where(
            ex_poor, np.array(c.SOURCE_SHARES["ex_poor"])[:, None], np.array(c.SOURCE_SHARES["ordinary"])[:, None]
        ),
    )
    parts = rng.gamma(centre * c.SOURCE_CONCENTRATION)
    shares: Floats = parts / parts.sum(axis=0)
    return shares


def income_index(month: int) -> float:
    """Return the level of incomes in a month over that of ``CURRENCY_YEAR``, without steps between years."""
    middle = 12 * np.arange(len(c.INCOME_INDEX)) + 5.5
    return float(np.exp(np.interp(month, middle, np.log(c.INCOME_INDEX))))


def transitory_step(before: Floats, rng: np.random.Generator) -> Floats:
    """Move the transitory part of log income one month on."""
    rho = c.RHO_YEAR ** (1 / 12)
    noise = rng.normal(size=len(before)) * c.SIGMA_TRANSITORY * np.sqrt(1 - rho * rho)
    moved: Floats = rho * before + noise
    return moved


def employed_workers(economy: Economy, out_of_work: Ints, lost_workers: Ints) -> Floats:
    """Return how many members work for wages now."""
    return np.maximum(economy.workers - out_of_work - lost_workers, 0.0)
