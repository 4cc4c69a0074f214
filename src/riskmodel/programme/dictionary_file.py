"""Reads the dictionary's CSV, and the category sets beside it, into columns and features."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from riskmodel.errors import Fault
from riskmodel.programme.dictionary import (
    HOUSEHOLDS,
    KEEPS_DIRECTION,
    KEEPS_TYPE,
    KEEPS_UNIT,
    NEEDS_MONTHS,
    NEEDS_OF,
    SNAPSHOT,
    WITHOUT_DATES,
    Column,
    Dictionary,
    Direction,
    Feature,
    How,
    Kind,
    Leak,
    Privacy,
)
from riskmodel.programme.faults import faults_of

CategoryLabels = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Set name -> code -> language -> label, codes in order."""


RESERVED_FEATURES = ("household_id", "area_code", "as_of", "horizon_months")


class Row(BaseModel):
    """One line of the dictionary file; empty cells count as not given."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    table: str = SNAPSHOT
    origin: str | None = Field(default=None, alias="from")
    how: How | None = None
    of: str = ""
    months: int | None = Field(default=None, ge=1, le=240)
    type: Kind | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    categories: str = ""
    source: str = ""
    known_after_days: int = Field(default=0, ge=0)
    direction: Direction | None = None
    group: str = ""
    leak: Leak = Leak.NONE
    privacy: Privacy = Privacy.NONE
    labels: dict[str, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_cells(cls, cells: Any) -> Any:
        given = {key: value for key, value in cells.items() if value not in ("", None)}
        labels = {key.removeprefix("label_"): given.pop(key) for key in list(given) if key.startswith("label_")}
        return given | {"labels": labels}


@dataclass(frozen=True, slots=True)
class DictionaryParts:
    """What a dictionary file is read with; ``derived`` columns are made from the columns ``derived_from``."""

    categories: CategoryLabels
    groups: Collection[str]
    languages: Sequence[str]
    derived: tuple[Column, ...]
    derived_from: Collection[str]
    area_levels: Sequence[str]


def read_csv_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return each row of a small UTF-8 CSV with the line that it stands on."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True, restkey="<more cells than the header>")
        return [(reader.line_num, {key: (value or "") for key, value in row.items()}) for row in reader]


def read_categories(path: Path) -> CategoryLabels:
    """Read ``set,code,label_<language>...`` into category sets."""
    sets: dict[str, dict[str, dict[str, str]]] = {}
    for _, row in read_csv_rows(path):
        labels = {key.removeprefix("label_"): text for key, text in row.items() if key.startswith("label_")}
        sets.setdefault(row["set"], {})[row["code"]] = labels
    return sets


def read_dictionary(path: Path, parts: DictionaryParts) -> tuple[Dictionary, list[Fault]]:
    """Read a dictionary file.

    Parameters
    ----------
    path : Path
        CSV with the fields of :class:`Row`; labels as ``label_<language>``.
    parts : DictionaryParts
        What its rows may refer to.

    Returns
    -------
    Dictionary
        Columns and features without a fault of their own.
    list of Fault
        Everything that is wrong, each with its line.
    """
    faults: list[Fault] = []
    rows: list[tuple[str, Row]] = []
    for line, cells in read_csv_rows(path):
        where = f"{path.name}:{line}"
        try:
            row = Row.model_validate(cells)
        except ValidationError as error:
            faults += faults_of(error, where)
            continue
        rows.append((where, row))
        faults += _row_faults(where, row, parts)
    faults += _duplicates(path.name, rows)
    columns = [_column(row, parts) for _, row in rows if row.origin is None and row.type is not None]
    # welfare over the line is known no earlier than the welfare itself
    delay = max((column.known_after_days for column in columns if column.key in parts.derived_from), default=0)
    derived = [replace(column, known_after_days=delay) for column in parts.derived]
    known = {column.key: column for column in (*columns, *derived)}
    features = []
    for where, row in rows:
        if row.origin is None:
            continue
        found = _feature_faults(where, row, known, parts)
        faults += found
        if not found:
            features.append(_feature(row, known, parts))
    faults += _same_feature_twice(path.name, features)
    return Dictionary(tuple(known.values()), tuple(features)), faults


def _duplicates(file: str, rows: Sequence[tuple[str, Row]]) -> list[Fault]:
    counts = Counter((row.table, row.name) for _, row in rows)
    return [
        Fault(file, "duplicate_column", f"{table}.{name} is described {count} times; keep one row")
        for (table, name), count in counts.items()
        if count > 1
    ]


def _row_faults(where: str, row: Row, parts: DictionaryParts) -> list[Fault]:
    """Check one row against itself and the words it may use."""
    faults = []
    if (row.table == SNAPSHOT) != (row.origin is not None):
        faults.append(Fault(where, "table_or_from", f"{row.name} needs either a data table or, as a feature, `from`"))
    if row.origin is not None and row.name in RESERVED_FEATURES:
        faults.append(
            Fault(where, "reserved_name", f"{row.name} names a column that every snapshot has; choose another")
        )
    if row.origin is None and row.type is None:
        faults.append(Fault(where, "missing_key", f"{row.name} needs a type: one of {', '.join(Kind)}"))
    if (row.categories or row.type is Kind.CATEGORY) and row.categories not in parts.categories:
        faults.append(
            Fault(
                where,
                "unknown_categories",
                f"{row.name} names the category set {row.categories!r}, which the categories file does not hold",
            )
        )
    if row.group and row.group not in parts.groups:
        faults.append(
            Fault(where, "unknown_group", f"{row.name} is in group {row.group!r}, which `groups` does not list")
        )
    missing = [language for language in parts.languages if not row.labels.get(language)]
    if missing:
        faults.append(Fault(where, "missing_label", f"{row.name} has no label_{', label_'.join(missing)}"))
    if row.low is not None and row.high is not None and row.low > row.high:
        faults.append(Fault(where, "empty_range", f"{row.name}: low is above high"))
    return faults


def _column(row: Row, parts: DictionaryParts) -> Column:
    assert row.type is not None
    return Column(
        table=row.table,
        name=row.name,
        kind=row.type,
        unit=row.unit,
        low=row.low,
        high=row.high,
        categories=tuple(parts.categories.get(row.categories, ())),
        source=row.source,
        known_after_days=row.known_after_days,
        direction=row.direction or Direction.FREE,
        group=row.group,
        leak=row.leak,
        privacy=row.privacy,
        labels=row.labels,
    )


def _feature_faults(where: str, row: Row, known: Mapping[str, Column], parts: DictionaryParts) -> list[Fault]:
    """Check that a feature can be made, and may be."""
    assert row.origin is not None
    origin = known.get(row.origin)
    if origin is None:
        return [Fault(where, "unknown_column", f"{row.name} is made from {row.origin}, which no row describes")]
    if row.how is None:
        return [Fault(where, "missing_key", f"{row.name} needs `how`: one of {', '.join(How)}")]
    below = known.get(row.of)
    return [
        *_access_faults(where, row, origin),
        *(_access_faults(where, row, below) if below is not None else ()),
        *_table_faults(where, row, row.how, origin, below),
        *_shape_faults(where, row, row.how, origin, known, parts),
        *_direction_faults(where, row, row.how, origin),
    ]


def _access_faults(where: str, row: Row, origin: Column) -> list[Fault]:
    if origin.leak is Leak.LEAK:
        return [
            Fault(
                where,
                "leak",
                f"{row.name} is made from {origin.key}, which is on the leak list: it is written because of the decision that is predicted",
            )
        ]
    if origin.leak is Leak.DATED and origin.table == HOUSEHOLDS:
        return [
            Fault(
                where,
                "leak",
                f"{row.name} is made from {origin.key}, which may only be used dated, and households has no dates",
            )
        ]
    if origin.privacy is not Privacy.NONE:
        return [
            Fault(
                where,
                "protected",
                f"{row.name} is made from {origin.key}, which is {origin.privacy}: it may be audited, never used",
            )
        ]
    return []


def _table_faults(where: str, row: Row, how: How, origin: Column, below: Column | None) -> list[Fault]:
    """Check that the rows a feature needs have dates: households have none, other tables can't be asked at all."""
    if origin.table == HOUSEHOLDS and (
        how not in WITHOUT_DATES or (how is How.MONTHS_SINCE) != (origin.kind is Kind.DATE)
    ):
        return [
            Fault(
                where,
                "how",
                f"{row.name}: {how} can't be taken of {origin.key}; households have no dated rows, so use value or area_rate, and months_since of a date",
            )
        ]
    undated = [column.key for column in (origin, below) if column is not None and column.table in ("members", "areas")]
    undated += [below.key] if below is not None and below.table == HOUSEHOLDS else []
    if undated:
        return [
            Fault(
                where, "table_kind", f"{row.name}: {', '.join(undated)} has no dated rows of households to be made from"
            )
        ]
    if below is not None and below.kind in (Kind.CATEGORY, Kind.DATE, Kind.TEXT):
        return [Fault(where, "type", f"{row.name} can't be divided by {below.key}, which is {below.kind}")]
    return []


