"""Loads a programme: one YAML file and the tables beside it, all faults of it together."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from riskmodel.errors import Fault, NotFound, ProgrammeInvalid
from riskmodel.programme.calendar import add_months
from riskmodel.programme.dictionary import EVENTS, Dictionary, Kind, Leak, Privacy, derived_columns
from riskmodel.programme.dictionary_file import (
    CategoryLabels,
    DictionaryParts,
    read_categories,
    read_csv_rows,
    read_dictionary,
)
from riskmodel.programme.faults import faults_of
from riskmodel.programme.lines import MONTHS_PER_PERIOD, periods_between, read_lines
from riskmodel.programme.outcome import EventWithin, StatusAt
from riskmodel.programme.programme import AreaRow, Programme, ProgrammeFile
from riskmodel.programme.rule_checks import reviewing_conditions, rule_faults


def find_programme(name: str, configs: Path) -> Path:
    """Return the YAML file of a programme given by name or by path.

    Raises
    ------
    NotFound
        If there is neither; the message lists the names that exist.
    """
    candidates = [configs / f"{name}.yaml", Path(name)]
    for path in candidates:
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in configs.glob("*.yaml"))) or "none"
    raise NotFound(f"no programme {name!r}: expected a path to a YAML file or a name in {configs}/ ({known})")


def load_programme(path: Path) -> Programme:
    """Load and check a programme.

    Parameters
    ----------
    path : Path
        Its YAML file; paths in it are relative to the file.

    Raises
    ------
    ProgrammeInvalid
        With every fault of the file and its tables, each with its path.
    """
    file = _read_file(path)
    folder, faults = path.parent, []
    missing = [
        Fault(f"{path.name}: {key}", "missing_file", f"there is no file {name}")
        for key, name in _files(file)
        if not (folder / name).is_file()
    ]
    if missing:
        raise ProgrammeInvalid(f"programme {file.name}", missing)
    try:
        categories = read_categories(folder / file.categories) if file.categories else {}
        lines, found = read_lines(folder / file.lines, file.welfare.grain)
        faults += found
        dictionary, found = _dictionary(file, folder, categories)
        faults += found
        extra = {
            name: tuple(row for _, row in read_csv_rows(folder / table)) for name, table in file.importer_tables.items()
        }
        areas = _areas(folder / file.areas.file) if file.areas.file else ()
    except (csv.Error, UnicodeDecodeError, KeyError) as error:
        raise ProgrammeInvalid(
            f"programme {file.name}",
            [Fault(path.name, "unreadable_table", f"a table beside the file can't be read: {error}")],
        ) from None
    programme = Programme(file, dictionary, categories, lines, areas, extra)
    faults += [replace(fault, where=f"{path.name}: {fault.where}") for fault in _cross_faults(programme)]
    if faults:
        raise ProgrammeInvalid(f"programme {file.name}", faults)
    return programme


class _OnceLoader(yaml.SafeLoader):
    """YAML's safe loader, but a key written twice is an error: the last would win, and empty a leak list unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def _read_file(path: Path) -> ProgrammeFile:
    try:
        raw = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_OnceLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = " ".join(str(error).split())
        raise ProgrammeInvalid(f"programme {path.name}", [Fault(path.name, "not_yaml", message)]) from None
    if not isinstance(raw, dict):
        raise ProgrammeInvalid(f"programme {path.name}", [Fault(path.name, "not_yaml", "expected keys and values")])
    try:
        return ProgrammeFile.model_validate(raw)
    except ValidationError as error:
        raise ProgrammeInvalid(f"programme {path.name}", faults_of(error, path.name)) from None


def _files(file: ProgrammeFile) -> list[tuple[str, str]]:
    named = [
        ("dictionary", file.dictionary),
        ("lines", file.lines),
        ("categories", file.categories),
        ("areas.file", file.areas.file),
    ]
    named += [(f"importer_tables.{key}", name) for key, name in file.importer_tables.items()]
    return [(key, name) for key, name in named if name]


def _dictionary(file: ProgrammeFile, folder: Path, categories: CategoryLabels) -> tuple[Dictionary, list[Fault]]:
    derived = derived_columns(
        file.welfare.table, {str(name): labels for name, labels in file.welfare.labels.items()}, file.welfare.group
    )
    made_from = (file.welfare.column, f"{file.welfare.table}.{file.welfare.units}")
    parts = DictionaryParts(categories, file.groups, file.languages, derived, made_from, file.areas.levels)
    return read_dictionary(folder / file.dictionary, parts)


def _areas(path: Path) -> tuple[AreaRow, ...]:
    rows = []
    for _, row in read_csv_rows(path):
        names = {key.removeprefix("name_"): text for key, text in row.items() if key.startswith("name_")}
        rows.append(AreaRow(row["area_code"], row["parent"], row.get("level", ""), names))
    return tuple(rows)


