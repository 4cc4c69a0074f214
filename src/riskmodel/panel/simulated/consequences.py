"""What shocks do to work, health, spending and debt, and how they are noted."""

from __future__ import annotations

import numpy as np

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.constants import Bools, Floats
from riskmodel.panel.simulated.economy import Economy, Ledger, employed_workers, income_index
from riskmodel.panel.simulated.log import EventLog
from riskmodel.panel.simulated.members import Composition
from riskmodel.panel.simulated.population import Population
from riskmodel.panel.simulated.state import State

Struck = dict[str, Bools]


def log_normal(median: float, sigma: float, n: int, rng: np.random.Generator) -> Floats:
    """Draw amounts around a median."""
    amounts: Floats = median * np.exp(sigma * rng.normal(size=n))
    return amounts


def apply_health(
    month: int, struck: Struck, people: Composition, state: State, log: EventLog, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Let illness and disability cost money and work.

    Returns
    -------
    ndarray of float, shape (n,)
        Medical self-pay of the month.
    ndarray of float, shape (n,)
        Insurance claims paid out in the month.
    """
    n = len(state.left)
    price = income_index(month) ** 0.5
    stay = np.where(struck["inpatient"], log_normal(c.INPATIENT_MEDIAN_CNY * price, 0.9, n, rng), 0.0)
    first = np.where(struck["serious_illness"], log_normal(c.SERIOUS_MEDIAN_CNY * price, 0.8, n, rng), 0.0)
    state.illness_cost = np.where(struck["serious_illness"], first * 0.10, state.illness_cost * 0.93)
    chronic = people.n_chronic + state.more_chronic + people.n_disabled
    ongoing = (
        chronic * c.OUTPATIENT_CHRONIC_CNY + people.n_elderly * 1.5 * c.OUTPATIENT_OTHER_CNY + c.OUTPATIENT_OTHER_CNY
    )
    outpatient = ongoing * price * np.exp(0.7 * rng.normal(size=n))
    self_pay = np.minimum(stay + first + state.illness_cost + outpatient, c.SELF_PAY_CAP_CNY)
    log.add("inpatient", month, struck["inpatient"] | struck["serious_illness"], stay + first)
    log.add("serious_illness", month, struck["serious_illness"], first)
    log.add("disability", month, struck["disability"])
    state.more_serious += struck["serious_illness"]
    state.more_chronic += struck["inpatient"] & (rng.random(n) < 0.12)
    state.more_disabled += struck["disability"]
    severe = struck["disability"] & (rng.random(n) < 0.40)
    state.more_severe += severe
    state.lost_workers += severe | (struck["serious_illness"] & (rng.random(n) < 0.35))
    big = stay + first > 8_000.0
    claims = np.where(big & (rng.random(n) < 0.6), c.CLAIM_SHARE * (stay + first), 0.0)
    return self_pay, claims


def apply_work(
    month: int, struck: Struck, economy: Economy, state: State, log: EventLog, rng: np.random.Generator
) -> None:
    """Let people lose and find work, and projects and prices fail."""
    n = len(state.left)
    state.out_of_work = np.where(
        rng.random(n) < c.JOB_FOUND_PROBABILITY, np.maximum(state.out_of_work - 1, 0), state.out_of_work
    )
    state.out_of_work = np.where(
        struck["job_loss"],
        np.minimum(state.out_of_work + 1 + (rng.random(n) < 0.25), economy.workers),
        state.out_of_work,
    ).astype("int64")
    state.lost_workers += struck["death"]
    log.add("job_loss", month, struck["job_loss"])
    log.add("accident", month, struck["accident"], log_normal(9_000.0, 0.9, n, rng))
    log.add("death", month, struck["death"])
    state.business_factor += 0.08 * (1.0 - state.business_factor)
    hit = np.where(struck["project_failure"], 0.35, np.where(struck["price_slump"], 0.65, 1.0))
    state.business_factor = np.minimum(state.business_factor, hit)
    lost = economy.business * income_index(month) * (1.0 - hit)
    log.add("project_failure", month, struck["project_failure"], lost)
    log.add("price_slump", month, struck["price_slump"], lost)
    invested = np.where(struck["project_failure"], 0.6 * lost, 0.0)
    state.debt = state.debt * 0.985 + invested


def apply_school(month: int, struck: Struck, state: State, log: EventLog, rng: np.random.Generator) -> Floats:
    """Let students start and go on; return the month's cost of education net of aid."""
    n = len(state.left)
    if month % 12 == 8:
        starts = struck["tuition"] & (state.students == 0)
        state.students = np.where(starts, rng.integers(3, 5, n), np.maximum(state.students - 1, 0))
        state.tuition = np.where(starts, log_normal(950.0, 0.3, n, rng), state.tuition)
        log.add("tuition", month, (state.students > 0) & ~state.left, 10.0 * state.tuition)
    state.dropped_out = np.where(month % 12 == 8, struck["dropout"], state.dropped_out | struck["dropout"])
    log.add("dropout", month, struck["dropout"])
    return np.where(state.students > 0, state.tuition, 0.0) * (month % 12 not in (6, 7))


def apply_dwelling(
    month: int, struck: Struck, economy: Economy, state: State, log: EventLog, rng: np.random.Generator
) -> Floats:
    """Let disasters, houses and water do harm; return the month's losses."""
    n = len(state.left)
    loss = np.where(
        struck["disaster"], 0.25 * rng.gamma(1.5, 0.6, n) * (economy.business * income_index(month) + 1_500.0), 0.0
    )
    wrecked = struck["unsafe_housing"] | (struck["disaster"] & (rng.random(n) < 0.02))
    state.house_grade = np.where(wrecked, rng.integers(3, 5, n), state.house_grade)
    repaired = (state.house_grade >= 3) & (rng.random(n) < 0.09)
    state.house_grade = np.where(repaired & ~wrecked, 1, state.house_grade)
    state.water_unsafe = (state.water_unsafe & (rng.random(n) > 0.15)) | struck["unsafe_water"]
    log.add("disaster", month, struck["disaster"], loss)
    log.add("unsafe_housing", month, wrecked)
    log.add("unsafe_water", month, struck["unsafe_water"])
    return loss + np.where(struck["accident"], log_normal(9_000.0, 0.9, n, rng), 0.0)


def earn(
    month: int, population: Population, economy: Economy, state: State, ledger: Ledger, rng: np.random.Generator
) -> None:
    """Book a month's income by source."""
    n = population.n
    level = income_index(month) / 12.0
    swing = np.exp(state.transitory + state.support - 0.5 * c.SIGMA_TRANSITORY**2)
    working = employed_workers(economy, state.out_of_work, state.lost_workers)
    share = np.where(economy.workers > 0, working / np.maximum(economy.workers, 1.0), 1.0)
    # kin and odd jobs soften a lost wage
    ledger.book(month, "wage", economy.wage * level * swing * (0.25 + 0.75 * share) * np.exp(0.15 * rng.normal(size=n)))
    ledger.book(month, "business", economy.business * level * swing * state.business_factor)
    ledger.book(month, "property", economy.rent * level)
    dibao = np.where(state.dibao, c.DIBAO_CNY_PER_HEAD_MONTH * population.size * income_index(month) * 0.5, 0.0)
    ledger.book(month, "transfer", economy.transfer * level * np.exp(state.support) + dibao)