def _shape_faults(
    where: str, row: Row, how: How, origin: Column, known: Mapping[str, Column], parts: DictionaryParts
) -> list[Fault]:
    faults = []
    if how in NEEDS_MONTHS and row.months is None:
        faults.append(Fault(where, "missing_key", f"{row.name}: {how} needs `months`, the length of its window"))
    if (how in NEEDS_OF) != bool(row.of):
        faults.append(Fault(where, "of", f"{row.name}: `of` is for {', '.join(sorted(NEEDS_OF))}, and needed there"))
    if how is How.AREA_RATE and row.of and row.of not in parts.area_levels:
        faults.append(
            Fault(
                where,
                "unknown_level",
                f"{row.name}: {row.of!r} is not one of the area levels {', '.join(parts.area_levels)}",
            )
        )
    if how in (How.SHARE_OF, How.RATIO) and row.of and row.of not in known:
        faults.append(Fault(where, "unknown_column", f"{row.name} is divided by {row.of}, which no row describes"))
    if how not in KEEPS_TYPE | {How.COUNT, How.MONTHS_SINCE} and origin.kind in (Kind.CATEGORY, Kind.DATE, Kind.TEXT):
        faults.append(Fault(where, "type", f"{row.name}: {how} can't be taken of {origin.key}, which is {origin.kind}"))
    if how in KEEPS_TYPE and origin.kind in (Kind.DATE, Kind.TEXT):
        faults.append(
            Fault(where, "type", f"{row.name}: a {origin.kind} can't be a feature; use months_since or a category")
        )
    if not (row.group or origin.group):
        faults.append(Fault(where, "missing_key", f"{row.name} needs a factor group"))
    return faults


