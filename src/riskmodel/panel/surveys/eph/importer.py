"""Household-quarters of the EPH: keys, rotation, income, dwelling and how people get by.

A household (CODUSU and NRO_HOGAR) is interviewed in two quarters, left out for two, and interviewed in two more, so it
is seen at q, q+1, q+4 and q+5. A quarter's interviews count as recorded on its last day.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.errors import ColumnsMismatch, Fault, TableUnreadable
from riskmodel.panel.panel import merged_lines
from riskmodel.panel.reading import read_table
from riskmodel.panel.surveys.eph.earnings import roll_up_earnings
from riskmodel.panel.surveys.eph.members import COLUMNS as MEMBER_COLUMNS
from riskmodel.panel.surveys.eph.members import Members, roll_up
from riskmodel.panel.surveys.eph.reading import KEY, QUARTER, find_files, read_quarters
from riskmodel.programme.lines import Lines
from riskmodel.programme.programme import Programme

Values = npt.NDArray[np.float64]
BASKETS = "baskets.csv"
CODES = ("head_education", "head_activity", "head_job")

DWELLING = (
    "IV1",
    "IV2",
    "IV3",
    "IV4",
    "IV6",
    "IV7",
    "IV8",
    "IV9",
    "IV10",
    "IV11",
    "IV12_1",
    "IV12_3",
    "II1",
    "II2",
    "II7",
    "II8",
)
GETTING_BY = (
    "V1", "V2", "V3", "V5", "V6", "V7", "V8", "V9", "V10", "V11", "V12", "V13", "V14", "V15", "V16", "V17", "V18",
    "V19_A", "V19_B",
)  # fmt: skip
PARTS_OF_INCOME = (
    "regular_income_ars", "secure_income_ars", "unregistered_income_ars", "unearned_income_ars", "casual_income_ars",
    "spouse_income_ars", "income_without_top_earner_ars",
)  # fmt: skip
HOUSEHOLD_COLUMNS = (*KEY, *QUARTER, "REGION", "AGLOMERADO", "PONDERA", "PONDIH", "ITF", *DWELLING, *GETTING_BY)


def read_eph(folder: Path, programme: Programme) -> dict[str, pd.DataFrame]:
    """Turn INDEC's files into the canonical tables.

    Parameters
    ----------
    folder : Path
        Folder with a file of households and one of persons for each quarter.
    programme : Programme
        Its folder holds the adult equivalents.

    Returns
    -------
    dict of str to DataFrame
        ``households`` and ``observations``, one row a household-quarter, columns as the dictionary has them.

    Raises
    ------
    TableUnreadable, ColumnsMismatch
        If a file can't be read, lacks a column, or a quarter lacks one of its two files.
    """
    households = read_quarters(find_files(folder, "hogar"), HOUSEHOLD_COLUMNS)
    persons = read_quarters(find_files(folder, "individual"), MEMBER_COLUMNS)
    households = households.sort_values([*KEY, *QUARTER], ignore_index=True)
    members = Members(persons, _positions(households, persons), len(households))
    columns = {
        "household_id": _ids(households),
        **_dates(households),
        **_income(households),
        **_coded(roll_up(members, _adult_equivalents(programme))),
        **roll_up_earnings(members),
        **_dwelling(households),
        **_getting_by(households),
    }
    baskets = folder / BASKETS
    lines = {"lines": _lines(read_table(baskets))} if baskets.is_file() else {}
    table = pd.DataFrame(columns)
    needed = _line_per_adult(households, merged_lines(programme.lines, lines.get("lines"))) * table["adult_equivalents"]
    table = _ratios(_only_where_income_was_told(table)).assign(needed_income_ars=needed)
    wanted = [
        "household_id",
        "period_end",
        "recorded_on",
        *(one.name for one in programme.dictionary.table("observations")),
    ]
    derived = {"welfare_to_line", "poor"}
    area = "A" + households["AGLOMERADO"].astype(int).astype("str").str.zfill(2)
    return {
        **lines,
        "households": pd.DataFrame({"household_id": columns["household_id"], "area_code": area}).drop_duplicates(
            "household_id", keep="last"
        ),
        "observations": table[[name for name in wanted if name not in derived]],
    }


def _lines(baskets: pd.DataFrame) -> pd.DataFrame:
    """Take the basket per adult equivalent of each region and quarter from a file beside the microdata.

    It has INDEC's region code, ``periodo`` as year.quarter and ``CBT``, the total basket; it goes over the programme's
    own lines, so that later quarters need no new programme.
    """
    missing = [name for name in ("codigo", "periodo", "CBT") if name not in baskets.columns]
    if missing:
        raise ColumnsMismatch(BASKETS, [Fault(name, "missing_column", f"column {name} is missing") for name in missing])
    numbers = baskets[["codigo", "periodo", "CBT"]].apply(pd.to_numeric, errors="coerce").dropna()
    year = np.floor(numbers["periodo"]).astype(int)
    quarter = np.rint((numbers["periodo"] - year) * 10).astype(int)
    region = numbers["codigo"].astype(int).astype("str").str.zfill(2)
    return pd.DataFrame(
        {"area_code": "R" + region, "period": year.astype("str") + "Q" + quarter.astype("str"), "line": numbers["CBT"]}
    )


def _line_per_adult(households: pd.DataFrame, lines: Lines) -> pd.Series:
    """Look up the basket of each row's region and quarter; missing where there is none, which the panel reports."""
    place = "R" + households["REGION"].astype(int).astype("str").str.zfill(2)
    pairs = pd.MultiIndex.from_arrays([place, _quarter_names(households)])
    known = pd.Series(dict(lines.values), dtype="float64")
    return pd.Series(known.reindex(pairs).to_numpy())


