"""What befalls households in a month: chances first, then who is struck and what it does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.constants import CAUSES, Bools, Floats
from riskmodel.panel.simulated.economy import Economy
from riskmodel.panel.simulated.log import EventLog
from riskmodel.panel.simulated.members import Composition
from riskmodel.panel.simulated.population import Population
from riskmodel.panel.simulated.state import State

STRENGTH = {
    "inpatient": ("illness", 0.35),
    "serious_illness": ("illness", 2.6),
    "disability": ("disability", 2.0),
    "job_loss": ("job", 1.0),
    "disaster": ("disaster", 1.0),
    "accident": ("accident", 1.2),
    "death": ("accident", 1.6),
    "project_failure": ("business", 1.2),
    "price_slump": ("business", 0.8),
    "tuition": ("schooling", 1.0),
    "dropout": ("schooling", 1.5),
    "unsafe_housing": ("housing_water", 1.2),
    "unsafe_water": ("housing_water", 1.0),
    "dibao_stopped": ("other", 1.2),
}
"""Kind of event -> the cause it feeds and the mean pressure that one adds [PROP]."""
SEASONAL = {"tuition": 8}
"""Kinds that happen in one calendar month only (0 is January)."""


@dataclass(frozen=True, slots=True)
class Chances:
    """Probability a month of each kind of shock, one entry a household, spread over the months of a year."""

    monthly: dict[str, Floats]

    def expected_pressure(self) -> Floats:
        """Pressure that a month adds on average, shape (n_causes, n)."""
        n = len(next(iter(self.monthly.values())))
        out = np.zeros((len(CAUSES), n))
        for kind, probability in self.monthly.items():
            cause, strength = STRENGTH[kind]
            out[CAUSES.index(cause)] += probability * strength
        return out


def chances(population: Population, people: Composition, economy: Economy, state: State) -> Chances:
    """Return who is how likely to be struck, as far as composition and place tell."""
    size = population.size
    ill = 0.35 + 0.18 * size + 0.8 * (people.n_chronic + state.more_chronic) + 0.5 * people.n_elderly
    farms = np.sqrt(economy.business)
    unsafe = np.exp(0.25 * np.minimum(population.road_km, 15.0) / 5.0) * np.where(population.relocated, 0.3, 1.0)
    disaster_year = sum(c.DISASTER_TOWN_PROBABILITY) * c.DISASTER_VILLAGE_SHARE
    rates = {
        "inpatient": _spread(c.INPATIENT_RATE, ill),
        "serious_illness": _spread(
            c.SERIOUS_ILLNESS_RATE, 0.3 * size + 0.9 * people.n_elderly + 0.8 * people.n_chronic + 0.1
        ),
        "disability": _spread(c.DISABILITY_RATE, 0.3 * size + people.n_elderly + 0.5 * people.n_chronic),
        "job_loss": c.JOB_LOSS_RATE * (economy.workers > 0) * _low_skill(people),
        "disaster": disaster_year * disaster_share(population),
        "accident": _spread(c.ACCIDENT_RATE, 0.5 + economy.workers),
        "death": _spread(c.DEATH_RATE, people.n_labour),
        "project_failure": _spread(c.PROJECT_FAILURE_RATE, farms),
        "price_slump": _spread(c.PRICE_SLUMP_RATE, farms),
        "tuition": np.minimum(_spread(c.NEW_STUDENT_RATE, people.n_near_college) + (state.students > 0), 1.0),
        "dropout": _spread(c.DROPOUT_RATE, people.n_children),
        "unsafe_housing": _spread(c.UNSAFE_HOUSING_RATE, unsafe * (state.house_grade - 0.5)),
        "unsafe_water": _spread(c.UNSAFE_WATER_RATE, unsafe),
        "dibao_stopped": 12.0 * c.DIBAO_STOP_PROBABILITY * state.dibao,
    }
    return Chances({kind: np.minimum(rate / 12.0, 0.5) for kind, rate in rates.items()})


def _spread(rate: float, weight: Floats) -> Floats:
    """Spread a mean yearly rate over households by weight."""
    spread: Floats = rate * weight / max(float(weight.mean()), 1e-12)
    return spread


def _low_skill(people: Composition) -> Floats:
    tilt = np.exp(0.25 * (2.0 - people.max_education))
    normal: Floats = tilt / tilt.mean()
    return normal


def disaster_share(population: Population) -> Floats:
    """Return a household's chance of damage when its village is struck."""
    return c.DISASTER_HOUSEHOLD_SHARE * np.where(population.hazard_zone, 2.2, 1.0)


def draw_shocks(
    month: int,
    population: Population,
    chance: Chances,
    state: State,
    log: EventLog,
    rng: np.random.Generator,
) -> dict[str, Bools]:
    """Draw who is struck by what this month, and add the pressure that it brings."""
    struck = {}
    for kind, probability in chance.monthly.items():
        now = probability
        if kind in SEASONAL:
            now = 12.0 * probability if month % 12 == SEASONAL[kind] else np.zeros(population.n)
        if kind == "job_loss" and month in c.JOB_SHOCK_MONTHS:
            now = c.JOB_SHOCK_FACTOR * probability
        if kind == "disaster":
            now = _struck_villages(month, population, rng) * disaster_share(population)
        struck[kind] = (rng.random(population.n) < now) & ~state.left
        cause, strength = STRENGTH[kind]
        added = rng.gamma(2.0, strength / 2.0, population.n)
        state.pressure[CAUSES.index(cause)] += np.where(struck[kind], added, 0.0)
    return struck


def _struck_villages(month: int, population: Population, rng: np.random.Generator) -> Bools:
    """Draw the towns that a disaster hits, and the villages of them that it damages."""
    towns = rng.random(c.TOWNS) < c.DISASTER_TOWN_PROBABILITY[month % 12]
    villages = rng.random(int(population.village.max()) + 1) < c.DISASTER_VILLAGE_SHARE
    struck: Bools = towns[population.town] & villages[population.village]
    return struck
