"""What stands for and against the end of a household's monitoring, read where it is kept: within one state of the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from riskmodel.programme.programme import Programme
from riskmodel.service.case_acts import Check
from riskmodel.service.cases.checklist import Checked, Shown
from riskmodel.service.cases.ending import (
    Facts,
    check_closing,
    check_confirming,
    check_proposal,
    is_lapsed,
    last_proposal,
)
from riskmodel.service.cases.entries import EntryKind, NewEntry
from riskmodel.service.ending_records import read_records
from riskmodel.service.store.case_reading import CaseFile, bands_said_after
from riskmodel.service.store.decisions import Outcome


def facts_of(programme: Programme, file: CaseFile, without_labour: bool | None) -> Facts:
    """Return what is so of a household, whatever the checklist says."""
    row, highest = file.row, programme.file.bands[0].code
    return Facts(
        monitored=row is not None and row.outcome == Outcome.MONITOR,
        sign_waits=row is not None and row.waiting_since is not None,
        without_labour=without_labour,
        in_highest_band=file.said is not None and file.said.band == highest,
    )


def has_lapsed(connection: Connection, programme: Programme, file: CaseFile) -> bool:
    """Tell whether the latest proposal to end a household's monitoring lapsed."""
    proposal = last_proposal(file.entries)
    if proposal is None:
        return False
    since = bands_said_after(connection, file.subject.household, proposal.proposed.at)
    highest_since = programme.file.bands[0].code in since
    facts = facts_of(programme, file, without_labour=None)
    return is_lapsed(proposal, facts, file.latest_decision, highest_since=highest_since)


def proposing(programme: Programme, as_of: dt.date, said: Callable[[str], tuple[bool, str]], text: str) -> Check:
    """Return what makes the entry of a proposal.

    Parameters
    ----------
    programme : Programme
        Whose checklist.
    as_of : date
        Up to when records are looked at.
    said : callable
        Returns whether the proposer confirms a check, and how they know.
    text : str
        What the second person should know.
    """

    def check(connection: Connection, file: CaseFile) -> NewEntry:
        records = read_records(connection, programme, file.subject, as_of)
        checked = [Checked(code, shown, *said(code)) for code, shown in records.checklist().items()]
        facts = facts_of(programme, file, records.without_labour)
        lapsed = has_lapsed(connection, programme, file)
        check_proposal(checked, facts, last_proposal(file.entries), lapsed=lapsed)
        content = {"checks": [_row(one) for one in checked], "text": text, "decision": file.latest_decision}
        return NewEntry(EntryKind.ENDING_PROPOSED, content)

    return check


def closing(programme: Programme, as_of: dt.date, kind: EntryKind, about: int | None, by: str, why: str) -> Check:
    """Return what makes the entry by which a second person confirms or declines a proposal.

    Parameters
    ----------
    programme : Programme
        Whose checklist.
    as_of : date
        Up to when records are looked at.
    kind : EntryKind
        Whether it is confirmed or declined.
    about : int or None
        Number of the proposal.
    by, why : str
        The second person, and their words.
    """

    def check(connection: Connection, file: CaseFile) -> NewEntry:
        lapsed = has_lapsed(connection, programme, file)
        proposal = check_closing(last_proposal(file.entries), about, by, lapsed=lapsed)
        if kind is EntryKind.ENDING_DECLINED:
            return NewEntry(kind, {"why": why}, about)
        records = read_records(connection, programme, file.subject, as_of)
        shown = records.checklist()
        check_confirming(proposal, shown, facts_of(programme, file, records.without_labour))
        return NewEntry(kind, {"why": why, "checks": _showed(shown)}, about)

    return check


def _row(one: Checked) -> dict[str, str | bool]:
    return {"code": one.code, "shown": one.shown.value, "confirmed": one.confirmed, "note": one.note}


def _showed(shown: Mapping[str, Shown]) -> list[dict[str, str]]:
    return [{"code": code, "shown": one.value} for code, one in shown.items()]
