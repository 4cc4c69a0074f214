"""Rows in, scores and reasons out. Golden rows are checked before it answers anything."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import BundleCorrupt, RiskError
from riskmodel.evaluation.calibration import Calibration
from riskmodel.explain.treeshap import Summary, TreeExplainer
from riskmodel.features.encode import MatrixSchema, schema_of
from riskmodel.features.support import without_transfers
from riskmodel.programme.dictionary import Kind
from riskmodel.programme.freezing import thaw
from riskmodel.programme.programme import Programme
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring import columns
from riskmodel.scoring.inputs import MISSING_VALUE, UNKNOWN_CATEGORY, BadCell, Inputs, read_inputs
from riskmodel.scoring.measures import fitting_measures
from riskmodel.scoring.reference import Reference, reference_from_json

Matrix = npt.NDArray[np.float64]
GOLDEN_ROWS = 64
CONTRIBUTION_TOLERANCE = 1e-10
DEFAULT_REASONS = 5


@dataclass(frozen=True, slots=True)
class ModelId:
    """Which model says so."""

    programme: str
    version: str
    digest: str


class Scorer:
    """Scores snapshot rows with one bundle; stateless, so any number of threads may share it.

    Parameters
    ----------
    bundle : BundleFiles
        Verified bytes.
    threads : int
        Threads that share the rows of a call; answers are the same for any number.

    Raises
    ------
    BundleCorrupt
        If a file does not parse, the parts do not belong together, or the golden rows come out differently.
    """

    def __init__(self, bundle: BundleFiles, threads: int = 1) -> None:
        self.id = ModelId(bundle.programme, bundle.version, bundle.digest)
        try:
            self.programme: Programme = thaw(bundle.json("programme.json"))
            self.schema: MatrixSchema = schema_of(self.programme)
            self.calibration = Calibration.from_json(bundle.json("calibration.json"))
            self.reference: Reference = reference_from_json(bundle.json("reference.json"), self.schema)
            self.explainer = TreeExplainer(bundle.files["model.txt"], threads)
        except (ValueError, KeyError, TypeError, RiskError) as error:
            raise BundleCorrupt(
                f"bundle {bundle.version} does not parse ({type(error).__name__}); publish it again"
            ) from None
        if self.explainer.forest.feature_names != self.schema.names:
            raise BundleCorrupt(f"bundle {bundle.version}: the model's columns are not the programme's")
        self.groups = tuple(group for group in self.programme.file.groups if group in self.schema.groups)
        self._group_of_column = [self.groups.index(group) for group in self.schema.groups]
        self._check_golden(bundle)

    def score(
        self, snapshot: pd.DataFrame, today: dt.date, reasons: int = DEFAULT_REASONS
    ) -> tuple[pa.Table, list[BadCell]]:
        """Score the sound rows of a snapshot.

        Parameters
        ----------
        snapshot : DataFrame
            See :func:`riskmodel.scoring.inputs.read_inputs`.
        today : date
            No row may be as of a later day.
        reasons : int
            How many of the strongest contributions to name per household.

        Returns
        -------
        Table
            Columns of :data:`riskmodel.scoring.columns.SCORE`, one row a sound household, in the order given.
        list of BadCell
            Why the other rows were not scored.

        Raises
        ------
        ColumnsMismatch
            If the columns are not the model's.
        """
        inputs, bad = read_inputs(self.schema, snapshot, today)
        if bad:
            keep = np.ones(len(snapshot), bool)
            keep[[cell.row for cell in bad]] = False
            inputs = Inputs(inputs.household_id[keep], inputs.as_of[keep], inputs.matrix[keep], inputs.unknown[keep])
        return self.score_inputs(inputs, reasons), bad

    def score_inputs(self, inputs: Inputs, reasons: int = DEFAULT_REASONS) -> pa.Table:
        """Score rows that were checked before; see :meth:`score`."""
        main = self.programme.main_horizon
        found = self.explainer.summarise(
            self.schema.at_horizon(inputs.matrix, main),
            self._group_of_column,
            len(self.groups),
            reasons,
            len(self.schema.features),
        )
        odds = found.log_odds
        by_horizon = {
            months: odds if months == main else self._log_odds(inputs.matrix, months)
            for months in self.programme.horizons
        }
        rank_share = self.reference.rank_share(odds)
        low, high = self.calibration.interval(odds)
        n = len(odds)
        fields = {
            "household_id": pa.array(inputs.household_id, pa.string()),
            "as_of": pa.array(inputs.as_of.astype("datetime64[D]"), pa.date32()),
            "horizon_months": pa.array(np.full(n, main), pa.int64()),
            "probability": pa.array(self.calibration.probability(odds), pa.float64()),
            "interval": columns.interval(low, high),
            "band": columns.picked([band.code for band in self.programme.file.bands], self._bands(rank_share)),
            "rank_share": pa.array(rank_share, pa.float64()),
            "log_odds": pa.array(odds, pa.float64()),
            "base_log_odds": pa.array(np.full(n, self.explainer.base), pa.float64()),
            "reasons": self._reasons(inputs.matrix, found),
            "groups": self._groups(found.groups),
            "measures": self._measures(found.groups, inputs.matrix),
            "warnings": self._warnings(inputs),
            "model": self._model(n),
            "snapshot_digest": pa.array(self.digests(inputs), pa.string()),
            "horizons": self._horizons(by_horizon),
            "probability_without_transfers": self._without_transfers(inputs.matrix),
        }
        return pa.table(fields, schema=columns.SCORE)

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Return the main horizon's log-odds of encoded rows, shape (n,)."""
        return self._log_odds(matrix, self.programme.main_horizon)

    def contributions(self, matrix: Matrix) -> Matrix:
        """Return each column's contribution at the main horizon, and the base last; shape (n, k + 1)."""
        return self.explainer(self.schema.at_horizon(matrix, self.programme.main_horizon))

    def digests(self, inputs: Inputs) -> list[str]:
        """Return the sha256 of each row's date and features: the same question has the same digest."""
        names = "\0".join(self.schema.names).encode()
        features = np.ascontiguousarray(inputs.matrix[:, : len(self.schema.features)])
        features = np.where(np.isnan(features), np.nan, features)
        days = inputs.as_of.astype("datetime64[D]").astype(str)
        return [
            hashlib.sha256(names + day.encode() + row.tobytes()).hexdigest()
            for day, row in zip(days, features, strict=True)
        ]

    def _without_transfers(self, matrix: Matrix) -> pa.Array:
        """Return the main horizon's probability without transfers; null where the programme names none."""
        transfers = self.programme.file.without_transfers
        if transfers is None:
            return pa.nulls(len(matrix), pa.float64())
        odds = self.log_odds(without_transfers(transfers, self.schema, matrix))
        return pa.array(self.calibration.probability(odds), pa.float64())

    def _log_odds(self, matrix: Matrix, months: int) -> Matrix:
        return self.explainer.log_odds(self.schema.at_horizon(matrix, months))

    def _bands(self, rank_share: Matrix) -> npt.NDArray[np.int64]:
        """Return the place of each household's band: the first whose share reaches its rank."""
        shares = np.array([band.top_share for band in self.programme.file.bands])
        return np.minimum(np.searchsorted(shares, rank_share, side="left"), len(shares) - 1).astype("int64")

    def _reasons(self, matrix: Matrix, found: Summary) -> pa.Array:
        """Name the strongest contributions of features, up or down; the horizon is no reason."""
        features = self.schema.features
        n, count = found.strongest.shape
        place = found.strongest.ravel()
        row = np.repeat(np.arange(n), count)
        values = matrix[row, place]
        typical = np.array([np.nan if one is None else one for one in self.reference.typical])[place]
        fields = {
            "feature": columns.picked([feature.name for feature in features], place),
            "group": columns.picked([feature.column.group for feature in features], place),
            "log_odds": pa.array(found.contribution.ravel(), pa.float64()),
            **self._value_fields("value", "category", place, values),
            **self._value_fields("typical", "typical_category", place, typical),
        }
        return columns.lists(np.full(n, count), columns.struct(fields, columns.REASON))

    def _value_fields(
        self, number: str, category: str, place: npt.NDArray[np.int64], values: Matrix
    ) -> dict[str, pa.Array]:
        """Part numbers from categories: a category's code in words, not its place in a list."""
        codes: list[str] = []
        starts = np.full(len(self.schema.features), -1)
        for position, feature in enumerate(self.schema.features):
            if feature.column.kind is Kind.CATEGORY:
                starts[position] = len(codes)
                codes += feature.column.categories
        categorical = (starts[place] >= 0) & ~np.isnan(values)
        code_place = np.where(categorical, starts[place] + np.nan_to_num(values), -1).astype("int64")
        return {
            number: columns.floats(np.where(starts[place] >= 0, np.nan, values)),
            category: columns.picked(codes, code_place),
        }

    def _groups(self, by_group: Matrix) -> pa.Array:
        n = len(by_group)
        place = np.tile(np.arange(len(self.groups)), n)
        fields = {"group": columns.picked(self.groups, place), "log_odds": pa.array(by_group.ravel(), pa.float64())}
        return columns.lists(np.full(n, len(self.groups)), columns.struct(fields, columns.GROUP))

    def _measures(self, by_group: Matrix, matrix: Matrix) -> pa.Array:
        measures = self.programme.file.measures
        fits = fitting_measures(measures, self.groups, by_group, self.schema.names, matrix)
        place = np.nonzero(fits)[1]
        fields = {
            "measure": columns.picked([measure.code for measure in measures], place),
            "group": columns.picked([measure.group for measure in measures], place),
        }
        return columns.lists(fits.sum(axis=1), columns.struct(fields, columns.MEASURE))

    def _warnings(self, inputs: Inputs) -> pa.Array:
        """Say which values were missing, or unknown and therefore scored as missing."""
        missing = np.isnan(inputs.matrix[:, : len(self.schema.features)])
        row, place = np.nonzero(missing)
        fields = {
            "code": columns.picked([MISSING_VALUE, UNKNOWN_CATEGORY], inputs.unknown[row, place].astype("int64")),
            "feature": columns.picked([feature.name for feature in self.schema.features], place),
        }
        return columns.lists(missing.sum(axis=1), columns.struct(fields, columns.WARNING))

    def _model(self, n: int) -> pa.Array:
        names = {
            name: pa.array([getattr(self.id, name)] * n, pa.string()) for name in ("programme", "version", "digest")
        }
        return columns.struct(names, columns.MODEL)

    def _horizons(self, by_horizon: dict[int, Matrix]) -> pa.Array:
        months = np.array(list(by_horizon))
        odds = np.column_stack(list(by_horizon.values())).ravel()
        low, high = self.calibration.interval(odds)
        n = len(odds) // len(months)
        fields = {
            "months": pa.array(np.tile(months, n), pa.int64()),
            "probability": pa.array(self.calibration.probability(odds), pa.float64()),
            "interval": columns.interval(low, high),
        }
        return columns.lists(np.full(n, len(months)), columns.struct(fields, columns.HORIZON))

    def _check_golden(self, bundle: BundleFiles) -> None:
        """Score the golden rows and compare with the answers that were approved, which LightGBM itself gave."""
        golden = pq.read_table(io.BytesIO(bundle.files["golden.parquet"])).to_pandas()
        matrix = golden[list(self.schema.names)].to_numpy(dtype="float64")
        odds = self.explainer.log_odds(matrix)
        found = {
            "log_odds": (odds, 0.0),
            "probability": (self.calibration.probability(odds), 0.0),
            "contributions": (self.explainer(matrix), CONTRIBUTION_TOLERANCE),
        }
        for name, (answer, tolerance) in found.items():
            approved = np.stack(golden[name].to_numpy()) if golden[name].dtype == object else golden[name].to_numpy()
            if answer.shape != approved.shape or not np.all(np.abs(answer - approved) <= tolerance):
                raise BundleCorrupt(
                    f"bundle {bundle.version}: golden rows give another {name} than when it was approved"
                )
