"""What the page of a household's case shows, ready for its template."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.service.access import Principal
from riskmodel.service.cases.appeals import AppealKind, AppealResult
from riskmodel.service.cases.helping import HelpResult
from riskmodel.service.cases.log import folded
from riskmodel.service.pages.deciding import words
from riskmodel.service.pages.deciding.case_cards import AppealCard, Cards, Choices, EndingCard, HelpCard
from riskmodel.service.pages.deciding.decide_view import ScorePanel, score_panel
from riskmodel.service.pages.deciding.log_view import LogItem
from riskmodel.service.store.case_reading import CaseFile, Sign
from riskmodel.service.store.decisions import Outcome


@dataclass(frozen=True, slots=True)
class Sent:
    """A form of the page that was sent and is shown again.

    Attributes
    ----------
    form : str
        Which one.
    values, faults : mapping of str to str
        What was typed, and what is wrong with it, by field.
    notice : str
        What is wrong with the whole; may be empty.
    key : str
        Stands for the next sending.
    """

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """The page."""

    household_id: str
    score: ScorePanel | None
    status: str
    next_on: str
    assignee: str
    deadline: words.Deadline | None
    answer_deadline: words.Deadline | None
    helps: tuple[HelpCard, ...]
    measures: tuple[tuple[str, Choices], ...]
    results: Choices
    appeals: tuple[AppealCard, ...]
    appeal_kinds: Choices
    appeal_results: Choices
    decisions: Choices
    ending: EndingCard | None
    has_ending: bool
    log: tuple[LogItem, ...]
    may_act: bool
    today: str
    sent: Sent
    blank: Sent
    kept: str


def case_view(
    programme: Programme,
    file: CaseFile,
    signs: Sequence[Sign],
    *,
    lapsed: bool,
    principal: Principal,
    sent: Sent,
    kept: str,
    now: dt.datetime,
    language: Language,
) -> CaseView:
    """Return what the page shows.

    Parameters
    ----------
    programme : Programme
        Whose measures, checks and deadlines.
    file : CaseFile
        The household's case.
    signs : sequence of Sign
        What was noticed of it.
    lapsed : bool
        Whether the latest proposal to end its monitoring lapsed.
    principal : Principal
        Who looks.
    sent : Sent
        A form that is shown again.
    kept : str
        What was kept just now; empty for nothing.
    now : datetime
        The present instant.
    language : Language
        Of the words.
    """
    cards = Cards(programme, file, principal, now, language)
    log, row, reviewing = folded(file.entries), file.row, programme.file.reviewing
    return CaseView(
        household_id=file.subject.household_id,
        score=None if file.said is None else score_panel(programme, file.said, language),
        status=words.standing_label(language, row.outcome) if row is not None and row.outcome else "",
        next_on=language.date(row.next_on) if row is not None and row.next_on else "",
        assignee=(row.assignee or "") if row is not None else "",
        deadline=words.decide_deadline(
            language,
            row.waiting_since if row is not None else None,
            now,
            reviewing.decide_within_days,
            programme.file.time_zone,
        ),
        answer_deadline=words.answer_deadline(language, row.answer_by if row is not None else None, cards.today),
        helps=tuple(cards.help(one) for one in reversed([*log.helps.values()])),
        measures=cards.measures(),
        results=tuple((one.value, words.help_result_label(language, one)) for one in HelpResult),
        appeals=tuple(cards.appeal(one) for one in reversed([*log.appeals.values()])),
        appeal_kinds=tuple((one.value, words.appeal_kind_label(language, one)) for one in AppealKind),
        appeal_results=tuple((one.value, words.appeal_result_label(language, one)) for one in AppealResult),
        decisions=cards.decisions(),
        ending=None if log.proposal is None else cards.ending(log.proposal, lapsed),
        has_ending=reviewing.ending is not None and row is not None and row.outcome == Outcome.MONITOR,
        log=cards.writer.log(file, signs),
        may_act=cards.may_act,
        today=cards.today.isoformat(),
        sent=sent,
        blank=Sent(),
        kept=kept_text(language, kept),
    )


def kept_text(language: Language, kept: str) -> str:
    """Return what is said of what was kept just now; nothing of anything else."""
    gettext = language.gettext
    return {
        "decision": gettext("The decision is kept."),
        "help": gettext("The help is noted."),
        "appeal": gettext("What the household says is noted."),
        "answer": gettext("The answer is kept."),
        "ending": gettext("The proposal is kept; a supervisor who is not you has to confirm it."),
        "ended": gettext("The end of monitoring is confirmed."),
        "declined": gettext("The proposal is declined."),
    }.get(kept, "")