def _cross_faults(programme: Programme) -> Iterator[Fault]:
    """Check the parts against one another."""
    yield from _label_faults(programme.file)
    yield from _column_faults(programme)
    yield from _table_faults(programme.file)
    yield from _feature_reference_faults(programme)
    yield from rule_faults(programme)
    yield from _leak_faults(programme)
    yield from _group_faults(programme.file)
    yield from _line_faults(programme)
    yield from _band_faults(programme.file)


def _label_faults(file: ProgrammeFile) -> Iterator[Fault]:
    labelled: list[tuple[str, Mapping[str, str]]] = [("title", file.title)]
    labelled += [(f"groups.{name}", labels) for name, labels in file.groups.items()]
    labelled += [(f"rules.{rule.code}", rule.label) for rule in file.rules]
    labelled += [(f"measures.{measure.code}", measure.label) for measure in file.measures]
    labelled += [(f"segments.{segment.code}", segment.label) for segment in file.segments]
    if file.reviewing.ending is not None:
        labelled += [(f"reviewing.ending.{check.code}", check.label) for check in file.reviewing.ending.checks]
    if file.reviewing.income_growth is not None:
        held = file.reviewing.income_growth.references
        labelled += [(f"reviewing.income_growth.{series.code}", series.label) for series in held]
        labelled += [(f"reviewing.income_growth.{series.code}.source", series.source) for series in held]
    labelled += [(f"bands.{band.code}", band.label) for band in file.bands]
    labelled += [(f"audit_groups.{group.name}", group.label) for group in file.audit_groups]
    labelled += [(f"welfare.labels.{name}", file.welfare.labels.get(name, {})) for name in ("welfare_to_line", "poor")]
    for where, labels in labelled:
        missing = [language for language in file.languages if not labels.get(language)]
        if missing:
            yield Fault(where, "missing_label", f"has no label in {', '.join(missing)}")


def _column_references(file: ProgrammeFile) -> Iterator[tuple[str, str]]:
    """Yield every ``table.column`` that the file names, with the place where it does."""
    yield "welfare.column", file.welfare.column
    if file.welfare.units:
        yield "welfare.units", f"{file.welfare.table}.{file.welfare.units}"
    if file.weight:
        yield "weight", file.weight
    if file.reviewing.income_growth is not None:
        yield "reviewing.income_growth", file.reviewing.income_growth.column
    yield from (("reviewing.visited_by", f"{EVENTS}.{kind}") for kind in file.reviewing.visited_by)
    if isinstance(file.outcome, StatusAt):
        yield from (("outcome.same", f"{file.welfare.table}.{one.column}") for one in file.outcome.same)
    if isinstance(file.outcome, EventWithin):
        kinds = (*file.outcome.events, *file.outcome.censored_by)
        yield from (("outcome.events", f"{EVENTS}.{kind}") for kind in kinds)
        if objective := file.outcome.objective:
            yield from (("outcome.objective", f"{EVENTS}.{kind}") for kind in objective.lost_guarantees)
            yield from (("outcome.objective", key) for key in objective.guarantee_columns)
        for code, cause in file.outcome.causes.items():
            yield from ((f"outcome.causes.{code}", f"{EVENTS}.{kind}") for kind in cause.shown_by)
    if spell := file.cohort.outside_spell:
        yield from (("cohort.outside_spell", f"{EVENTS}.{kind}") for kind in (spell.opened_by, spell.closed_by))
    yield from (("cohort.gone_after", f"{EVENTS}.{kind}") for kind in file.cohort.gone_after)
    yield from (("leaks", name) for name in file.leaks)
    for table_name, table in file.tables.items():
        reserved = RESERVED[table.kind]
        for own in table.columns.values():
            if own not in reserved:
                yield f"tables.{table_name}.columns", f"{table_name}.{own}"


RESERVED: Mapping[str, tuple[str, ...]] = {
    "households": ("household_id", "area_code"),
    "observations": ("household_id", "period_end", "recorded_on"),
    "events": ("household_id", "kind", "occurred_on", "recorded_on", "amount", "cause"),
    "members": ("household_id", "member_id"),
    "areas": ("area_code", "parent", "level"),
}
"""Columns that a table has by its kind, in this order; all others are the dictionary's."""


def _column_faults(programme: Programme) -> Iterator[Fault]:
    file, dictionary = programme.file, programme.dictionary
    for where, key in _column_references(file):
        if dictionary.column(key) is None:
            yield Fault(where, "unknown_column", f"{key} is not in the dictionary")
    for column in dictionary.columns:
        if column.table not in file.tables:
            yield Fault("tables", "unknown_table", f"{column.key} is in a table that `tables` does not list")


