"""How two bundles side by side are written, within a hundred columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from riskmodel.commands.printing import WIDTH

if TYPE_CHECKING:
    from riskmodel.evaluation.ranking import Interval
    from riskmodel.training.comparison import Comparison, Fact, Figure, ScoreGap

NAME, VALUE = 30, 27
NOTHING = "–"


def comparison_text(comparison: Comparison) -> str:
    """Return a comparison as text, no line longer than a hundred columns."""
    return "\n".join(
        [
            *_fact_lines("bundle", comparison.versions),
            *(line for fact in comparison.facts for line in _fact_lines(fact.name, fact.values)),
            *_features(comparison),
            *_parameters(comparison.parameters),
            *_figures("all tests pooled", comparison.pooled),
            *(line for day, figures in comparison.folds for line in _figures(f"as of {day}", figures)),
            *_figures("calibration, all tests", comparison.calibration),
            "",
            _scores(comparison.scores),
        ]
    )


def _fact_lines(name: str, values: Sequence[str]) -> Iterator[str]:
    """Write a name and two texts in columns; a long text goes on below."""
    cells = [textwrap.wrap(name.replace("_", " "), NAME - 1) or [""]]
    cells += [textwrap.wrap(value, VALUE + 6) or [NOTHING] for value in values]
    for place in range(max(map(len, cells))):
        row = [cell[place] if place < len(cell) else "" for cell in cells]
        yield f"{row[0]:<{NAME}}{row[1]:<{VALUE + 8}}{row[2]}".rstrip()


def _features(comparison: Comparison) -> Iterator[str]:
    yield ""
    for words, names in (
        ("features added", comparison.added),
        ("features dropped", comparison.dropped),
        ("features made differently", comparison.changed),
    ):
        told = ", ".join(names) or "none"
        yield from textwrap.wrap(f"{words:<{NAME}}{told}", WIDTH, subsequent_indent=" " * NAME)


def _parameters(facts: Sequence[Fact]) -> Iterator[str]:
    yield ""
    yield "parameters that differ" if facts else "no parameter differs"
    for fact in facts:
        yield from _fact_lines(f"  {fact.name}", fact.values)


def _figures(title: str, figures: Sequence[Figure]) -> Iterator[str]:
    yield ""
    yield f"{title:<{NAME}}{'first':>{VALUE}}{'second':>{VALUE}}{'second - first':>16}"
    for figure in figures:
        first, second = figure.values
        gap = f"{second.value - first.value:+.3f}" if first and second else NOTHING
        name = "  " + figure.name.replace("_", " ")
        yield f"{name:<{NAME}}{_figure(first):>{VALUE}}{_figure(second):>{VALUE}}{gap:>16}"


def _figure(figure: Interval | None) -> str:
    return NOTHING if figure is None else f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _scores(gap: ScoreGap | None) -> str:
    if gap is None:
        return "scores: the two share no golden rows that both can score"
    return (
        f"scores of {gap.rows} golden rows: rank correlation {gap.rank_correlation:.3f}; probabilities differ by "
        f"{gap.mean_gap:.3f}\nin the mean and by at most {gap.largest_gap:.3f}"
    )
