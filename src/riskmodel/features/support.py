"""What a snapshot would look like without transfers: how much of a low risk is aid."""

from __future__ import annotations

import numpy as np

from riskmodel.features.encode import Matrix, MatrixSchema
from riskmodel.programme.programme import Transfers


def without_transfers(transfers: Transfers, schema: MatrixSchema, matrix: Matrix) -> Matrix:
    """Return the rows with the transfers' share taken off every feature that income enters.

    Parameters
    ----------
    transfers : Transfers
        Which feature tells the share, and which ones it is taken off.
    schema : MatrixSchema
        Columns of the matrix.
    matrix : ndarray, shape (n, k)
        Encoded rows; not changed.

    Notes
    -----
    It is arithmetic on what the model sees, not a forecast of what people do when aid ends: they may work more, borrow
    or move. The share itself stays: it also tells what kind of household is given aid, and that does not end with it.
    A missing share takes nothing away.
    """
    remains = 1 - np.clip(np.nan_to_num(matrix[:, schema.names.index(transfers.share)]), 0.0, 1.0)
    out = matrix.copy()
    for name in transfers.scaled:
        out[:, schema.names.index(name)] *= remains
    return out
