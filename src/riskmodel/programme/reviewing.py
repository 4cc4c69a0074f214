"""What reviewers go by: deadlines, what may be tried out on a page, when monitoring may end, and what incomes are held against."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from riskmodel.programme.measures import Condition, Labels
from riskmodel.programme.outcome import Strict

LABOUR = "able_to_work"
"""Code of the check that is added where the records do not know whether anybody in a household can work."""
Days = Annotated[int, Field(gt=0, le=365)]


class RecordsSay(StrEnum):
    """What the records can tell of a check by its conditions."""

    REFUTE = "refute"
    """That it is not so; where they hold, a person still has to confirm it."""
    SHOW = "show"
    """That it is so: the conditions cover all that the check says."""


class EndingCheck(Strict):
    """One thing that must be so before it may be proposed that monitoring ends.

    Attributes
    ----------
    code, label : str, mapping of language to str
        Its name, for programs and for people.
    when : tuple of Condition
        What the records have to show; none for what people alone can confirm.
    for_months : int
        For how long they have to have shown it.
    records : RecordsSay
        Whether conditions that hold show that it is so, or leave it to people to confirm.
    """

    code: str
    label: Labels
    when: tuple[Condition, ...] = ()
    for_months: Annotated[int, Field(ge=0, le=60)] = 0
    records: RecordsSay = RecordsSay.REFUTE


class Ending(Strict):
    """When it may be proposed that the monitoring of a household ends; two people decide, and nothing does it by itself."""

    checks: tuple[EndingCheck, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_a_code_for_each(self) -> Self:
        codes = [one.code for one in self.checks]
        if len({*codes, LABOUR}) <= len(codes):
            raise ValueError(f"each check needs a code of its own, other than {LABOUR}; it has {', '.join(codes)}")
        return self


class ReferenceSeries(Strict):
    """Growth from year to year that the growth of an area's incomes is held against.

    Attributes
    ----------
    code, label : str, mapping of language to str
        Its name, for programs and for people.
    source : mapping of language to str
        Who published it.
    real : bool
        Whether it is growth at constant prices; growth in money of the day is told as nominal.
    growth : mapping of int to float
        Year -> growth over the year before, as a share.
    """

    code: str
    label: Labels
    source: Annotated[Labels, Field(min_length=1)]
    real: bool = False
    growth: dict[int, float] = Field(min_length=1)


class IncomeGrowth(Strict):
    """Which income of households grows, and what its growth is held against.

    Attributes
    ----------
    column : str
        ``table.column`` of an amount a person.
    references : tuple of ReferenceSeries
        What it is held against.
    """

    column: str
    references: tuple[ReferenceSeries, ...] = ()


class Reviewing(Strict):
    """What the reviewers' pages need to know of a programme; what is left out is not shown.

    Attributes
    ----------
    decide_within_days : int or None
        From the first sign to the decision.
    answer_within_days : int or None
        To an appeal, or to a household's correction.
    try_out : tuple of str
        Features that help can change, which may be tried out within the range that is usual.
    try_out_at_most : mapping of str to str
        One of them -> the feature whose value it may not exceed: no more people work in a household than can.
    without_labour : tuple of Condition
        All hold where nobody in a household can work: its safety net comes first, and its monitoring does not end.
    ending : Ending or None
        When monitoring may end.
    income_growth : IncomeGrowth or None
        How an area's incomes grow.
    visited_by : tuple of str
        Kinds of events, any of which tells that somebody visited a household.
    """

    decide_within_days: Days | None = None
    answer_within_days: Days | None = None
    try_out: tuple[str, ...] = ()
    try_out_at_most: dict[str, str] = {}
    without_labour: tuple[Condition, ...] = ()
    ending: Ending | None = None
    income_growth: IncomeGrowth | None = None
    visited_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _limits_what_may_be_tried(self) -> Self:
        if beyond := set(self.try_out_at_most) - set(self.try_out):
            raise ValueError(f"try_out_at_most limits {', '.join(sorted(beyond))}, which try_out does not name")
        return self