def _direction_faults(where: str, row: Row, how: How, origin: Column) -> list[Fault]:
    given, inherited = row.direction, origin.direction
    settled = {Direction.MORE, Direction.LESS}
    if how in KEEPS_DIRECTION and given in settled and inherited in settled and given is not inherited:
        return [
            Fault(
                where,
                "contradicting_direction",
                f"{row.name} says {given}, its column {origin.key} says {inherited}; {how} keeps the direction",
            )
        ]
    if given in settled and (row.type or origin.kind) is Kind.CATEGORY and how in KEEPS_TYPE:
        return [
            Fault(
                where,
                "contradicting_direction",
                f"{row.name} is a category and can't have the direction {given}; use free",
            )
        ]
    return []


def _feature(row: Row, known: Mapping[str, Column], parts: DictionaryParts) -> Feature:
    assert row.origin is not None and row.how is not None
    origin, how = known[row.origin], row.how
    inherited_direction = origin.direction if how in KEEPS_DIRECTION else Direction.FREE
    column = Column(
        table=SNAPSHOT,
        name=row.name,
        kind=row.type or (origin.kind if how in KEEPS_TYPE else Kind.NUMBER),
        unit=row.unit or (origin.unit if how in KEEPS_UNIT else ""),
        low=row.low if row.low is not None or how not in KEEPS_TYPE else origin.low,
        high=row.high if row.high is not None or how not in KEEPS_TYPE else origin.high,
        categories=tuple(parts.categories.get(row.categories, ())) or (origin.categories if how in KEEPS_TYPE else ()),
        source=row.source or origin.source,
        known_after_days=origin.known_after_days,
        direction=row.direction or inherited_direction,
        group=row.group or origin.group,
        leak=origin.leak,
        privacy=Privacy.NONE,
        labels=row.labels,
    )
    return Feature(column, row.origin, how, row.of, row.months)


def _same_feature_twice(file: str, features: Sequence[Feature]) -> list[Fault]:
    """Refuse two rows that make the same feature, above all with contradicting directions."""
    seen: dict[tuple[str, How, str, int | None], Feature] = {}
    faults = []
    for feature in features:
        key = (feature.origin, feature.how, feature.of, feature.months)
        first = seen.setdefault(key, feature)
        if first is not feature:
            rule = (
                "duplicate_feature" if first.column.direction is feature.column.direction else "contradicting_direction"
            )
            faults.append(
                Fault(
                    file,
                    rule,
                    f"{first.name} and {feature.name} are made alike ({feature.how} of {feature.origin}); keep one",
                )
            )
    return faults
