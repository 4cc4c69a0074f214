"""Help that exists, and the department rules that raise a flag today."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from riskmodel.programme.outcome import Strict

Labels = dict[str, str]


class Condition(Strict):
    """A test on one feature of the snapshot; a missing value never passes.

    Attributes
    ----------
    feature : str
        Name of the feature.
    at_least, at_most : float or None
        Bounds, both included.
    """

    feature: str
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least or at_most")
        return self


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
    """

    code: str
    label: Labels
    group: str
    department: str = ""
    only_if: tuple[Condition, ...] = ()
