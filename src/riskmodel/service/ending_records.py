"""What the records show of a household on some dates, at risk or not: for the checklist before its monitoring ends."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from riskmodel.features.making import Knowledge
from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.programme.calendar import add_months
from riskmodel.programme.dictionary import Feature, How, Kind
from riskmodel.programme.programme import Programme
from riskmodel.programme.reviewing import LABOUR, EndingCheck
from riskmodel.service.cases.checklist import Shown, Values, is_without_labour, shown_by
from riskmodel.service.store.households import Subject
from riskmodel.service.store.panels import stored_panel


def months_back(as_of: dt.date, months: int) -> list[dt.date]:
    """Return a date and those before it, a month apart, as far back as so many months."""
    return [add_months(as_of, -back) for back in range(months + 1)]


def records_on(
    connection: Connection, programme: Programme, subject: Subject, dates: Sequence[dt.date]
) -> dict[dt.date, Values | None]:
    """Return a household's features as they were known on some dates; None where nothing was known of it.

    Parameters
    ----------
    connection : Connection
        One state of the store.
    programme : Programme
        Whose features.
    subject : Subject
        The household. Rates of its area are missing: they look at everyone who lives there. Months since what never
        happened are infinitely many.
    dates : sequence of date
        Cut-offs, exclusive: only rows recorded before each are seen.
    """
    line = timeline(stored_panel(connection, programme, [subject.household]), programme)
    return {day: _values(programme, line, day) for day in dates}


def _values(programme: Programme, line: Timeline, day: dt.date) -> Values | None:
    if not Knowledge(line, programme.dictionary, day).seen.any():
        return None
    row = build_snapshot(programme, line, day, np.array([0])).iloc[0]
    own = [one for one in programme.features if one.column.kind is not Kind.CATEGORY]
    return {one.name: _told(one, float(row[one.name])) for one in own}


def _told(feature: Feature, value: float) -> float:
    if feature.how is How.AREA_RATE:
        return math.nan
    # what never was recorded as happening is as long ago as can be
    return math.inf if feature.how is How.MONTHS_SINCE and math.isnan(value) else value


class Records:
    """What the records of one household show.

    Parameters
    ----------
    programme : Programme
        Whose checklist.
    known : mapping of date to features
        Of :func:`records_on`.
    as_of : date
        The latest date.
    """

    def __init__(self, programme: Programme, known: dict[dt.date, Values | None], as_of: dt.date) -> None:
        self._reviewing, self._known, self._as_of = programme.file.reviewing, known, as_of

    @property
    def without_labour(self) -> bool | None:
        """Whether nobody in the household can work; None where the records do not know."""
        return is_without_labour(self._reviewing.without_labour, self._known[self._as_of])

    def shown(self, check: EndingCheck) -> Shown:
        """Return what the records say of a check, on each of the dates for which it has to hold."""
        known = [self._known[day] for day in months_back(self._as_of, check.for_months)]
        return shown_by(check.when, known, check.records)

    def checklist(self) -> dict[str, Shown]:
        """Return what the records say of each check, and of labour first where they do not know."""
        ending = self._reviewing.ending
        labour = {LABOUR: Shown.UNKNOWN} if self.without_labour is None else {}
        return labour | {one.code: self.shown(one) for one in (ending.checks if ending else ())}


def read_records(connection: Connection, programme: Programme, subject: Subject, as_of: dt.date) -> Records:
    """Return what the records of a household show of the programme's checklist up to a date."""
    ending = programme.file.reviewing.ending
    months = max((check.for_months for check in ending.checks), default=0) if ending else 0
    return Records(programme, records_on(connection, programme, subject, months_back(as_of, months)), as_of)
