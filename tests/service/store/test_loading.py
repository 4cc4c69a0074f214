"""A folder loaded into the store: once is enough, an interruption costs nothing, and what is wrong is refused by name."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select, text

from conftest import AS_OF, DATA, NOW
from helpers.loading import (
    contents,
    load_folder,
    request_of,
    small_tables,
    whole_panel,
    with_private_columns,
    write_folder,
)
from helpers.tinyland import households, observations, same_bits
from riskmodel.errors import ColumnsMismatch, TableUnreadable, UsageError, ValuesInvalid
from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import timeline
from riskmodel.files import held
from riskmodel.panel.panel import read_panel
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.service.audit import Action
from riskmodel.service.store import table_load
from riskmodel.service.store.audit_log import entries
from riskmodel.service.store.engine import Store
from riskmodel.service.store.loading import LoadResult, load
from riskmodel.service.store.loads import Counts
from riskmodel.service.store.tables import METADATA, load_parts, loads, persons, records

DAY = "2019-12-31"
CANARY = "Canary-Wang-Xiaoming"


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(DATA / "tiny" / "tiny.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data", small_tables())


def counts_of(result: LoadResult) -> dict[str, Counts]:
    return {table.table: table.counts for table in result.tables}


def rejected_of(result: LoadResult) -> set[tuple[str, int, str, str]]:
    return {(row.table, row.row, row.column, row.rule) for row in result.refused.named().itertuples()}


def rows_in(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in METADATA.tables.items()
        }


def test_the_panel_is_that_of_the_folder_and_features_are_the_same_to_the_bit(
    store: Store, programme: Programme, folder: Path
) -> None:
    tables = small_tables()
    result = load_folder(store, programme, folder)
    assert counts_of(result) == {name: Counts(accepted=len(table)) for name, table in tables.items()}
    with store.reading() as connection:
        parts = dict(connection.execute(select(loads.c.table_name, loads.c.parts)).all())
        assert parts["observations"] > 3
    ours, theirs = whole_panel(store, programme), read_panel(programme, folder, NOW.date())
    pd.testing.assert_frame_equal(ours.households, theirs.households)
    pd.testing.assert_frame_equal(ours.observations["observations"], theirs.observations["observations"])
    pd.testing.assert_frame_equal(ours.events, theirs.events)
    used = theirs.areas[theirs.areas["area_code"].isin(ours.areas["area_code"])]
    pd.testing.assert_frame_equal(ours.areas, used.sort_values("area_code", ignore_index=True))
    assert ours.rejected.empty
    snapshots = [build_snapshot(programme, timeline(panel, programme), AS_OF) for panel in (ours, theirs)]
    assert len(snapshots[0])
    same_bits(*snapshots)


def test_the_same_folder_again_adds_nothing(store: Store, programme: Programme, folder: Path) -> None:
    load_folder(store, programme, folder)
    before, held_rows = contents(store), rows_in(store)
    again = load_folder(store, programme, folder)
    assert [table.before for table in again.tables] == [True, True, True]
    assert contents(store) == before
    assert rows_in(store) == held_rows


def test_the_same_rows_in_another_file_add_nothing(store: Store, programme: Programme, folder: Path) -> None:
    """Another order, another format: other bytes, but nothing new."""
    load_folder(store, programme, folder)
    before = contents(store)
    other = folder.parent / "other"
    other.mkdir()
    for name, table in small_tables().items():
        table.sample(frac=1, random_state=3).to_parquet(other / f"{name}.parquet", index=False)
    result = load_folder(store, programme, other)
    assert counts_of(result) == {name: Counts(known=len(table)) for name, table in small_tables().items()}
    assert contents(store) == before


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("table", ["households", "observations", "events"])
def test_an_interrupted_load_goes_on_where_it_stopped(
    store: Store, programme: Programme, folder: Path, monkeypatch: pytest.MonkeyPatch, table: str, part: int
) -> None:
    """The part that fails is undone as a whole, those before it are not gone through again."""
    kept: list[tuple[str, int]] = []
    keep = table_load._keep_part

    def interrupted(run, source, rows, number, load):  # type: ignore[no-untyped-def]
        found = keep(run, source, rows, number, load)
        kept.append((source.table, number))
        return found

    def note(*arguments, **named):  # type: ignore[no-untyped-def]
        if kept.count((table, part - 1)) == (part > 0) and arguments[2] == part and len(kept) >= place:
            raise KeyboardInterrupt
        return note_part(*arguments, **named)

    note_part = table_load.note_part
    place = {"households": 0, "observations": 1, "events": 2}[table]
    monkeypatch.setattr(table_load, "_keep_part", interrupted)
    monkeypatch.setattr(table_load, "note_part", note)
    with pytest.raises(KeyboardInterrupt):
        load_folder(store, programme, folder)
    stopped = len(kept)
    monkeypatch.setattr(table_load, "note_part", note_part)
    result = load_folder(store, programme, folder)
    assert len(kept) == len(set(kept)) > stopped
    assert counts_of(result) == {name: Counts(accepted=len(rows)) for name, rows in small_tables().items()}
    theirs = read_panel(programme, folder, NOW.date())
    pd.testing.assert_frame_equal(
        whole_panel(store, programme).observations["observations"], theirs.observations["observations"]
    )
    assert len(whole_panel(store, programme).events) == len(theirs.events)
    assert not [one for one in (folder.parent / "work" / "load").iterdir() if one.is_dir()]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_does_not_matter(
    store: Store, programme: Programme, folder: Path, tmp_path: Path, seed: int
) -> None:
    load_folder(store, programme, folder)
    tables = {name: table.sample(frac=1, random_state=seed) for name, table in small_tables().items()}
    shuffled = write_folder(tmp_path / "shuffled", tables)
    other = Store(f"sqlite:///{tmp_path / 'other.db'}")
    METADATA.create_all(other.engine)
    load_folder(other, programme, shuffled)
    assert contents(other, "names") == contents(store, "names")
    other.close()


def test_a_correction_is_seen_from_the_day_after_it_was_recorded(
    store: Store, programme: Programme, folder: Path, tmp_path: Path
) -> None:
    load_folder(store, programme, folder)
    before = timeline(whole_panel(store, programme), programme)
    tables = small_tables()
    late = tables["observations"].query("period_end == '2019-12-31'").assign(recorded_on="2020-06-30", inc=1.25)
    result = load_folder(store, programme, write_folder(tmp_path / "late", {**tables, "observations": late}))
    assert counts_of(result)["observations"] == Counts(accepted=len(late))
    after = timeline(whole_panel(store, programme), programme)
    for day in (dt.date(2020, 1, 1), dt.date(2020, 6, 30)):
        same_bits(build_snapshot(programme, before, day), build_snapshot(programme, after, day))
    everyone = np.arange(after.size)
    corrected = build_snapshot(programme, after, dt.date(2020, 7, 1), everyone)
    assert (corrected["income_to_line"].dropna() < 0.05).sum() == len(late)


def test_rows_that_contradict_stored_ones_are_refused(
    store: Store, programme: Programme, folder: Path, tmp_path: Path
) -> None:
    """A correction needs a later day of record; the past is never rewritten, and the file's own row is named."""
    load_folder(store, programme, folder)
    before = contents(store)
    tables = small_tables()
    tables["observations"].loc[17, "inc"] += 0.01
    tables["observations"].loc[40, "owns_land"] = None
    result = load_folder(store, programme, write_folder(tmp_path / "other", tables))
    key = "household_id+period_end+recorded_on"
    assert rejected_of(result) == {("observations", row, key, "conflicting_row") for row in (18, 41)}
    assert counts_of(result)["observations"] == Counts(known=len(tables["observations"]) - 2, rejected=2)
    assert contents(store) == before


