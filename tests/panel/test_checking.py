"""Every cell that breaks the dictionary is named by row, column and rule, never by its value; the rest goes on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DATA, TODAY
from helpers.tinyland import altered
from riskmodel.errors import ColumnsMismatch
from riskmodel.panel.checking import REJECTED_COLUMNS, Checked, check_table, typed_column
from riskmodel.programme.dictionary import Kind
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme

SOUND: dict[str, dict[str, list[Any]]] = {
    "households": {
        "hhid": ["000000000000000001", "2", "3"],
        "village": ["n1", "n1", "s1"],
        "female": ["1", "false", None],
        "home": ["brick", "tent", None],
        "settled_on": ["2010-05-01", None, "1999-12-31"],
    },
    "observations": {
        "hhid": ["1", "2", "2"],
        "period_end": ["2019-12-31", "2019-12-31", "2020-12-31"],
        "recorded_on": ["2019-12-31", "2020-02-29", "2021-06-01"],
        "inc": ["0", "1000000", None],
        "size": ["1", "20", "3.0"],
        "owns_land": ["TRUE", "0", None],
    },
    "events": {
        "household_id": ["1", "1", "2"],
        "kind": ["illness", "illness", "listed"],
        "occurred_on": ["2020-02-29", "2020-02-29", "2020-03-01"],
        "recorded_on": ["2020-02-29", "2020-02-29", "2020-03-05"],
        "amount": ["12.5", "12.5", None],
    },
}


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(DATA / "tiny" / "tiny.yaml")


def raw(name: str, **cells: Any) -> pd.DataFrame:
    """Return the sound table with the second row's cells replaced."""
    columns = {key: list(values) for key, values in SOUND[name].items()}
    for column, cell in cells.items():
        columns[column][1] = cell
    return pd.DataFrame(columns, dtype="str")


def checked(programme: Programme, name: str, table: pd.DataFrame) -> Checked:
    return check_table(table, name, programme.file.tables[name], programme.dictionary, TODAY)


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_table_goes_on_whole(programme: Programme, name: str) -> None:
    result = checked(programme, name, raw(name))
    assert len(result.accepted) == 3
    assert result.rejected.empty
    assert list(result.rejected.columns) == REJECTED_COLUMNS


BAD = [
    ("observations", {"inc": "a lot"}, "income_tin", "number"),
    ("observations", {"inc": "1,5"}, "income_tin", "number"),
    ("observations", {"inc": "1_000"}, "income_tin", "number"),
    ("observations", {"inc": "0x10"}, "income_tin", "number"),
    ("observations", {"inc": "nan"}, "income_tin", "number"),
    ("observations", {"inc": "inf"}, "income_tin", "finite"),
    ("observations", {"inc": "-Infinity"}, "income_tin", "finite"),
    ("observations", {"inc": "1e999"}, "income_tin", "finite"),
    ("observations", {"inc": "-0.01"}, "income_tin", "range"),
    ("observations", {"inc": "1000000.01"}, "income_tin", "range"),
    ("observations", {"size": "1.5"}, "size", "integer"),
    ("observations", {"size": "0"}, "size", "range"),
    ("observations", {"size": "21"}, "size", "range"),
    ("observations", {"owns_land": "yes"}, "owns_land", "boolean"),
    ("observations", {"owns_land": "2"}, "owns_land", "boolean"),
    ("observations", {"period_end": "31/12/2019"}, "period_end", "date"),
    ("observations", {"period_end": "2019"}, "period_end", "date"),
    ("observations", {"period_end": "2019-12"}, "period_end", "date"),
    ("observations", {"period_end": "2019-02-29"}, "period_end", "date"),
    ("observations", {"period_end": "99999-12-31"}, "period_end", "date"),
    ("observations", {"recorded_on": "2020-02-29T23:00:00+08:00"}, "recorded_on", "date"),
    ("observations", {"recorded_on": "2020-02-29T23:00:00Z"}, "recorded_on", "date"),
    ("observations", {"recorded_on": None}, "recorded_on", "required"),
    ("observations", {"period_end": None}, "period_end", "required"),
    ("observations", {"hhid": None}, "household_id", "required"),
    ("observations", {"recorded_on": "2021-06-02"}, "recorded_on", "future"),
    ("observations", {"recorded_on": "2019-12-30"}, "recorded_on", "recorded_before_period_end"),
    ("observations", {"period_end": "2020-12-31", "recorded_on": "2020-12-30"}, "recorded_on", "recorded_before_period_end"),
    ("observations", {"hhid": "1", "recorded_on": "2019-12-31"}, "household_id+period_end+recorded_on", "duplicate_key"),
    ("households", {"hhid": "000000000000000001"}, "household_id", "duplicate_key"),
    ("households", {"hhid": None}, "household_id", "required"),
    ("households", {"hhid": " "}, "household_id", "required"),
    ("households", {"village": None}, "area_code", "required"),
    ("households", {"home": "castle"}, "home", "category"),
    ("households", {"home": "Brick"}, "home", "category"),
    ("households", {"home": "brick "}, "home", "category"),
    ("households", {"female": "woman"}, "head_female", "boolean"),
    ("households", {"settled_on": "long ago"}, "settled_on", "date"),
    ("events", {"kind": "flood"}, "kind", "unknown_kind"),
    ("events", {"kind": None}, "kind", "required"),
    ("events", {"amount": "much"}, "amount", "number"),
    ("events", {"amount": "inf"}, "amount", "finite"),
    ("events", {"occurred_on": None}, "occurred_on", "required"),
    ("events", {"recorded_on": "2020-02-28"}, "recorded_on", "recorded_before_occurred_on"),
    ("events", {"recorded_on": "2999-01-01"}, "recorded_on", "future"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "column", "rule"), BAD)