def _only_where_income_was_told(table: pd.DataFrame) -> pd.DataFrame:
    """Blank the parts of income where somebody did not tell theirs: the rest alone would look like hardship."""
    return table.assign(**{name: table[name].where(table["income_told"] == 1) for name in PARTS_OF_INCOME})


def _quarter_names(households: pd.DataFrame) -> pd.Series:
    return households["ANO4"].astype(int).astype("str") + "Q" + households["TRIMESTRE"].astype(int).astype("str")


def _ids(households: pd.DataFrame) -> pd.Series:
    return households["CODUSU"] + "-" + households["NRO_HOGAR"].astype(int).astype("str")


def _positions(households: pd.DataFrame, persons: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Find each person's household-quarter."""
    index = pd.MultiIndex.from_frame(households[[*KEY, *QUARTER]])
    if index.has_duplicates:
        raise TableUnreadable("the files of households hold a household twice in one quarter")
    places = index.get_indexer(pd.MultiIndex.from_frame(persons[[*KEY, *QUARTER]]))
    if (places < 0).any():
        raise TableUnreadable(
            f"{int((places < 0).sum())} persons belong to no household of the files; each quarter needs both its files"
        )
    return places.astype("int64")


def _adult_equivalents(programme: Programme) -> pd.DataFrame:
    rows = [dict(row) for row in programme.importer_tables["adult_equivalents"]]
    return pd.DataFrame(rows)[["sex", "age", "units"]].astype("float64")


def _dates(households: pd.DataFrame) -> dict[str, pd.Series]:
    end = (
        pd.PeriodIndex(_quarter_names(households), freq="Q")
        .to_timestamp(how="end")
        .normalize()
        .astype("datetime64[us]")
    )
    return {"period_end": pd.Series(end), "recorded_on": pd.Series(end)}


def _income(households: pd.DataFrame) -> dict[str, pd.Series]:
    """Take family income where it is valid; INDEC gives households that did not tell it no income weight."""
    valid = households["PONDIH"] > 0
    return {
        "family_income_ars": households["ITF"].where(valid),
        "income_weight": households["PONDIH"].where(valid),
        "survey_weight": households["PONDERA"],
        "income_told": valid.astype("float64"),
    }


def _dwelling(households: pd.DataFrame) -> dict[str, Values | pd.Series]:
    def code(name: str) -> pd.Series:
        return households[name].where((households[name] > 0) & (households[name] < 9))

    rooms = households["II1"].where((households["II1"] > 0) & (households["II1"] < 90))
    return {
        "dwelling_type": _as_code(code("IV1")),
        "tenure": _as_code(code("II7")),
        "cooking_fuel": _as_code(code("II8")),
        "rooms": rooms,
        "bedrooms": households["II2"].where((households["II2"] > 0) & (households["II2"] < 90)),
        "poor_floor": _is(code("IV3"), 2, 3),
        "poor_roof": _is(code("IV4"), 5, 6, 7),
        "water_outside": _is(code("IV6"), 2, 3),
        "no_public_water": _is(code("IV7"), 2, 3, 4),
        "no_own_toilet": (households["IV8"] == 2).astype("float64"),
        "toilet_outside": _is(code("IV9"), 2, 3),
        "no_flush": _is(code("IV10"), 2, 3),
        "no_sewer": _is(code("IV11"), 2, 3, 4),
        "near_dump": _is(code("IV12_1"), 1),
        "in_settlement": _is(code("IV12_3"), 1),
    }


def _coded(columns: Mapping[str, Values]) -> dict[str, Values | pd.Series]:
    """Turn the codes among member-made columns into text, as categories are."""
    return {name: _as_code(pd.Series(values)) if name in CODES else values for name, values in columns.items()}


def _as_code(column: pd.Series) -> pd.Series:
    return column.astype("Int64").astype("str").where(column.notna())


def _is(column: pd.Series, *codes: int) -> pd.Series:
    return column.isin(codes).astype("float64").where(column.notna())


NAMES: Mapping[str, str] = {
    "lives_on_work": "V1", "lives_on_pension": "V2", "lives_on_severance": "V3", "lives_on_subsidy": "V5",
    "lives_on_goods_from_state": "V6", "lives_on_goods_from_family": "V7", "lives_on_rent": "V8",
    "lives_on_own_business_profit": "V9", "lives_on_interest": "V10", "lives_on_scholarship": "V11",
    "lives_on_family_money": "V12", "lives_on_savings": "V13", "lives_on_family_loans": "V14",
    "lives_on_bank_loans": "V15", "lives_on_credit": "V16", "sold_belongings": "V17",
}  # fmt: skip


def _getting_by(households: pd.DataFrame) -> dict[str, pd.Series]:
    """Say what the household lived on in the last three months."""
    told = {name: households[code].where(households[code].isin([1, 2])) for name, code in NAMES.items()}
    flags = {name: (column == 1).astype("float64").where(column.notna()) for name, column in told.items()}
    children_work = (households["V19_A"] == 1) | (households["V19_B"] == 1)
    return {**flags, "children_work_or_beg": children_work.astype("float64")}


def _ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Add what only makes sense in relation: shares of income, load per worker, people per room."""
    income = table["family_income_ars"].where(table["family_income_ars"] > 0)
    size = table["size"].where(table["size"] > 0)
    shares = {
        f"{name}_share": (table[f"{name}_income_ars"] / income).clip(0, 1)
        for name in (
            "labour",
            "formal",
            "self_employed",
            "second_job",
            "bonus",
            "pension",
            "subsidy",
            "rent",
            "family_support",
            "top_earner",
            "second_earner",
            "head",
        )
    }
    extra = {
        "dependency": (table["children_0_5"] + table["children_6_14"] + table["elderly_65"]) / size,
        "worker_share": table["workers"] / size,
        "employed_of_working_age": (table["workers"] / table["working_age"].where(table["working_age"] > 0)).clip(0, 1),
        "informal_of_workers": (table["workers"] - table["formal_employees"])
        / table["workers"].where(table["workers"] > 0),
        "school_years_per_adult": table["school_years_total"]
        / (size - table["children_0_5"] - table["children_6_14"]).where(lambda adults: adults > 0),
        "persons_per_room": size / table["rooms"],
        "hours_per_person": table["weekly_hours"] / size,
    }
    return table.assign(**shares, **extra)
