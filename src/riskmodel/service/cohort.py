"""A read-only cohort: the households that the service knows by id, from a snapshot file, scored once per model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import structlog

from riskmodel.errors import NotFound
from riskmodel.explain.reasons import Words
from riskmodel.language import Language
from riskmodel.panel.reading import find_table, read_table
from riskmodel.programme.programme import AreaRow
from riskmodel.scoring.inputs import Inputs, read_inputs
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.serving import Serving

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CohortSource:
    """A cohort's files as read.

    Attributes
    ----------
    snapshot : DataFrame
        As ``riskmodel snapshot`` writes it.
    areas : tuple of AreaRow
        The table ``areas`` beside the snapshot's file, for programmes that ship none; empty where there is none.
    """

    snapshot: pd.DataFrame
    areas: tuple[AreaRow, ...]


def read_cohort(path: Path) -> CohortSource:
    """Read a snapshot, and the table of areas beside it if there is one.

    Raises
    ------
    TableUnreadable
        If a file is missing or not what its ending says.
    """
    beside = find_table(path.parent, "areas")
    return CohortSource(read_table(path), _area_rows(read_table(beside)) if beside else ())


def _area_rows(table: pd.DataFrame) -> tuple[AreaRow, ...]:
    names = [str(column) for column in table.columns if str(column).startswith("name_")]
    rows = table.astype("object").where(table.notna(), "").to_dict("records")
    return tuple(
        AreaRow(
            str(row["area_code"]),
            str(row.get("parent", "")),
            str(row.get("level", "")),
            {name.removeprefix("name_"): str(row[name]) for name in names if row[name]},
        )
        for row in rows
        if row.get("area_code")
    )


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Households with their encoded features, and the order in which to visit them.

    Attributes
    ----------
    serving : Serving
        The model that scored them, with its programme's words.
    inputs : Inputs
        One row a household, its latest date.
    areas : sequence of str or None
        Area code of each.
    order : ndarray of int, shape (n,)
        Rows by log-odds descending, then by household_id.
    place : mapping of str to int
        Row of a household_id.
    area_rows : mapping of str to AreaRow
        Areas by code, where they are known.
    refused : int
        Rows of the file that could not be scored.
    """

    serving: Serving
    inputs: Inputs
    areas: Sequence[str | None]
    order: Rows
    place: Mapping[str, int]
    area_rows: Mapping[str, AreaRow]
    refused: int

    @property
    def scorer(self) -> Scorer:
        """The model that scored them."""
        return self.serving.scorer

    @property
    def words(self) -> Mapping[str, Words]:
        """Its programme's words, by language."""
        return self.serving.words

    def row(self, household_id: str) -> int:
        """Return a household's row.

        Raises
        ------
        NotFound
            If it is not in the cohort.
        """
        found = self.place.get(household_id)
        if found is None:
            raise NotFound("no such household in the loaded cohort")
        return found

    def some(self, rows: Sequence[int] | Rows) -> Inputs:
        """Return the features of some rows, to be scored anew: the same question has the same answer."""
        chosen, own = np.asarray(rows, dtype="int64"), self.inputs
        return own.where(chosen)

    def area_name(self, code: str | None, language: Language) -> str:
        """Return an area's name with that of the one above it; the code where no name is known."""
        area = self.area_rows.get(code or "")
        if area is None:
            return code or ""
        above = self.area_rows.get(area.parent)
        names = [language.label(one.names) for one in (above, area) if one is not None]
        # Chinese writes the wider area first, without a mark between
        return "".join(names) if language.code == "zh" else ", ".join(reversed(names))

    def queue(self, area: str | None = None) -> Rows:
        """Return the rows of an area and those below it, the highest risk first; all of them where it is None."""
        if area is None:
            return self.order
        wanted = areas_below(self.area_rows.values(), area)
        return self.order[[self.areas[row] in wanted for row in self.order]]


def score_cohort(serving: Serving, source: CohortSource, today: dt.date) -> Cohort:
    """Read and score a snapshot.

    Parameters
    ----------
    serving : Serving
        Model, with its programme's words.
    source : CohortSource
        The files.
    today : date
        Rows as of a later day are left out.

    Raises
    ------
    ColumnsMismatch
        If the snapshot is not of the model's programme.
    """
    scorer, snapshot = serving.scorer, source.snapshot
    inputs, bad = read_inputs(scorer.schema, snapshot, today)
    sound = np.ones(len(snapshot), bool)
    sound[[cell.row for cell in bad]] = False
    if bad:
        rules = sorted({f"{cell.column}: {cell.rule}" for cell in bad})
        structlog.get_logger().warning("cohort_rows_refused", rows=int((~sound).sum()), rules=rules)
    kept = _latest(inputs, np.flatnonzero(sound))
    inputs = inputs.where(kept)
    has_areas = "area_code" in snapshot.columns
    codes = snapshot["area_code"].iloc[kept] if has_areas else pd.Series([None] * len(kept), dtype=object)
    areas = [None if pd.isna(code) else str(code) for code in codes]
    log_odds = scorer.log_odds(inputs.matrix)
    ids = inputs.household_id.astype(str)
    order = np.lexsort((ids, -log_odds)).astype("int64")
    place = {str(one): row for row, one in enumerate(ids)}
    area_rows = {area.code: area for area in (scorer.programme.area_rows or source.areas)}
    return Cohort(serving, inputs, areas, order, place, area_rows, int((~sound).sum()))


def _latest(inputs: Inputs, rows: Rows) -> Rows:
    """Keep each household's row of the latest date, in the file's order."""
    frame = pd.DataFrame({"id": inputs.household_id[rows], "as_of": inputs.as_of[rows], "row": rows})
    latest = frame.sort_values(["as_of", "row"], kind="stable").drop_duplicates("id", keep="last")
    return np.sort(latest["row"].to_numpy(dtype="int64"))


def areas_below(areas: Iterable[AreaRow], code: str) -> frozenset[str]:
    """Return an area's code and those of all areas below it."""
    children: dict[str, list[str]] = {}
    for area in areas:
        children.setdefault(area.parent, []).append(area.code)
    found, open_ = {code}, [code]
    while open_:
        new = [child for child in children.get(open_.pop(), ()) if child not in found]
        found.update(new)
        open_ += new
    return frozenset(found)
