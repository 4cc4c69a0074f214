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
        "Last time, with data as of %(date)s: %(risk)s.",
        date=language.date(change.as_of),
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
        return gettext(
            "The model is another one, and the data of last time are kept no longer, so the two can't be parted."
        )
    if change.same_model:
        return gettext("The model is the same; the data: %(effect)s.", effect=_effect(change.data_part, words))
    return gettext(
        "The data: %(data)s. The model, which is another one: %(model)s.",
        data=_effect(change.data_part, words),
        model=_effect(change.model_part, words),
    )


def _effect(log_odds: float, words: Words) -> str:
    return sentences.strength(words.language, log_odds)


def _line(moved: Moved, words: Words) -> MovedLine:
    return MovedLine(
        words.feature(moved.after.feature),
        words.household_value(moved.before),
        words.household_value(moved.after),
        _effect(moved.log_odds, words),
        "up" if moved.log_odds > 0 else "down",
    )
