"""A simulated county: its tables as offices keep them, and the truth that nobody there knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.collection import record_years
from riskmodel.panel.simulated.course import Course, run
from riskmodel.panel.simulated.members import EDUCATION, HEALTH, LABOUR, labour_ability
from riskmodel.panel.simulated.population import Population, draw_population
from riskmodel.panel.simulated.recording import DAY, month_ends, record_events, record_months
from riskmodel.panel.simulated.state import CATEGORIES

README = """SIMULATED DATA. No household, person or place in this folder exists.

Made by `riskmodel simulate` with {households} households and seed {seed}.
Tables: {tables}.
truth.parquet holds the probabilities that the simulation itself used; nothing that trains may read it.
members.parquet tells members as they were at the end of 2019.
"""


@dataclass(frozen=True)
class County:
    """A simulated county.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        ``areas, households, members, observations, monthly, events``, as the programme china-county reads them.
    truth : DataFrame
        ``household_id, month`` (its last day), ``at_risk``, ``hardship_probability``, ``identified_probability``,
        ``identified_within_12_months`` (from the first day of that month; at the start of quarters only, an
        approximation in closed form), ``cause`` (empty unless identified in that month).
    households, seed : int
        What it was made with.
    """

    tables: Mapping[str, pd.DataFrame]
    truth: pd.DataFrame
    households: int
    seed: int


def simulate(households: int = 20_000, seed: int = 0) -> County:
    """Simulate a county from 2019 to 2025.

    Parameters
    ----------
    households : int, default 20000
        How many.
    seed : int, default 0
        The same seed gives the same tables, bit for bit.
    """
    people_rng, course_rng, record_rng = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3)
    )
    population = draw_population(households, people_rng)
    course = run(population, course_rng)
    ids = pd.array([f"H{number:07d}" for number in range(1, households + 1)], dtype="str")
    tables = {
        "areas": population.areas,
        "households": _households(population, course, ids),
        "members": _members(population, ids),
        "observations": record_years(population, course, ids, record_rng),
        "monthly": record_months(course, ids, record_rng),
        "events": record_events(course, ids, record_rng),
    }
    return County(tables, _truth(course, ids), households, seed)


def _households(population: Population, course: Course, ids: pd.api.extensions.ExtensionArray) -> pd.DataFrame:
    villages = population.areas.loc[population.areas["level"] == "village", "area_code"].to_numpy()
    heads = population.members.order == 0
    left_poverty = np.array(
        [f"{year}-12-31" if year else "NaT" for year in population.exit_year], dtype="datetime64[D]"
    )
    state = course.state
    causes = np.array([*c.CAUSES, "none"], dtype=object)
    return pd.DataFrame(
        {
            "household_id": ids,
            "area_code": pd.array(villages[population.village], dtype="str"),
            "ex_poor": population.ex_poor,
            "exited_on": left_poverty.astype(DAY),
            "relocated": population.relocated,
            "hazard_zone": population.hazard_zone,
            "road_km": np.round(population.road_km, 1),
            "land_mu": np.round(population.land_mu, 2),
            "ethnic_minority": population.minority,
            "head_sex": pd.array(np.where(population.members.female[heads], "female", "male"), dtype="str"),
            "monitoring_category": pd.array(np.array(CATEGORIES)[state.category], dtype="str"),
            "risk_cause": pd.array(causes[state.cause], dtype="str"),
            "risk_eliminated": (state.category > 0) & ~state.monitored,
            "measures_count": np.where(state.category > 0, state.measures, 0),
        }
    )


def _members(population: Population, ids: pd.api.extensions.ExtensionArray) -> pd.DataFrame:
    people = population.members
    numbers = pd.array([f"{order + 1:02d}" for order in range(8)], dtype="str")
    age = people.age
    student = np.where((age >= 6) & (age < 16), True, labour_ability(people, 0) == 4) & (age >= 6) & (age < 23)
    household_ids = pd.Series(ids.take(people.household))
    return pd.DataFrame(
        {
            "household_id": household_ids,
            "member_id": household_ids + "-" + pd.Series(numbers.take(people.order)),
            "birth_year": c.FIRST_YEAR - age,
            "sex": pd.array(np.where(people.female, "female", "male"), dtype="str"),
            "education": pd.array(np.array(EDUCATION)[people.education], dtype="str"),
            "health": pd.array(np.array(HEALTH)[people.health], dtype="str"),
            "severe_disability": people.severe,
            "labour_ability": pd.array(np.array(LABOUR)[labour_ability(people, 0)], dtype="str"),
            "student": student,
            "insured": people.insured,
        }
    )


def _truth(course: Course, ids: pd.api.extensions.ExtensionArray) -> pd.DataFrame:
    n = len(ids)
    household, month = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(c.N_MONTHS), indexing="ij"))
    at_risk = (course.present & ~course.monitored).T.ravel()
    causes = pd.array([*c.CAUSES, ""], dtype="str")
    return pd.DataFrame(
        {
            "household_id": ids.take(household),
            "month": month_ends()[month].astype(DAY),
            "at_risk": at_risk,
            "hardship_probability": np.where(at_risk, course.hardship.T.ravel(), np.nan),
            "identified_probability": np.where(at_risk, course.identified.T.ravel(), np.nan),
            "identified_within_12_months": np.where(at_risk, course.year_ahead.T.ravel(), np.nan),
            "cause": causes.take(course.cause.T.ravel() % len(causes)),
        }
    )


def write_county(county: County, folder: Path) -> None:
    """Write a county as a data folder: one Parquet file a table, ``truth.parquet``, and a ``README.txt``.

    Parameters
    ----------
    county : County
        What :func:`simulate` made.
    folder : Path
        Made where it does not exist; files of the same names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (*county.tables.items(), ("truth", county.truth)):
        partial = folder / f".{name}.partial"
        table.to_parquet(partial, index=False, compression="zstd")
        partial.replace(folder / f"{name}.parquet")
    text = README.format(households=county.households, seed=county.seed, tables=", ".join(county.tables))
    (folder / "README.txt").write_text(text, encoding="utf-8")
