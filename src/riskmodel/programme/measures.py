"""Help that exists, and the department rules that raise a flag today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from riskmodel.programme.outcome import Strict

Labels = dict[str, str]


class Bounds(Strict):
    """What a value must not be below, and not above; both included."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _holds_for_some_value(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least or at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most, which no value passes")
        return self


class Threshold(Bounds):
    """Bounds for an area, from a date on; they take the place of both of the condition's own.

    Attributes
    ----------
    area : str
        Code of the area, with all that lies in it; everywhere where empty.
    since : date or None
        First as-of date that they hold on, ``from`` in the file; always where None.
    """

    # the word stays `from` in a bundle's frozen programme, so that it reads back as the file does
    model_config = ConfigDict(serialize_by_alias=True)

    area: str = ""
    since: dt.date | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _is_not_for_all(self) -> Self:
        if not self.area and self.since is None:
            raise ValueError("give area or from: bounds for everywhere and always are the condition's own")
        return self


class Condition(Bounds):
    """A test on one feature of the snapshot; a missing value never passes.

    Attributes
    ----------
    feature : str
        Name of the feature.
    by : tuple of Threshold
        Bounds that differ by area and date; for rules alone.
    """

    feature: str
    by: tuple[Threshold, ...] = ()

    def in_force(self, areas: Sequence[str], as_of: dt.date) -> Bounds:
        """Return the bounds that hold in a place on a date.

        Those of the deepest area win, then those with the latest date; the condition's own hold where there are none.

        Parameters
        ----------
        areas : sequence of str
            Codes from the widest area to the one that the household lives in.
        as_of : date
            Date of the snapshot.
        """
        depth = {"": 0} | {code: place for place, code in enumerate(areas, 1)}
        begun = [one for one in self.by if one.area in depth and (one.since is None or one.since <= as_of)]
        return max(begun, key=lambda one: (depth[one.area], one.since or dt.date.min), default=self)


class Rule(Strict):
    """A department's warning rule: all its conditions hold."""

    code: str
    label: Labels
    department: str = ""
    when: tuple[Condition, ...] = Field(min_length=1)


class Measure(Strict):
    """Help that exists for one factor group, offered where its conditions hold.

    Attributes
    ----------
    code, label : str, mapping of language to str
        Its name, for programs and for people.
    group : str
        Factor group that it answers.
    department : str
        Who provides it.
    only_if : tuple of Condition
        When it can be offered at all.
    safety_net : bool
        Whether it holds a household that can't earn for itself: then it comes first.
    """

    code: str
    label: Labels
    group: str
    department: str = ""
    only_if: tuple[Condition, ...] = ()
    safety_net: bool = False


class Alerts(Strict):
    """When those in charge are told.

    Attributes
    ----------
    cooldown_days : int
        For so long a household's later alerts of the same factor group are taken for the same trouble.
    """

    cooldown_days: Annotated[int, Field(gt=0, le=3650)] = 90
