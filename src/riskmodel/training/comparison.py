"""Two bundles side by side: what they were made of, how they did, and how far their scores lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from riskmodel.errors import UsageError
from riskmodel.evaluation.ranking import METRICS, Interval
from riskmodel.programme.programme import Programme
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.scorer import Scorer
from riskmodel.training.backtest_gate import interval, own_calibration
from riskmodel.training.judging import MODEL
from riskmodel.training.latency import golden_matrix

Values = npt.NDArray[np.float64]
FACTS = ("cutoff", "data_digest", "code_version", "seed", "trained_at", "trained_by")
"""What manifests tell that is put side by side."""
WORDS = ("title", "groups", "notes", "label")
"""Keys of a programme file that only name things."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that both bundles tell, as text; empty where one does not."""

    name: str
    values: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both bundles, each with its range; None where undefined or not measured."""

    name: str
    values: tuple[Interval | None, Interval | None]


@dataclass(frozen=True, slots=True)
class ScoreGap:
    """How the scores of the same rows differ.

    Attributes
    ----------
    rows : int
        Golden rows that both bundles can score.
    rank_correlation : float
        Spearman's, of log-odds.
    mean_gap, largest_gap : float
        Distance of the probabilities.
    """

    rows: int
    rank_correlation: float
    mean_gap: float
    largest_gap: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is told about two bundles; of each pair the first bundle comes first.

    Attributes
    ----------
    versions : tuple of str
        The two.
    facts : tuple of Fact
        What their manifests tell.
    added, dropped, changed : tuple of str
        Features that only the second has, only the first has, and both have but make differently.
    parameters : tuple of Fact
        Whatever else of the programme file differs, by its path.
    pooled : tuple of Figure
        Of all tests together.
    folds : tuple of (date, tuple of Figure)
        Of each test that either was given, by date.
    calibration : tuple of Figure
        Of all tests together, rows counted once.
    scores : ScoreGap or None
        None where the bundles share no rows that both can score.
    """

    versions: tuple[str, str]
    facts: tuple[Fact, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    changed: tuple[str, ...]
    parameters: tuple[Fact, ...]
    pooled: tuple[Figure, ...]
    folds: tuple[tuple[str, tuple[Figure, ...]], ...]
    calibration: tuple[Figure, ...]
    scores: ScoreGap | None


def compare_bundles(one: BundleFiles, other: BundleFiles) -> Comparison:
    """Put two bundles of a programme side by side.

    Raises
    ------
    UsageError
        If they are of two programmes.
    """
    if one.programme != other.programme:
        raise UsageError(
            f"{one.version} is of {one.programme}, {other.version} of {other.programme}; compare like models"
        )
    pair = (one, other)
    scorers = (Scorer(one), Scorer(other))
    features = [{feature.name: feature for feature in scorer.programme.features} for scorer in scorers]
    evaluations = [bundle.json("evaluation.json") for bundle in pair]
    return Comparison(
        versions=(one.version, other.version),
        facts=tuple(_fact(name, [bundle.manifest for bundle in pair]) for name in FACTS),
        added=tuple(name for name in features[1] if name not in features[0]),
        dropped=tuple(name for name in features[0] if name not in features[1]),
        changed=tuple(name for name in features[0] if features[1].get(name, features[0][name]) != features[0][name]),
        parameters=_parameters(scorers[0].programme, scorers[1].programme),
        pooled=_figures([evaluation["pooled"].get(MODEL, {}) for evaluation in evaluations]),
        folds=_folds(evaluations[0], evaluations[1]),
        calibration=_calibration(evaluations[0], evaluations[1]),
        scores=score_gap(pair, scorers),
    )


def _fact(name: str, sources: list[Mapping[str, Any]]) -> Fact:
    first, second = (str(source.get(name, "")) for source in sources)
    return Fact(name, (first, second))


def _parameters(one: Programme, other: Programme) -> tuple[Fact, ...]:
    """Return every value of the two programme files that differs; words for people aside."""
    leaves = [dict(_leaves(programme.file.model_dump(mode="json"))) for programme in (one, other)]
    names = dict.fromkeys([*leaves[0], *leaves[1]])
    facts = [_fact(name, [*leaves]) for name in names]
    return tuple(fact for fact in facts if fact.values[0] != fact.values[1])


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Walk through nested values and name each leaf by its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in WORDS:
                yield from _leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{place}]")
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _figures(sources: list[Mapping[str, Any]]) -> tuple[Figure, ...]:
    return tuple(Figure(name, (interval(sources[0], name), interval(sources[1], name))) for name in METRICS)


def _folds(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[tuple[str, tuple[Figure, ...]], ...]:
    by_date = [{fold["as_of"]: fold[MODEL] for fold in evaluation["folds"]} for evaluation in (one, other)]
    return tuple(
        (day, _figures([folds.get(day, {}) for folds in by_date])) for day in sorted({*by_date[0], *by_date[1]})
    )


def _calibration(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Figure, ...]:
    found = [own_calibration(evaluation) for evaluation in (one, other)]
    names = dict.fromkeys([*found[0], *found[1]])
    return tuple(Figure(name, (found[0].get(name), found[1].get(name))) for name in names)


def score_gap(pair: tuple[BundleFiles, BundleFiles], scorers: tuple[Scorer, Scorer]) -> ScoreGap | None:
    """Score both bundles' golden rows with both models, as far as one's rows hold all that the other asks for."""
    odds: list[tuple[Values, Values]] = []
    for bundle, scorer in zip(pair, scorers, strict=True):
        matrices = [_golden_for(bundle, scorer, asked) for asked in scorers]
        if matrices[0] is not None and matrices[1] is not None:
            odds.append((scorers[0].log_odds(matrices[0]), scorers[1].log_odds(matrices[1])))
    if not odds:
        return None
    one, other = (np.concatenate([each[place] for each in odds]) for place in (0, 1))
    gaps = np.abs(scorers[0].calibration.probability(one) - scorers[1].calibration.probability(other))
    correlation = 1.0 if np.array_equal(one, other) else float(spearmanr(one, other).statistic)
    return ScoreGap(len(one), correlation, float(gaps.mean()), float(gaps.max()))


def _golden_for(bundle: BundleFiles, owner: Scorer, asked: Scorer) -> Values | None:
    """Return a bundle's golden rows as another model reads them; None where a feature is missing or coded otherwise."""
    held = {feature.name: feature for feature in owner.schema.features}
    for feature in asked.schema.features:
        if feature.name not in held or held[feature.name].column.categories != feature.column.categories:
            return None
    matrix = np.full((len(golden_matrix(bundle, owner.schema.names)), len(asked.schema.names)), np.nan)
    names = tuple(feature.name for feature in asked.schema.features)
    matrix[:, : len(names)] = golden_matrix(bundle, names)
    return matrix
