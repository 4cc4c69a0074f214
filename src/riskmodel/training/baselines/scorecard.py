"""A scorecard that fits on paper: at most twelve questions, whole points, a total with its rate. The offline fallback."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from riskmodel.features.encode import Matrix, MatrixSchema
from riskmodel.programme.programme import Programme
from riskmodel.training.examples import Examples
from riskmodel.training.markdown import table

Values = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
MOST_QUESTIONS = 12
MOST_POINTS = 9
QUANTILES = (0.25, 0.5, 0.75, 0.9)
PENALTIES = 10.0 ** np.arange(-4.0, 0.1, 0.25)
"""Inverse penalties that are tried, the strictest first."""
PRIOR_EVENTS = 5.0
"""Events at the overall rate that are added to each answer, so that a rare answer says little."""
TOTALS = 8
"""Bands of totals in the printed table."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its answers.

    Attributes
    ----------
    feature : str
        What is asked.
    column : int
        Its place in the matrix.
    edges : tuple of float
        Where a number is cut; the codes themselves for a category.
    is_category : bool
        Whether answers are codes of a category.
    points : tuple of int
        Points of each answer, the last for an unknown one.
    """

    feature: str
    column: int
    edges: tuple[float, ...]
    is_category: bool
    points: tuple[int, ...] = ()

    def answers(self, matrix: Matrix) -> Codes:
        """Return each row's answer; the last is unknown (of a category, also a code that is not on the card)."""
        values = matrix[:, self.column]
        unknown = len(self.edges) + (not self.is_category)
        if self.is_category:
            found = np.full(len(values), unknown, dtype="int64")
            for place, code in enumerate(self.edges):
                found[values == code] = place
            return found
        return np.where(np.isnan(values), unknown, np.searchsorted(self.edges, values, side="right"))

    @property
    def count(self) -> int:
        """Number of answers, unknown among them."""
        return len(self.edges) + 1 + (not self.is_category)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Questions with points, and what totals meant in training.

    Attributes
    ----------
    questions : tuple of Question
        At most twelve.
    totals : tuple of (int, int, int, float)
        Bands of totals: lowest, highest, rows, and the share of them that fell.
    """

    questions: tuple[Question, ...]
    totals: tuple[tuple[int, int, int, float], ...]

    def score(self, matrix: Matrix) -> Values:
        """Return each row's total, shape (n,)."""
        total = np.zeros(len(matrix))
        for one in self.questions:
            total += np.asarray(one.points)[one.answers(matrix)]
        return total

    def to_markdown(self, programme: Programme, language: str = "en") -> str:
        """Return the card to be printed: a line for each answer that has points, then the totals."""
        rows = []
        for one in self.questions:
            feature = programme.dictionary.feature(one.feature)
            label = feature.column.labels.get(language, one.feature) if feature else one.feature
            rows += [
                [label if not place else "", answer, str(points)]
                for place, (answer, points) in enumerate(zip(_words(one, programme), one.points, strict=True))
            ]
        bands = [[f"{low} to {high}", f"{n:,}", f"{rate:.1%}"] for low, high, n, rate in self.totals]
        return table(["question", "answer", "points"], rows) + "\n\n" + table(["total", "households", "fell"], bands)


def _words(question: Question, programme: Programme) -> list[str]:
    if question.is_category:
        feature = programme.dictionary.feature(question.feature)
        codes = feature.column.categories if feature else ()
        return [*(codes[int(code)] for code in question.edges), "unknown or other"]
    edges = [f"{edge:g}" for edge in question.edges]
    middle = [f"{low} to below {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *middle, f"{edges[-1]} or more", "unknown"]


def fit_scorecard(schema: MatrixSchema, train: Examples) -> Scorecard:
    """Choose questions by a sparse logistic regression on the evidence of answers, then round to whole points.

    Each answer is worth its log-odds over the overall rate. The strictest penalty that still leaves twelve questions
    chooses; a plain regression on those gives the points, the strongest answer nine.
    """
    asked = [one for place in range(len(schema.features)) if (one := _question(schema, train, place)) is not None]
    answers = [one.answers(train.matrix) for one in asked]
    evidence = [_evidence(codes, train.outcome, one.count) for one, codes in zip(asked, answers, strict=True)]
    x = np.column_stack([worth[codes] for worth, codes in zip(evidence, answers, strict=True)])
    chosen = _choose(x, train.outcome)
    slopes = LogisticRegression(C=1.0, max_iter=1000).fit(x[:, chosen], train.outcome).coef_[0]
    kept = [(place, slope) for place, slope in zip(chosen, slopes, strict=True) if slope > 0] or [(chosen[0], 1.0)]
    worth = [slope * (evidence[place] - evidence[place].min()) for place, slope in kept]
    unit = max(float(one.max()) for one in worth) / MOST_POINTS
    questions = []
    for (place, _), one in zip(kept, worth, strict=True):
        points = tuple(round(value) for value in one / unit)
        if max(points):
            q = asked[place]
            questions.append(Question(q.feature, q.column, q.edges, q.is_category, points))
    card = Scorecard(tuple(questions), ())
    return Scorecard(card.questions, _totals(card.score(train.matrix), train.outcome))


def _question(schema: MatrixSchema, train: Examples, place: int) -> Question | None:
    """Cut a feature into answers; None where it has but one."""
    values = train.matrix[:, place]
    seen = values[~np.isnan(values)]
    if place in set(schema.categorical):
        codes, counts = np.unique(seen, return_counts=True)
        edges = tuple(codes[counts >= 0.01 * len(values)].tolist())
    else:
        cuts = np.unique([float(f"{cut:.3g}") for cut in np.quantile(seen, QUANTILES)]) if len(seen) else np.array([])
        edges = tuple(cut for cut in cuts.tolist() if (seen < cut).any() and (seen >= cut).any())
    return Question(schema.names[place], place, edges, place in set(schema.categorical)) if edges else None


def _evidence(codes: Codes, outcome: Values, count: int) -> Values:
    """Return each answer's log-odds over the overall ones, shape (count,)."""
    rate = outcome.mean()
    fell = np.bincount(codes, outcome, count) + PRIOR_EVENTS
    n = np.bincount(codes, minlength=count) + PRIOR_EVENTS / rate
    own = fell / n
    return np.asarray(np.log(own / (1 - own)) - np.log(rate / (1 - rate)))


def _choose(x: Values, outcome: Values) -> list[int]:
    """Return the columns of the least strict penalty that leaves at most twelve."""
    chosen: list[int] = []
    for strength in PENALTIES:
        fit = LogisticRegression(C=strength, l1_ratio=1.0, solver="liblinear", max_iter=500, random_state=0).fit(
            x, outcome
        )
        found = np.flatnonzero(fit.coef_[0] > 0).tolist()
        if len(found) > MOST_QUESTIONS:
            break
        chosen = found or chosen
    return chosen or [int(np.argmax(x.std(axis=0)))]


def _totals(total: Values, outcome: Values) -> tuple[tuple[int, int, int, float], ...]:
    cuts = np.unique(np.quantile(total, np.linspace(0, 1, TOTALS + 1)[1:-1], method="nearest"))
    band = np.searchsorted(cuts, total, side="left")
    return tuple(
        (
            int(total[band == one].min()),
            int(total[band == one].max()),
            int((band == one).sum()),
            float(outcome[band == one].mean()),
        )
        for one in np.unique(band)
    )
