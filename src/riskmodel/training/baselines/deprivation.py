"""The Alkire-Foster count: how many weighted deprivations a household has at once.

Source: Alkire and Foster (2011), "Counting and multidimensional poverty measurement", Journal of Public Economics 95.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from riskmodel.features.encode import Matrix, MatrixSchema
from riskmodel.programme.programme import Deprivation
from riskmodel.training.baselines.simple import all_hold

Values = npt.NDArray[np.float64]


def deprivation_share(deprivations: tuple[Deprivation, ...], schema: MatrixSchema, matrix: Matrix) -> Values:
    """Return each row's weighted share of deprivations, 0 to 1.

    Dimensions weigh alike, and indicators alike within theirs. The cut-off that tells who is multidimensionally poor
    changes no order, so it is left out. A missing value is no deprivation, as in the published index.
    """
    within = Counter(one.dimension for one in deprivations)
    share = np.zeros(len(matrix))
    for one in deprivations:
        share += all_hold(one.when, schema.names, matrix) / (within[one.dimension] * len(within))
    return share
