"""The panel: every checked table of a programme, with the line in force beside each welfare row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riskmodel.errors import ColumnsMismatch, Fault, TableUnreadable, ValuesInvalid
from riskmodel.panel.checking import REJECTED_COLUMNS, check_table, typed_column
from riskmodel.panel.reading import find_table, read_table
from riskmodel.programme.dictionary import EVENTS, HOUSEHOLDS, Kind
from riskmodel.programme.lines import Grain, Lines
from riskmodel.programme.programme import Programme

LINES = "lines"
EVENT_COLUMNS = ["household_id", "kind", "occurred_on", "recorded_on", "amount", "cause"]
AREA_COLUMNS = ["area_code", "parent", "level"]
PERIOD_FREQUENCY = {Grain.MONTH: "M", Grain.QUARTER: "Q", Grain.YEAR: "Y"}


@dataclass(frozen=True, slots=True)
class Panel:
    """Checked tables.

    Attributes
    ----------
    households : DataFrame
        One row a household, sorted by ``household_id``.
    observations : mapping of str to DataFrame
        Tables of observations by name, sorted by household, period and day of record. The welfare table also has
        ``line_in_force``, ``welfare_to_line`` and ``poor``.
    events : DataFrame
        ``household_id, kind, occurred_on, recorded_on, amount, cause``; empty where the programme has none. A cause is
        written because of a decision: labels may look at it, features never do.
    areas : DataFrame
        ``area_code, parent, level`` and names.
    rejected : DataFrame
        What was refused: ``table, row, column, rule``.
    """

    households: pd.DataFrame
    observations: Mapping[str, pd.DataFrame]
    events: pd.DataFrame
    areas: pd.DataFrame
    rejected: pd.DataFrame


def read_panel(programme: Programme, folder: Path, today: dt.date) -> Panel:
    """Read, import where the programme says so, and check a data folder.

    Parameters
    ----------
    programme : Programme
        What to expect.
    folder : Path
        The data folder.
    today : date
        Day of reading; rows recorded later are refused.

    Raises
    ------
    TableUnreadable, ColumnsMismatch, ValuesInvalid
        If a table can't be used as a whole. Single bad rows are refused and named in ``rejected`` instead.
    """
    if not folder.is_dir():
        raise TableUnreadable(f"{folder} is not a folder; expected the programme's tables there")
    return assemble(programme, raw_tables(programme, folder), today)


def raw_tables(programme: Programme, folder: Path) -> dict[str, pd.DataFrame]:
    """Read a data folder's tables as they are, through the importer where the programme names one.

    Raises
    ------
    TableUnreadable, ColumnsMismatch
        If a table is missing or can't be used as a whole.
    """
    if programme.file.importer == "eph":
        from riskmodel.panel.surveys.eph import read_eph

        return read_eph(folder, programme)
    return {name: read_table(path) for name, path in table_files(programme, folder).items()}


def table_files(programme: Programme, folder: Path) -> dict[str, Path]:
    """Find the file of each table in a data folder, its own lines among them.

    Raises
    ------
    TableUnreadable
        If a table is missing that must be there.
    """
    files = {}
    if (path := find_table(folder, LINES)) is not None:
        files[LINES] = path
    for name, table in programme.file.tables.items():
        path = find_table(folder, table.file or name)
        if path is not None:
            files[name] = path
        elif not table.optional:
            expected = f"{table.file or name}.parquet or .csv"
            raise TableUnreadable(f"{folder} lacks the table {name}; expected {expected}")
    return files


def assemble(programme: Programme, raw: Mapping[str, pd.DataFrame], today: dt.date) -> Panel:
    """Check raw tables and put them together; see :func:`read_panel`."""
    checked = {}
    rejected = [pd.DataFrame(columns=REJECTED_COLUMNS)]
    lines = merged_lines(programme.lines, raw.get(LINES))
    for name, table in raw.items():
        if name == LINES:
            continue
        result = check_table(table, name, programme.file.tables[name], programme.dictionary, today)
        checked[name] = result.accepted
        rejected.append(result.rejected)
    households = checked[HOUSEHOLDS].sort_values("household_id", ignore_index=True)
    strangers = []
    for name, table in checked.items():
        if "household_id" in table.columns and name != HOUSEHOLDS:
            known = table["household_id"].isin(households["household_id"])
            strangers.append(unknown_households(name, table, known))
            checked[name] = table[known]
    areas = areas_of(programme, checked)
    observations = {
        name: sorted_observations(checked[name])
        for name, table in programme.file.tables.items()
        if table.kind == "observations" and name in checked
    }
    welfare = programme.file.welfare.table
    observations[welfare] = with_line(programme, lines, observations[welfare], households, areas)
    return Panel(
        households,
        observations,
        sorted_events(checked.get(EVENTS)),
        areas,
        pd.concat([*rejected, *strangers], ignore_index=True),
    )


def merged_lines(lines: Lines, raw: pd.DataFrame | None) -> Lines:
    """Put a data folder's own ``area_code,period,line`` over the programme's lines.

    Raises
    ------
    ColumnsMismatch, ValuesInvalid
        If a column is missing or a line is no positive amount.
    """
    if raw is None:
        return lines
    missing = [name for name in ("area_code", "period", "line") if name not in raw.columns]
    if missing:
        raise ColumnsMismatch(LINES, [Fault(LINES, "missing_column", f"column {name} is missing") for name in missing])
    values, _ = typed_column(raw["line"], Kind.NUMBER)
    wrong = np.flatnonzero(~(values > 0).to_numpy())
    if len(wrong):
        faults = [Fault(f"{LINES}, row {row + 1}", "range", "a line is a positive amount") for row in wrong[:20]]
        raise ValuesInvalid(LINES, faults)
    keys = zip(raw["area_code"].astype("str"), raw["period"].astype("str"), strict=True)
    return Lines(lines.grain, {**lines.values, **dict(zip(keys, values.tolist(), strict=True))})


def unknown_households(name: str, table: pd.DataFrame, known: pd.Series) -> pd.DataFrame:
    """Name the rows of households that the households table lacks."""
    rows = table.index[~known] + 1
    return pd.DataFrame({"table": name, "row": rows, "column": "household_id", "rule": "unknown_household"})


def sorted_observations(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of observations in the panel's order: by household, period and day of record."""
    return table.sort_values(["household_id", "period_end", "recorded_on"], kind="stable", ignore_index=True)


