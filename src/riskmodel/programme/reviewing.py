"""What reviewers go by: deadlines, what may be tried out on a page, when monitoring may end, and what incomes are held against."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from riskmodel.programme.measures import Condition, Labels
from riskmodel.programme.outcome import Strict

Days = Annotated[int, Field(gt=0, le=365)]


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
    """

    code: str
    label: Labels
    when: tuple[Condition, ...] = ()
    for_months: Annotated[int, Field(ge=0, le=60)] = 0


class Ending(Strict):
    """When it may be proposed that the monitoring of a household ends; two people decide, and nothing does it by itself."""

    checks: tuple[EndingCheck, ...] = Field(min_length=1)


class ReferenceSeries(Strict):
    """Growth from year to year that the growth of an area's incomes is held against.

    Attributes
    ----------
    code, label : str, mapping of language to str
        Its name, for programs and for people.
    source : str
        Who published it.
    growth : mapping of int to float
        Year -> growth over the year before, as a share.
    """

    code: str
    label: Labels
    source: str = Field(min_length=1)
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
        Features that help can change, which may be tried out within the range that was seen.
    without_labour : tuple of Condition
        All hold where nobody in a household can work: its safety net comes first, and its monitoring does not end.
    ending : Ending or None
        When monitoring may end.
    income_growth : IncomeGrowth or None
        How an area's incomes grow.
    """

    decide_within_days: Days | None = None
    answer_within_days: Days | None = None
    try_out: tuple[str, ...] = ()
    without_labour: tuple[Condition, ...] = ()
    ending: Ending | None = None
    income_growth: IncomeGrowth | None = None
