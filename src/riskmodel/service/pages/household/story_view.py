"""The past of a household: scores on a time line, with what happened and what was decided; and the same as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.service.pages import sentences
from riskmodel.service.pages.deciding.words import outcome_label
from riskmodel.service.pages.household.bands import band_label
from riskmodel.service.store.story_rows import Happened, Story

WIDTH, HEIGHT, FLOOR = 600.0, 110.0, 90.0
"""Of the chart, in its own units; scores stand above the floor, marks below."""
LEFT, RIGHT = 30.0, 590.0


@dataclass(frozen=True, slots=True)
class Point:
    """A score on the time line: where it stands, and its range."""

    x: float
    y: float
    y_low: float
    y_high: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, or was decided."""

    x: float
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table.

    Attributes
    ----------
    date, what, detail : str
        When, what, and more about it.
    kind : str
        ``score``, ``event`` or ``decision``.
    """

    date: str
    what: str
    detail: str
    kind: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """The past of a household.

    Attributes
    ----------
    points : tuple of Point
        Scores, in order.
    path : str
        The line through them, as SVG writes it.
    marks : tuple of Mark
        Below them.
    first, last, top : str
        Labels of the axes.
    lines : tuple of Line
        The same as a table, the newest first.
    """

    points: tuple[Point, ...]
    path: str
    marks: tuple[Mark, ...]
    first: str
    last: str
    top: str
    lines: tuple[Line, ...]


def story_view(
    programme: Programme, story: Story, time_zone_day: Mapping[int, dt.date], language: Language
) -> StoryView:
    """Return the past of a household in words and as a chart.

    Parameters
    ----------
    programme : Programme
        Whose kinds of events and bands.
    story : Story
        What is known.
    time_zone_day : mapping of int to date
        By decision, the day on which it was made where the programme is at home.
    language : Language
        Of the words.
    """
    said = _one_a_date(story.said)
    days = [row.as_of for row in said] + [one.occurred_on for one in story.happened] + list(time_zone_day.values())
    first, last = (min(days), max(days)) if days else (dt.date.min, dt.date.min)
    # scores decide how far back the chart goes: what happened years before would press them together
    if said:
        first = max(first, min(row.as_of for row in said) - dt.timedelta(days=400))
    top = max((row.high for row in said), default=0.01)

    def at(day: dt.date) -> float:
        share = (day - first).days / max(1, (last - first).days)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def height(probability: float) -> float:
        return round(FLOOR - (FLOOR - 8) * min(1.0, probability / top), 1)

    points = tuple(Point(at(row.as_of), height(row.probability), height(row.low), height(row.high)) for row in said)
    marks = [Mark(at(one.occurred_on), "event") for one in story.happened if one.occurred_on >= first]
    marks += [Mark(at(day), "decision") for day in time_zone_day.values() if day >= first]
    return StoryView(
        points,
        " ".join(f"{'L' if place else 'M'}{one.x} {one.y}" for place, one in enumerate(points)),
        tuple(marks),
        language.date(first) if days else "",
        language.date(last) if days else "",
        sentences.of_hundred(language, top),
        _lines(programme, story, said, time_zone_day, language),
    )


def _one_a_date(said: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Return what was last said of each date, in order."""
    latest: dict[dt.date, Row[Any]] = {}
    for row in said:
        latest.setdefault(row.as_of, row)
    return [latest[day] for day in sorted(latest)]


def _lines(
    programme: Programme, story: Story, said: Sequence[Row[Any]], decided: Mapping[int, dt.date], language: Language
) -> tuple[Line, ...]:
    found: list[tuple[dt.date, int, Line]] = []
    for row in said:
        risk, date = sentences.of_hundred(language, row.probability), language.date(row.as_of)
        what = language.gettext("Score: %(risk)s", risk=risk)
        found.append((row.as_of, 2, Line(date, what, band_label(programme, row.band, language), "score")))
    for one in story.happened:
        what, detail = event_words(programme, one, language)
        found.append((one.occurred_on, 0, Line(language.date(one.occurred_on), what, detail, "event")))
    for decision in story.decided:
        day, outcome = decided[decision.decision], outcome_label(language, decision.judgement.outcome)
        what = language.gettext("Decided: %(outcome)s", outcome=outcome)
        found.append((day, 1, Line(language.date(day), what, decision.decided_by, "decision")))
    return tuple(line for _, _, line in sorted(found, key=lambda one: (one[0], one[1]), reverse=True))


def event_words(programme: Programme, one: Happened, language: Language) -> tuple[str, str]:
    """Return what happened, and when it became known."""
    column = programme.dictionary.column(f"events.{one.kind}")
    what = (language.label(column.labels) if column else "") or one.kind
    return what, language.gettext("known since %(date)s", date=language.date(one.recorded_on))
