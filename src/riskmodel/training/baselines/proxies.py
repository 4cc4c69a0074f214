"""Welfare told from what a visitor can see: the proxy means test, and vulnerability as expected poverty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from riskmodel.errors import TooFewRows
from riskmodel.features.encode import Matrix, MatrixSchema
from riskmodel.programme.programme import Programme
from riskmodel.training.examples import Examples

Values = npt.NDArray[np.float64]
LOWEST_WELFARE = 0.05
"""Welfare below this many lines is taken for it: logarithms of a bad answer must not outweigh all others."""
LOWEST_VARIANCE_SHARE = 0.05
"""Fitted variances below this share of their mean are raised to it; a linear fit may come out negative."""
PENALTY = 1.0
MINIMUM_ROWS = 20


def proxy_columns(programme: Programme, schema: MatrixSchema) -> list[int]:
    """Return the places of the features that are proxies: all outside the factor group of welfare itself."""
    own = programme.file.welfare.group
    return [place for place in range(len(schema.features)) if schema.groups[place] != own]


def design(schema: MatrixSchema, columns: list[int]) -> ColumnTransformer:
    """Return what turns proxies into numbers without gaps: medians with a flag, and a column for each category."""
    kinds = [place for place in columns if place in set(schema.categorical)]
    numbers = [place for place in columns if place not in set(kinds)]
    filled = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    return ColumnTransformer(
        [
            ("numbers", filled, numbers),
            ("kinds", OneHotEncoder(handle_unknown="ignore", min_frequency=20, sparse_output=False), kinds),
        ]
    )


def _told_welfare(programme: Programme, schema: MatrixSchema, train: Examples) -> tuple[Examples, Values]:
    """Return the rows whose welfare is known and the logarithm of welfare over the line."""
    welfare = train.matrix[:, schema.names.index(programme.file.baselines.welfare)]
    known = ~np.isnan(welfare)
    if known.sum() < MINIMUM_ROWS:
        raise TooFewRows(f"{int(known.sum())} rows tell their welfare; a proxy means test needs {MINIMUM_ROWS}")
    return train.where(known), np.log(np.maximum(welfare[known], LOWEST_WELFARE))


@dataclass(frozen=True, slots=True)
class ProxyMeansTest:
    """A ridge regression of log welfare on proxies, survey weights as in a programme's formula.

    Source: Grosh and Baker (1995), "Proxy means tests for targeting social programs", World Bank LSMS 118.
    """

    pipeline: Pipeline

    def score(self, matrix: Matrix) -> Values:
        """Return minus the welfare that proxies tell, shape (n,)."""
        return -np.asarray(self.pipeline.predict(matrix), dtype="float64")


def fit_proxy_means(programme: Programme, schema: MatrixSchema, train: Examples) -> ProxyMeansTest:
    """Fit the test on the rows whose welfare is known.

    Raises
    ------
    TooFewRows
        If fewer than 20 rows tell their welfare.
    """
    rows, log_welfare = _told_welfare(programme, schema, train)
    pipeline = make_pipeline(design(schema, proxy_columns(programme, schema)), Ridge(PENALTY))
    return ProxyMeansTest(pipeline.fit(rows.matrix, log_welfare, ridge__sample_weight=rows.weight))


@dataclass(frozen=True, slots=True)
class ExpectedPoverty:
    """Vulnerability as expected poverty: the chance that log welfare falls below the line, given proxies.

    Attributes
    ----------
    design : ColumnTransformer
        Proxies to numbers.
    mean, variance : Ridge
        Mean of log welfare, and variance around it, both linear in the proxies.
    least_variance : float
        Lower bound of fitted variances.
    """

    design: ColumnTransformer
    mean: Ridge
    variance: Ridge
    least_variance: float

    def score(self, matrix: Matrix) -> Values:
        """Return the chance to be poor, shape (n,)."""
        x = self.design.transform(matrix)
        deviation = np.sqrt(np.maximum(self.variance.predict(x), self.least_variance))
        return np.asarray(norm.cdf(-self.mean.predict(x) / deviation), dtype="float64")


def fit_expected_poverty(programme: Programme, schema: MatrixSchema, train: Examples) -> ExpectedPoverty:
    """Fit mean and variance in three steps of feasible generalised least squares.

    Source: Chaudhuri, Jalan and Suryahadi (2002), "Assessing household vulnerability to poverty from cross-sectional
    data"; the steps are Amemiya's (1977). A slight ridge keeps proxies apart that move together.

    Raises
    ------
    TooFewRows
        If fewer than 20 rows tell their welfare.
    """
    rows, log_welfare = _told_welfare(programme, schema, train)
    numbers = design(schema, proxy_columns(programme, schema))
    x = numbers.fit_transform(rows.matrix)
    first = Ridge(PENALTY).fit(x, log_welfare)
    squared = np.square(log_welfare - first.predict(x))
    least = LOWEST_VARIANCE_SHARE * float(squared.mean())
    rough = np.maximum(Ridge(PENALTY).fit(x, squared).predict(x), least)
    # the squares' own spread grows with the variance, so they are weighed by its inverse square
    variance = Ridge(PENALTY).fit(x, squared, sample_weight=_even(1 / np.square(rough)))
    fitted = np.maximum(variance.predict(x), least)
    mean = Ridge(PENALTY).fit(x, log_welfare, sample_weight=_even(1 / fitted))
    return ExpectedPoverty(numbers, mean, variance, least)


def _even(weight: Values) -> Values:
    """Scale weights to a mean of 1, so that the penalty counts the same in each step."""
    return np.asarray(weight / weight.mean())
