"""One row is one column or one feature; a row that could leak, mislead or not be made is refused by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.tinyland import Row, altered, faults_of_file
from riskmodel.programme.dictionary import Direction, How, Kind, Leak, Privacy
from riskmodel.programme.loading import load_programme


def feature(origin: str, how: str = "value", **cells: str) -> Row:
    return {"name": "new", "from": origin, "how": how, **cells}


def column(table: str = "observations", **cells: str) -> Row:
    return {"name": "new", "table": table, "type": "number", "group": "income", **cells}


ADDED = [
    # leaks: by the dictionary's class, as origin and as denominator; a dated fact where there are no dates
    ("leak class", feature("events.listed", "count", months="12"), {}, "leak"),
    ("leak class below", feature("events.illness", "ratio", of="events.listed", months="6"), {}, "leak"),
    ("dated without dates", feature("households.home"), {"home": {"leak": "dated"}, "home_kind": {"from": "observations.owns_land"}, "land": {"from": "observations.size"}, "persons": {"from": "observations.income_tin"}}, "leak"),
    # protected and personal columns are never features
    ("protected", feature("households.head_female", group="household"), {}, "protected"),
    ("personal", feature("households.head_female", group="household"), {"head_female": {"privacy": "personal"}}, "protected"),
    ("protected below", feature("events.illness", "ratio", of="observations.size", months="6"), {"size": {"privacy": "protected"}, "persons": {"from": "observations.income_tin"}}, "protected"),
    ("rate of protected", feature("households.head_female", "area_rate", of="village", months="1", group="area"), {}, "protected"),
    # directions
    ("against its column", feature("observations.income_tin", direction="more"), {}, "contradicting_direction"),
    ("against its column, mean", feature("observations.income_tin", "mean", months="12", direction="more"), {}, "contradicting_direction"),
    ("category with direction", feature("observations.new_kind", direction="more"), {}, "contradicting_direction"),
    ("two alike, two directions", feature("observations.size", direction="more"), {}, "contradicting_direction"),
    ("two alike", feature("observations.size"), {}, "duplicate_feature"),
    # what is missing or unknown
    ("unknown origin", feature("observations.pay"), {}, "unknown_column"),
    ("unknown denominator", feature("events.illness", "share_of", of="observations.pay"), {}, "unknown_column"),
    ("unknown level", feature("events.illness", "area_rate", of="county", months="12"), {}, "unknown_level"),
    ("unknown group", feature("observations.income_tin", group="wealth"), {}, "unknown_group"),
    ("no group at all", feature("observations.bare"), {}, "missing_key"),
    ("no how", {"name": "new", "from": "observations.income_tin"}, {}, "missing_key"),
    ("no window: sum", feature("events.illness", "sum"), {}, "missing_key"),
    ("no window: mean", feature("observations.size", "mean"), {}, "missing_key"),
    ("no window: deviation", feature("observations.size", "deviation"), {}, "missing_key"),
    ("no denominator", feature("events.illness", "ratio"), {}, "of"),
    ("denominator of nothing", feature("observations.income_tin", of="observations.size"), {}, "of"),
    ("reserved name", {**feature("observations.income_tin"), "name": "as_of"}, {}, "reserved_name"),
    ("no label", feature("observations.income_tin", label_zh=""), {}, "missing_label"),
    ("unknown way", feature("observations.income_tin", "median"), {}, "enum"),
    ("no window that ends", feature("observations.size", "sum", months="0"), {}, "greater_than_equal"),
    ("months in words", feature("observations.size", "sum", months="year"), {}, "int_parsing"),
    ("table and from", {**feature("observations.income_tin"), "table": "observations"}, {}, "table_or_from"),
    ("neither table nor from", {"name": "new", "type": "number"}, {}, "table_or_from"),
    # what can't be made
    ("mean of a category", feature("observations.new_kind", "mean", months="12"), {}, "type"),
    ("change of a category", feature("observations.new_kind", "change"), {}, "type"),
    ("value of a date", feature("households.settled_on"), {}, "type"),
    ("over a category", feature("events.illness", "ratio", of="observations.new_kind", months="12"), {}, "type"),
    ("mean without dates", feature("households.rooms", "mean", months="12"), {}, "how"),
    ("previous without dates", feature("households.rooms", "previous"), {}, "how"),
    ("count without dates", feature("households.rooms", "count"), {}, "how"),
    ("ratio without dates", feature("households.rooms", "ratio", of="observations.size"), {}, "how"),
    ("months since a number", feature("households.rooms", "months_since"), {}, "how"),
    ("over a household's fact", feature("events.illness", "ratio", of="households.rooms", months="12"), {}, "table_kind"),
    ("from a table without dated rows", feature("members.age"), {}, "table_kind"),
    # columns
    ("no type", column(type=""), {}, "missing_key"),
    ("unknown set", column(type="category", categories="roof"), {}, "unknown_categories"),
    ("integer with an unknown set", column(type="integer", categories="roof"), {}, "unknown_categories"),
    ("category without set", column(type="category"), {}, "unknown_categories"),
    ("unknown group of a column", column(group="wealth"), {}, "unknown_group"),
    ("empty range", column(low="2", high="1"), {}, "empty_range"),
    ("unknown type", column(type="decimal"), {}, "enum"),
    ("unknown leak class", column(leak="maybe"), {}, "enum"),
    ("unknown privacy", column(privacy="secret"), {}, "enum"),
    ("unknown direction", column(direction="up"), {}, "enum"),
    ("delay before the fact", column(known_after_days="-1"), {}, "greater_than_equal"),
    ("no label of a column", column(label_en=""), {}, "missing_label"),
    ("capital name", column(name="New"), {}, "string_pattern_mismatch"),
    ("same column twice", column(name="size"), {}, "duplicate_column"),
    ("same feature name twice", feature("observations.income_tin", name="persons"), {}, "duplicate_column"),
]  # fmt: skip
BASE = [
    {"name": "new_kind", "table": "observations", "type": "category", "categories": "home", "group": "household"},
    {"name": "rooms", "table": "households", "type": "number", "group": "household"},
    {"name": "bare", "table": "observations", "type": "number"},
    {"name": "age", "table": "members", "type": "number", "group": "household"},
]


def with_members(words: dict[str, dict[str, object]]) -> None:
    words["tables"]["members"] = {"kind": "members", "optional": True}


@pytest.mark.parametrize(("what", "row", "change", "rule"), ADDED, ids=[case[0] for case in ADDED])
def test_a_bad_row_is_refused_by_its_line(
    tmp_path: Path, what: str, row: Row, change: dict[str, Row], rule: str
) -> None:
    faults = faults_of_file(altered(tmp_path, with_members, change, [*BASE, row]))
    last = len((tmp_path / "dictionary.csv").read_text(encoding="utf-8").splitlines())
    hits = [fault for fault in faults if fault.rule == rule]
    assert hits, [str(fault) for fault in faults]
    assert all(fault.where.startswith("dictionary.csv") for fault in hits)
    if rule not in {"duplicate_column", "duplicate_feature"} and "alike" not in what:
        assert any(fault.where.split(": ")[0] == f"dictionary.csv:{last}" for fault in hits), [f.where for f in hits]


def test_the_base_of_these_cases_has_no_fault(tmp_path: Path) -> None:
    assert faults_of_file(altered(tmp_path, with_members, add=BASE)) == ()


def test_a_dated_column_is_fine_where_there_are_dates(tmp_path: Path) -> None:
    assert faults_of_file(altered(tmp_path, change={"size": {"leak": "dated"}})) == ()


def test_an_unknown_field_or_a_cell_too_many_is_refused(tmp_path: Path) -> None:
    path = altered(tmp_path)
    dictionary = tmp_path / "dictionary.csv"
    text = dictionary.read_text(encoding="utf-8")
    dictionary.write_text(
        text.replace("label_zh\n", "label_zh,unti\n", 1).replace("人口数\n", "人口数,persons\n", 1), "utf-8"
    )
    assert {fault.rule for fault in faults_of_file(path)} >= {"unknown_key"}
    dictionary.write_text(text.replace("人口数\n", "人口数,persons\n", 1), "utf-8")
    assert [(fault.where.split(":")[0], fault.rule) for fault in faults_of_file(path)][:1] == [
        ("dictionary.csv", "unknown_key")
    ]


def test_a_feature_inherits_what_its_way_keeps(tmp_path: Path) -> None:
    add = [
        feature("observations.income_tin", "deviation", months="24", name="income_spread"),
        feature("observations.owns_land", "previous", name="land_before"),
    ]
    dictionary = load_programme(altered(tmp_path, add=add)).dictionary
    found = {one.name: one.column for one in dictionary.features}
    value, count = found["income_to_line"], found["illness_count_12m"]
    assert (value.direction, value.unit, value.group, value.kind) == (Direction.LESS, "ratio", "income", Kind.NUMBER)
    assert (count.direction, count.unit, count.group, count.low) == (Direction.MORE, "count", "health", None)
    # a spread has no direction of its own, though income has
    assert (found["income_spread"].direction, found["income_spread"].unit) == (Direction.FREE, "tin")
    assert (found["land_before"].kind, found["land_before"].direction) == (Kind.BOOLEAN, Direction.LESS)
    assert (found["persons"].low, found["persons"].high) == (1, 20)
    assert (found["income_change"].low, found["income_change"].high) == (None, None)
    assert found["home_kind"].categories == ("brick", "mud", "tent")
    assert found["illness_cost_12m"].known_after_days == 10


def test_columns_are_described_once_and_found_by_key(tmp_path: Path) -> None:
    dictionary = load_programme(altered(tmp_path)).dictionary
    assert dictionary.column("observations.poor") is not None
    assert dictionary.column("poor") is None
    assert dictionary.feature("nothing") is None
    female = dictionary.column("households.head_female")
    assert female is not None
    assert (female.privacy, female.leak, female.key) == (Privacy.PROTECTED, Leak.NONE, "households.head_female")
    change = dictionary.feature("income_change")
    assert change is not None
    assert (change.table, change.source_name, change.how) == ("observations", "income_tin", How.CHANGE)