def test_what_is_refused_is_named_by_the_file_s_row_and_taken_in_once_it_fits(
    store: Store, programme: Programme, tmp_path: Path
) -> None:
    rows = observations(*((str(who), DAY, DAY, 100, 1, None) for who in (1, 2, 9, 3)))
    rows.loc[1, "size"] = "99"
    people = households(("1", "n1"), ("2", "n1"), ("3", "n1"), ("4", "nowhere"))
    folder = write_folder(tmp_path / "data", {"households": people, "observations": rows})
    result = load_folder(store, programme, folder, cells_a_part=1)
    assert rejected_of(result) == {
        ("households", 4, "area_code", "unknown_area"),
        ("observations", 2, "size", "range"),
        ("observations", 3, "household_id", "unknown_household"),
    }
    assert counts_of(result) == {"households": Counts(3, 0, 1), "observations": Counts(2, 0, 2)}
    write_folder(folder, {"households": households(("1", "n1"), ("2", "n1"), ("3", "n1"), ("9", "n1"))})
    result = load_folder(store, programme, folder, cells_a_part=1)
    assert counts_of(result) == {"households": Counts(1, 3, 0), "observations": Counts(1, 2, 1)}
    assert whole_panel(store, programme).observations["observations"]["household_id"].tolist() == ["1", "3", "9"]


