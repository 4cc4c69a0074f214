"""What the members of a household earn: by source, by earner, and how much of it is likely to last.

Amounts are pesos a month. INDEC writes -9 and the like where an amount was not told, and blanks where it was not asked;
both count as nothing.
"""

from __future__ import annotations

import numpy as np

from riskmodel.panel.surveys.eph.members import EMPLOYEE, SELF_EMPLOYED, UNDEREMPLOYED, WORKS, Flags, Members, Values

SPOUSE = 2
REGISTERED = 1
TEMPORARY = 1
SHORT_TENURE = (1, 2, 3, 4)
"""PP07A: employees of up to a year."""


def roll_up_earnings(members: Members) -> dict[str, Values]:
    """Return every column of income of the household-quarters, each of shape (n_household_quarters,)."""
    sources = {
        "pension": _amount(members["V2_M"]),
        "severance": _amount(members["V3_M"]),
        "subsidy": _amount(members["V5_M"]),
        "rent": _amount(members["V8_M"]),
        "scholarship": _amount(members["V11_M"]),
        "family_support": _amount(members["V12_M"]),
    }
    other_jobs, bonus = _amount(members["TOT_P12"]), _amount(members["PP08J1"])
    labour = _amount(members["P21"]) + other_jobs
    person = labour + sum(sources.values())
    return {
        "second_job_income_ars": members.total(other_jobs),
        "bonus_income_ars": members.total(bonus),
        **_by_kind_of_job(members, labour),
        **_by_earner(members, person),
        **_without_the_bonus(members, sources, np.maximum(labour - bonus, 0.0)),
        **{f"{name}_income_ars": members.total(values) for name, values in sources.items()},
    }


def _by_kind_of_job(members: Members, labour: Values) -> dict[str, Values]:
    works = members["ESTADO"] == WORKS
    own_account = works & (members["CAT_OCUP"] == SELF_EMPLOYED)
    return {
        "labour_income_ars": members.total(labour),
        "formal_income_ars": members.total(np.where(_registered(members), labour, 0.0)),
        "self_employed_income_ars": members.total(np.where(own_account, labour, 0.0)),
    }


def _by_earner(members: Members, person: Values) -> dict[str, Values]:
    return {
        "top_earner_income_ars": members.highest(person),
        "second_earner_income_ars": members.second_highest(person),
        "head_income_ars": members.of_head(person),
        "earners": members.count(person > 0),
    }


def _without_the_bonus(members: Members, sources: dict[str, Values], pay: Values) -> dict[str, Values]:
    """Return incomes as they are in a month without the half-yearly bonus, and the parts that last and that do not.

    The bonus lifts the incomes that are told in the first and third quarters; a year's need is met from the others.
    """
    employee = (members["ESTADO"] == WORKS) & (members["CAT_OCUP"] == EMPLOYEE)
    passing = employee & ((members["PP07C"] == TEMPORARY) | np.isin(members["PP07A"], SHORT_TENURE))
    too_few_hours = (members["ESTADO"] == WORKS) & (members["INTENSI"] == UNDEREMPLOYED)
    person = pay + sum(sources.values())
    regular = members.total(person)
    registered = np.where(_registered(members), pay, 0.0)
    return {
        "regular_income_ars": regular,
        "secure_income_ars": members.total(registered + sources["pension"] + sources["rent"]),
        "unregistered_income_ars": members.total(pay - registered),
        "unearned_income_ars": members.total(person - pay),
        "casual_income_ars": members.total(np.where(passing | too_few_hours, pay, 0.0)),
        "spouse_income_ars": members.total(np.where(members["CH03"] == SPOUSE, person, 0.0)),
        "income_without_top_earner_ars": regular - np.nan_to_num(members.highest(person)),
    }


def _registered(members: Members) -> Flags:
    """Return who has a job that pays pension contributions."""
    return np.asarray((members["ESTADO"] == WORKS) & (members["PP07H"] == REGISTERED))


def _amount(values: Values) -> Values:
    return np.where(values > 0, values, 0.0)
