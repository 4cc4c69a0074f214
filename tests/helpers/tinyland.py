"""Altered copies of tinyland, and small raw tables for them: what tests of the core rooms build on."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from hypothesis import strategies as st

from conftest import DATA
from riskmodel.errors import Fault, ProgrammeInvalid
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.panel.panel import Panel, assemble
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme

TINY = DATA / "tiny"
LATER = dt.date(2023, 1, 1)
Words = dict[str, Any]
Row = Mapping[str, str]


def altered(
    folder: Path,
    edit: Callable[[Words], object] | None = None,
    change: Mapping[str, Row] | None = None,
    add: Sequence[Row] = (),
    drop: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
) -> Path:
    """Write a copy of tinyland with changes and return its YAML file.

    ``edit`` changes the YAML's words in place; ``change``, ``add`` and ``drop`` change rows of the dictionary by
    name; ``files`` replaces whole files.
    """
    shutil.copytree(TINY, folder, dirs_exist_ok=True)
    path = folder / "tiny.yaml"
    if edit is not None:
        words = yaml.safe_load(path.read_text(encoding="utf-8"))
        edit(words)
        path.write_text(yaml.safe_dump(words, allow_unicode=True), encoding="utf-8")
    dictionary = folder / "dictionary.csv"
    with dictionary.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0])
    unknown = {*(change or {}), *drop} - {row["name"] for row in rows}
    assert not unknown, f"no such rows: {unknown}"
    rows = [{**row, **(change or {}).get(row["name"], {})} for row in rows if row["name"] not in drop]
    rows += [dict.fromkeys(names, "") | {"label_en": "x", "label_zh": "x"} | dict(row) for row in add]
    with dictionary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="raise")
        writer.writeheader()
        writer.writerows(rows)
    for name, text in (files or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return path


def faults_of_file(path: Path) -> tuple[Fault, ...]:
    """Return the faults of a programme; none if it loads."""
    try:
        load_programme(path)
    except ProgrammeInvalid as error:
        return error.faults
    return ()


def households(*rows: tuple[str, str], **columns: Sequence[object]) -> pd.DataFrame:
    """Return a raw households table of (id, village) rows."""
    base = {
        "hhid": [row[0] for row in rows],
        "village": [row[1] for row in rows],
        "female": ["0"] * len(rows),
        "home": ["brick"] * len(rows),
        "settled_on": ["2010-05-01"] * len(rows),
    }
    return pd.DataFrame({**base, **columns}, dtype="str")


def observations(*rows: tuple[str, str, str, float | None, int | None, str | None]) -> pd.DataFrame:
    """Return a raw table of (id, period_end, recorded_on, income, size, owns_land) rows."""
    names = ["hhid", "period_end", "recorded_on", "inc", "size", "owns_land"]
    return pd.DataFrame([[None if c is None else str(c) for c in row] for row in rows], columns=names, dtype="str")


def events(*rows: tuple[str, str, str, str, float | None]) -> pd.DataFrame:
    """Return a raw table of (id, kind, occurred_on, recorded_on, amount) rows."""
    names = ["household_id", "kind", "occurred_on", "recorded_on", "amount"]
    return pd.DataFrame([[None if c is None else str(c) for c in row] for row in rows], columns=names, dtype="str")


def panel_of(programme: Programme, *tables: pd.DataFrame, today: dt.date = LATER, **more: pd.DataFrame) -> Panel:
    """Assemble raw households, observations and events (in this order; the last may be left out)."""
    named = dict(zip(("households", "observations", "events"), tables, strict=False))
    return assemble(programme, {**named, **more}, today)


def line_of(programme: Programme, *tables: pd.DataFrame) -> Timeline:
    """Assemble raw tables and return their timeline."""
    return timeline(panel_of(programme, *tables), programme)


# --- a richer tinyland: every way of making a feature, with delays, categories and booleans ---

_FEATURES = [
    ("observations.income_tin", "value", "", ""),
    ("observations.income_tin", "value", "", "6"),
    ("observations.income_tin", "previous", "", ""),
    ("observations.income_tin", "previous", "", "12"),
    ("observations.income_tin", "change", "", ""),
    ("observations.income_tin", "change", "", "6"),
    ("observations.income_tin", "mean", "", "24"),
    ("observations.income_tin", "deviation", "", "36"),
    ("observations.income_tin", "sum", "", "12"),
    ("observations.income_tin", "count", "", ""),
    ("observations.income_tin", "months_since", "", ""),
    ("observations.income_tin", "area_rate", "village", "24"),
    ("observations.income_tin", "ratio", "observations.size", ""),
    ("observations.income_tin", "ratio", "observations.size", "12"),
    ("observations.size", "value", "", ""),
    ("observations.size", "share_of", "observations.income_tin", "24"),
    ("observations.owns_land", "value", "", ""),
    ("observations.owns_land", "mean", "", "36"),
    ("observations.owns_land", "count", "", "24"),
    ("observations.owns_land", "months_since", "", ""),
    ("observations.work", "value", "", ""),
    ("observations.work", "previous", "", ""),
    ("observations.work", "count", "", "24"),
    ("observations.welfare_to_line", "value", "", ""),
    ("observations.poor", "value", "", ""),
    ("observations.poor", "area_rate", "province", "36"),
    ("events.illness", "value", "", ""),
    ("events.illness", "previous", "", ""),
    ("events.illness", "count", "", "12"),
    ("events.illness", "count", "", ""),
    ("events.illness", "sum", "", "3"),
    ("events.illness", "mean", "", "24"),
    ("events.illness", "deviation", "", "24"),
    ("events.illness", "months_since", "", ""),
    ("events.illness", "area_rate", "village", "12"),
    ("events.illness", "area_rate", "province", "1"),
    ("events.illness", "ratio", "observations.income_tin", "12"),
    ("events.relief", "share_of", "events.illness", "12"),
    ("events.relief", "sum", "", "1"),
    ("households.home", "value", "", ""),
    ("households.settled_on", "months_since", "", ""),
    ("households.rooms", "value", "", ""),
    ("households.rooms", "area_rate", "village", "12"),
]


def rich_programme(folder: Path) -> Programme:
    """Return tinyland with delays of 7 (income) and 10 days (illness) and a feature for every way of making one."""
    with (TINY / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        features = [row["name"] for row in csv.DictReader(file) if row["from"]]
    add: list[Row] = [
        {"name": "work", "table": "observations", "type": "category", "categories": "home", "group": "household"},
        {"name": "relief", "table": "events", "type": "number", "group": "household"},
        {"name": "rooms", "table": "households", "type": "number", "group": "household"},
    ]
    add += [
        {"name": f"f{place}", "from": origin, "how": how, "of": of, "months": months}
        for place, (origin, how, of, months) in enumerate(_FEATURES)
    ]

    def edit(words: Words) -> None:
        words |= {"rules": [], "measures": [], "reviewing": {}, "baselines": {"last_status": "f24", "welfare": "f23"}}

    path = altered(folder, edit, change={"income_tin": {"known_after_days": "7"}}, add=add, drop=features)
    return load_programme(path)


IDS = ("001", "002", "03", "4")
AREAS = ("n1", "n1", "n2", "s1")
MONTH_ENDS = [f"{day:%Y-%m-%d}" for day in pd.date_range("2018-06-30", "2020-12-31", freq="2ME")] + ["2020-02-29"]
EVENT_DAYS = [
    "2018-02-28",
    "2019-01-31",
    "2019-02-28",
    "2019-03-01",
    "2020-01-31",
    "2020-02-28",
    "2020-02-29",
    "2020-12-31",
]
AS_OFS = [dt.date(2019, 2, 28), dt.date(2020, 2, 29), dt.date(2020, 3, 31), dt.date(2021, 1, 1), dt.date(2021, 3, 31)]
DELAYS = [0, 1, 6, 7, 8, 10, 11, 40, 366]
# quarters add up exactly in floats, whatever the order
QUARTERS = st.one_of(st.none(), st.integers(0, 4000).map(lambda number: number / 4))

OBSERVATION = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from(MONTH_ENDS),
    st.sampled_from(DELAYS),
    QUARTERS,
    st.one_of(st.none(), st.integers(1, 20)),
    st.sampled_from(["true", "false", None]),
    st.sampled_from(["brick", "mud", None]),
)
EVENT = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from(["illness", "relief"]),
    st.sampled_from(EVENT_DAYS),
    st.sampled_from(DELAYS),
    QUARTERS,
)
OBSERVATIONS = st.lists(OBSERVATION, max_size=14, unique_by=lambda row: row[:3])
EVENTS = st.lists(EVENT, max_size=10)


def _dated(row: tuple[Any, ...], day_at: int) -> tuple[Any, ...]:
    recorded = dt.date.fromisoformat(row[day_at]) + dt.timedelta(days=row[day_at + 1])
    return (*row[: day_at + 1], recorded.isoformat(), *row[day_at + 2 :])


def rich_observations(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Return a raw table of drawn observations."""
    names = ["hhid", "period_end", "recorded_on", "inc", "size", "owns_land", "work"]
    cells = [[None if c is None else str(c) for c in _dated(row, 1)] for row in rows]
    return pd.DataFrame(cells, columns=names, dtype="str")


def rich_events(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Return a raw table of drawn events."""
    return events(*(_dated(row, 2) for row in rows))  # type: ignore[arg-type]


def rich_households() -> pd.DataFrame:
    """Return four households in three villages; one settled after some of the as-of dates."""
    return households(
        *zip(IDS, AREAS, strict=True),
        home=["brick", "mud", None, "tent"],
        settled_on=["2010-05-31", "2020-03-30", None, "2019-02-28"],
        rooms=["2", "3.5", None, "4"],
    )


def same_bits(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Demand that two snapshots agree in every bit and every text."""
    pd.testing.assert_frame_equal(left, right, check_exact=True)
    for name in left.select_dtypes("float64").columns:
        assert left[name].to_numpy().view(np.int64).tolist() == right[name].to_numpy().view(np.int64).tolist(), name
