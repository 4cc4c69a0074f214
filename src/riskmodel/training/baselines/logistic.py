"""A logistic regression with what it needs to be a strong opponent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, QuantileTransformer

from riskmodel.features.encode import Matrix, MatrixSchema
from riskmodel.training.examples import Examples

Values = npt.NDArray[np.float64]
FAR_OUT = 3.0
"""Standard deviations beyond which the logistic regression takes an amount for no further."""
STRENGTH = 0.01
"""Inverse of the logistic regression's penalty; of 0.1, 0.01 and 0.003 it did best on the Argentine origin 2017-10-01."""


def fit_logistic(schema: MatrixSchema, rows: Examples) -> Callable[[Matrix], Values]:
    """Fit a logistic regression and return what scores rows by it; rows count once: survey weights ranked worse."""
    pipeline = logistic_pipeline(schema).fit(rows.matrix, rows.outcome)

    def score(matrix: Matrix) -> Values:
        return np.asarray(pipeline.decision_function(matrix), dtype="float64")

    return score


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
