"""What offices record of events and months, and when: late, in part, and sometimes wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.constants import Ints
from riskmodel.panel.simulated.course import Course
from riskmodel.panel.simulated.economy import HISTORY

DAY = np.dtype("datetime64[us]")


def month_ends() -> np.ndarray:
    """Return the last day of each simulated month."""
    following = c.FIRST_MONTH + np.arange(1, c.N_MONTHS + 1)
    return following.astype("datetime64[D]") - np.timedelta64(1, "D")


def record_events(course: Course, ids: pd.api.extensions.ExtensionArray, rng: np.random.Generator) -> pd.DataFrame:
    """Record events with the delay of the office that feeds them; some are never recorded.

    Returns
    -------
    DataFrame
        ``household_id, kind, occurred_on, recorded_on, amount, cause`` in the order of recording; only an
        identification has a cause, the one that weighed most that month.
    """
    log = course.log
    kind = np.concatenate(log.kind)
    household = np.concatenate(log.household)
    month = np.concatenate(log.month)
    amount = np.rint(np.concatenate(log.amount))
    share, shortest, longest = (np.array(column) for column in zip(*c.RECORDING.values(), strict=True))
    days_in_month = np.where(month % 12 == 1, 28, 30)
    day = (rng.random(len(month)) * days_in_month).astype("int64")
    occurred = (c.FIRST_MONTH + month).astype("datetime64[D]") + day
    # delays lean to the short end, with a tail
    lean = rng.beta(1.5, 2.5, len(month))
    delay = np.rint(shortest[kind] + lean * (longest[kind] - shortest[kind])).astype("int64")
    recorded = occurred + delay
    kept = rng.random(len(month)) < share[kind]
    order = np.flatnonzero(kept)
    order = order[np.lexsort((kind[order], household[order], recorded[order]))]
    names = pd.array(list(c.KINDS), dtype="str")
    identified = kind[order] == c.KINDS.index("identified")
    cause = np.where(identified, course.cause[month[order], household[order]], -1)
    causes = pd.array([*c.CAUSES, None], dtype="str")
    return pd.DataFrame(
        {
            "household_id": ids.take(household[order]),
            "kind": names.take(kind[order]),
            "occurred_on": occurred[order].astype(DAY),
            "recorded_on": recorded[order].astype(DAY),
            "amount": amount[order],
            "cause": causes.take(cause % len(causes)),
        }
    )


def record_months(course: Course, ids: pd.api.extensions.ExtensionArray, rng: np.random.Generator) -> pd.DataFrame:
    """Record each household's work and medical self-pay month by month.

    Months are missing here and there, whole years for some households, and self-pay is sometimes filled with zero.
    """
    n = len(ids)
    household, month = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(c.N_MONTHS), indexing="ij"))
    silent_year = rng.random((n, c.N_MONTHS // 12)) < 0.02
    kept = course.present[month, household]
    kept &= rng.random(len(month)) > c.MONTHLY_MISSING_SHARE
    kept &= ~silent_year[household, month // 12]
    household, month = household[kept], month[kept]
    self_pay = np.rint(course.ledger.flows["self_pay"][HISTORY + month, household])
    self_pay[rng.random(len(month)) < c.SELF_PAY_ZERO_FILLED_SHARE] = 0.0
    wage = course.ledger.flows["wage"][HISTORY + month, household]
    employed = course.employed[month, household]
    ends = month_ends()[month]
    return pd.DataFrame(
        {
            "household_id": ids.take(household),
            "period_end": ends.astype(DAY),
            "recorded_on": (ends + _delay(len(month), 5, 20, rng)).astype(DAY),
            "employed_members": employed,
            "wage_cny": np.rint(wage * np.exp(0.12 * rng.normal(size=len(month)))),
            "medical_self_pay_cny": self_pay,
        }
    )


def _delay(n: int, shortest: int, longest: int, rng: np.random.Generator) -> Ints:
    return rng.integers(shortest, longest + 1, n)