def test_a_row_that_was_refused_joins_the_block_of_its_load(store: Store, programme: Programme, tmp_path: Path) -> None:
    """The same file, later: a row from the future is one of the present then."""
    rows = observations(("1", "2018-12-31", DAY, 100, 1, None), ("1", DAY, "2021-07-01", 200, 1, None))
    folder = write_folder(tmp_path / "data", {"households": households(("1", "n1")), "observations": rows})
    assert rejected_of(load_folder(store, programme, folder)) == {("observations", 2, "recorded_on", "future")}
    later = load_folder(store, programme, folder, now=lambda: NOW + dt.timedelta(days=60))
    assert counts_of(later)["observations"] == Counts(1, 1, 0)
    assert whole_panel(store, programme).observations["observations"]["income_tin"].tolist() == [100, 200]
    assert rows_in(store)["records"] == 1


def test_a_household_is_known_as_it_was_told_last(store: Store, programme: Programme, tmp_path: Path) -> None:
    """Households have no dates: going back to an earlier file goes back to what it says."""
    seen = observations(("1", DAY, DAY, 100, 1, None))
    folders = [
        write_folder(tmp_path / home, {"households": households(("1", area), home=[home]), "observations": seen})
        for home, area in (("brick", "n1"), ("tent", "s1"))
    ]
    for folder, area in ((folders[0], "n1"), (folders[1], "s1"), (folders[0], "n1")):
        load_folder(store, programme, folder)
        panel = whole_panel(store, programme)
        assert panel.households[["home", "area_code"]].to_numpy().tolist() == [[folder.name, area]]
        assert panel.areas["area_code"].tolist() == sorted({area, "north" if area == "n1" else "south"})


def test_a_store_holds_one_programme(store: Store, programme: Programme, folder: Path, tmp_path: Path) -> None:
    load_folder(store, programme, folder)
    other = load_programme(DATA.parents[1] / "configs" / "china-county.yaml")
    with pytest.raises(UsageError, match="the store holds the programme tinyland, not china-county"):
        load_folder(store, other, _empty_county(tmp_path / "county"))


def _empty_county(folder: Path) -> Path:
    names = ("households", "observations", "monthly", "events", "areas")
    return write_folder(folder, {name: pd.DataFrame({"household_id": []}) for name in names})


def test_lines_of_the_folder_go_over_the_programme_s_and_stay(
    store: Store, programme: Programme, folder: Path, tmp_path: Path
) -> None:
    lines = pd.DataFrame({"area_code": ["north", "n1"], "period": ["2019", "2030"], "line": ["999.5", "1"]})
    tables = {**small_tables(), "lines": lines[:1]}
    write_folder(folder, {"lines": lines[:1]})
    load_folder(store, programme, folder)
    theirs = read_panel(programme, folder, NOW.date())
    ours = whole_panel(store, programme)
    pd.testing.assert_frame_equal(ours.observations["observations"], theirs.observations["observations"])
    assert 999.5 in set(
        ours.observations["observations"]["line_in_force"] / theirs.observations["observations"]["size"]
    )
    del tables["lines"]
    load_folder(store, programme, write_folder(tmp_path / "without", tables))
    pd.testing.assert_frame_equal(
        whole_panel(store, programme).observations["observations"], theirs.observations["observations"]
    )


def test_a_line_that_rows_need_and_nobody_gave_stops_the_load(
    store: Store, programme: Programme, tmp_path: Path
) -> None:
    """Else every later question about such a household would fail; with the line the load goes on."""
    rows = observations(("1", DAY, DAY, 100, 1, None), ("1", "2021-03-31", "2021-03-31", 100, 1, None))
    folder = write_folder(tmp_path / "data", {"households": households(("1", "n1")), "observations": rows})
    with pytest.raises(ValuesInvalid, match="area north has no line for 2021"):
        load_folder(store, programme, folder)
    assert rows_in(store)["records"] == 0
    write_folder(folder, {"lines": pd.DataFrame({"area_code": ["north"], "period": ["2021"], "line": ["150"]})})
    assert counts_of(load_folder(store, programme, folder))["observations"] == Counts(accepted=2)


