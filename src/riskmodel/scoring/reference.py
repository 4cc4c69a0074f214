"""What a bundle remembers of its training cohort: typical values and the distribution of scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodel.features.encode import MatrixSchema
from riskmodel.programme.dictionary import Kind

Values = npt.NDArray[np.float64]
RANKS = np.linspace(0, 1, 1001)
QUANTILES = np.array([0, 0.01, *np.arange(1, 20) / 20, 0.99, 1])
"""Shares of the cohort: twentieths, and the ends without the extremes of a few households."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference cohort of a bundle.

    Attributes
    ----------
    as_of : str
        Date of the cohort.
    households : int
        Its size.
    typical : tuple of float or None
        Per feature the median (numbers) or the commonest value (booleans, category codes); None if mostly missing.
    quantiles : tuple of tuple of float
        Per feature the :data:`QUANTILES` of its known values; none where no value is known.
    missing_share : tuple of float
        Per feature the share without a value.
    log_odds : tuple of float
        Quantiles of the main horizon's log-odds, ascending: the ranks of later households are read here.
    """

    as_of: str
    households: int
    typical: tuple[float | None, ...]
    quantiles: tuple[tuple[float, ...], ...]
    missing_share: tuple[float, ...]
    log_odds: tuple[float, ...]
    _ranks: Values = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # every score is ranked: the array is made once
        object.__setattr__(self, "_ranks", np.array(self.log_odds))

    def rank_share(self, log_odds: Values) -> Values:
        """Return the share of the reference cohort that scores at least as high; small is risky."""
        above = len(self.log_odds) - np.searchsorted(self._ranks, log_odds, side="left")
        return np.asarray(above / len(self.log_odds))

    def to_json(self, schema: MatrixSchema) -> dict[str, Any]:
        """Return JSON values, features by name."""
        features = {
            feature.name: {
                "typical": self.typical[place],
                "missing_share": self.missing_share[place],
                "quantiles": list(self.quantiles[place]),
            }
            for place, feature in enumerate(schema.features)
        }
        return {
            "as_of": self.as_of,
            "households": self.households,
            "features": features,
            "log_odds": list(self.log_odds),
        }


def reference_from_json(values: Mapping[str, Any], schema: MatrixSchema) -> Reference:
    """Return the reference that :meth:`Reference.to_json` wrote.

    Raises
    ------
    KeyError
        If a feature of the schema is not in it.
    """
    features = [values["features"][feature.name] for feature in schema.features]
    return Reference(
        values["as_of"],
        values["households"],
        tuple(entry["typical"] for entry in features),
        tuple(tuple(entry["quantiles"]) for entry in features),
        tuple(entry["missing_share"] for entry in features),
        tuple(values["log_odds"]),
    )


def summarise(schema: MatrixSchema, matrix: Values, log_odds: Values, as_of: str) -> Reference:
    """Summarise a cohort.

    Parameters
    ----------
    schema : MatrixSchema
        What the matrix's columns are.
    matrix : ndarray, shape (n, k)
        The cohort's features.
    log_odds : ndarray, shape (n,)
        Its scores at the main horizon.
    as_of : str
        Its date.
    """
    columns = [matrix[:, place] for place in range(len(schema.features))]
    return Reference(
        as_of,
        len(matrix),
        tuple(_typical(feature.column.kind, column) for feature, column in zip(schema.features, columns, strict=True)),
        tuple(_quantiles(column, QUANTILES) for column in columns),
        tuple(float(np.isnan(column).mean()) for column in columns),
        _quantiles(log_odds, RANKS),
    )


def _typical(kind: Kind, column: Values) -> float | None:
    known = column[~np.isnan(column)]
    if not len(known) or 2 * len(known) < len(column):
        # what most households lack, such as months since a rare event, is not typical of any
        return None
    if kind in (Kind.CATEGORY, Kind.BOOLEAN):
        values, counts = np.unique(known, return_counts=True)
        return float(values[counts.argmax()])
    return float(np.median(known))


def _quantiles(column: Values, shares: Values) -> tuple[float, ...]:
    known = column[~np.isnan(column)]
    return tuple(np.quantile(known, shares).tolist()) if len(known) else ()
