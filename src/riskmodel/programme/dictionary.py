"""The dictionary: one table that describes every column and every feature of a programme once.

A row without ``from`` is a column of a data table; a row with ``from`` is a feature of the snapshot, made from a
column by ``how``. In ``events`` a column is a *kind* of event, and its value is the event's amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SNAPSHOT = "snapshot"
EVENTS = "events"
HOUSEHOLDS = "households"


class Kind(StrEnum):
    """Type of a column's values."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    DATE = "date"
    TEXT = "text"


class Direction(StrEnum):
    """What a higher value does to the risk."""

    MORE = "more"
    LESS = "less"
    FREE = "free"


class Leak(StrEnum):
    """Whether a column may become a feature: always, only through dated rows, or never."""

    NONE = "none"
    DATED = "dated"
    LEAK = "leak"


class Privacy(StrEnum):
    """Who a column may be shown to; protected and personal columns are never features."""

    NONE = "none"
    PROTECTED = "protected"
    PERSONAL = "personal"


class How(StrEnum):
    """How a feature is made from the rows of its column that were known on a date."""

    VALUE = "value"
    PREVIOUS = "previous"
    CHANGE = "change"
    MEAN = "mean"
    DEVIATION = "deviation"
    SUM = "sum"
    COUNT = "count"
    MONTHS_SINCE = "months_since"
    SHARE_OF = "share_of"
    RATIO = "ratio"
    AREA_RATE = "area_rate"


NEEDS_MONTHS = {How.MEAN, How.DEVIATION, How.SUM, How.AREA_RATE}
NEEDS_OF = {How.SHARE_OF, How.RATIO, How.AREA_RATE}
WITHOUT_DATES = {How.VALUE, How.MONTHS_SINCE, How.AREA_RATE}
KEEPS_TYPE = {How.VALUE, How.PREVIOUS}
KEEPS_UNIT = KEEPS_TYPE | {How.CHANGE, How.MEAN, How.DEVIATION, How.SUM}
KEEPS_DIRECTION = {How.VALUE, How.PREVIOUS, How.CHANGE, How.MEAN, How.SUM, How.AREA_RATE}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a data table.

    Attributes
    ----------
    table, name : str
        Where it stands.
    kind : Kind
        Type of its values.
    unit : str
        Unit of its values (``cny``, ``months``, ``share`` ...); empty for none.
    low, high : float or None
        Hard range, both ends included; a value outside is an error, not a rare household.
    categories : tuple of str
        Allowed codes where ``kind`` is ``category``; of an integer, the levels that have a name.
    source : str
        Department that records it.
    known_after_days : int
        Days after ``recorded_on`` until it may be used.
    direction : Direction
        What a higher value does to the risk.
    group : str
        Factor group.
    leak : Leak
        Whether it may become a feature.
    privacy : Privacy
        Who may see it.
    labels : mapping of language to str
        Its name in words.
    """

    table: str
    name: str
    kind: Kind
    unit: str
    low: float | None
    high: float | None
    categories: tuple[str, ...]
    source: str
    known_after_days: int
    direction: Direction
    group: str
    leak: Leak
    privacy: Privacy
    labels: Mapping[str, str]

    @property
    def key(self) -> str:
        """``table.name``, as features and the programme refer to it."""
        return f"{self.table}.{self.name}"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the snapshot: a :class:`Column` and how it is made from another one.

    Attributes
    ----------
    column : Column
        Its own description, in table ``snapshot``.
    origin : str
        ``table.column`` it is made from.
    how : How
        The way it is made.
    of : str
        The denominator's ``table.column`` for shares and ratios; the area level for ``area_rate``.
    months : int or None
        Length of the window that ends on the as-of date.
    """

    column: Column
    origin: str
    how: How
    of: str
    months: int | None

    @property
    def name(self) -> str:
        """Name of the snapshot's column."""
        return self.column.name

    @property
    def table(self) -> str:
        """Table it is made from."""
        return self.origin.partition(".")[0]

    @property
    def source_name(self) -> str:
        """Column (or kind of event) it is made from."""
        return self.origin.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """All columns and features of a programme, in the order of the file."""

    columns: tuple[Column, ...]
    features: tuple[Feature, ...]

    def column(self, key: str) -> Column | None:
        """Return the column called ``table.name``, or None."""
        return next((column for column in self.columns if column.key == key), None)

    def table(self, name: str) -> tuple[Column, ...]:
        """Return the columns of one table, in order."""
        return tuple(column for column in self.columns if column.table == name)

    def feature(self, name: str) -> Feature | None:
        """Return the feature of this name, or None."""
        return next((feature for feature in self.features if feature.name == name), None)


def derived_columns(table: str, labels: Mapping[str, Mapping[str, str]], group: str) -> tuple[Column, ...]:
    """Describe the two columns that every panel gets from its welfare and the line in force."""

    def column(name: str, kind: Kind, unit: str, direction: Direction) -> Column:
        return Column(
            table, name, kind, unit, None, None, (), "", 0, direction, group, Leak.DATED, Privacy.NONE, labels[name]
        )

    return (
        column("welfare_to_line", Kind.NUMBER, "ratio", Direction.LESS),
        column("poor", Kind.BOOLEAN, "", Direction.MORE),
    )