def test_gb18030_is_read(store: Store, tmp_path: Path) -> None:
    programme = with_private_columns(tmp_path / "programme")
    people = households(("甲1", "n1"), head_name=["王小明"])
    folder = write_folder(tmp_path / "data", {"households": people}, encoding="gb18030")
    write_folder(folder, {"observations": observations(("甲1", DAY, DAY, 1, 1, None))}, encoding="gb18030")
    load_folder(store, programme, folder)
    panel = whole_panel(store, programme)
    assert panel.households["household_id"].tolist() == ["甲1"]
    with store.reading() as connection:
        assert connection.execute(select(persons.c.content)).scalars().all() == [{"head_name": "王小明"}]
    assert panel.observations["observations"]["household_id"].tolist() == ["甲1"]


def test_personal_columns_stand_in_persons_and_nowhere_else(store: Store, tmp_path: Path) -> None:
    """So that they can be masked and erased; protected ones stand apart from what scores may use."""
    programme = with_private_columns(tmp_path / "programme")
    tables = {
        "households": households(("1", "n1"), ("2", "n2"), head_name=[CANARY, None]),
        "observations": observations(("1", DAY, DAY, 100, 2, None)),
        "members": pd.DataFrame(
            {"household_id": ["1"], "member_id": ["a"], "name": [CANARY], "born": ["1961-07-19"], "woman": ["1"]}
        ),
    }
    folder = write_folder(tmp_path / "data", tables)
    load_folder(store, programme, folder)
    with store.reading() as connection:
        told = {
            name: [str(tuple(row)) for row in connection.execute(select(table))]
            for name, table in METADATA.tables.items()
        }
    days = str((dt.date(1961, 7, 19) - dt.date(1970, 1, 1)).days)
    for secret, where in ((CANARY, {"persons"}), ("1961-07-19", {"persons"}), (days, set())):
        assert {name for name, rows in told.items() if any(secret in row for row in rows)} == where
    assert "head_female" not in str(told["households"])
    panel, theirs = whole_panel(store, programme), read_panel(programme, folder, NOW.date())
    # of people nothing is read, since no feature may be made of them
    assert panel.households["head_name"].isna().all()
    pd.testing.assert_frame_equal(
        panel.households.drop(columns="head_name"), theirs.households.drop(columns="head_name")
    )


def test_each_file_is_in_the_audit_without_a_word_of_anybody(store: Store, programme: Programme, folder: Path) -> None:
    load_folder(store, programme, folder)
    load_folder(store, programme, folder)
    with store.reading() as connection:
        found = list(entries(connection))
        digests = dict(connection.execute(select(loads.c.table_name, loads.c.sha256)).all())
    assert len(found) == 3
    for entry, (name, table) in zip(found, small_tables().items(), strict=True):
        assert f'"action":"{Action.LOADED}","actor":"operator:tester"' in entry.content
        assert f'"accepted":{len(table)}' in entry.content
        assert digests[name] in entry.content
        assert f"{1:018d}" not in entry.content


def test_what_can_t_be_used_as_a_whole_is_refused_before_anything_is_read(
    store: Store, programme: Programme, folder: Path
) -> None:
    with pytest.raises(TableUnreadable, match="is not a folder"):
        load_folder(store, programme, folder / "none")
    (folder / "events.csv").write_text("household_id,kind\n1,illness\n")
    (folder / "observations.csv").unlink()
    with pytest.raises(TableUnreadable, match="lacks the table observations"):
        load_folder(store, programme, folder)
    write_folder(folder, {"observations": small_tables()["observations"]})
    with pytest.raises(ColumnsMismatch, match="column occurred_on is missing"):
        load_folder(store, programme, folder)
    assert rows_in(store)["events"] == 0


def test_two_loads_at_once_are_refused(store: Store, programme: Programme, folder: Path) -> None:
    spool = folder.parent / "work" / "load"
    spool.mkdir(parents=True)
    with held(spool), pytest.raises(UsageError, match="another load runs"):
        load_folder(store, programme, folder)


def folders_that_disagree(folder: Path) -> list[Path]:
    """Return two folders beside each other, of which the second tells one row otherwise; none shares a work folder."""
    tables = small_tables()
    first = write_folder(folder / "first" / "data", tables)
    tables["observations"].loc[17, "inc"] += 0.01
    return [first, write_folder(folder / "second" / "data", tables)]


