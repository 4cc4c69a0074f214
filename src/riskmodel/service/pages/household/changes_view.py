"""What is different from last time, in words: the data, or the model."""

from __future__ import annotations

from dataclasses import dataclass

from riskmodel.explain.reasons import Words
from riskmodel.service.changes import Change, Moved
from riskmodel.service.pages import sentences


@dataclass(frozen=True, slots=True)
class MovedLine:
    """A factor that changed: before, now, and what that did."""

    label: str
    before: str
    after: str
    effect: str
    direction: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What is different.

    Attributes
    ----------
    lead : str
        What was said last time.
    because : str
        Whether the data changed, or the model.
    moved : tuple of MovedLine
        What moved most.
    """

    lead: str
    because: str
    moved: tuple[MovedLine, ...]


def change_view(change: Change | None, words: Words) -> ChangeView | None:
    """Return what is different from last time; None where nothing was said before."""
    if change is None:
        return None
    language = words.language
    lead = language.gettext(
        "Last time, with data until %(day)s: %(risk)s.",
        day=sentences.last_day(language, change.as_of),
        risk=sentences.of_hundred(language, change.probability),
    )
    felt = [_line(one, words) for one in change.moved if abs(one.log_odds) >= sentences.SLIGHT]
    # where other factors changed how a value counts, the value itself is not news
    moved = tuple(line for line in felt if line.before != line.after)
    return ChangeView(lead, _because(change, words), moved)


def _because(change: Change, words: Words) -> str:
    gettext = words.language.gettext
    if change.data_part is None or change.model_part is None:
        if change.same_model:
            return gettext("The model is the same, so what changed is the data.")
        return gettext("The model is another one and can't be run on last time's data.")
    if change.same_model:
        return gettext(
            "The model is the same. The change in the data %(effect)s.",
            effect=sentences.movement(words.language, change.data_part),
        )
    return gettext(
        "The change in the data %(data)s. The model is another one, which %(model)s.",
        data=sentences.movement(words.language, change.data_part),
        model=sentences.movement(words.language, change.model_part),
    )


def _line(moved: Moved, words: Words) -> MovedLine:
    return MovedLine(
        words.feature(moved.after.feature),
        words.household_value(moved.before),
        words.household_value(moved.after),
        sentences.strength(words.language, moved.log_odds),
        "up" if moved.log_odds > 0 else "down",
    )