def test_a_bad_cell_is_named_and_the_other_rows_go_on(
    programme: Programme, name: str, cells: dict[str, Any], column: str, rule: str
) -> None:
    result = checked(programme, name, raw(name, **cells))
    found = {tuple(line) for line in result.rejected.to_numpy().tolist()}
    # a date that can't be read is named for that, not for being missing too
    assert found == {(name, 2, column, rule)}
    assert result.accepted.index.tolist() == [0, 2]
    text = result.rejected.to_csv()
    assert not any(str(cell) in text for cell in cells.values() if cell and cell not in {"1", "2", "0"})


def test_every_fault_of_a_table_is_named_at_once(programme: Programme) -> None:
    """One fault must not hide another in the same column: each of these cells once passed as merely missing."""
    columns = SOUND["observations"] | {"inc": ["abc", "inf", "-1"], "size": ["x", "1.5", "1e999"]}
    result = checked(programme, "observations", pd.DataFrame(columns, dtype="str"))
    assert [tuple(line)[1:] for line in result.rejected.to_numpy().tolist()] == [
        (1, "income_tin", "number"),
        (1, "size", "number"),
        (2, "income_tin", "finite"),
        (2, "size", "integer"),
        (3, "income_tin", "range"),
        (3, "size", "finite"),
    ]
    assert result.accepted.empty


def test_of_two_rows_with_one_key_the_first_stays(programme: Programme) -> None:
    table = pd.concat([raw("households"), raw("households").iloc[:1].assign(home="mud")], ignore_index=True)
    result = checked(programme, "households", table)
    assert result.rejected.to_numpy().tolist() == [["households", 4, "household_id", "duplicate_key"]]
    assert result.accepted["home"].tolist()[0] == "brick"


def test_types_after_the_check(programme: Programme) -> None:
    accepted = checked(programme, "observations", raw("observations")).accepted
    assert {name: str(kind) for name, kind in accepted.dtypes.items()} == {
        "household_id": "str",
        "period_end": "datetime64[us]",
        "recorded_on": "datetime64[us]",
        "income_tin": "float64",
        "size": "float64",
        "owns_land": "float64",
    }
    np.testing.assert_array_equal(accepted["owns_land"], [1, 0, np.nan])


def test_ids_survive_as_text(programme: Programme) -> None:
    assert checked(programme, "households", raw("households")).accepted["household_id"][0] == "000000000000000001"


@pytest.mark.parametrize("ids", [[110101199003070019.0, 2.0, 3.0], [7, 8, 9]])
def test_an_id_that_was_a_number_has_lost_its_digits_and_is_refused(programme: Programme, ids: list[float]) -> None:
    table = raw("households").assign(hhid=ids)
    result = checked(programme, "households", table)
    assert result.rejected["rule"].tolist() == ["text"] * 3


def test_events_may_repeat_and_lack_an_amount(programme: Programme) -> None:
    result = checked(programme, "events", raw("events").drop(columns="amount"))
    assert (len(result.accepted), len(result.rejected)) == (3, 0)