def _table_faults(file: ProgrammeFile) -> Iterator[Fault]:
    if file.welfare.table in file.tables and file.tables[file.welfare.table].kind != "observations":
        yield Fault("welfare.column", "table_kind", "welfare must stand in a table of observations")
    kinds = [table.kind for table in file.tables.values()]
    for kind in ("households", "events", "members", "areas"):
        if kinds.count(kind) > 1:
            yield Fault("tables", "table_kind", f"there can be only one table of {kind}")
    needed = [name for name, table in file.tables.items() if table.kind == "households" or name == file.welfare.table]
    for name in needed:
        if file.tables[name].optional:
            yield Fault(f"tables.{name}", "optional", "households and the table of welfare are always needed")
    if "households" not in kinds:
        yield Fault("tables", "missing_key", "a table of kind households is needed")
    for name, table in file.tables.items():
        if table.kind == "observations" and table.grain is None:
            yield Fault(
                f"tables.{name}", "missing_key", "a table of observations needs its grain: month, quarter or year"
            )
        if table.kind not in ("observations", name):
            yield Fault(f"tables.{name}", "table_name", f"a table of kind {table.kind} must be called {table.kind}")


def _feature_references(file: ProgrammeFile) -> Iterator[tuple[str, str]]:
    yield "baselines.last_status", file.baselines.last_status
    yield "baselines.welfare", file.baselines.welfare
    for deprivation in file.baselines.deprivations:
        where = f"baselines.deprivations.{deprivation.code}"
        yield from ((where, condition.feature) for condition in deprivation.when)
    if file.without_transfers is not None:
        for name in (file.without_transfers.share, *file.without_transfers.scaled):
            yield "without_transfers", name
    for rule in file.rules:
        yield from ((f"rules.{rule.code}", condition.feature) for condition in rule.when)
    for segment in file.segments:
        yield from ((f"segments.{segment.code}", condition.feature) for condition in segment.when)
    for measure in file.measures:
        yield from ((f"measures.{measure.code}", condition.feature) for condition in measure.only_if)
    yield from (("reviewing.try_out", name) for name in file.reviewing.try_out)
    yield from (("reviewing.try_out_at_most", name) for name in file.reviewing.try_out_at_most.values())
    yield from ((where, condition.feature) for where, condition in reviewing_conditions(file.reviewing))


def _feature_reference_faults(programme: Programme) -> Iterator[Fault]:
    dictionary = programme.dictionary
    for where, name in _feature_references(programme.file):
        feature = dictionary.feature(name)
        if feature is None:
            yield Fault(where, "unknown_feature", f"{name} is not a feature of the dictionary")
        elif feature.column.kind is Kind.CATEGORY:
            yield Fault(where, "type", f"{name} is a category and has no bounds; name a number or a boolean")
    for group in programme.file.audit_groups:
        column = dictionary.column(group.column)
        if column is None and dictionary.feature(group.column) is None:
            yield Fault(
                f"audit_groups.{group.name}", "unknown_column", f"{group.column} is neither a column nor a feature"
            )
        elif column is not None and column.privacy is Privacy.PERSONAL:
            yield Fault(f"audit_groups.{group.name}", "personal", f"{group.column} is personal and can't form groups")


def _leak_faults(programme: Programme) -> Iterator[Fault]:
    """Refuse features made from, or divided by, what ``leaks`` or the dictionary's leak class names."""
    leaks = {column.key for column in programme.dictionary.columns if column.leak is Leak.LEAK}
    leaks |= set(programme.file.leaks)
    for feature in programme.features:
        used = sorted({feature.origin, feature.of} & leaks)
        if used:
            yield Fault(
                f"dictionary.{feature.name}", "leak", f"is made from {', '.join(used)}, which is on the leak list"
            )


def _group_faults(file: ProgrammeFile) -> Iterator[Fault]:
    named = [(f"measures.{measure.code}", measure.group) for measure in file.measures]
    if isinstance(file.outcome, EventWithin):
        named += [(f"outcome.causes.{code}", cause.group) for code, cause in file.outcome.causes.items()]
    named += [("model.constrained_groups", group) for group in file.model.constrained_groups or ()]
    for where, group in (*named, ("welfare.group", file.welfare.group)):
        if group not in file.groups:
            yield Fault(where, "unknown_group", f"group {group!r} is not in `groups`")


def _line_faults(programme: Programme) -> Iterator[Fault]:
    file = programme.file
    if not programme.lines.values:
        yield Fault("lines", "missing_lines", "the table holds no line")
        return
    first, last = file.folds.first_origin, max(file.folds.tests)
    if isinstance(file.outcome, StatusAt):
        last = add_months(last, max(file.outcome.horizons_months))
        months = MONTHS_PER_PERIOD[file.welfare.grain]
        uneven = [horizon for horizon in file.outcome.horizons_months if horizon % months]
        if uneven:
            yield Fault(
                "outcome.horizons_months",
                "horizon",
                f"{', '.join(map(str, uneven))} months hold no whole number of periods of a {file.welfare.grain}",
            )
    used = periods_between(first - dt.timedelta(days=1), last - dt.timedelta(days=1), file.welfare.grain)
    for area, period in programme.lines.missing(used):
        yield Fault("lines", "missing_lines", f"area {area} has no line for {period}, which the folds use")


def _band_faults(file: ProgrammeFile) -> Iterator[Fault]:
    shares = [band.top_share for band in file.bands]
    if shares != sorted(set(shares)) or shares[-1] != 1:
        yield Fault("bands", "bands", "top_share must ascend from the highest band to 1 for the last one")
