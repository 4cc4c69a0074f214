"""What is filtered of the visit list, as a file for a spreadsheet."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from riskmodel.language import Language
from riskmodel.panel.spreadsheet import neutral, write_sheet
from riskmodel.service.pages.queue.rows import QueueRow, Scope, rows_of, visits_of
from riskmodel.service.state import State

MOST_ROWS, AT_A_TIME = 20_000, 500


class Format(StrEnum):
    """Kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"


def export(state: State, scope: Scope, kind: Format, language: Language) -> tuple[bytes, list[str]]:
    """Return the file, and the pseudonyms of the households that it names; at most :data:`MOST_ROWS`.

    Parameters
    ----------
    state : State
        The store and the models.
    scope : Scope
        Who takes what with them.
    kind : Format
        Kind of file.
    language : Language
        Of the headers and words.
    """
    told: list[str] = []
    rows = _rows(state, scope, language, told)
    with tempfile.TemporaryDirectory(prefix="riskmodel-") as folder:
        path = Path(folder) / f"list.{kind.value}"
        _write(path, kind, header(language), rows, language.gettext("Visit list"))
        return path.read_bytes(), told


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


def cells(row: QueueRow, language: Language) -> list[str | int]:
    """Return a row of the file, as the page has it."""
    reasons = [*row.reasons, "", ""][:2]
    changes = language.gettext("; ").join(row.changes)
    last = changes, row.origin, row.waiting, row.status, row.assignee
    return [row.rank, row.household_id, row.place, row.risk, row.band_label, *reasons, *last]


def _rows(state: State, scope: Scope, language: Language, told: list[str]) -> Iterator[list[str | int]]:
    visits, _ = visits_of(state, scope.own_path)
    for first in range(0, MOST_ROWS, AT_A_TIME):
        found = rows_of(state, scope, visits, first, AT_A_TIME, language)
        told += [subject.pseudonym for _, subject in found.listed]
        yield from (cells(row, language) for row in found.rows)
        if len(found.listed) < AT_A_TIME:
            return


def _write(path: Path, kind: Format, names: Sequence[str], rows: Iterator[list[str | int]], title: str) -> None:
    if kind is Format.XLSX:
        write_sheet(path, names, rows, title)
        return
    # the mark lets spreadsheets read Chinese as UTF-8
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([neutral(cell) for cell in row] for row in rows)