def sorted_events(table: pd.DataFrame | None) -> pd.DataFrame:
    """Return events in the panel's order and with all its columns; none where a programme has none."""
    if table is None:
        empty = pd.DataFrame(columns=EVENT_COLUMNS)
        return empty.astype(
            {"occurred_on": "datetime64[us]", "recorded_on": "datetime64[us]", "amount": "float64", "cause": "str"}
        )
    if "amount" not in table.columns:
        table = table.assign(amount=np.nan)
    if "cause" not in table.columns:
        table = table.assign(cause=pd.array([None] * len(table), dtype="str"))
    order = ["household_id", "occurred_on", "recorded_on", "kind", "amount", "cause"]
    return table[EVENT_COLUMNS].sort_values(order, kind="stable", ignore_index=True)


def areas_of(programme: Programme, checked: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Take the data folder's areas, else the programme's, else the areas that households name."""
    if "areas" in checked:
        return checked["areas"].reindex(columns=[*AREA_COLUMNS, *_name_columns(checked["areas"])])
    if programme.area_rows:
        rows = [
            {"area_code": row.code, "parent": row.parent, "level": row.level}
            | {f"name_{language}": name for language, name in row.names.items()}
            for row in programme.area_rows
        ]
        return pd.DataFrame(rows)
    codes = np.sort(checked[HOUSEHOLDS]["area_code"].unique())
    return pd.DataFrame({"area_code": codes, "parent": "", "level": programme.file.areas.levels[-1]})


def _name_columns(areas: pd.DataFrame) -> list[str]:
    return [column for column in areas.columns if column.startswith("name_")]


def ancestors(areas: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Map each area to itself and everything above it, from the narrowest to the widest.

    Raises
    ------
    ValuesInvalid
        If areas lie within one another in a circle.
    """
    parents = dict(zip(areas["area_code"], areas["parent"].fillna(""), strict=True))
    chains = {}
    for code in parents:
        chain = [code]
        while parents.get(chain[-1]):
            chain.append(parents[chain[-1]])
            if len(chain) > len(parents) + 1:
                raise ValuesInvalid("areas", [Fault("areas", "circle", "an area lies within itself; correct `parent`")])
        chains[code] = tuple(chain)
    return chains


def area_at_level(areas: pd.DataFrame, level: str) -> dict[str, str]:
    """Map each area to the one that it lies in at a level; areas above that level are left out."""
    levels = dict(zip(areas["area_code"], areas["level"], strict=True))
    found = {}
    for code, chain in ancestors(areas).items():
        for above in chain:
            if levels.get(above) == level:
                found[code] = above
                break
    return found


def with_line(
    programme: Programme, lines: Lines, table: pd.DataFrame, households: pd.DataFrame, areas: pd.DataFrame
) -> pd.DataFrame:
    """Add the line in force in each row's period and area, welfare over it, and whether that is poor.

    Raises
    ------
    ValuesInvalid
        If a line is missing that the rows need.
    """
    welfare = programme.file.welfare
    area = table["household_id"].map(households.set_index("household_id")["area_code"])
    line_area = area.map(line_areas(lines, households, areas))
    period = table["period_end"].dt.to_period(PERIOD_FREQUENCY[welfare.grain]).astype("str")
    line = _lookup_lines(lines, line_area, period)
    units = table[welfare.units] if welfare.units else 1.0
    ratio = table[welfare.column.partition(".")[2]] / (line * units)
    # A household exactly on the line is not poor; an unknown welfare is an unknown status.
    poor = (ratio < 1).astype("float64").where(ratio.notna())
    return table.assign(line_in_force=line * units, welfare_to_line=ratio, poor=poor)


def line_areas(lines: Lines, households: pd.DataFrame, areas: pd.DataFrame) -> dict[str, str]:
    """Map each household's area to the nearest one, itself or above, that has lines.

    Raises
    ------
    ValuesInvalid
        If there is none.
    """
    with_lines = lines.areas
    chains = ancestors(areas)
    found = {}
    unknown = []
    for code in sorted(households["area_code"].unique()):
        above = next((area for area in chains.get(code, (code,)) if area in with_lines), None)
        if above is None:
            unknown.append(Fault("households.area_code", "missing_lines", f"area {code} and all above it have no line"))
        else:
            found[code] = above
    if unknown:
        raise ValuesInvalid("lines", unknown)
    return found


def _lookup_lines(lines: Lines, area: pd.Series, period: pd.Series) -> pd.Series:
    pairs = pd.DataFrame({"area": area, "period": period})
    used = pairs.drop_duplicates().sort_values(["area", "period"])
    pairs_used = list(zip(used["area"].astype("str"), used["period"].astype("str"), strict=True))
    values = [lines.values.get(pair) for pair in pairs_used]
    missing = [
        Fault("lines", "missing_lines", f"area {area_code} has no line for {name}, which the data use")
        for (area_code, name), value in zip(pairs_used, values, strict=True)
        if value is None
    ]
    if missing:
        raise ValuesInvalid("lines", missing)
    table = used.assign(line=np.array(values, dtype="float64"))
    return pairs.merge(table, on=["area", "period"], how="left")["line"].set_axis(area.index)
