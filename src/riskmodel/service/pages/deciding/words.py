"""What is decided and done with a household, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.calendar import zone
from riskmodel.service.access import Origin
from riskmodel.service.cases.appeals import AppealKind, AppealResult
from riskmodel.service.cases.deadlines import days_left, days_until
from riskmodel.service.cases.ending import MONITORING_ENDED
from riskmodel.service.cases.entries import Rule
from riskmodel.service.cases.helping import HelpResult, HelpState
from riskmodel.service.store.decisions import Outcome


@dataclass(frozen=True, slots=True)
class Deadline:
    """Days that are left, in words, and whether they are over."""

    text: str
    overdue: bool


def decide_deadline(
    language: Language, waiting_since: dt.datetime | None, now: dt.datetime, within_days: int | None, time_zone: str
) -> Deadline | None:
    """Return how long there is to decide; None where nothing waits, or the programme sets no deadline."""
    if waiting_since is None or within_days is None:
        return None
    left = days_left(waiting_since, now, within_days, time_zone)
    if left > 0:
        words = language.ngettext(
            "%(left)s of %(total)s days left", "%(left)s of %(total)s days left", left, left=left, total=within_days
        )
        return Deadline(words, overdue=False)
    return _over(language, left)


def answer_deadline(language: Language, answer_by: dt.date | None, today: dt.date) -> Deadline | None:
    """Return how long there is to answer; None where no day is set."""
    if answer_by is None:
        return None
    left = days_until(answer_by, today)
    if left > 0:
        words = language.ngettext("%(left)s day left", "%(left)s days left", left, left=left)
        return Deadline(words, overdue=False)
    return _over(language, left)


def _over(language: Language, left: int) -> Deadline:
    if left == 0:
        return Deadline(language.gettext("today is the last day"), overdue=False)
    return Deadline(language.ngettext("%(days)s day overdue", "%(days)s days overdue", -left, days=-left), overdue=True)


def instant_text(language: Language, at: dt.datetime, time_zone: str) -> str:
    """Write an instant as people there read their clocks."""
    there = at.astimezone(zone(time_zone))
    return f"{language.date(there.date())} {there:%H:%M}"


def outcome_label(language: Language, outcome: Outcome) -> str:
    """Return what was decided."""
    gettext = language.gettext
    return {
        Outcome.MONITOR: gettext("Monitor"),
        Outcome.NEEDS_VISIT: gettext("Needs a visit"),
        Outcome.NOT_NOW: gettext("Not now"),
        Outcome.WRONG_DATA: gettext("Wrong data"),
    }[outcome]


def standing_label(language: Language, outcome: str) -> str:
    """Return what was decided last, or that the monitoring ended since."""
    if outcome == MONITORING_ENDED:
        return language.gettext("Monitoring ended")
    return outcome_label(language, Outcome(outcome))


def outcome_meaning(language: Language, outcome: Outcome) -> str:
    """Return what it means to decide so."""
    gettext = language.gettext
    return {
        Outcome.MONITOR: gettext("The household is at risk: take it into monitoring and look for help that fits."),
        Outcome.NEEDS_VISIT: gettext("The records are not enough: somebody goes there by the date below."),
        Outcome.NOT_NOW: gettext("Nothing has to be done now; the household comes up again when its risk changes."),
        Outcome.WRONG_DATA: gettext("The records are wrong or out of date; they have to be corrected first."),
    }[outcome]


def origin_label(language: Language, origin: str) -> str:
    """Return who noticed; an unknown one as it is."""
    gettext = language.gettext
    labels: Mapping[str, str] = {
        Origin.SELF_REPORT: gettext("reported by the household"),
        Origin.OFFICIAL_CHECK: gettext("found by an official's check"),
        Origin.DEPARTMENT_SCREENING: gettext("found by a department's screening"),
        Origin.MODEL: gettext("noticed by the model"),
    }
    return labels.get(origin, origin)


def who(language: Language, name: str, role: str) -> str:
    """Return who acted, and as what."""
    gettext = language.gettext
    labels = {"reviewer": gettext("reviewer"), "supervisor": gettext("supervisor")}
    return gettext("%(name)s (%(role)s)", name=name, role=labels.get(role, role)) if role else name


def help_state_label(language: Language, state: HelpState) -> str:
    """Return where help stands."""
    gettext = language.gettext
    return {
        HelpState.PROPOSED: gettext("Proposed"),
        HelpState.STARTED: gettext("Under way"),
        HelpState.FINISHED: gettext("Finished"),
        HelpState.STOPPED: gettext("Stopped"),
    }[state]


def help_result_label(language: Language, result: HelpResult) -> str:
    """Return what came of help."""
    gettext = language.gettext
    return {
        HelpResult.HELPED: gettext("It helped"),
        HelpResult.DID_NOT: gettext("It did not help"),
        HelpResult.UNCLEAR: gettext("Not clear yet"),
    }[result]


def appeal_kind_label(language: Language, kind: AppealKind) -> str:
    """Return what a household asks for."""
    gettext = language.gettext
    return {
        AppealKind.APPEAL: gettext("Appeal against a decision"),
        AppealKind.CORRECTION: gettext("Correction of the records"),
    }[kind]


def appeal_result_label(language: Language, result: AppealResult) -> str:
    """Return how it was answered."""
    gettext = language.gettext
    return {
        AppealResult.UPHELD: gettext("Upheld: the household is right"),
        AppealResult.REJECTED: gettext("Rejected"),
        AppealResult.DATA_CORRECTED: gettext("The records were corrected"),
    }[result]


def refusal_text(language: Language, rule: Rule) -> str:
    """Return why something may not be added to a case."""
    gettext = language.gettext
    return {
        Rule.NO_SUCH_ENTRY: gettext("This entry is not in the household's case. Look at the case again."),
        Rule.NO_SUCH_DECISION: gettext("An appeal is against a decision: choose which one."),
        Rule.NOTHING_DECIDED: gettext("Nothing was decided yet; note it as a correction."),
        Rule.BEFORE_DECISION: gettext("The date is before the decision that it is against."),
        Rule.NOT_THE_NEXT_STEP: gettext("Somebody has changed this meanwhile. Look at the case again."),
        Rule.TOO_EARLY: gettext("The date is before the step before it."),
        Rule.SAME_PERSON: gettext("A second person has to do this: you did the first part yourself."),
        Rule.ANSWERED_ALREADY: gettext("Somebody has answered this meanwhile. Look at the case again."),
        Rule.WITHOUT_LABOUR: gettext(
            "Nobody in this household can work. It is kept under the safety net and watched; its monitoring does not end."
        ),
        Rule.NOT_MONITORED: gettext("This household is not being monitored."),
        Rule.SIGN_WAITS: gettext("A sign of this household waits to be decided on. Decide first."),
        Rule.HIGHEST_BAND: gettext("The household's risk is in the highest band; its monitoring can't end now."),
        Rule.SPOKEN_AGAINST: gettext(
            "The records speak against this. Where they are wrong, have them corrected first."
        ),
        Rule.NOT_CONFIRMED: gettext(
            "The records alone do not show this. Confirm it, noting how you know where they say nothing, or leave the "
            "proposal for now."
        ),
        Rule.PROPOSED_ALREADY: gettext("The end of monitoring is proposed already and waits for a second person."),
        Rule.LAPSED: gettext(
            "Since it was proposed a sign came, somebody decided, or the risk moved into the highest band, so the "
            "proposal lapsed. It has to be made anew."
        ),
        Rule.CHANGED: gettext(
            "What the records show has changed since it was proposed. Decline it; it can be proposed anew."
        ),
        Rule.CLOSED_ALREADY: gettext("Somebody has confirmed or declined this meanwhile. Look at the case again."),
        Rule.FULL: gettext("This case is full: what is open can go on, but nothing new begins. Ask the administrator."),
    }[rule]


def being_done(language: Language) -> str:
    """Return what is said while the same form is being kept."""
    return language.gettext("This is being kept just now. Wait a moment, then send it again.")


def kept_before(language: Language) -> str:
    """Return what is said of a form that was sent once and is sent again with other words."""
    return language.gettext(
        "This form was kept already, with other words. Look at the case; if you send it again, it is kept as another entry."
    )
