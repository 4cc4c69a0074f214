"""Contributions in words: what a household's value is, what is typical, and which way it moves the risk. Pure.

A text holds a fact and an effect: *Medical self-pay of 12 months: 23,400 yuan (typical: 800 yuan) - raises the risk*.
How a fact is worded follows from the dictionary: the type of the feature, its unit, and how it is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskmodel.explain.truths import truth_text
from riskmodel.explain.units import change_text, quantity_text
from riskmodel.language import LOCALES, Language
from riskmodel.programme.dictionary import Feature, How, Kind
from riskmodel.programme.programme import Programme

TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Driver:
    """One feature's contribution to one household's log-odds.

    Attributes
    ----------
    feature, group : str
        Which feature, and its factor group.
    log_odds : float
        Signed contribution; above 0 raises the risk.
    value, typical : float or None
        The household's number and the reference cohort's; booleans are 0 or 1.
    category, typical_category : str or None
        The same for categories, as codes.
    """

    feature: str
    group: str
    log_odds: float
    value: float | None = None
    category: str | None = None
    typical: float | None = None
    typical_category: str | None = None

    @classmethod
    def of(cls, reason: Mapping[str, Any]) -> Driver:
        """Read one of a score's ``reasons``."""
        return cls(**{name: reason[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class DriverGroup:
    """Drivers of one factor group that move the risk the same way, the strongest first.

    Attributes
    ----------
    group : str
        Code of the factor group.
    log_odds : float
        Their sum.
    drivers : tuple of Driver
        The rows.
    """

    group: str
    log_odds: float
    drivers: tuple[Driver, ...]


@dataclass(frozen=True, slots=True)
class SplitDrivers:
    """Drivers parted by what they do to the risk; groups with the largest sum first."""

    up: tuple[DriverGroup, ...]
    down: tuple[DriverGroup, ...]
    unmoved: tuple[Driver, ...]


def split_drivers(drivers: Iterable[Driver]) -> SplitDrivers:
    """Part drivers into those that raise the risk, lower it, and leave it, each by factor group."""
    listed = sorted(drivers, key=lambda driver: -abs(driver.log_odds))
    return SplitDrivers(
        _grouped([driver for driver in listed if driver.log_odds > 0]),
        _grouped([driver for driver in listed if driver.log_odds < 0]),
        tuple(driver for driver in listed if driver.log_odds == 0),
    )


def _grouped(drivers: Sequence[Driver]) -> tuple[DriverGroup, ...]:
    by_group: dict[str, list[Driver]] = {}
    for driver in drivers:
        by_group.setdefault(driver.group, []).append(driver)
    groups = [
        DriverGroup(code, math.fsum(driver.log_odds for driver in rows), tuple(rows)) for code, rows in by_group.items()
    ]
    return tuple(sorted(groups, key=lambda group: -abs(group.log_odds)))


def adds_up(base: float, contributions: Iterable[float], log_odds: float) -> bool:
    """Tell whether base and contributions sum to the score, to 1e-9."""
    return abs(math.fsum([base, *contributions]) - log_odds) <= TOLERANCE


class Words:
    """A programme's features, values and reasons in one language.

    Parameters
    ----------
    programme : Programme
        Whose dictionary; usually the frozen one of a bundle.
    language : Language
        Language of the texts; a label that lacks it falls back to English.
    """

    def __init__(self, programme: Programme, language: Language) -> None:
        self.language = language
        self._currency = programme.file.currency
        self._features = {feature.name: feature for feature in programme.features}
        self._groups = programme.file.groups
        self.own_language = next((one for one in programme.file.languages if one not in LOCALES), "")
        """The survey's own language; empty where the pages speak it."""
        # a column keeps its categories' codes but not the name of their set
        self._categories = {tuple(labels): labels for labels in programme.categories.values()}

    def feature(self, name: str) -> str:
        """Return a feature's label; the name itself where the dictionary lacks it."""
        feature = self._features.get(name)
        return self.language.label(feature.column.labels) or name if feature else name

    def own_label(self, name: str) -> tuple[str, str]:
        """Return a feature's label in the survey's own language, and which that is; empty where the pages speak it."""
        feature = self._features.get(name)
        if feature is None or not self.own_language:
            return "", ""
        return feature.column.labels.get(self.own_language, ""), self.own_language

    def group(self, code: str) -> str:
        """Return a factor group's label."""
        return self.language.label(self._groups.get(code, {})) or code

    def value(self, name: str, number: float | None, category: str | None = None) -> str:
        """Return a value in words.

        Parameters
        ----------
        name : str
            The feature.
        number : float or None
            A number or a boolean as 0 or 1.
        category : str or None
            A category's code. None for both is a missing value.
        """
        feature, gettext = self._features[name], self.language.gettext
        if feature.column.kind is Kind.CATEGORY:
            return self._category(feature, category) if category is not None else gettext("not recorded")
        if number is None:
            return gettext("none on record") if feature.how is How.MONTHS_SINCE else gettext("not recorded")
        if feature.column.kind is Kind.BOOLEAN:
            return truth_text(self.language, self.feature(name), holds=bool(number))
        if feature.column.categories and float(number).is_integer():
            # levels in an order: counted with, but read by their names
            return self._category(feature, str(int(number)))
        if feature.how is How.CHANGE:
            return change_text(self.language, number, feature.column.unit, self._currency)
        countable = feature.how is How.COUNT or feature.column.kind is Kind.INTEGER
        return quantity_text(self.language, number, feature.column.unit, self._currency, countable=countable)

    def household_value(self, driver: Driver) -> str:
        """Return the household's value in words."""
        return self.value(driver.feature, driver.value, driver.category)

    def typical_value(self, driver: Driver) -> str:
        """Return the typical value in words; to have none is typical where most of the reference cohort had none."""
        return self.value(driver.feature, driver.typical, driver.typical_category)

    def fact(self, driver: Driver) -> str:
        """Return label, value and typical value as one phrase."""
        gettext, label = self.language.gettext, self.feature(driver.feature)
        value, typical = self.household_value(driver), self.typical_value(driver)
        if typical == value:
            return gettext("%(label)s: %(value)s (as is typical)", label=label, value=value)
        return gettext("%(label)s: %(value)s (typical: %(typical)s)", label=label, value=value, typical=typical)

    def effect(self, log_odds: float) -> str:
        """Return which way a contribution moves the risk."""
        if log_odds > 0:
            return self.language.gettext("raises the risk")
        if log_odds < 0:
            return self.language.gettext("lowers the risk")
        return self.language.gettext("does not change the risk")

    def reason(self, driver: Driver) -> str:
        """Return the whole reason: fact and effect."""
        return self.language.gettext(
            "%(fact)s – %(effect)s", fact=self.fact(driver), effect=self.effect(driver.log_odds)
        )

    def _category(self, feature: Feature, code: str) -> str:
        labels = self._categories.get(feature.column.categories, {}).get(code, {})
        return self.language.label(labels) or code
