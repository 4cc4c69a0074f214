"""Identification, measures, elimination of risk, dibao, visits: what offices do."""

from __future__ import annotations

import numpy as np

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.constants import Bools, Floats
from riskmodel.panel.simulated.log import EventLog
from riskmodel.panel.simulated.members import Composition
from riskmodel.panel.simulated.population import Population
from riskmodel.panel.simulated.state import CATEGORIES, NEVER, State


def visit(month: int, population: Population, state: State, log: EventLog, rng: np.random.Generator) -> None:
    """Visit households: the former poor often, the monitored monthly, everyone in the two sweeps of a year."""
    sweep = c.VISIT_SWEEP_PROBABILITY if month % 12 + 1 in c.VISIT_SWEEP_MONTHS else 0.0
    chance = np.where(population.ex_poor, c.VISIT_PROBABILITY_EX_POOR, c.VISIT_PROBABILITY_ORDINARY)
    chance = np.where(state.monitored, c.VISIT_PROBABILITY_MONITORED, np.maximum(chance, sweep))
    seen = (rng.random(population.n) < chance) & ~state.left
    state.visited_at = np.where(seen, month, state.visited_at)
    log.add("visited", month, seen)


def identify(
    month: int,
    population: Population,
    hazard: Floats,
    seen: Floats,
    below_line: Bools,
    state: State,
    log: EventLog,
    rng: np.random.Generator,
) -> None:
    """Identify households: hardship must have come about and been seen.

    Parameters
    ----------
    month : int
        Month of the simulation.
    population : Population
        The county's households.
    hazard : ndarray of float, shape (n_causes, n)
        Monthly hazard of hardship by cause.
    seen : ndarray of float, shape (n,)
        Chance that hardship leads to an identification.
    below_line : ndarray of bool, shape (n,)
        Reference income is within the monitoring range.
    state, log, rng
        Changed, written to, drawn from.
    """
    n = population.n
    total = hazard.sum(axis=0)
    chosen = (rng.random(n) < identified_probability(total, seen)) & state.at_risk
    order = np.cumsum(hazard, axis=0) < rng.random(n) * total
    state.cause = np.where(chosen, np.minimum(order.sum(axis=0), len(c.CAUSES) - 1), state.cause)
    category = np.where(below_line, np.where(population.ex_poor, 1, 2), 3)
    state.category = np.where(chosen, category, state.category)
    state.monitored_since = np.where(chosen, month, state.monitored_since)
    state.measures = np.where(chosen, 1 + rng.binomial(4, 0.35, n), state.measures)
    log.add("identified", month, chosen)


def identified_probability(total_hazard: Floats, seen: Floats) -> Floats:
    """Return the probability of being identified in a month."""
    probability: Floats = 1.0 - np.exp(-total_hazard * seen)
    return probability


def support(month: int, state: State) -> None:
    """Let measures raise income from the second month on, and fade once the risk is eliminated."""
    helped = state.monitored & (month > state.monitored_since)
    target = np.where(helped, c.SUPPORT_LOG_INCOME, 0.0)
    state.support = np.where(helped, state.support + 0.35 * (target - state.support), state.support * c.SUPPORT_FADE)


def eliminate(
    month: int,
    below_line: Bools,
    people: Composition,
    state: State,
    log: EventLog,
    rng: np.random.Generator,
) -> None:
    """Eliminate the risk of monitored households whose income has been stable for about half a year."""
    by_category = np.array([0.0, *(c.ELIMINATION_HAZARD[name] for name in CATEGORIES[1:])])
    hazard = by_category[state.category]
    hazard = np.where(people.n_labour - state.lost_workers > 0, hazard, hazard * c.ELIMINATION_NO_LABOUR_FACTOR)
    hazard = np.where(below_line, hazard * c.ELIMINATION_BELOW_LINE_FACTOR, hazard)
    ready = state.monitored & (month - state.monitored_since >= c.ELIMINATION_FIRST_MONTH) & ~state.left
    done = ready & (rng.random(len(hazard)) < hazard)
    state.monitored_since = np.where(done, NEVER, state.monitored_since)
    state.eliminated_at = np.where(done, month, state.eliminated_at)
    state.pressure[:, done] *= c.SUPPORT_PRESSURE_LEFT
    log.add("eliminated", month, done)


def safety_net(
    month: int,
    population: Population,
    line: float,
    reference: Floats,
    stopped: Bools,
    state: State,
    log: EventLog,
    rng: np.random.Generator,
) -> None:
    """Start and stop dibao, give temporary aid after shocks, offer public jobs."""
    n = population.n
    stop = stopped & state.dibao
    poorest = (reference < 0.75 * line) | (state.monitored & (reference < line))
    start = ~state.dibao & poorest & ~state.left & (rng.random(n) < c.DIBAO_START_PROBABILITY)
    state.dibao = (state.dibao & ~stop) | start
    log.add("dibao_started", month, start)
    log.add("dibao_stopped", month, stop)
    pressed = state.pressure.sum(axis=0) > 1.2
    aided = pressed & ~state.left & (rng.random(n) < np.where(population.ex_poor, 0.05, 0.025))
    log.add("temporary_aid", month, aided, np.rint(1_500.0 * np.exp(0.5 * rng.normal(size=n)) / 100) * 100)
    offered = population.ex_poor & ~state.public_job & ~state.left & (rng.random(n) < c.PUBLIC_JOB_RATE_EX_POOR / 12)
    state.public_job = (state.public_job | offered) & (rng.random(n) > 0.01)
    log.add("public_job", month, offered)


def leave(month: int, state: State, log: EventLog, rng: np.random.Generator) -> None:
    """Let some households move away for good."""
    gone = ~state.left & (rng.random(len(state.left)) < c.LEFT_RATE / 12)
    state.left = state.left | gone
    log.add("left", month, gone)