COLUMN_CHANGES = [
    ("missing", lambda table: table.drop(columns="inc"), [("missing_column", "income_tin")]),
    ("missing key", lambda table: table.drop(columns="recorded_on"), [("missing_column", "recorded_on")]),
    ("renamed", lambda table: table.rename(columns={"inc": "income"}), [("missing_column", "income_tin"), ("extra_column", "income")]),
    ("extra", lambda table: table.assign(phone="x"), [("extra_column", "phone")]),
    ("spaced", lambda table: table.rename(columns={"hhid": " hhid"}), [("missing_column", "household_id"), ("extra_column", " hhid")]),
    ("mapped twice", lambda table: table.assign(household_id="x"), [("duplicate_column", "household_id")]),
    ("derived brought along", lambda table: table.assign(poor="1"), [("extra_column", "poor")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "expected"), COLUMN_CHANGES, ids=[case[0] for case in COLUMN_CHANGES])
def test_a_table_with_other_columns_is_refused_with_every_difference(
    programme: Programme, what: str, change: Any, expected: list[tuple[str, str]]
) -> None:
    with pytest.raises(ColumnsMismatch) as caught:
        checked(programme, "observations", change(raw("observations")))
    assert [fault.rule for fault in caught.value.faults] == [rule for rule, _ in expected]
    assert all(name in fault.message for fault, (_, name) in zip(caught.value.faults, expected, strict=True))


def test_order_of_columns_does_not_matter_here(programme: Programme) -> None:
    table = raw("observations")
    pd.testing.assert_frame_equal(
        checked(programme, "observations", table).accepted,
        checked(programme, "observations", table.iloc[:, ::-1]).accepted,
    )


def test_areas_may_carry_names_in_any_language_and_nothing_else(tmp_path: Path) -> None:
    programme = load_programme(altered(tmp_path, lambda words: words["tables"].update(areas={"kind": "areas"})))
    areas = pd.DataFrame({"area_code": ["n", "s"], "parent": [None, "n"], "name_qu": ["x", "y"]}, dtype="str")
    accepted = checked(programme, "areas", areas).accepted
    assert accepted["name_qu"].tolist() == ["x", "y"], "names are kept: people read them"
    assert len(checked(programme, "areas", areas.assign(name_qu=["x", None])).accepted) == 2
    with pytest.raises(ColumnsMismatch, match="extra_column"):
        checked(programme, "areas", areas.assign(mayor="z"))


@pytest.mark.parametrize("name", ["a\x07b", "a\x00", "a\nb", "a\x85"])
def test_a_name_that_cannot_be_printed_is_refused(tmp_path: Path, name: str) -> None:
    programme = load_programme(altered(tmp_path, lambda words: words["tables"].update(areas={"kind": "areas"})))
    areas = pd.DataFrame(
        {"area_code": ["n", "s"], "parent": [None, "n"], "name_en": ["Río\xa0Negro", name]}, dtype="str"
    )
    found = checked(programme, "areas", areas)
    assert found.accepted["name_en"].tolist() == ["Río\xa0Negro"]
    assert found.rejected[["row", "column", "rule"]].values.tolist() == [[2, "name_en", "unprintable"]]


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False), st.integers(-(10**18), 10**18)), min_size=1))
def test_numbers_are_read_to_the_last_bit(cells: list[float | int | None]) -> None:
    """Text must give the very float that Python reads; a fast parser that misses a bit changes scores."""
    column, broken = typed_column(pd.Series([None if c is None else repr(c) for c in cells], dtype="str"), Kind.NUMBER)
    for place, cell in enumerate(cells):
        if cell is not None and np.isfinite(float(cell)):
            assert column[place] == float(cell)
        else:
            assert np.isnan(column[place])
    infinite = [place for place, cell in enumerate(cells) if cell is not None and np.isinf(float(cell))]
    assert [*broken.get("finite", [])] == infinite
    assert set(broken) <= {"finite"}


DATES = [
    pytest.param([dt.date(2020, 2, 29), None], id="dates"),
    pytest.param(["2020-02-29", None], id="text"),
    pytest.param(["20200229", None], id="text without dashes"),
    pytest.param(pd.to_datetime(["2020-02-29", None]), id="timestamps"),
    pytest.param([20200229, 20200229], id="integers"),
]


@pytest.mark.parametrize("cells", DATES)
def test_days_are_read_in_every_dress(cells: Any) -> None:
    column, broken = typed_column(pd.Series(cells), Kind.DATE)
    assert column[0] == pd.Timestamp("2020-02-29")
    assert column.dtype == "datetime64[us]"
    assert broken == {}


def test_a_column_of_zoned_timestamps_is_refused_not_shifted() -> None:
    column, broken = typed_column(pd.Series(pd.to_datetime(["2020-02-29", None], utc=True)), Kind.DATE)
    assert column.isna().all()
    assert broken["date"].tolist() == [0]


def test_rows_are_named_by_their_place_whatever_their_index(programme: Programme) -> None:
    table = raw("observations", size="0").set_axis([900, 900, 12])
    result = checked(programme, "observations", table)
    assert result.rejected[["row", "column", "rule"]].to_numpy().tolist() == [[2, "size", "range"]]
