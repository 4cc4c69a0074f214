"""The members of households: ages, schooling, health, ability to work; and their sums by household and year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskmodel.panel.simulated.constants import Bools, Floats, Ints

EDUCATION = ("illiterate", "primary", "middle", "high", "college", "bachelor")
HEALTH = ("healthy", "chronic", "serious", "disabled")
LABOUR = ("skilled", "ordinary", "weak", "lost", "none")


@dataclass(frozen=True, slots=True)
class Members:
    """Everyone in the county, sorted by household; the first of each is its head.

    Attributes
    ----------
    household, order : ndarray of int, shape (m,)
        Position of the household, and of the member within it.
    age : ndarray of int, shape (m,)
        Age at the end of 2019.
    female, severe, skilled, studies_on, insured : ndarray of bool, shape (m,)
        Sex; disability of grade 1 or 2; trained; goes on to school after 15; has medical insurance.
    education, health : ndarray of int, shape (m,)
        Positions in ``EDUCATION`` and ``HEALTH``.
    """

    household: Ints
    order: Ints
    age: Ints
    female: Bools
    severe: Bools
    skilled: Bools
    studies_on: Bools
    insured: Bools
    education: Ints
    health: Ints


def draw_members(size: Ints, ex_poor: Bools, rng: np.random.Generator) -> Members:
    """Draw the members of households of the given sizes."""
    household = np.repeat(np.arange(len(size)), size)
    first = np.cumsum(size) - size
    order = np.arange(len(household)) - first[household]
    age = _draw_ages(size, household, order, rng)
    m = len(household)
    health = _draw_health(age, ex_poor[household], rng)
    return Members(
        household=household,
        order=order,
        age=age,
        female=np.where(order == 0, rng.random(m) < 0.17, rng.random(m) < 0.58),
        severe=(health == 3) & (rng.random(m) < 0.40),
        skilled=rng.random(m) < 0.22,
        studies_on=rng.random(m) < np.where(ex_poor[household], 0.38, 0.45),
        insured=rng.random(m) < 0.975,
        education=_draw_education(age, ex_poor[household], rng),
        health=health,
    )


def _draw_ages(size: Ints, household: Ints, order: Ints, rng: np.random.Generator) -> Ints:
    """Draw ages so that couples, children, grandchildren and parents fit their head."""
    n, m = len(size), len(household)
    old_share = np.select([size == 1, size == 2], [0.45, 0.34], 0.0)
    old = rng.random(n) < old_share
    head = np.where(old, rng.uniform(61, 84, n), np.clip(rng.normal(48, 9.5, n), 22, 74))
    gap = rng.normal(26, 3.5, m)
    of_head = head[household]
    role = rng.random(m)
    couple = (order == 1) & ((role < 0.82) | old[household])
    parent = (order >= 2) & (role < 0.18) & (of_head < 64)
    grandchild = (order >= 3) & (role > 0.72) & (of_head > 48)
    age = np.select(
        [order == 0, couple, parent, grandchild],
        [of_head, of_head + rng.normal(-2, 2.5, m), of_head + gap, of_head - 2 * gap],
        of_head - gap,
    )
    whole: Ints = np.clip(np.rint(age), 0, 96).astype("int64")
    return whole


def _draw_health(age: Ints, ex_poor: Bools, rng: np.random.Generator) -> Ints:
    more = np.where(ex_poor, 1.45, 1.0)
    chronic = np.select([age < 16, age < 40, age < 60], [0.008, 0.03, 0.11], 0.30) * more
    disabled = np.select([age < 16, age < 60], [0.008, 0.025], 0.06) * more
    serious = np.where(age < 40, 0.002, 0.008) * more
    draw = rng.random(len(age))
    return np.select([draw < disabled, draw < disabled + serious, draw < disabled + serious + chronic], [3, 2, 1], 0)


def _draw_education(age: Ints, ex_poor: Bools, rng: np.random.Generator) -> Ints:
    """Draw schooling by birth cohort; the former poor have a little less."""
    level = 2.4 - 0.032 * (age - 35) - 0.35 * ex_poor + 0.9 * rng.normal(size=len(age))
    level = np.where(
        age < 7, 0, np.where(age < 13, np.minimum(level, 1), np.where(age < 16, np.minimum(level, 2), level))
    )
    return np.clip(np.rint(level), 0, 5).astype("int64")


@dataclass(frozen=True, slots=True)
class Composition:
    """Sums over members for one year, one entry a household."""

    n_children: Floats
    n_elderly: Floats
    n_labour: Floats
    n_skilled: Floats
    n_chronic: Floats
    n_serious: Floats
    n_disabled: Floats
    n_severe: Floats
    n_students: Floats
    n_near_college: Floats
    n_uninsured: Floats
    head_age: Floats
    head_education: Floats
    max_education: Floats
    elderly_only: Bools


def compose(members: Members, n: int, years_on: int) -> Composition:
    """Sum the members up as they are some years after 2019."""
    age = members.age + years_on

    def total(flag: Bools) -> Floats:
        return np.bincount(members.household[flag], minlength=n).astype("float64")

    able = labour_ability(members, years_on) <= 1
    adult_education = np.zeros(n)
    np.maximum.at(adult_education, members.household, np.where(age >= 16, members.education, 0).astype("float64"))
    heads = members.order == 0
    size = total(np.ones(len(age), bool))
    return Composition(
        n_children=total(age < 16),
        n_elderly=total(age >= 60),
        n_labour=total(able),
        n_skilled=total(able & members.skilled),
        n_chronic=total(members.health == 1),
        n_serious=total(members.health == 2),
        n_disabled=total(members.health == 3),
        n_severe=total(members.severe),
        n_students=total(_post_compulsory(members, age)),
        n_near_college=total((age >= 18) & (age <= 19) & members.studies_on),
        n_uninsured=total(~members.insured),
        head_age=age[heads].astype("float64"),
        head_education=members.education[heads].astype("float64"),
        max_education=adult_education,
        elderly_only=total(age >= 60) == size,
    )


def _post_compulsory(members: Members, age: Ints) -> Bools:
    return (age >= 16) & (age <= 18 + 4 * members.studies_on)


def labour_ability(members: Members, years_on: int) -> Ints:
    """Return each member's ability to work, as a position in ``LABOUR``, some years after 2019."""
    age = members.age + years_on
    none = (age < 16) | (age > 72) | _post_compulsory(members, age)
    lost = (members.health == 2) | members.severe
    weak = (age > 64) | (members.health == 3) | ((members.health == 1) & (age > 55))
    return np.select([none, lost, weak, members.skilled], [4, 3, 2, 0], 1)
