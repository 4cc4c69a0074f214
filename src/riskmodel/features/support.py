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
    or move. The share itself is set to 0. A missing share takes nothing away.
    """
    share = matrix[:, schema.names.index(transfers.share)]
    remains = 1 - np.clip(np.nan_to_num(share), 0.0, 1.0)
    out = matrix.copy()
    for name in transfers.scaled:
        out[:, schema.names.index(name)] *= remains
    out[:, schema.names.index(transfers.share)] = np.where(np.isnan(share), share, 0.0)
    return out
