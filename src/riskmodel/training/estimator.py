"""LightGBM as a scikit-learn classifier that keeps the native booster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from riskmodel.training.growing import Grower, Seedbed, grow_here

# The same data, seed and lock give the same trees, whatever the number of threads.
REPEATABLE: Mapping[str, Any] = {"deterministic": True, "force_row_wise": True, "verbosity": -1}


class RiskClassifier(ClassifierMixin, BaseEstimator):
    """A binary LightGBM model with native missing values, categories and monotone constraints.

    Parameters
    ----------
    params : mapping, optional
        LightGBM parameters by LightGBM's names.
    rounds : int
        Number of trees.
    categorical : sequence of int
        Positions of the columns that hold category codes.
    monotone : sequence of int, optional
        Per column 1, -1 or 0.
    names : sequence of str, optional
        Names of the columns, kept in the model's text.
    seed : int
        Seed of everything random.
    threads : int
        Threads that grow trees; it does not change the model.
    grow : callable, optional
        What grows the trees; this process where None.

    Attributes
    ----------
    booster_ : Booster
        The fitted model.
    classes_ : ndarray, shape (2,)
        The two outcomes.
    """

    def __init__(
        self,
        params: Mapping[str, Any] | None = None,
        rounds: int = 300,
        categorical: Sequence[int] = (),
        monotone: Sequence[int] | None = None,
        names: Sequence[str] | None = None,
        seed: int = 0,
        threads: int = 0,
        grow: Grower | None = None,
    ) -> None:
        self.params = params
        self.rounds = rounds
        self.categorical = categorical
        self.monotone = monotone
        self.names = names
        self.seed = seed
        self.threads = threads
        self.grow = grow

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        lesson: npt.ArrayLike | None = None,
    ) -> Self:
        """Grow the trees.

        Parameters
        ----------
        X : array, shape (n, k)
            Features; NaN is missing.
        y : array, shape (n,)
            Two classes.
        sample_weight : array, shape (n,), optional
            Weights.
        lesson : array, shape (n,), optional
            Chances of the second class, between 0 and 1, that the trees learn in place of ``y`` by cross-entropy.

        Raises
        ------
        ValueError
            If ``y`` does not hold exactly two classes, or ``lesson`` something else than chances.
        """
        matrix, outcome = validate_data(self, X, y, dtype="float64", ensure_all_finite="allow-nan")
        check_classification_targets(outcome)
        self.classes_, codes = np.unique(outcome, return_inverse=True)
        if len(self.classes_) > 2:
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {type_of_target(outcome)}."
            )
        if len(self.classes_) < 2:
            raise ValueError("expected two classes in y, found one class")
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, matrix, ensure_non_negative=True)
            if not weight.any():
                raise ValueError("expected at least one positive value in sample_weight, found all zero")
        target, objective = (codes, "binary") if lesson is None else (_chances(lesson, len(codes)), "cross_entropy")
        options = {
            "objective": objective,
            **REPEATABLE,
            **(self.params or {}),
            "seed": self.seed,
            "num_threads": self.threads,
        }
        if self.monotone is not None:
            options["monotone_constraints"] = list(self.monotone)
        names = None if self.names is None else tuple(self.names)
        bed = Seedbed(matrix, target, weight, names, tuple(self.categorical))
        self.booster_ = (self.grow or grow_here)(options, self.rounds, bed)
        return self

    def decision_function(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return log-odds of the second class, shape (n,)."""
        check_is_fitted(self)
        matrix = validate_data(self, X, dtype="float64", ensure_all_finite="allow-nan", reset=False)
        return np.asarray(self.booster_.predict(matrix, raw_score=True), dtype="float64")

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return probabilities of both classes, shape (n, 2), before calibration."""
        second = expit(self.decision_function(X))
        return np.column_stack([1 - second, second])

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """Return the likelier class, shape (n,)."""
        check_is_fitted(self)
        return np.asarray(self.classes_[(self.decision_function(X) > 0).astype(int)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags


def _chances(lesson: npt.ArrayLike, n: int) -> npt.NDArray[np.float64]:
    chances = np.asarray(lesson, dtype="float64")
    if chances.shape != (n,) or not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError(f"expected {n} chances between 0 and 1 in lesson")
    return chances
