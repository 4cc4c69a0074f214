"""What a model must beat: simple rankings that offices could use today, and a logistic regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, QuantileTransformer

from riskmodel.features.encode import Matrix, MatrixSchema
from riskmodel.programme.measures import Rule
from riskmodel.programme.programme import Programme
from riskmodel.scoring.measures import holds
from riskmodel.training.examples import Examples

Values = npt.NDArray[np.float64]
LAST_STATUS, WELFARE, RULES, LOGISTIC = "last_status", "welfare_rank", "department_rules", "logistic_regression"
FAR_OUT = 3.0
"""Standard deviations beyond which the logistic regression takes an amount for no further."""
STRENGTH = 0.01
"""Inverse of the logistic regression's penalty; of 0.1, 0.01 and 0.003 it did best on the Argentine origin 2017-10-01."""


def baseline_scores(programme: Programme, schema: MatrixSchema, train: Examples, test: Examples) -> dict[str, Values]:
    """Score the test rows by every baseline.

    Parameters
    ----------
    programme : Programme
        Its ``baselines`` and ``rules`` name the features.
    schema : MatrixSchema
        Names of the columns.
    train, test : Examples
        The fold's two sides; only the logistic regression learns from the first.

    Returns
    -------
    dict of name to ndarray, shape (n_test,)
        Higher is riskier.
    """
    names = list(schema.names)
    status = test.matrix[:, names.index(programme.file.baselines.last_status)]
    welfare = test.matrix[:, names.index(programme.file.baselines.welfare)]
    return {
        LAST_STATUS: np.nan_to_num(status, nan=0.0),
        # an unknown welfare ranks in the middle: it says neither rich nor poor
        WELFARE: -np.where(np.isnan(welfare), np.nanmedian(welfare), welfare),
        RULES: rules_fired(programme.file.rules, names, test.matrix),
        LOGISTIC: logistic_scores(programme, schema, train, test),
    }


def rules_fired(rules: Sequence[Rule], names: Sequence[str], matrix: Matrix) -> Values:
    """Count the department rules that fire for each row."""
    columns = {name: matrix[:, place] for place, name in enumerate(names)}
    fired = np.zeros(len(matrix))
    for rule in rules:
        fired += np.logical_and.reduce([holds(condition, columns[condition.feature]) for condition in rule.when])
    return fired


def logistic_scores(programme: Programme, schema: MatrixSchema, train: Examples, test: Examples) -> Values:
    """Fit a logistic regression on the main horizon's rows and score the test rows."""
    main = train.at_horizon(programme.main_horizon)
    pipeline = logistic_pipeline(schema)
    # rows count once, as in the trees: survey weights made it rank worse
    pipeline.fit(main.matrix, main.outcome)
    return np.asarray(pipeline.decision_function(test.matrix))


def logistic_pipeline(schema: MatrixSchema) -> Pipeline:
    """Return the regression with what it needs to be a strong opponent.

    Gaps are filled and flagged, amounts laid on a normal scale by their ranks (incomes are far from straight in the
    log-odds), and each category has its column.
    """
    categorical = list(schema.categorical)
    dropped = {len(schema.names) - 1} if schema.has_horizon else set()
    numeric = [place for place in range(len(schema.names)) if place not in {*categorical, *dropped}]
    amounts = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=0),
        FunctionTransformer(np.clip, kw_args={"a_min": -FAR_OUT, "a_max": FAR_OUT}),
    )
    kinds = OneHotEncoder(handle_unknown="ignore", min_frequency=20)
    return make_pipeline(
        ColumnTransformer([("amounts", amounts, numeric), ("kinds", kinds, categorical)]),
        LogisticRegression(C=STRENGTH, max_iter=1000),
    )
