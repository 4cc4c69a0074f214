"""The yearly collection: incomes and members as a collector writes them down, corrected later now and then."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.constants import Bools, Floats
from riskmodel.panel.simulated.course import Course, YearEnd
from riskmodel.panel.simulated.population import Population
from riskmodel.panel.simulated.recording import DAY

Columns = dict[str, Floats]


def record_years(
    population: Population, course: Course, ids: pd.api.extensions.ExtensionArray, rng: np.random.Generator
) -> pd.DataFrame:
    """Record every household once a year, in January or February, and correct some rows in spring."""
    years = []
    for index, year_end in enumerate(course.year_ends):
        here = np.flatnonzero(year_end.facts["left"] == 0)
        columns = _collected(index, population, course, year_end, rng)
        first_day = np.datetime64(f"{c.FIRST_YEAR + index + 1}-01-05", "D")
        recorded = first_day + rng.integers(0, 50, len(here))
        rows = pd.DataFrame({name: values[here] for name, values in columns.items()})
        rows.insert(0, "household_id", pd.Series(ids.take(here)))
        rows.insert(1, "period_end", (first_day - 5).astype(DAY))
        rows.insert(2, "recorded_on", recorded.astype(DAY))
        years += [rows, _corrections(rows, rng)]
    table = pd.concat(years, ignore_index=True)
    return table.sort_values(["household_id", "period_end", "recorded_on"], kind="stable", ignore_index=True)


def _collected(
    index: int, population: Population, course: Course, year_end: YearEnd, rng: np.random.Generator
) -> Columns:
    return (
        _members(population, year_end, rng)
        | _incomes(index, population, course, rng)
        | _living(index, population, course, year_end, rng)
    )


def _members(population: Population, year_end: YearEnd, rng: np.random.Generator) -> Columns:
    """Count members as the collector sees them; ability to work is coded inconsistently now and then."""
    people, facts = year_end.people, year_end.facts
    size = population.size.astype("float64")
    slip = np.where(rng.random(population.n) < c.INCONSISTENT_LABOUR_SHARE, rng.choice([-1.0, 1.0], population.n), 0.0)
    labour = np.clip(facts["n_labour"] + slip, 0.0, size)
    dependants = people.n_children + people.n_elderly
    return {
        "household_size": size,
        "n_children": people.n_children,
        "n_elderly": people.n_elderly,
        "dependency_ratio": np.round(dependants / np.maximum(size - dependants, 1.0), 2),
        "head_age": people.head_age,
        "head_education": people.head_education,
        "max_education": people.max_education,
        "elderly_only": people.elderly_only.astype("float64"),
        "n_labour": labour,
        "labour_share": np.round(labour / size, 2),
        "n_skilled": np.minimum(people.n_skilled, labour),
        "no_labour": (labour == 0).astype("float64"),
        "n_chronic": facts["n_chronic"],
        "n_serious": facts["n_serious"],
        "n_disabled": facts["n_disabled"],
        "n_severe_disabled": facts["n_severe_disabled"],
        "n_uninsured": people.n_uninsured,
        "n_students_post9": people.n_students,
        "n_dropouts": facts["n_dropouts"],
    }


def _incomes(index: int, population: Population, course: Course, rng: np.random.Generator) -> Columns:
    """Write down a year's incomes and costs with the error of recollection; all sums add up."""
    n, ledger = population.n, course.ledger
    error = np.exp(c.SIGMA_RECORDING * rng.normal(size=n)) * np.where(
        population.ex_poor, 1.0, c.UNDER_REPORTING_ORDINARY
    )
    wage = np.rint(ledger.year("wage", index) * error)
    net_business = ledger.year("business", index) * error
    gross = np.rint(net_business / (1.0 - course.economy.cost_ratio))
    cost = np.rint(gross * course.economy.cost_ratio)
    rent = np.rint(ledger.year("property", index))
    transfer = np.rint(ledger.year("transfer", index))
    net = wage + gross + rent + transfer - cost
    self_pay = np.rint(ledger.year("self_pay", index) * np.exp(0.08 * rng.normal(size=n)))
    compliant = np.rint(0.9 * self_pay)
    claims = np.rint(ledger.year("claims", index))
    loss = np.rint(ledger.year("loss", index) * (rng.random(n) < 0.8))
    size = population.size
    return {
        "wage_cny": wage,
        "business_gross_cny": gross,
        "business_cost_cny": cost,
        "property_cny": rent,
        "transfer_cny": transfer,
        "gross_income_cny": wage + gross + rent + transfer,
        "net_income_cny": net,
        "net_income_pc_cny": np.rint(net / size),
        "claims_cny": claims,
        "medical_self_pay_cny": self_pay,
        "reference_income_pc_cny": np.rint((net + claims - compliant - loss) / size),
        "education_cost_cny": np.rint(ledger.year("education", index)),
    }


def _living(index: int, population: Population, course: Course, year_end: YearEnd, rng: np.random.Generator) -> Columns:
    facts = year_end.facts
    livestock = course.economy.business * c.INCOME_INDEX[index] * course.economy.herd
    livestock *= np.exp(0.2 * rng.normal(size=population.n))
    return {
        "n_migrants": np.minimum(course.economy.migrants, facts["n_labour"]),
        "house_grade": facts["house_grade"],
        "water_unsafe": facts["water_unsafe"],
        "land_mu_pc": np.round(population.land_mu / population.size, 2),
        "livestock_cny": np.rint(livestock / 10) * 10,
        "debt_cny": np.rint(facts["debt_cny"] / 100) * 100,
        "coop_linked": (population.ex_poor & (course.economy.cost_ratio < 0.42)).astype("float64"),
        "dibao": facts["dibao"],
        "public_job": facts["public_job"],
    }


def _corrections(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Make the second version of some rows: wages and what depends on them, one to four months later."""
    chosen: Bools = rng.random(len(rows)) < c.CORRECTED_SHARE
    corrected = rows[chosen].copy()
    n = len(corrected)
    change = np.rint(corrected["wage_cny"].to_numpy() * 0.15 * rng.normal(size=n))
    change = np.maximum(change, -corrected["wage_cny"].to_numpy())
    for name in ("wage_cny", "gross_income_cny", "net_income_cny"):
        corrected[name] += change
    per_head = np.rint(change / corrected["household_size"].to_numpy())
    corrected["net_income_pc_cny"] += per_head
    corrected["reference_income_pc_cny"] += per_head
    corrected["recorded_on"] += pd.to_timedelta(rng.integers(30, 121, n), unit="D").astype("timedelta64[us]")
    return corrected
