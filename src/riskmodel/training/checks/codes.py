"""Every code that a run's checks can find, and what an error does to the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from riskmodel.errors import RiskError, UsageError

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Check:
    """What a code stands for: its gravest level, what was found, and what to do."""

    level: Level
    meaning: str
    remedy: str


CODES: Mapping[str, Check] = MappingProxyType(
    {
        "RM001": Check(
            "error",
            "One feature alone tells falls apart almost perfectly",
            "find out when the column is written; if because of the fall, put it on the programme's leak list",
        ),
        "RM002": Check(
            "error",
            "The same household has overlapping label windows in training and test",
            "move the test later, or leave these training rows out",
        ),
        "RM003": Check(
            "warning",
            "The same households are in training at an earlier date and in the test",
            "usual in a panel; read the result on unseen households beside the whole",
        ),
        "RM004": Check(
            "error",
            "A training outcome was not settled by the test's date",
            "leave these rows out, or test later",
        ),
        "RM005": Check(
            "error",
            "The same household, date and horizon stands there more than once",
            "find the join or the table that doubles rows",
        ),
        "RM006": Check(
            "error",
            "Few falls to learn from or to test on (an error only below 20 in training)",
            "add dates, areas or a longer horizon; read intervals, not figures",
        ),
        "RM007": Check("warning", "A feature is constant in training", "take it out, or look why it never changes"),
        "RM008": Check(
            "error",
            "A feature is known otherwise at serving than in training (an error only if mostly known before)",
            "mend the feed, or take the feature out and train again",
        ),
        "RM009": Check(
            "warning", "A hyper-parameter ended at its bound", "widen the bound and search again, or say why it holds"
        ),
        "RM010": Check("error", "The model ranks worse than a baseline", "use the baseline, or find what went wrong"),
        "RM011": Check(
            "warning",
            "The model is not shown to rank better than a baseline",
            "test on more rows, or weigh whether the simpler rule is enough",
        ),
        "RM012": Check(
            "warning",
            "The test is much worse than the validation",
            "look for drift, for over-fitting, and for leaks on the training side",
        ),
        "RM013": Check("error", "The test is too good to be true", "look for a leak before anything else"),
        "RM014": Check(
            "warning",
            "The share that falls moved between training and test",
            "read calibration by period; probabilities may be off even where the order is right",
        ),
    }
)
"""Every code that a finding can have; ``docs/checks.md`` holds the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found.

    Attributes
    ----------
    code : str
        One of :data:`CODES`.
    level : str
        ``error`` fails the run unless it is allowed; ``warning`` is told.
    words : str
        What was found and what was expected; never who.
    figures : dict
        The same for programs: counts, shares and names of features.
    """

    code: str
    level: Level
    words: str
    figures: dict[str, float | str | int]

    def __str__(self) -> str:
        return f"{self.code} {self.level}: {self.words}; {CODES[self.code].remedy}"


class CheckFailed(RiskError):
    """A check found an error that was not allowed."""

    code = "check_failed"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        shown = "; ".join(_in_brief(one) for one in self.findings[:20])
        more = f"; and {len(self.findings) - 20} more" if len(self.findings) > 20 else ""
        allow = " ".join(f"--allow {code}" for code in sorted({one.code for one in self.findings}))
        super().__init__(f"{shown}{more}: mend them, or go on knowingly with {allow}")


def _in_brief(finding: Finding) -> str:
    figures = ", ".join(
        f"{name}={figure:.4g}" if isinstance(figure, float) else f"{name}={figure}"
        for name, figure in finding.figures.items()
    )
    return f"{finding.code} {CODES[finding.code].meaning} ({figures})"


def fail_on(findings: Sequence[Finding], allowed: frozenset[str] = frozenset()) -> None:
    """Let a run go on, or not.

    Raises
    ------
    UsageError
        If ``allowed`` names a code that does not exist: a misspelt one would allow nothing and seem to.
    CheckFailed
        If a finding is an error and its code is not allowed.
    """
    unknown = sorted(allowed - CODES.keys())
    if unknown:
        raise UsageError(f"--allow {', '.join(unknown)}: no such check; codes are {min(CODES)} to {max(CODES)}")
    failed = [one for one in findings if one.level == "error" and one.code not in allowed]
    if failed:
        raise CheckFailed(failed)
