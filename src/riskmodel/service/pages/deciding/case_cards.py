"""Help, appeals and the end of monitoring of one household, each as a card that says how it may go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.service.access import Permission, Principal
from riskmodel.service.cases.appeals import Appeal, AppealKind, AppealResult, may_answer
from riskmodel.service.cases.ending import Proposal, ProposalState
from riskmodel.service.cases.entries import EntryKind, Rule
from riskmodel.service.cases.helping import NEXT_STEPS, Help
from riskmodel.service.pages.deciding import words
from riskmodel.service.pages.deciding.log_view import Lines, LogWriter
from riskmodel.service.store.case_reading import CaseFile

STEP_NAMES: Mapping[EntryKind, str] = {
    EntryKind.HELP_STARTED: "started",
    EntryKind.HELP_FINISHED: "finished",
    EntryKind.HELP_STOPPED: "stopped",
}
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HelpCard:
    """One measure for the household, and how it may go on."""

    number: int
    label: str
    group: str
    state: str
    state_label: str
    steps: tuple[tuple[str, Lines], ...]
    next_steps: Choices


@dataclass(frozen=True, slots=True)
class AppealCard:
    """What the household said, and what was answered."""

    number: int
    kind: str
    against: str
    text: str
    received_on: str
    who: str
    deadline: words.Deadline | None
    answer: tuple[str, str, str] | None
    may_answer: bool


@dataclass(frozen=True, slots=True)
class EndingCard:
    """The latest proposal to end the monitoring."""

    number: int
    state: str
    state_label: str
    who: str
    when: str
    lines: Lines
    closed: tuple[str, str, str] | None
    may_close: bool
    hint: str


class Cards:
    """Words of one household's case for one person.

    Parameters
    ----------
    programme : Programme
        Whose measures and checks.
    file : CaseFile
        The household's case.
    principal : Principal
        Who looks.
    now : datetime
        The present instant.
    language : Language
        Of the words.
    """

    def __init__(
        self, programme: Programme, file: CaseFile, principal: Principal, now: dt.datetime, language: Language
    ) -> None:
        self.programme, self.file, self.language = programme, file, language
        self.writer = LogWriter(programme, language)
        self.today = programme.day_of(now)
        self.principal = principal
        self.may_act = principal.kind == "user" and Permission.DECIDE in principal.permissions

    def help(self, one: Help) -> HelpCard:
        """Return a measure, and the steps that it may take."""
        steps = tuple(
            (
                words.help_state_label(self.language, state),
                tuple(line for line in self.writer.help_lines(step) if line[1]),
            )
            for state, step in zip(one.states, one.steps, strict=True)
        )
        gettext = self.language.gettext
        named = {
            EntryKind.HELP_STARTED: gettext("It has started"),
            EntryKind.HELP_FINISHED: gettext("It is finished"),
            EntryKind.HELP_STOPPED: gettext("It was stopped"),
        }
        return HelpCard(
            one.number,
            self.writer.measure(one.measure),
            self.writer.group(one.group),
            one.state.value,
            words.help_state_label(self.language, one.state),
            steps,
            tuple((STEP_NAMES[kind], named[kind]) for kind in NEXT_STEPS[one.state]),
        )

    def measures(self) -> tuple[tuple[str, Choices], ...]:
        """Return the programme's measures by factor group, in the programme's order."""
        found: dict[str, list[tuple[str, str]]] = {}
        for one in self.programme.file.measures:
            found.setdefault(one.group, []).append((one.code, self.language.label(one.label)))
        return tuple((self.writer.group(group), tuple(ones)) for group, ones in found.items())

    def decisions(self) -> Choices:
        """Return the decisions that an appeal may be against, the newest first."""
        return tuple(
            (str(one.decision), f"{one.decision}: {words.outcome_label(self.language, one.judgement.outcome)}, "
             f"{self.writer.instant(one.decided_at)}, {one.decided_by}")
            for one in self.file.decisions[:50]
        )  # fmt: skip

    def appeal(self, one: Appeal) -> AppealCard:
        """Return what the household said, and whether this person may answer."""
        content, gettext = one.received.content, self.language.gettext
        answer = None
        if one.answer is not None:
            result = words.appeal_result_label(self.language, AppealResult(one.answer.content["result"]))
            who = self.writer.who(one.answer.by, one.answer.role)
            answer = result, one.answer.content["text"], f"{self.writer.instant(one.answer.at)}, {who}"
        return AppealCard(
            one.number,
            words.appeal_kind_label(self.language, AppealKind(content["kind"])),
            "" if one.decision is None else gettext("decision %(number)s", number=one.decision),
            content["text"],
            self.language.date(dt.date.fromisoformat(content["received_on"])),
            self.writer.who(one.received.by, one.received.role),
            None if one.answer else words.answer_deadline(self.language, one.answer_by, self.today),
            answer,
            self.may_act and one.answer is None and may_answer(one, self.principal.name, self.file.decided_by),
        )

    def ending(self, one: Proposal, lapsed: bool) -> EndingCard:
        """Return a proposal to end the monitoring, and whether this person may close it."""
        return EndingCard(
            one.proposed.entry,
            "lapsed" if lapsed else one.state.value,
            self._ending_label(one, lapsed),
            self.writer.who(one.proposed.by, one.proposed.role),
            self.writer.instant(one.proposed.at),
            self._ending_lines(one),
            self._closed(one),
            not lapsed and one.state is ProposalState.OPEN and may_close(self.principal, one),
            self._ending_hint(one, lapsed),
        )

    def _ending_label(self, one: Proposal, lapsed: bool) -> str:
        gettext = self.language.gettext
        if lapsed:
            return gettext("Lapsed")
        return {
            ProposalState.OPEN: gettext("Waits for a second person"),
            ProposalState.CONFIRMED: gettext("Confirmed"),
            ProposalState.DECLINED: gettext("Declined"),
        }[one.state]

    def _ending_lines(self, one: Proposal) -> Lines:
        return tuple(line for line in self.writer.ending_lines(one.proposed) if line[1])

    def _closed(self, one: Proposal) -> tuple[str, str, str] | None:
        if one.closed is None:
            return None
        who = self.writer.who(one.closed.by, one.closed.role)
        return (
            self._ending_label(one, lapsed=False),
            one.closed.content["why"],
            f"{self.writer.instant(one.closed.at)}, {who}",
        )

    def _ending_hint(self, one: Proposal, lapsed: bool) -> str:
        gettext = self.language.gettext
        if lapsed:
            return words.refusal_text(self.language, Rule.LAPSED)
        if one.state is not ProposalState.OPEN or may_close(self.principal, one):
            return ""
        return gettext("A supervisor other than the proposer confirms or declines it.")


def may_close(principal: Principal, proposal: Proposal) -> bool:
    """Tell whether somebody may confirm or decline a proposal: a supervisor who did not make it."""
    return is_supervisor(principal) and principal.name != proposal.proposed.by


def is_supervisor(principal: Principal) -> bool:
    """Tell whether somebody may be the second person of a proposal."""
    return Permission.DECIDE in principal.permissions and Permission.ASSIGN in principal.permissions
