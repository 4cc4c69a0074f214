"""Hazard of hardship by cause, who of those in hardship is identified, and chances over a year."""

from __future__ import annotations

import numpy as np

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.constants import CAUSES, Floats
from riskmodel.panel.simulated.economy import Economy, Ledger, income_index
from riskmodel.panel.simulated.members import Composition
from riskmodel.panel.simulated.population import Population
from riskmodel.panel.simulated.shocks import Chances
from riskmodel.panel.simulated.state import State


def line_in_force(month: int) -> float:
    """Return the monitoring line of a month."""
    return c.LINES_CNY[month // 12]


def vulnerability(month: int, reference: Floats, population: Population, state: State) -> Floats:
    """Return how hard a household takes a given pressure: low reference income, no reserves, a spell not long ago."""
    line = line_in_force(month)
    gap = np.log(line / np.maximum(reference, 0.2 * line))
    near = 1.0 + c.NEAR_LINE_FACTOR / (1.0 + np.exp(-gap / c.NEAR_LINE_WIDTH))
    frailty = np.exp(-c.SIGMA_RESILIENCE * population.resilience)
    shield = np.where(state.dibao, c.DIBAO_HAZARD_FACTOR, 1.0)
    scar = 1.0 + c.SCAR_FACTOR * np.exp(-(month - state.eliminated_at) / c.SCAR_MONTHS)
    hurt: Floats = np.exp(c.INCOME_ELASTICITY * gap) * near * frailty * shield * scar
    return hurt


def standing_pressure(population: Population, people: Composition, state: State) -> Floats:
    """Pressure that doesn't fade, from who lives in the household, shape (n_causes, n)."""
    standing = np.zeros((len(CAUSES), population.n))
    able = np.maximum(people.n_labour - state.lost_workers, 0.0)
    dependants = population.size - able
    standing[CAUSES.index("illness")] = 0.10 * (people.n_chronic + state.more_chronic) + 0.25 * people.n_serious
    standing[CAUSES.index("disability")] = 0.20 * (people.n_disabled + state.more_disabled) + 0.25 * (
        people.n_severe + state.more_severe
    )
    standing[CAUSES.index("weak_labour")] = np.where(able == 0, 1.2, 0.0) + 0.35 * np.maximum(
        dependants - 2 * able, 0.0
    )
    standing[CAUSES.index("job")] = 0.25 * state.out_of_work
    standing[CAUSES.index("housing_water")] = 0.4 * (state.house_grade >= 3) + 0.3 * state.water_unsafe
    standing[CAUSES.index("other")] = 0.10 + 0.15 * (state.debt > 30_000)
    return standing


def visibility(month: int, population: Population, state: State, intensity: Floats) -> Floats:
    """Return the chance that hardship in this month leads to an identification."""
    recent = month - state.visited_at <= 3
    seen = np.where(recent, c.RECENT_VISIT_FACTOR, c.NO_VISIT_FACTOR)
    return _base_visibility(month, population, intensity) * seen


def _base_visibility(month: int, population: Population, intensity: Floats) -> Floats:
    known = np.where(population.ex_poor, 1.0, c.VISIBILITY_ORDINARY)
    hidden = np.where(population.hidden, c.HIDDEN_VISIBILITY, 1.0)
    base: Floats = known * hidden * intensity[month // 12, population.town]
    return base


def hazards(vulnerable: Floats, pressure: Floats) -> Floats:
    """Return the monthly hazard of hardship by cause, shape (n_causes, n)."""
    hazard: Floats = c.CAUSE_WEIGHT[:, None] * pressure * vulnerable
    return hazard


def year_ahead(
    month: int,
    population: Population,
    people: Composition,
    economy: Economy,
    ledger: Ledger,
    state: State,
    chance: Chances,
    intensity: Floats,
) -> Floats:
    """Return the probability of being identified within twelve months from the start of ``month``.

    An approximation in closed form: past shocks fade at their known rates, new ones come at their mean rates, and
    vulnerability is the mean of today's and of the one at the income expected a year ahead. It leaves out that
    shocks and incomes move together, so it ranks a little worse than the exact probability would.
    """
    size = population.size.astype("float64")
    today = vulnerability(month, ledger.reference_income(size), population, state)
    expected = _expected_reference(month, economy, ledger, state, size)
    ahead = vulnerability(month, expected, population, state)
    decay = c.CAUSE_DECAY[:, None]
    months = np.arange(1, 13)
    left = (decay**months).sum(axis=1)
    # a shock of month j presses in months j..12, on average over j this much in all
    fresh = np.array([[(d ** np.arange(13 - j)).sum() for j in months] for d in c.CAUSE_DECAY]).sum(axis=1)
    total = (
        state.pressure * left[:, None]
        + chance.expected_pressure() * fresh[:, None]
        + 12.0 * standing_pressure(population, people, state)
    )
    hazard = (c.CAUSE_WEIGHT[:, None] * total).sum(axis=0) * 0.5 * (today + ahead) * c.CO_MOVEMENT_FACTOR
    often = np.where(population.ex_poor, 1.10, 0.97)
    probability: Floats = 1.0 - np.exp(-hazard * _base_visibility(month, population, intensity) * often)
    return probability


def _expected_reference(month: int, economy: Economy, ledger: Ledger, state: State, size: Floats) -> Floats:
    """Return the reference income that a household drifts to: normal income, part of the swing, usual self-pay."""
    swing = np.exp(c.RHO_YEAR * 0.8 * state.transitory + state.support * 0.6)
    share = np.maximum(economy.workers - state.lost_workers, 0.0) / np.maximum(economy.workers, 1.0)
    wage = economy.wage * np.where(economy.workers > 0, 0.25 + 0.75 * share, 1.0)
    level = income_index(min(month + 6, c.N_MONTHS - 1))
    net = ((wage + economy.business) * swing + economy.rent + economy.transfer) * level
    reference: Floats = (net - 0.7 * ledger.trailing["self_pay"]) / size
    return reference
