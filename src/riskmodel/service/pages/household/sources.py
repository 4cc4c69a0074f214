"""Where the figures of a household come from, of when they are, and which are older than they should be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from riskmodel.language import Language
from riskmodel.panel.panel import Panel
from riskmodel.programme.dictionary import EVENTS, Feature, How
from riskmodel.programme.lines import Grain
from riskmodel.programme.programme import Programme
from riskmodel.service.pages import sentences
from riskmodel.service.pages.household.departments import department_label, recording_department

FRESH_MONTHS: Mapping[Grain, int] = {Grain.MONTH: 3, Grain.QUARTER: 6, Grain.YEAR: 18}
"""How old the end of the latest period may be."""
DAYS_PER_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest that a table knows of a household.

    Attributes
    ----------
    period_end, recorded_on : date
        Of which period it is, and when it was recorded.
    """

    period_end: dt.date
    recorded_on: dt.date


@dataclass(frozen=True, slots=True)
class Sources:
    """Where figures come from.

    Attributes
    ----------
    programme : Programme
        Whose dictionary names sources.
    latest : mapping of str to Latest
        By table of observations.
    as_of : date
        The date of the score: records of the days before it are seen.
    happened : mapping of str to date
        When it last happened, by kind of event.
    """

    programme: Programme
    latest: Mapping[str, Latest]
    as_of: dt.date
    happened: Mapping[str, dt.date] = field(default_factory=dict)

    def text(self, name: str, language: Language) -> str:
        """Return source and date of a feature, such as *Medical insurance, Dec 31, 2025*; empty for one that is unknown."""
        feature = self.programme.dictionary.feature(name)
        if feature is None:
            return ""
        department, when = self.department(name, language), self._when(feature, language)
        return language.gettext("%(source)s, %(date)s", source=department, date=when) if department else when

    def department(self, name: str, language: Language) -> str:
        """Return who records what a feature is made of; empty where that is not known."""
        feature = self.programme.dictionary.feature(name)
        code = recording_department(self.programme, feature) if feature is not None else ""
        return department_label(language, code) if code else ""

    def _when(self, feature: Feature, language: Language) -> str:
        """Return of when a figure is: the day of its record, the last event, or up to when everything was counted."""
        gettext, until = language.gettext, sentences.last_day(language, self.as_of)
        table, _, kind = feature.origin.partition(".")
        if table == EVENTS and feature.how is How.MONTHS_SINCE:
            if kind not in self.happened:
                return gettext("nothing recorded until %(day)s", day=until)
            return gettext("last on %(day)s", day=language.date(self.happened[kind]))
        if table not in self.latest or feature.how is How.AREA_RATE:
            return gettext("until %(day)s", day=until)
        day = language.date(self.latest[table].period_end)
        return day if feature.how is How.VALUE else gettext("until %(day)s", day=day)

    def stale(self, language: Language) -> tuple[str, ...]:
        """Return what is older than it should be, in words."""
        return tuple(
            language.gettext(
                "%(source)s: the latest figures are of %(date)s", source=self._who(table, language),
                date=language.date(found.period_end),
            )
            for table, found in sorted(self.latest.items())
            if self._months_old(found) > self._most_months(table)
        )  # fmt: skip

    def _who(self, table: str, language: Language) -> str:
        """Return which departments' figures a table holds; two at most."""
        columns = [column for column in self.programme.dictionary.columns if column.table == table and column.source]
        names = list(dict.fromkeys(department_label(language, column.source) for column in columns))
        return language.gettext(", ").join(names[:2])

    def _months_old(self, found: Latest) -> float:
        return (self.as_of - found.period_end).days / DAYS_PER_MONTH

    def _most_months(self, table: str) -> int:
        grain = self.programme.file.tables[table].grain
        return FRESH_MONTHS[grain] if grain is not None else max(FRESH_MONTHS.values())


def sources_of(programme: Programme, panel: Panel, as_of: dt.date) -> Sources:
    """Return where the figures of the one household of a panel come from, as far as they were recorded before a date."""
    found = {}
    for table, rows in panel.observations.items():
        seen = rows[(rows["recorded_on"] < np.datetime64(as_of)).to_numpy()]
        if len(seen):
            last = seen.iloc[int(seen["period_end"].to_numpy().argmax())]
            found[table] = Latest(last["period_end"].date(), last["recorded_on"].date())
    return Sources(programme, found, as_of, _happened(panel, as_of))


def _happened(panel: Panel, as_of: dt.date) -> dict[str, dt.date]:
    seen = panel.events[(panel.events["recorded_on"] < np.datetime64(as_of)).to_numpy()]
    return {str(kind): day.date() for kind, day in seen.groupby("kind")["occurred_on"].max().items()}
