"""Rows in, scores and reasons out. Golden rows are checked before it answers anything."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import BundleCorrupt, RiskError
from riskmodel.evaluation.calibration import Calibration
from riskmodel.explain.neighbours import Leaves, Neighbours
from riskmodel.explain.treeshap import TreeExplainer
from riskmodel.features.encode import MatrixSchema, schema_of
from riskmodel.features.support import without_transfers
from riskmodel.programme.freezing import thaw
from riskmodel.programme.programme import Programme
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.neighbours import FILE, read_neighbours
from riskmodel.scoring.cells import CellReader
from riskmodel.scoring.figures import Figures, ModelId, Names, names_of, parted
from riskmodel.scoring.inputs import BadCell, Inputs, read_inputs
from riskmodel.scoring.measures import FittingMeasures
from riskmodel.scoring.reference import Reference, reference_from_json
from riskmodel.scoring.rows import Row, RowWriter
from riskmodel.scoring.table import score_table

Matrix = npt.NDArray[np.float64]
GOLDEN_ROWS = 64
CONTRIBUTION_TOLERANCE = 1e-10
DEFAULT_REASONS = 5


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
        self.names: Names = names_of(
            self.id, self.programme, self.schema, self.reference, self.groups, self.explainer.base
        )
        self.cells = CellReader(self.schema)
        self._rows = RowWriter(self.names)
        self._fitting = FittingMeasures(self.programme.file.measures, self.groups, self.schema.names)
        self._band_shares = np.array([band.top_share for band in self.programme.file.bands])
        # parsed when somebody asks for it: most processes never do
        self._neighbours = bundle.files[FILE]
        self._digest_start = "\0".join(self.schema.names).encode()
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
        return self.score_inputs(inputs.sound(bad), reasons), bad

    def score_inputs(self, inputs: Inputs, reasons: int = DEFAULT_REASONS) -> pa.Table:
        """Score rows that were checked before, as Arrow columns; see :meth:`score`."""
        return score_table(self.names, self.figures(inputs, reasons))

    def score_rows(self, inputs: Inputs, reasons: int = DEFAULT_REASONS) -> list[Row]:
        """Score rows that were checked before, as JSON values: the fields of :meth:`score_inputs`."""
        return self._rows(self.figures(inputs, reasons))

    def figures(self, inputs: Inputs, reasons: int = DEFAULT_REASONS) -> Figures:
        """Score rows that were checked before, as arrays."""
        matrix, features = inputs.matrix, len(self.schema.features)
        main = self.schema.at_horizon(matrix, self.programme.main_horizon)
        found = self.explainer.summarise(main, self._group_of_column, len(self.groups), reasons, features)
        by_horizon = self._by_horizon(matrix, found.log_odds)
        low, high = self.calibration.interval(by_horizon.ravel())
        rank_share = self.reference.rank_share(found.log_odds)
        value, code = parted(self.names, found.strongest, np.take_along_axis(matrix, found.strongest, axis=1))
        days = inputs.as_of.astype("datetime64[D]").astype(str).tolist()
        return Figures(
            inputs.household_id,
            days,
            found.log_odds,
            rank_share,
            self.calibration.probability(by_horizon.ravel()).reshape(by_horizon.shape),
            low.reshape(by_horizon.shape),
            high.reshape(by_horizon.shape),
            self._without_transfers(matrix),
            self._bands(rank_share),
            found.strongest,
            found.contribution,
            value,
            code,
            found.groups,
            self._fitting(found.groups, matrix),
            np.isnan(matrix[:, :features]),
            inputs.unknown,
            self._digests(days, matrix),
        )

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Return the main horizon's log-odds of encoded rows, shape (n,)."""
        return self._log_odds(matrix, self.programme.main_horizon)

    def contributions(self, matrix: Matrix) -> Matrix:
        """Return each column's contribution at the main horizon, and the base last; shape (n, k + 1)."""
        return self.explainer(self.schema.at_horizon(matrix, self.programme.main_horizon))

    @cached_property
    def neighbours(self) -> Neighbours:
        """The earlier households that the bundle remembers.

        Raises
        ------
        BundleCorrupt
            If they are not of this model.
        """
        return read_neighbours(self._neighbours, len(self.explainer.forest.trees.points))

    def leaves(self, matrix: Matrix) -> Leaves:
        """Return the leaf of each tree that encoded rows come to at the main horizon, shape (n, trees)."""
        return self.explainer.leaves(self.schema.at_horizon(matrix, self.programme.main_horizon))

    def digests(self, inputs: Inputs) -> list[str]:
        """Return the sha256 of each row's date and features: the same question has the same digest."""
        return self._digests(inputs.as_of.astype("datetime64[D]").astype(str).tolist(), inputs.matrix)

    def _digests(self, days: Sequence[str], matrix: Matrix) -> list[str]:
        features = np.ascontiguousarray(matrix[:, : len(self.schema.features)])
        # NaN has many bit patterns
        features = np.where(np.isnan(features), np.nan, features)
        return [
            hashlib.sha256(self._digest_start + day.encode() + row.tobytes()).hexdigest()
            for day, row in zip(days, features, strict=True)
        ]

    def _by_horizon(self, matrix: Matrix, main: Matrix) -> Matrix:
        """Return log-odds by horizon, shape (n, n_horizons); those of the main one are known."""
        odds = [
            main if months == self.programme.main_horizon else self._log_odds(matrix, months)
            for months in self.names.months
        ]
        return np.column_stack(odds)

    def _without_transfers(self, matrix: Matrix) -> Matrix | None:
        """Return the main horizon's probability without transfers; None where the programme names none."""
        transfers = self.programme.file.without_transfers
        if transfers is None:
            return None
        odds = self.log_odds(without_transfers(transfers, self.schema, matrix))
        return self.calibration.probability(odds)

    def _log_odds(self, matrix: Matrix, months: int) -> Matrix:
        return self.explainer.log_odds(self.schema.at_horizon(matrix, months))

    def _bands(self, rank_share: Matrix) -> npt.NDArray[np.int64]:
        """Return the place of each household's band: the first whose share reaches its rank."""
        shares = self._band_shares
        return np.minimum(np.searchsorted(shares, rank_share, side="left"), len(shares) - 1).astype("int64")

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
