"""What is filtered of the visit list, as a file: for a spreadsheet, or for programs."""

from __future__ import annotations

import csv
import datetime as dt
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from riskmodel.language import Language
from riskmodel.panel.spreadsheet import neutral, write_sheet
from riskmodel.service.pages import sentences
from riskmodel.service.pages.queue.rows import QueueRow, Scope, rows_of, visits_of
from riskmodel.service.state import State
from riskmodel.service.store.queue_rows import Listed

MOST_ROWS, AT_A_TIME, BLOCK_BYTES = 100_000, 2_000, 64 * 1024
Cells = list[str | int]


class Format(StrEnum):
    """Kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that nobody finds by name, so that nothing of it is left when it was read.

    Attributes
    ----------
    file : file
        The file itself, at its beginning.
    pseudonyms : list of str
        Of the households that it names.
    """

    file: BinaryIO
    pseudonyms: list[str]

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return os.fstat(self.file.fileno()).st_size

    def blocks(self) -> Iterator[bytes]:
        """Read it from its beginning to its end, and let it go."""
        with self.file:
            while block := self.file.read(BLOCK_BYTES):
                yield block


@dataclass(slots=True)
class _Told:
    """What is told of the rows that were written."""

    pseudonyms: list[str] = field(default_factory=list)
    days: set[dt.date] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)


def export(state: State, scope: Scope, kind: Format, language: Language) -> Exported:
    """Return the file; at most :data:`MOST_ROWS` households, and a last row that says so where there are more.

    Parameters
    ----------
    state : State
        The store and the models.
    scope : Scope
        Who takes what with them.
    kind : Format
        Kind of file.
    language : Language
        Of the headings and words.
    """
    told = _Told()
    with tempfile.TemporaryDirectory(prefix="riskmodel-") as folder:
        path = Path(folder) / f"list.{kind.value}"
        if kind is Format.XLSX:
            rows = (row for row, _ in _rows(state, scope, language, told))
            about = language.gettext("About this list"), _about(told, language)
            write_sheet(path, header(language), rows, language.gettext("Visit list"), about)
        else:
            _write_csv(path, language, _rows(state, scope, language, told))
        return Exported(path.open("rb"), told.pseudonyms)


def header(language: Language) -> list[str]:
    """Return the names of the columns."""
    gettext = language.gettext
    return [
        gettext("Rank"),
        gettext("Household"),
        gettext("Area"),
        gettext("Risk"),
        gettext("Band"),
        gettext("First reason"),
        gettext("Second reason"),
        gettext("Since last time"),
        gettext("Noticed by"),
        gettext("Waiting"),
        gettext("Status"),
        gettext("Who has it"),
    ]


def cells(row: QueueRow, language: Language) -> Cells:
    """Return a row of the file, as the page has it."""
    reasons = [*row.reasons, "", ""][:2]
    changes = language.gettext("; ").join(row.changes)
    last = changes, row.origin, row.waiting, row.status, row.assignee
    return [row.rank, row.household_id, row.place, row.risk, row.band_label, *reasons, *last]


def cut_words(language: Language) -> str:
    """Return what is said where a file does not hold all of the list."""
    return language.gettext("Only the first %(most)s households; filter by area.", most=language.number(MOST_ROWS, 0))


def _rows(state: State, scope: Scope, language: Language, told: _Told) -> Iterator[tuple[Cells, Listed | None]]:
    """Yield the rows, and what the store says of each; nothing of the one that says that there are more."""
    visits, _ = visits_of(state, scope.own_path)
    for first in range(0, MOST_ROWS, AT_A_TIME):
        count = min(AT_A_TIME, MOST_ROWS - first)
        found = rows_of(state, scope, visits, first, count, language)
        told.pseudonyms += [subject.pseudonym for _, subject in found.listed]
        told.days |= {one.as_of for one, _ in found.listed}
        told.versions |= {one.version for one, _ in found.listed}
        yield from ((cells(row, language), one) for row, (one, _) in zip(found.rows, found.listed, strict=True))
        if found.read < count:
            return
    if rows_of(state, scope, visits, MOST_ROWS, 1, language).read:
        yield [cut_words(language)], None


def _about(told: _Told, language: Language) -> Iterator[Sequence[str]]:
    """Yield what the second sheet says; it is asked for when the rows are written."""
    yield language.gettext("Data until"), sentences.last_day(language, max(told.days)) if told.days else ""
    yield language.gettext("Model version"), ", ".join(sorted(told.versions))
    yield language.gettext("Households"), language.number(len(told.pseudonyms), 0)


def _write_csv(path: Path, language: Language, rows: Iterator[tuple[Cells, Listed | None]]) -> None:
    # the mark lets spreadsheets read Chinese as UTF-8
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*header(language), "as_of", "model_version"])
        for row, one in rows:
            about = [] if one is None else [one.as_of.isoformat(), one.version]
            writer.writerow([neutral(cell) for cell in (*row, *about)])
