"""The course of seven years, month by month over all households at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.consequences import apply_dwelling, apply_health, apply_school, apply_work, earn
from riskmodel.panel.simulated.constants import Bools, Floats, Ints
from riskmodel.panel.simulated.economy import Economy, Ledger, draw_economy, employed_workers, transitory_step
from riskmodel.panel.simulated.hardship import (
    hazards,
    line_in_force,
    standing_pressure,
    visibility,
    vulnerability,
    year_ahead,
)
from riskmodel.panel.simulated.log import EventLog
from riskmodel.panel.simulated.members import Composition, compose
from riskmodel.panel.simulated.population import Population
from riskmodel.panel.simulated.shocks import chances, draw_shocks
from riskmodel.panel.simulated.state import State, first_state
from riskmodel.panel.simulated.support import (
    eliminate,
    identified_probability,
    identify,
    leave,
    safety_net,
    support,
    visit,
)


@dataclass(frozen=True, slots=True)
class YearEnd:
    """What a collector would see in a household at the end of a year, before any error of his."""

    people: Composition
    facts: dict[str, Floats]


@dataclass(slots=True)
class Course:
    """Everything that happened, as it truly was.

    Attributes
    ----------
    economy : Economy
        Normal incomes.
    ledger : Ledger
        Monthly flows.
    log : EventLog
        Events.
    state : State
        The state at the end.
    year_ends : list of YearEnd
        One a year.
    present, monitored : ndarray of bool, shape (N_MONTHS, n)
        Still in the county, and in a spell of monitoring, at the start of each month.
    hardship, identified : ndarray of float, shape (N_MONTHS, n)
        True probability of hardship, and of being identified, in each month.
    cause : ndarray of int, shape (N_MONTHS, n)
        Cause of an identification in that month, -1 for none.
    year_ahead : ndarray of float, shape (N_MONTHS, n)
        Probability of being identified within twelve months from the start of a quarter; NaN in other months.
    employed : ndarray of float, shape (N_MONTHS, n)
        Members who worked for wages.
    """

    economy: Economy
    ledger: Ledger
    log: EventLog
    state: State
    present: Bools
    monitored: Bools
    hardship: Floats
    identified: Floats
    cause: Ints
    year_ahead: Floats
    employed: Floats
    year_ends: list[YearEnd] = field(default_factory=list)


def run(population: Population, rng: np.random.Generator) -> Course:
    """Let seven years pass."""
    people = compose(population.members, population.n, -1)
    economy = draw_economy(population, people, rng)
    course = _start(population, people, economy, rng)
    intensity = np.exp(c.TOWN_INTENSITY_SIGMA * rng.normal(size=(c.N_MONTHS // 12, c.TOWNS)))
    for month in range(c.N_MONTHS):
        if month % 12 == 0:
            people = compose(population.members, population.n, month // 12)
        _pass_month(month, population, people, course, intensity, rng)
        if month % 12 == 11:
            course.year_ends.append(YearEnd(people, _facts(population, people, course.state)))
    return course


def _start(population: Population, people: Composition, economy: Economy, rng: np.random.Generator) -> Course:
    n = population.n
    poorest = (
        np.where(people.n_labour == 0, 0.5, 1.0) * economy.total / population.size * np.exp(0.4 * rng.normal(size=n))
    )
    ledger = Ledger()
    level = c.INCOME_INDEX[0] * 0.96 / 12.0
    usual_care = (people.n_chronic + people.n_disabled) * c.OUTPATIENT_CHRONIC_CNY + 0.1 * c.INPATIENT_MEDIAN_CNY
    nothing = np.zeros(n)
    ledger.start(
        {
            "wage": economy.wage * level,
            "business": economy.business * level,
            "property": economy.rent * level,
            "transfer": economy.transfer * level,
            "self_pay": usual_care,
            "claims": nothing,
            "education": nothing,
            "loss": nothing,
        }
    )

    def blank() -> Floats:
        return np.full((c.N_MONTHS, n), np.nan)

    return Course(
        economy=economy,
        ledger=ledger,
        log=EventLog(),
        state=first_state(population, poorest < np.quantile(poorest, c.DIBAO_SHARE), rng),
        present=np.zeros((c.N_MONTHS, n), dtype=bool),
        monitored=np.zeros((c.N_MONTHS, n), dtype=bool),
        hardship=blank(),
        identified=blank(),
        cause=np.full((c.N_MONTHS, n), -1, dtype="int64"),
        year_ahead=blank(),
        employed=blank(),
    )


def _pass_month(
    month: int, population: Population, people: Composition, course: Course, intensity: Floats, rng: np.random.Generator
) -> None:
    state, ledger, log, economy = course.state, course.ledger, course.log, course.economy
    size = population.size.astype("float64")
    chance = chances(population, people, economy, state)
    course.present[month], course.monitored[month] = ~state.left, state.monitored
    if month % 3 == 0:
        course.year_ahead[month] = year_ahead(month, population, people, economy, ledger, state, chance, intensity)
    state.transitory = transitory_step(state.transitory, rng)
    state.pressure *= c.CAUSE_DECAY[:, None]
    struck = draw_shocks(month, population, chance, state, log, rng)
    self_pay, claims = apply_health(month, struck, people, state, log, rng)
    apply_work(month, struck, economy, state, log, rng)
    ledger.book(month, "self_pay", self_pay)
    ledger.book(month, "claims", claims)
    ledger.book(month, "education", apply_school(month, struck, state, log, rng))
    ledger.book(month, "loss", apply_dwelling(month, struck, economy, state, log, rng))
    earn(month, population, economy, state, ledger, rng)
    working = employed_workers(economy, state.out_of_work, state.lost_workers)
    course.employed[month] = rng.binomial(working.astype("int64"), 0.93)
    line, reference = line_in_force(month), ledger.reference_income(size)
    visit(month, population, state, log, rng)
    pressure = state.pressure + standing_pressure(population, people, state)
    hazard = hazards(vulnerability(month, reference, population, state), pressure)
    seen = visibility(month, population, state, intensity)
    course.hardship[month] = 1.0 - np.exp(-hazard.sum(axis=0))
    course.identified[month] = identified_probability(hazard.sum(axis=0), seen)
    identify(month, population, hazard, seen, reference < line, state, log, rng)
    course.cause[month] = np.where(state.monitored_since == month, state.cause, -1)
    support(month, state)
    safety_net(month, population, line, reference, struck["dibao_stopped"], state, log, rng)
    eliminate(month, reference < line, people, state, log, rng)
    leave(month, state, log, rng)


def _facts(population: Population, people: Composition, state: State) -> dict[str, Floats]:
    """Copy what a collector asks for at the end of a year."""
    size = population.size
    return {
        "n_labour": np.maximum(people.n_labour - state.lost_workers, 0.0),
        "n_chronic": np.minimum(people.n_chronic + state.more_chronic, size).astype("float64"),
        "n_serious": np.minimum(people.n_serious + state.more_serious, size).astype("float64"),
        "n_disabled": np.minimum(people.n_disabled + state.more_disabled, size).astype("float64"),
        "n_severe_disabled": np.minimum(people.n_severe + state.more_severe, size).astype("float64"),
        "house_grade": state.house_grade.astype("float64"),
        "water_unsafe": state.water_unsafe.astype("float64"),
        "n_dropouts": state.dropped_out.astype("float64"),
        "debt_cny": state.debt.copy(),
        "dibao": state.dibao.astype("float64"),
        "public_job": state.public_job.astype("float64"),
        "left": state.left.astype("float64"),
    }
