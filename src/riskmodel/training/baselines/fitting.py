"""Every baseline fitted on the training side, each with a map from its score to a probability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression

from riskmodel.evaluation.calibrators import smoothed
from riskmodel.features.encode import Matrix, MatrixSchema
from riskmodel.programme.programme import Programme
from riskmodel.training.baselines.boosting_machine import fit_boosting_machine
from riskmodel.training.baselines.deprivation import deprivation_share
from riskmodel.training.baselines.logistic import fit_logistic
from riskmodel.training.baselines.proxies import fit_expected_poverty, fit_proxy_means
from riskmodel.training.baselines.scorecard import fit_scorecard
from riskmodel.training.baselines.simple import last_status, rules_fired, welfare_rank
from riskmodel.training.examples import Examples
from riskmodel.training.fitting import Sides

Values = npt.NDArray[np.float64]
Score = Callable[[Matrix], Values]
LAST_STATUS, WELFARE, RULES, LOGISTIC = "last_status", "welfare_rank", "department_rules", "logistic_regression"
PROXY_MEANS, DEPRIVATIONS = "proxy_means_test", "alkire_foster"
EXPECTED_POVERTY, SCORECARD, BOOSTING = "vulnerability_expected_poverty", "integer_scorecard", "explainable_boosting"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A ranking with its probabilities.

    Attributes
    ----------
    name : str
        What it is called in tables.
    score : callable
        Matrix of shape (n, k) to scores of shape (n,); higher is riskier.
    reference : ndarray, shape (m,)
        Scores of its own training rows, ascending.
    curve : IsotonicRegression
        Place among the training rows to probability. Places, since two fits of a method need not share a scale.
    """

    name: str
    score: Score
    reference: Values
    curve: IsotonicRegression

    def probability(self, scores: Values) -> Values:
        """Return probabilities, shape (n,), inside (0, 1)."""
        return np.asarray(self.curve.predict(_place(scores, self.reference)), dtype="float64")


def _place(scores: Values, reference: Values) -> Values:
    """Return the share of the reference below each score, those equal to it counted half."""
    ends = [np.searchsorted(reference, scores, side) for side in ("left", "right")]
    return np.asarray((ends[0] + ends[1]) / (2 * len(reference)))


def fit_scores(
    programme: Programme, schema: MatrixSchema, train: Examples, *, full: bool = False, seed: int = 0
) -> dict[str, Score]:
    """Fit every baseline on the main horizon's rows at risk.

    Parameters
    ----------
    programme : Programme
        Its ``baselines`` and ``rules`` name the features.
    schema : MatrixSchema
        Names of the columns.
    train : Examples
        The training side. Rows count once, as in the trees.
    full : bool
        Fit those that take long too.
    seed : int
        Seed of the boosting machine.

    Returns
    -------
    dict of name to callable
        In the tables' order. Alkire and Foster's is there where the programme names deprivations, the boosting machine
        where its package is installed.
    """
    rows = train.where(train.at_risk).at_horizon(programme.main_horizon)
    deprivations = programme.file.baselines.deprivations
    scores: dict[str, Score] = {
        LAST_STATUS: lambda matrix: last_status(programme, schema, matrix),
        WELFARE: lambda matrix: welfare_rank(programme, schema, matrix),
        RULES: lambda matrix: rules_fired(programme.file.rules, schema.names, matrix),
        LOGISTIC: fit_logistic(schema, rows),
        PROXY_MEANS: fit_proxy_means(programme, schema, rows).score,
    }
    if deprivations:
        scores[DEPRIVATIONS] = lambda matrix: deprivation_share(deprivations, schema, matrix)
    if full:
        scores[EXPECTED_POVERTY] = fit_expected_poverty(programme, schema, rows).score
        scores[SCORECARD] = fit_scorecard(schema, rows).score
        machine = fit_boosting_machine(schema, rows, seed)
        if machine is not None:
            scores[BOOSTING] = machine
    return scores


def fit_baselines(
    programme: Programme, schema: MatrixSchema, sides: Sides, *, full: bool = False, seed: int = 0
) -> tuple[Baseline, ...]:
    """Fit every baseline as the model is fitted: its map on a later slice than the rows that it then had.

    See :func:`fit_scores` for the parameters. Each is fitted twice: on the rows of the trees that are calibrated, to
    draw the map on the slice after them, and on everything settled, to score.
    """
    earlier = fit_scores(programme, schema, sides.trees, full=full, seed=seed)
    final = fit_scores(programme, schema, sides.everything, full=full, seed=seed)
    grew, everything, later = (
        part.where(part.at_risk).at_horizon(programme.main_horizon)
        for part in (sides.trees, sides.everything, sides.calibration)
    )
    targets = smoothed(later.outcome, np.ones(len(later.outcome)))
    fitted = []
    for name, score in final.items():
        place = _place(earlier[name](later.matrix), np.sort(earlier[name](grew.matrix)))
        curve = IsotonicRegression(out_of_bounds="clip").fit(place, targets)
        fitted.append(Baseline(name, score, np.sort(score(everything.matrix)), curve))
    return tuple(fitted)


def baseline_scores(
    programme: Programme, schema: MatrixSchema, train: Examples, test: Examples
) -> Mapping[str, Values]:
    """Score the test rows by every baseline that is fitted on ``train``; higher is riskier."""
    return {name: score(test.matrix) for name, score in fit_scores(programme, schema, train).items()}
