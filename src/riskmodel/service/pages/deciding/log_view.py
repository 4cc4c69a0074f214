"""Everything about a household in order of time, in words: what was noticed, decided, appealed against and done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.dictionary import EVENTS
from riskmodel.programme.programme import Programme
from riskmodel.programme.reviewing import LABOUR
from riskmodel.service.cases.appeals import AppealKind, AppealResult
from riskmodel.service.cases.checklist import Shown
from riskmodel.service.cases.entries import Entry, EntryKind
from riskmodel.service.cases.helping import HelpResult, helps_of
from riskmodel.service.pages.deciding import words
from riskmodel.service.pages.deciding.decide_view import decision_texts
from riskmodel.service.pages.deciding.ending_words import kept_text, labour_label, showed_text
from riskmodel.service.store.case_reading import CaseFile, Sign
from riskmodel.service.store.decisions import Decision

Lines = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LogItem:
    """One thing that happened.

    Attributes
    ----------
    anchor : str
        Its place on the page.
    when, machine_when : str
        The instant, for people and for programs.
    title, who : str
        What, and who did it; nobody did what was noticed.
    lines : tuple of (str, str)
        What was written, each with its label.
    decision : int or None
        Number of a decision, which may be corrected; none where it was already.
    """

    anchor: str
    when: str
    machine_when: str
    title: str
    who: str
    lines: Lines
    decision: int | None = None


class LogWriter:
    """Writes what happened in one language.

    Parameters
    ----------
    programme : Programme
        Whose measures, rules and groups.
    language : Language
        Of the words.
    """

    def __init__(self, programme: Programme, language: Language) -> None:
        file = programme.file
        self._language, self._time_zone = language, file.time_zone
        self._measures = {one.code: language.label(one.label) for one in file.measures}
        self._groups = {code: language.label(label) for code, label in file.groups.items()}
        self._rules = {one.code: language.label(one.label) for one in file.rules}
        self._bands = {one.code: language.label(one.label) for one in file.bands}
        ending = file.reviewing.ending
        self._checks = {one.code: language.label(one.label) for one in ending.checks} if ending else {}
        self._checks[LABOUR] = labour_label(language)
        self._events = {
            one.name: language.label(one.labels) for one in programme.dictionary.columns if one.table == EVENTS
        }

    def log(self, file: CaseFile, signs: Sequence[Sign]) -> tuple[LogItem, ...]:
        """Return everything about a household, the newest first."""
        helps = {number: one.measure for number, one in helps_of(file.entries).items()}
        corrected = {one.judgement.corrects: one.decision for one in file.decisions}
        dated: list[tuple[dt.datetime, LogItem]] = []
        dated += [(one.raised_at, self._sign(one)) for one in reversed(signs)]
        dated += [
            (one.decided_at, self._decision(one, corrected.get(one.decision))) for one in reversed(file.decisions)
        ]
        dated += [(one.at, self._entry(one, helps)) for one in file.entries]
        return tuple(item for _, item in sorted(dated, key=lambda one: one[0])[::-1])

    def measure(self, code: str) -> str:
        """Return what a measure is called; its code where the programme has it no more."""
        return self._measures.get(code, code)

    def group(self, code: str) -> str:
        """Return what a factor group is called."""
        return self._groups.get(code, code)

    def check(self, code: str) -> str:
        """Return what a check is called."""
        return self._checks.get(code, code)

    def instant(self, at: dt.datetime) -> str:
        """Write an instant."""
        return words.instant_text(self._language, at, self._time_zone)

    def who(self, name: str, role: str) -> str:
        """Return who acted, and as what."""
        return words.who(self._language, name, role)

    def _item(self, anchor: str, at: dt.datetime, title: str, who: str, lines: Lines) -> LogItem:
        kept = tuple((label, text) for label, text in lines if text)
        return LogItem(anchor, self.instant(at), at.isoformat(timespec="minutes"), title, who, kept)

    def _sign(self, sign: Sign) -> LogItem:
        gettext, language = self._language.gettext, self._language
        happened = [f"{self._events.get(kind, kind)} ({language.date(day)})" for kind, day in sign.events]
        moved = ""
        if sign.band is not None and sign.previous_band is not None and sign.band != sign.previous_band:
            before, after = (
                self._bands.get(sign.previous_band, sign.previous_band),
                self._bands.get(sign.band, sign.band),
            )
            moved = gettext("%(before)s → %(after)s", before=before, after=after)
        lines = (
            (gettext("Noticed by"), self._joined(words.origin_label(language, one) for one in sign.origins)),
            (gettext("What happened"), self._joined(happened)),
            (gettext("Rules that apply"), self._joined(self._rules.get(code, code) for code in sign.rules)),
            (gettext("Band"), moved),
        )
        title = gettext("Sign: %(group)s", group=self.group(sign.group)) if sign.group else gettext("Sign")
        return self._item(f"sign-{sign.alert}", sign.raised_at, title, "", lines)

    def _joined(self, parts: Iterable[str]) -> str:
        return self._language.gettext("; ").join(parts)

    def _decision(self, one: Decision, by: int | None) -> LogItem:
        gettext, judgement = self._language.gettext, one.judgement
        label = words.outcome_label(self._language, judgement.outcome)
        title = gettext("Decision %(number)s: %(outcome)s", number=one.decision, outcome=label)
        about = ""
        if judgement.band is not None:
            band = self._bands.get(judgement.band, judgement.band)
            about = gettext("%(band)s (departs from it)", band=band) if judgement.departs else band
        lines: Lines = ((gettext("Band"), about), *decision_texts(self._language, one))
        if judgement.corrects is not None:
            lines = ((gettext("Takes the place of"), gettext("decision %(number)s", number=judgement.corrects)), *lines)
        if by is not None:
            lines = ((gettext("Corrected by"), gettext("decision %(number)s", number=by)), *lines)
        item = self._item(f"decision-{one.decision}", one.decided_at, title, self.who(one.decided_by, one.role), lines)
        return LogItem(
            item.anchor, item.when, item.machine_when, title, item.who, item.lines, None if by else one.decision
        )

    def _entry(self, entry: Entry, helps: Mapping[int, str]) -> LogItem:
        write = self._writers().get(entry.kind)
        title, lines = write(entry, helps) if write is not None else (entry.kind, ())
        return self._item(f"entry-{entry.entry}", entry.at, title, self.who(entry.by, entry.role), lines)

    def _writers(self) -> Mapping[str, Callable[[Entry, Mapping[int, str]], tuple[str, Lines]]]:
        return {
            EntryKind.ASSIGNED: self._assigned,
            EntryKind.HELP_PROPOSED: self._help,
            EntryKind.HELP_STARTED: self._help,
            EntryKind.HELP_FINISHED: self._help,
            EntryKind.HELP_STOPPED: self._help,
            EntryKind.APPEAL_RECEIVED: self._appeal,
            EntryKind.APPEAL_ANSWERED: self._appeal_answer,
            EntryKind.ENDING_PROPOSED: self._ending_proposed,
            EntryKind.ENDING_CONFIRMED: self._ending_closed,
            EntryKind.ENDING_DECLINED: self._ending_closed,
        }

    def _assigned(self, entry: Entry, _: Mapping[int, str]) -> tuple[str, Lines]:
        gettext, to = self._language.gettext, entry.content.get("to")
        return (gettext("Assigned to %(name)s", name=to) if to else gettext("Given back: nobody has it")), ()

    def _help(self, entry: Entry, helps: Mapping[int, str]) -> tuple[str, Lines]:
        gettext, content = self._language.gettext, entry.content
        named = self.measure(content.get("measure") or helps.get(entry.about or 0, ""))
        title = {
            EntryKind.HELP_PROPOSED: gettext("Help proposed: %(measure)s", measure=named),
            EntryKind.HELP_STARTED: gettext("Help started: %(measure)s", measure=named),
            EntryKind.HELP_FINISHED: gettext("Help finished: %(measure)s", measure=named),
            EntryKind.HELP_STOPPED: gettext("Help stopped: %(measure)s", measure=named),
        }[EntryKind(entry.kind)]
        return title, self.help_lines(entry)

    def help_lines(self, entry: Entry) -> Lines:
        """Return what was written with a step of help."""
        gettext, content = self._language.gettext, entry.content
        result = words.help_result_label(self._language, HelpResult(content["result"])) if "result" in content else ""
        return (
            (gettext("On"), self._language.date(dt.date.fromisoformat(content["on"]))),
            (gettext("Result"), result),
            (gettext("Why"), content.get("why", "")),
            (gettext("Notes"), content.get("note", "") or content.get("text", "")),
        )

    def _appeal(self, entry: Entry, _: Mapping[int, str]) -> tuple[str, Lines]:
        gettext, content = self._language.gettext, entry.content
        decision = content["decision"]
        lines = (
            (gettext("Against"), "" if decision is None else gettext("decision %(number)s", number=decision)),
            (gettext("The household says"), content["text"]),
            (gettext("Received on"), self._language.date(dt.date.fromisoformat(content["received_on"]))),
        )
        return words.appeal_kind_label(self._language, AppealKind(content["kind"])), lines

    def _appeal_answer(self, entry: Entry, _: Mapping[int, str]) -> tuple[str, Lines]:
        gettext, content = self._language.gettext, entry.content
        label = words.appeal_result_label(self._language, AppealResult(content["result"]))
        return gettext("Answered: %(result)s", result=label), ((gettext("Answer"), content["text"]),)

    def _ending_proposed(self, entry: Entry, _: Mapping[int, str]) -> tuple[str, Lines]:
        return self._language.gettext("End of monitoring proposed"), self.ending_lines(entry)

    def ending_lines(self, entry: Entry) -> Lines:
        """Return what a proposal to end the monitoring rests on, check by check."""
        checks = tuple((self.check(one["code"]), kept_text(self._language, one)) for one in entry.content["checks"])
        return (*checks, (self._language.gettext("Notes"), entry.content["text"]))

    def _ending_closed(self, entry: Entry, _: Mapping[int, str]) -> tuple[str, Lines]:
        gettext = self._language.gettext
        confirmed = entry.kind == EntryKind.ENDING_CONFIRMED
        title = gettext("End of monitoring confirmed") if confirmed else gettext("End of monitoring declined")
        showed = tuple(
            (self.check(one["code"]), showed_text(self._language, Shown(one["shown"])))
            for one in entry.content.get("checks", ())
        )
        return title, ((gettext("Why"), entry.content["why"]), *showed)
