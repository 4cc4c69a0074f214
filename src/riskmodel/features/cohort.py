"""Who was at risk on a date, judged by what was known then."""

from __future__ import annotations

import numpy as np

from riskmodel.features.making import Knowledge, Known, last_rows, value
from riskmodel.features.timeline import Positions
from riskmodel.programme.calendar import add_months
from riskmodel.programme.dictionary import EVENTS
from riskmodel.programme.outcome import OpenSpell
from riskmodel.programme.programme import Programme


def cohort(programme: Programme, knowledge: Knowledge, *, poor_too: bool = False) -> Positions:
    """Return the positions of the households at risk, ascending.

    A household must have been seen at all, and pass every condition of the programme's cohort; with ``poor_too`` every
    one but that it is not poor.
    """
    rules = programme.file.cohort
    at_risk = knowledge.seen.copy()
    if rules.not_poor and not poor_too:
        at_risk &= value(knowledge.column(f"{programme.file.welfare.table}.poor")) == 0
    if rules.seen_within_months is not None:
        at_risk &= _seen_within(programme, knowledge, rules.seen_within_months)
    if rules.outside_spell is not None:
        at_risk &= ~in_spell(knowledge, rules.outside_spell)
    for kind in rules.gone_after:
        at_risk[knowledge.column(f"{EVENTS}.{kind}").household] = False
    return np.flatnonzero(at_risk)


def _seen_within(programme: Programme, knowledge: Knowledge, months: int) -> np.ndarray:
    known = knowledge.column(programme.file.welfare.column)
    rows = last_rows(known)
    recent = known.day[rows] >= np.datetime64(add_months(knowledge.as_of, -months), "D")
    seen = np.zeros(knowledge.line.size, bool)
    seen[known.household[rows[recent]]] = True
    return seen


def in_spell(knowledge: Knowledge, spell: OpenSpell) -> np.ndarray:
    """Return which households are in a spell: its latest known start is later than its latest known end."""
    start = _last_day(knowledge.column(f"{EVENTS}.{spell.opened_by}"))
    end = _last_day(knowledge.column(f"{EVENTS}.{spell.closed_by}"))
    return start > end


def _last_day(known: Known) -> np.ndarray:
    """Days since 1970 of each household's latest row; a very early day where it has none."""
    days = np.full(known.size, np.iinfo(np.int64).min)
    rows = last_rows(known)
    days[known.household[rows]] = known.day[rows].astype("int64")
    return days
