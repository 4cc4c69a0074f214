"""Scores for people: one line a household, in words, as XLSX or CSV that a spreadsheet opens."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from riskmodel.explain.reasons import Driver, Words
from riskmodel.language import Language
from riskmodel.panel.spreadsheet import neutral, write_sheet
from riskmodel.programme.dictionary import How
from riskmodel.programme.programme import Programme
from riskmodel.scoring.headers import labels_of


class Sheet:
    """What a sheet of scores says.

    Parameters
    ----------
    programme : Programme
        Whose labels it uses.
    language : Language
        Language of headers and words.
    reasons : int
        Columns for reasons.
    """

    def __init__(self, programme: Programme, language: Language, reasons: int) -> None:
        self._words, self._language, self._reasons = Words(programme, language), language, reasons
        self._programme = programme
        self._bands = {band.code: language.label(band.label) or band.code for band in programme.file.bands}
        # months since something that never happened: nothing is missing
        self._may_be_missing = {feature.name for feature in programme.features if feature.how is How.MONTHS_SINCE}
        self._measures = {one.code: language.label(one.label) or one.code for one in programme.file.measures}

    def header(self) -> list[str]:
        """Return the names of the columns."""
        gettext, own = self._language.gettext, labels_of(self._programme, self._language)
        return [
            own["household_id"],
            own["as_of"],
            gettext("Months ahead"),
            gettext("Probability"),
            gettext("Low end"),
            gettext("High end"),
            gettext("Band"),
            gettext("Rank, share above"),
            *(gettext("Reason %(n)s", n=number + 1) for number in range(self._reasons)),
            gettext("Measures that fit"),
            gettext("Not recorded"),
            gettext("Model version"),
        ]

    def rows(self, tables: Iterable[pa.Table]) -> Iterator[list[Any]]:
        """Give one row a household."""
        for table in tables:
            for batch in table.to_batches(1024):
                yield from (self._row(score) for score in batch.to_pylist())

    def _row(self, score: dict[str, Any]) -> list[Any]:
        reasons = [self._words.reason(Driver.of(reason)) for reason in score["reasons"][: self._reasons]]
        return [
            score["household_id"],
            score["as_of"].isoformat(),
            score["horizon_months"],
            score["probability"],
            score["interval"]["low"],
            score["interval"]["high"],
            self._bands.get(score["band"], score["band"]),
            score["rank_share"],
            *reasons,
            *[None] * (self._reasons - len(reasons)),
            "; ".join(self._measures.get(one["measure"], one["measure"]) for one in score["measures"]),
            "; ".join(self._words.feature(name) for name in self._gaps(score)),
            score["model"]["version"],
        ]

    def _gaps(self, score: dict[str, Any]) -> list[str]:
        return [one["feature"] for one in score["warnings"] if one["feature"] not in self._may_be_missing]


def write_sheet_file(path: Path, ending: str, sheet: Sheet, tables: Iterable[pa.Table]) -> None:
    """Write scores as XLSX or, with a mark that spreadsheets know UTF-8 by, as CSV; no cell becomes a formula."""
    if ending == ".xlsx":
        write_sheet(path, sheet.header(), sheet.rows(tables), "scores")
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([neutral(name) for name in sheet.header()])
        writer.writerows([neutral(cell) for cell in row] for row in sheet.rows(tables))
