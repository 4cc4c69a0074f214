"""Scores as JSON values: what the API answers, without Arrow, which costs a household more than its score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from riskmodel.scoring.figures import Figures, Names
from riskmodel.scoring.inputs import MISSING_VALUE, UNKNOWN_CATEGORY

Row = dict[str, Any]


class RowWriter:
    """Writes figures as rows: the fields of :data:`riskmodel.scoring.columns.SCORE`, dates as ISO writes them.

    Rows share what is the same for all of them (the model, measures, warnings): whoever changes a row copies it first.

    Parameters
    ----------
    names : Names
        What the places in the figures stand for.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._model = asdict(names.model)
        self._measures = [{"measure": code, "group": group} for code, group in names.measures]
        self._warnings = [
            [{"code": code, "feature": feature} for feature in names.features]
            for code in (MISSING_VALUE, UNKNOWN_CATEGORY)
        ]
        codes = [names.codes[place] for place in names.typical_code]
        self._features = list(zip(names.features, names.feature_groups, names.typical, codes, strict=True))

    def __call__(self, figures: Figures) -> list[Row]:
        """Return one row a household, in order."""
        names, n = self._names, len(figures.log_odds)
        horizons, without = self._horizons(figures), figures.without_transfers
        main = [ahead[names.main] for ahead in horizons]
        fields: dict[str, Sequence[Any]] = {
            "household_id": figures.household_id.tolist(),
            "as_of": figures.as_of,
            "horizon_months": [one["months"] for one in main],
            "probability": [one["probability"] for one in main],
            "interval": [one["interval"] for one in main],
            "band": [names.bands[place] for place in figures.band.tolist()],
            "rank_share": figures.rank_share.tolist(),
            "log_odds": figures.log_odds.tolist(),
            "base_log_odds": [names.base] * n,
            "reasons": self._reasons(figures),
            "groups": self._groups(figures),
            "measures": self._fitting(figures),
            "warnings": self._scored_as_missing(figures),
            "model": [self._model] * n,
            "snapshot_digest": figures.digests,
            "horizons": horizons,
            "probability_without_transfers": [None] * n if without is None else without.tolist(),
        }
        return [dict(zip(fields, row, strict=True)) for row in zip(*fields.values(), strict=True)]

    def _horizons(self, figures: Figures) -> list[list[Row]]:
        months = self._names.months
        columns = zip(figures.probability.tolist(), figures.low.tolist(), figures.high.tolist(), strict=True)
        return [
            [
                {"months": ahead, "probability": probability, "interval": {"low": low, "high": high}}
                for ahead, probability, low, high in zip(months, *row, strict=True)
            ]
            for row in columns
        ]

    def _reasons(self, figures: Figures) -> list[list[Row]]:
        rows = zip(
            figures.strongest.tolist(),
            figures.contribution.tolist(),
            figures.value.tolist(),
            figures.code.tolist(),
            strict=True,
        )
        return [[self._reason(*cells) for cells in zip(*row, strict=True)] for row in rows]

    def _reason(self, place: int, log_odds: float, value: float, code: int) -> Row:
        feature, group, typical, typical_category = self._features[place]
        return {
            "feature": feature,
            "group": group,
            "log_odds": log_odds,
            # JSON has no NaN: what is missing, or a category, is null
            "value": None if math.isnan(value) else value,
            "category": self._names.codes[code],
            "typical": typical,
            "typical_category": typical_category,
        }

    def _groups(self, figures: Figures) -> list[list[Row]]:
        groups = self._names.groups
        return [
            [{"group": group, "log_odds": log_odds} for group, log_odds in zip(groups, row, strict=True)]
            for row in figures.groups.tolist()
        ]

    def _fitting(self, figures: Figures) -> list[list[Row]]:
        found: list[list[Row]] = [[] for _ in figures.log_odds]
        rows, places = figures.measures.nonzero()
        for row, place in zip(rows.tolist(), places.tolist(), strict=True):
            found[row].append(self._measures[place])
        return found

    def _scored_as_missing(self, figures: Figures) -> list[list[Row]]:
        found: list[list[Row]] = [[] for _ in figures.log_odds]
        rows, places = figures.missing.nonzero()
        unknown = figures.unknown[rows, places]
        for row, place, code in zip(rows.tolist(), places.tolist(), unknown.tolist(), strict=True):
            found[row].append(self._warnings[code][place])
        return found