def test_a_load_that_another_one_overtakes_stores_no_conflicting_row(
    store: Store, programme: Programme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one has its own work folder, begins after this one and ends before this one keeps anything."""
    first, second = folders_that_disagree(tmp_path)
    open_load = table_load.open_load

    def overtaken(*arguments, **named):  # type: ignore[no-untyped-def]
        found = open_load(*arguments, **named)
        if arguments[2] == "observations":
            monkeypatch.setattr(table_load, "open_load", open_load)
            overtaking.append(arguments)
        return found

    overtaking: list[object] = []
    keep = table_load._keep_parts

    def keep_parts(*arguments):  # type: ignore[no-untyped-def]
        if overtaking:
            overtaking.clear()
            load_folder(store, programme, first)
        return keep(*arguments)

    monkeypatch.setattr(table_load, "open_load", overtaken)
    monkeypatch.setattr(table_load, "_keep_parts", keep_parts)
    result = load_folder(store, programme, second)
    key = "household_id+period_end+recorded_on"
    assert rejected_of(result) == {("observations", 18, key, "conflicting_row")}
    theirs = read_panel(programme, first, NOW.date())
    pd.testing.assert_frame_equal(
        whole_panel(store, programme).observations["observations"], theirs.observations["observations"]
    )


@pytest.mark.parametrize("same_file", [True, False])
def test_loads_at_the_same_instant_keep_each_row_once(
    store: Store, programme: Programme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_file: bool
) -> None:
    first, second = folders_that_disagree(tmp_path)
    if same_file:
        write_folder(second, small_tables())
    both, note_part = threading.Barrier(2), table_load.note_part
    keep_parts = table_load._keep_parts

    def together(run, source, *more):  # type: ignore[no-untyped-def]
        both.wait(30)
        return keep_parts(run, source, *more)

    def slowly(*arguments):  # type: ignore[no-untyped-def]
        # long enough for the other one to begin the same part, were it let
        time.sleep(0.02)
        note_part(*arguments)

    monkeypatch.setattr(table_load, "_keep_parts", together)
    monkeypatch.setattr(table_load, "note_part", slowly)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda folder: load_folder(store, programme, folder), (first, second)))
    rows = whole_panel(store, programme).observations["observations"]
    assert len(rows) == len(small_tables()["observations"])
    assert not rows.duplicated(["household_id", "period_end", "recorded_on"]).any()
    assert sum(result.refused.total for result in results) == (0 if same_file else 1)
    assert len(whole_panel(store, programme).events) == len(small_tables()["events"])


def test_a_sheet_is_loaded(store: Store, programme: Programme, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    households(("1", "n1"), ("2", "n1")).to_excel(folder / "households.xlsx", index=False)
    rows = pd.DataFrame(
        {"hhid": ["1", 22], "period_end": [DAY] * 2, "recorded_on": [DAY] * 2, "inc": [1.5, 2], "size": [1, 1]}
    )
    rows.assign(owns_land=[None, "true"]).to_excel(folder / "observations.xlsx", index=False)
    result = load_folder(store, programme, folder)
    # an id that was typed as a number may have lost its zeros
    assert rejected_of(result) == {("observations", 2, "household_id", "unknown_household")}
    assert counts_of(result) == {"households": Counts(accepted=2), "observations": Counts(1, 0, 1)}


def test_parts_bound_what_is_held_at_once(
    store: Store, programme: Programme, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory follows the part's size, not the file's: four times as many parts hold a quarter each."""
    sizes: dict[str, list[int]] = {}
    check = table_load._check
    note: Callable[..., object] = check

    def noted(run, table, rows):  # type: ignore[no-untyped-def]
        sizes.setdefault(table, []).append(len(rows))
        return note(run, table, rows)

    monkeypatch.setattr(table_load, "_check", noted)
    progress: list[tuple[str, int, int]] = []
    request = request_of(programme, folder, cells_a_part=150)
    load(store, request, lambda what, done, total: progress.append((what, done, total)))
    rows = len(small_tables()["observations"])
    assert sum(sizes["observations"]) == rows
    assert max(sizes["observations"]) < rows / 3
    assert [done for what, done, _ in progress if what == "storing observations"][-1] == rows
    with store.reading() as connection:
        assert connection.execute(select(func.max(load_parts.c.part))).scalar_one() > 10
        assert connection.execute(select(func.count()).select_from(records)).scalar_one() == 45
        assert connection.execute(text("select count(*) from events where household is null")).scalar_one() == 0
