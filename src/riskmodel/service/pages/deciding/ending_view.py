"""What the page on which the end of a household's monitoring is proposed shows, ready for its template."""

from __future__ import annotations

from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.programme.reviewing import LABOUR
from riskmodel.service.cases.checklist import Shown
from riskmodel.service.ending_records import Records
from riskmodel.service.pages.deciding.case_view import Sent
from riskmodel.service.pages.deciding.decide_view import ScorePanel, score_panel
from riskmodel.service.pages.deciding.ending_words import labour_label, shown_text
from riskmodel.service.store.case_reading import CaseFile


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check of the list."""

    code: str
    label: str
    shown: str
    shown_text: str
    confirmed: bool
    note: str
    fault: str


@dataclass(frozen=True, slots=True)
class EndingView:
    """The page."""

    household_id: str
    score: ScorePanel | None
    refused: str
    checks: tuple[CheckRow, ...]
    as_of: str
    text: str
    sent: Sent


def ending_view(
    programme: Programme, file: CaseFile, records: Records, *, refused: str, as_of: str, sent: Sent, language: Language
) -> EndingView:
    """Return what the page shows.

    Parameters
    ----------
    programme : Programme
        Whose checklist.
    file : CaseFile
        The household's case.
    records : Records
        What the records show of it.
    refused : str
        Why the end of its monitoring can't be proposed at all; empty where it can.
    as_of : str
        Up to when records were looked at.
    sent : Sent
        The form as it was sent; nothing yet where it is opened.
    language : Language
        Of the words.
    """
    ending = programme.file.reviewing.ending
    checks = {one.code: (language.label(one.label), one.for_months) for one in (ending.checks if ending else ())}
    checks[LABOUR] = (labour_label(language), 0)
    return EndingView(
        file.subject.household_id,
        None if file.said is None else score_panel(programme, file.said, language),
        refused,
        tuple(_row(code, *checks[code], shown, sent, language) for code, shown in records.checklist().items()),
        as_of,
        sent.values.get("text", ""),
        sent,
    )


def _row(code: str, label: str, months: int, shown: Shown, sent: Sent, language: Language) -> CheckRow:
    return CheckRow(
        code,
        label,
        shown.value,
        shown_text(language, shown, months),
        f"confirmed-{code}" in sent.values,
        sent.values.get(f"note-{code}", ""),
        sent.faults.get(code, sent.faults.get(f"note-{code}", "")),
    )
