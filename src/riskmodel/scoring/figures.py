"""What is known about scored households, as arrays: Arrow columns and JSON rows are two ways to write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmodel.features.encode import MatrixSchema
from riskmodel.programme.dictionary import Kind
from riskmodel.programme.programme import Programme
from riskmodel.scoring.reference import Reference

Values = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
NO_CODE = -1
"""Place of the code of what is no category, or has none: the last of :attr:`Names.codes`, which is None."""


@dataclass(frozen=True, slots=True)
class ModelId:
    """Which model says so."""

    programme: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Names:
    """What the places in :class:`Figures` stand for; the same for every household.

    Attributes
    ----------
    model : ModelId
        The model.
    features, feature_groups : tuple of str
        Features of the matrix, and the factor group of each.
    typical : tuple of float or None
        Typical value of each feature; None for categories and where none is typical.
    typical_code : tuple of int
        Place in ``codes`` of each feature's typical category.
    codes : tuple of str or None
        Codes of all categories, one feature after another, then None.
    first_code : ndarray of int, shape (n_features,)
        Place of each feature's first code; :data:`NO_CODE` for what is no category.
    groups : tuple of str
        Factor groups.
    bands : tuple of str
        Bands, the highest first.
    measures : tuple of tuple of str
        Code and factor group of each measure.
    months : tuple of int
        Horizons.
    main : int
        Place of the main horizon in ``months``.
    base : float
        What contributions are counted from.
    """

    model: ModelId
    features: tuple[str, ...]
    feature_groups: tuple[str, ...]
    typical: tuple[float | None, ...]
    typical_code: tuple[int, ...]
    codes: tuple[str | None, ...]
    first_code: Places
    groups: tuple[str, ...]
    bands: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]
    months: tuple[int, ...]
    main: int
    base: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Scores of n households.

    Attributes
    ----------
    household_id : ndarray of str, shape (n,)
        Ids.
    as_of : sequence of str, n long
        Dates, as ISO writes them.
    log_odds, rank_share : ndarray of float, shape (n,)
        At the main horizon.
    probability, low, high : ndarray of float, shape (n, n_horizons)
        Probability and its range, by horizon.
    without_transfers : ndarray of float or None, shape (n,)
        Probability at the main horizon without transfers; None where the programme names none.
    band : ndarray of int, shape (n,)
        Place of the band.
    strongest : ndarray of int, shape (n, reasons)
        Features with the strongest contributions, the strongest first.
    contribution, value : ndarray of float, shape (n, reasons)
        Contribution and value of each of them; NaN for a category's value and a missing one.
    code : ndarray of int, shape (n, reasons)
        Place of a category's code.
    groups : ndarray of float, shape (n, n_groups)
        Contributions summed by factor group.
    measures : ndarray of bool, shape (n, n_measures)
        Which measures fit.
    missing, unknown : ndarray of bool, shape (n, n_features)
        Which values were scored as missing, and which of those were unknown categories.
    digests : sequence of str, n long
        The same question has the same digest.
    """

    household_id: np.ndarray
    as_of: Sequence[str]
    log_odds: Values
    rank_share: Values
    probability: Values
    low: Values
    high: Values
    without_transfers: Values | None
    band: Places
    strongest: Places
    contribution: Values
    value: Values
    code: Places
    groups: Values
    measures: Flags
    missing: Flags
    unknown: Flags
    digests: Sequence[str]


def names_of(
    model: ModelId,
    programme: Programme,
    schema: MatrixSchema,
    reference: Reference,
    groups: tuple[str, ...],
    base: float,
) -> Names:
    """Return what the places of a model's figures stand for."""
    codes: list[str | None] = []
    first = []
    for feature in schema.features:
        categorical = feature.column.kind is Kind.CATEGORY
        first.append(len(codes) if categorical else NO_CODE)
        codes += feature.column.categories if categorical else ()
    typical = zip(first, reference.typical, strict=True)
    return Names(
        model,
        tuple(feature.name for feature in schema.features),
        tuple(feature.column.group for feature in schema.features),
        tuple(None if start >= 0 else one for start, one in zip(first, reference.typical, strict=True)),
        tuple(start + int(one) if start >= 0 and one is not None else NO_CODE for start, one in typical),
        (*codes, None),
        np.array(first, dtype="int64"),
        groups,
        tuple(band.code for band in programme.file.bands),
        tuple((measure.code, measure.group) for measure in programme.file.measures),
        tuple(programme.horizons),
        programme.horizons.index(programme.main_horizon),
        base,
    )


def parted(names: Names, place: Places, values: Values) -> tuple[Values, Places]:
    """Part numbers from categories: a category's place among the codes, not its place in its own list.

    Returns
    -------
    ndarray of float
        Values of what is no category; NaN elsewhere.
    ndarray of int
        Places of codes; :data:`NO_CODE` elsewhere.
    """
    first = names.first_code[place]
    categorical = first >= 0
    known = categorical & ~np.isnan(values)
    code = np.where(known, first + np.where(known, values, 0.0), NO_CODE).astype("int64")
    return np.where(categorical, np.nan, values), code
