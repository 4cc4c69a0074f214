"""Contributions as a ``shap.Explanation``, for notebooks: waterfall, beeswarm and force plots work on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import shap

    from riskmodel.scoring.scorer import Scorer


def as_shap(scorer: Scorer, matrix: npt.NDArray[np.float64], language: str = "en") -> shap.Explanation:
    """Explain encoded rows at the main horizon.

    Parameters
    ----------
    scorer : Scorer
        Model.
    matrix : ndarray of float, shape (n, k)
        Rows as ``scorer.schema.encode`` gives them.
    language : str
        Language of the features' names.

    Returns
    -------
    shap.Explanation
        ``values`` in log-odds, shape (n, k); with ``base_values`` they add up to each row's log-odds.
    """
    import shap

    split = scorer.contributions(matrix)
    names = [feature.column.labels.get(language, feature.name) for feature in scorer.schema.features]
    return shap.Explanation(
        values=split[:, :-1],
        base_values=split[:, -1],
        data=scorer.schema.at_horizon(matrix, scorer.programme.main_horizon),
        feature_names=names + list(scorer.schema.names[len(names) :]),
    )
