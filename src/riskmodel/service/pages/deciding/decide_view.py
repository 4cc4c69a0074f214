"""What the page on which one decides about a household shows, ready for its template."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.service.api.decisions import latest_day_ahead
from riskmodel.service.cases.departing import visited_bands
from riskmodel.service.deciding import Seen
from riskmodel.service.pages import sentences
from riskmodel.service.pages.deciding.words import (
    Deadline,
    decide_deadline,
    instant_text,
    outcome_label,
    outcome_meaning,
    who,
)
from riskmodel.service.pages.household.bands import band_label, band_level
from riskmodel.service.store.case_reading import CaseFile, Said
from riskmodel.service.store.decisions import Decision, Outcome

TEXTS = ("reason", "notes", "evidence")


@dataclass(frozen=True, slots=True)
class Option:
    """One outcome that may be chosen."""

    value: str
    label: str
    meaning: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ScorePanel:
    """The score that is decided about."""

    number: int
    sentence: str
    band_label: str
    level: int
    data_until: str
    version: str
    advice: str


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision of before."""

    number: int
    outcome: str
    when: str
    who: str
    texts: tuple[tuple[str, str], ...]
    corrects: int | None
    corrected: bool


@dataclass(frozen=True, slots=True)
class DecideForm:
    """What the form holds: what was typed so far, and what is wrong with it.

    Attributes
    ----------
    values : mapping of str to str
        By field.
    faults : mapping of str to str
        Sentences by field.
    notice : str
        What is wrong with the whole; may be empty.
    key : str
        Stands for one sending.
    seen : Seen
        What the page shows, after which nothing may have come when the form is sent.
    corrects : int or None
        The decision that is corrected.
    """

    values: Mapping[str, str]
    faults: Mapping[str, str]
    notice: str
    key: str
    seen: Seen
    corrects: int | None


@dataclass(frozen=True, slots=True)
class DecideView:
    """The page."""

    household_id: str
    score: ScorePanel | None
    deadline: Deadline | None
    options: tuple[Option, ...]
    form: DecideForm
    corrected: DecisionLine | None
    earlier: tuple[DecisionLine, ...]
    first_day: str
    last_day: str


def decide_view(
    programme: Programme, file: CaseFile, form: DecideForm, now: dt.datetime, language: Language
) -> DecideView:
    """Return what the page shows.

    Parameters
    ----------
    programme : Programme
        Whose bands and deadlines.
    file : CaseFile
        The household's case.
    form : DecideForm
        What was typed so far.
    now : datetime
        The present instant.
    language : Language
        Of the words.
    """
    reviewing, time_zone = programme.file.reviewing, programme.file.time_zone
    waiting = file.row.waiting_since if file.row is not None else None
    lines = decision_lines(language, file.decisions, time_zone)
    today = programme.day_of(now)
    return DecideView(
        file.subject.household_id,
        None if file.said is None else score_panel(programme, file.said, language),
        decide_deadline(language, waiting, now, reviewing.decide_within_days, time_zone),
        tuple(
            Option(one, outcome_label(language, one), outcome_meaning(language, one), form.values.get("outcome") == one)
            for one in Outcome
        ),
        form,
        next((line for line in lines if line.number == form.corrects), None),
        lines,
        today.isoformat(),
        latest_day_ahead(today).isoformat(),
    )


def score_panel(programme: Programme, said: Said, language: Language) -> ScorePanel:
    """Return the score that counts now, in words, with what follows from its band."""
    words = {
        "probability": said.probability,
        "horizon_months": programme.file.outcome.main_horizon_months,
        "interval": {"low": said.low, "high": said.high},
    }
    known = said.band in {band.code for band in programme.file.bands}
    return ScorePanel(
        said.score,
        sentences.score_sentence(language, words),
        band_label(programme, said.band, language) if known else said.band,
        band_level(programme, said.band) if known else 0,
        sentences.last_day(language, said.as_of),
        said.version,
        _advice(programme, said.band, language),
    )


def _advice(programme: Programme, band: str, language: Language) -> str:
    if band in visited_bands(programme.file.bands, programme.file.capacity):
        return language.gettext(
            "By its band the household is to be looked at. You may decide otherwise, but say why: “not now” needs a reason."
        )
    return language.gettext(
        "By its band nothing has to be done now. You may decide otherwise, but say why: to monitor or visit needs a reason."
    )


def decision_lines(language: Language, decisions: Sequence[Decision], time_zone: str) -> tuple[DecisionLine, ...]:
    """Return decisions in words, the newest first."""
    corrected = {one.judgement.corrects for one in decisions}
    return tuple(_line(language, one, time_zone, one.decision in corrected) for one in decisions)


def _line(language: Language, one: Decision, time_zone: str, corrected: bool) -> DecisionLine:
    return DecisionLine(
        one.decision,
        outcome_label(language, one.judgement.outcome),
        instant_text(language, one.decided_at, time_zone),
        who(language, one.decided_by, one.role),
        decision_texts(language, one),
        one.judgement.corrects,
        corrected,
    )


def decision_texts(language: Language, one: Decision) -> tuple[tuple[str, str], ...]:
    """Return what people wrote with a decision, each with its label."""
    gettext, judgement = language.gettext, one.judgement
    written = (
        (gettext("Reason"), judgement.reason),
        (gettext("Looked at"), judgement.evidence),
        (gettext("Notes"), judgement.notes),
        (gettext("Look again on"), language.date(judgement.next_on) if judgement.next_on else ""),
    )
    return tuple((label, text) for label, text in written if text)
