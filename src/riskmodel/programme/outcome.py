"""Who is at risk, and what counts as falling."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """A part of a programme: frozen, and closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Months = Annotated[int, Field(ge=1, le=120)]


class OpenSpell(Strict):
    """A spell that starts with one kind of event and ends with another, such as monitoring."""

    opened_by: str
    closed_by: str


class Cohort(Strict):
    """Who is at risk on a date, judged by what was known then.

    Attributes
    ----------
    not_poor : bool
        The latest visible status must be known and not poor.
    seen_within_months : int or None
        There must be a visible row of the welfare table whose period ended within so many months before the date.
    outside_spell : OpenSpell or None
        Households in such a spell (under monitoring, say) are not at risk of entering it.
    gone_after : tuple of str
        Kinds of events after which a household is no longer in the panel.
    """

    not_poor: bool = False
    seen_within_months: Months | None = None
    outside_spell: OpenSpell | None = None
    gone_after: tuple[str, ...] = ()


class OutcomeBase(Strict):
    """What every outcome has.

    Attributes
    ----------
    horizons_months : tuple of int
        Months ahead, ascending.
    main_horizon_months : int
        The one that lists and top-level figures use.
    settled_after_days : int
        Days after the end of the window until the outcome is taken as recorded; training waits for them.
    """

    horizons_months: tuple[Months, ...] = Field(min_length=1)
    main_horizon_months: Months
    settled_after_days: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _horizons_agree(self) -> Self:
        if list(self.horizons_months) != sorted(set(self.horizons_months)):
            raise ValueError("horizons_months must ascend without repeats")
        if self.main_horizon_months not in self.horizons_months:
            raise ValueError("main_horizon_months must be one of horizons_months")
        return self


class SameWithin(Strict):
    """How far a column may move while the household is still taken for the same one.

    Attributes
    ----------
    column : str
        Column of the welfare table, such as the age of the head.
    change_at_least, change_at_most : float
        Bounds of the change from the as-of date to the horizon, both included; without them it must not change.
    """

    column: str
    change_at_least: float = 0
    change_at_most: float = 0


class StatusAt(OutcomeBase):
    """Poor at the horizon: the status in the period that ends where the window ends.

    Attributes
    ----------
    same : tuple of SameWithin
        What must not have changed, lest another household in the same dwelling be followed; else it is unknown.
    welfare_error : float or None
        Standard deviation of told welfare around the true one, in logs. With it, trees learn in place of the status the
        chance to be poor were welfare told anew: a household a peso above the line tells nearly the same as one a peso
        below it. Calibration and every figure are about the status itself.
    """

    kind: Literal["status_at"]
    same: tuple[SameWithin, ...] = ()
    welfare_error: float | None = Field(default=None, gt=0, le=1)


class Objective(Strict):
    """Hardship that shows without anybody's decision.

    Attributes
    ----------
    below_line : bool
        Welfare of a period that ends within the window is below the line in force, and was not before.
    lost_guarantees : tuple of str
        Kinds of events by which a household loses schooling, safe housing and the like.
    guarantee_columns : tuple of str
        ``table.column`` of observations that are above zero where a guarantee is lacking: it counts as lost if the
        latest value before the window was not.
    """

    below_line: bool = True
    lost_guarantees: tuple[str, ...] = ()
    guarantee_columns: tuple[str, ...] = ()


class Cause(Strict):
    """A recorded cause of an event.

    Attributes
    ----------
    group : str
        Factor group that stands for it among the reasons of a score.
    shown_by : tuple of str
        Kinds of events that tell of it; a cause could be known on a date if one of them had been recorded.
    """

    group: str
    shown_by: tuple[str, ...] = ()


EventKind = Literal["administrative", "objective", "either"]
EVENT_KINDS: tuple[EventKind, ...] = ("administrative", "objective", "either")


class EventWithin(OutcomeBase):
    """One of some events happened within the window.

    Attributes
    ----------
    events : tuple of str
        Kinds of administrative events that count, such as being identified.
    censored_by : tuple of str
        Kinds of events that end observation; without an event before, the outcome is unknown.
    objective : Objective or None
        What counts as hardship whatever an office decided.
    predict : str
        Which of them is learned: ``administrative``, ``objective`` or ``either``; the others are reported beside it.
    causes : mapping of str to Cause
        What the column ``cause`` of the events may hold.
    """

    kind: Literal["event_within"]
    events: tuple[str, ...] = Field(min_length=1)
    censored_by: tuple[str, ...] = ()
    objective: Objective | None = None
    predict: EventKind = "administrative"
    causes: dict[str, Cause] = {}

    @model_validator(mode="after")
    def _predicts_what_it_knows(self) -> Self:
        if self.predict != "administrative" and self.objective is None:
            raise ValueError(f"predict: {self.predict} needs `objective`, which says what counts")
        return self


Outcome = Annotated[StatusAt | EventWithin, Field(discriminator="kind")]
