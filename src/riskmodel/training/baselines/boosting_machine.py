"""An explainable boosting machine as challenger; it needs the extra ``challenger``.

Source: Lou, Caruana, Gehrke and Hooker (2013), "Accurate intelligible models with pairwise interactions".
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from riskmodel.features.encode import Matrix, MatrixSchema
from riskmodel.training.examples import Examples

Values = npt.NDArray[np.float64]
MISSING = "explainable boosting machine left out: install the extra with  pip install 'riskmodel[challenger]'"


def boosting_machine_installed() -> bool:
    """Tell whether the extra is there."""
    return importlib.util.find_spec("interpret") is not None


def fit_boosting_machine(schema: MatrixSchema, train: Examples, seed: int) -> Callable[[Matrix], Values] | None:
    """Fit the machine and return what scores rows by it; None where the package is missing."""
    if not boosting_machine_installed():
        return None
    from interpret.glassbox import ExplainableBoostingClassifier

    width = len(schema.features)
    kinds = ["nominal" if place in set(schema.categorical) else "continuous" for place in range(width)]
    machine = ExplainableBoostingClassifier(
        feature_names=list(schema.names[:width]),
        feature_types=kinds,
        outer_bags=4,
        n_jobs=1,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its own plots of missing values, and of columns without any value
        machine.fit(train.matrix[:, :width], train.outcome)

    def score(matrix: Matrix) -> Values:
        return np.asarray(machine.decision_function(matrix[:, :width]), dtype="float64")

    return score
