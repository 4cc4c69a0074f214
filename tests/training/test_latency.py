"""A candidate's time is held against the champion's round by round, and only the time of scoring counts."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.tinyland import TINY
from riskmodel.errors import BundleCorrupt
from riskmodel.evaluation.calibration import Calibration
from riskmodel.evaluation.ranking import Interval
from riskmodel.features.encode import schema_of
from riskmodel.programme.freezing import freeze
from riskmodel.programme.loading import load_programme
from riskmodel.registry.bundle import BundleFiles, canonical_json
from riskmodel.scoring.inputs import Inputs
from riskmodel.scoring.reference import summarise
from riskmodel.scoring.scorer import DEFAULT_REASONS, Scorer
from riskmodel.training import latency
from riskmodel.training.bundling import golden_bytes, model_text, parquet_bytes
from riskmodel.training.latency import ROUNDS, ROWS, golden_inputs, golden_matrix, time_bundles

CUTOFF = "2020-01-01"
EVEN = [1.0] * ROUNDS


def bundle_of(version: str, **files: bytes) -> BundleFiles:
    named = {name.replace("_", "."): data for name, data in files.items()}
    return BundleFiles(Path(version), "tinyland", version, version, {"cutoff": CUTOFF}, named)


def golden(**columns: Sequence[float]) -> bytes:
    return parquet_bytes(pa.table(columns))


@dataclass
class Track:
    """A clock that stands still but while somebody scores, and who did."""

    now: float = 0.0
    turns: list[str] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


@dataclass
class Runner:
    """Stands for a scorer that takes a known time at each turn."""

    name: str
    track: Track
    seconds: Iterator[float]
    schema: SimpleNamespace
    scored: list[Inputs] = field(default_factory=list)

    def score_inputs(self, inputs: Inputs, reasons: int = DEFAULT_REASONS) -> None:
        assert reasons == DEFAULT_REASONS
        self.track.turns.append(self.name)
        self.track.now += next(self.seconds)
        self.scored.append(inputs)


CANDIDATE = bundle_of("candidate", golden_parquet=golden(a=[1.0, 2.0, 3.0], b=[4.0, 5.0, 6.0]))
CHAMPION = bundle_of("champion", golden_parquet=golden(c=[7.0, 8.0]))


def runners(
    monkeypatch: pytest.MonkeyPatch, candidate: Sequence[float], champion: Sequence[float], first_use: float = 0.0
) -> tuple[Track, dict[str, Runner]]:
    """Put runners in the place of scorers: two columns are the candidate's, one the champion's."""
    track = Track()
    made = {
        one.version: Runner(
            one.version, track, iter([first_use, *seconds]), SimpleNamespace(names=names, features=names)
        )
        for one, seconds, names in ((CANDIDATE, candidate, ("a", "b")), (CHAMPION, champion, ("c",)))
    }
    monkeypatch.setattr(latency, "Scorer", lambda bundle: made[bundle.version])
    return track, made


@pytest.mark.parametrize(
    ("candidate", "champion", "ratio", "seconds"),
    [
        ([2, 2, 2, 2, 2, 2, 2], EVEN, (2.0, 2.0, 2.0), 2.0),
        ([1, 2, 3, 4, 5, 6, 7], [7, 6, 5, 4, 3, 2, 1], (1.0, 1 / 7, 7.0), 4.0),
        # whatever slows a whole round slows both, and leaves its ratio alone
        ([1, 2, 4, 8, 16, 32, 64], [0.5, 1, 2, 4, 8, 16, 32], (2.0, 2.0, 2.0), 8.0),
        # one bad round moves the ends and nothing else
        ([1, 1, 1, 100, 1, 1, 1], EVEN, (1.0, 1.0, 100.0), 1.0),
        # the middle of the ratios, not the ratio of the middles, which would be 5
        ([1, 1, 1, 5, 5, 5, 5], [1, 1, 1, 1, 10, 10, 10], (1.0, 0.5, 5.0), 5.0),
    ],
)
def test_the_ratio_is_the_middle_the_least_and_the_most_of_the_rounds(
    monkeypatch: pytest.MonkeyPatch,
    candidate: list[float],
    champion: list[float],
    ratio: tuple[float, float, float],
    seconds: float,
) -> None:
    track, _ = runners(monkeypatch, candidate, champion)
    found = time_bundles(CANDIDATE, CHAMPION, track)
    assert found.ratio == Interval(*map(pytest.approx, ratio))
    assert found.milliseconds == pytest.approx(seconds * 1000 / 512)


@pytest.mark.parametrize("champion", [CHAMPION, None])
def test_the_first_use_does_not_count(monkeypatch: pytest.MonkeyPatch, champion: BundleFiles | None) -> None:
    track, made = runners(monkeypatch, EVEN, EVEN, first_use=1e6)
    found = time_bundles(CANDIDATE, champion, track)
    assert found.milliseconds == pytest.approx(1000 / ROWS)
    assert found.ratio == (Interval(1.0, 1.0, 1.0) if champion else None)
    assert len(made["candidate"].scored) == 1 + ROUNDS
    assert len(made["champion"].scored) == (1 + ROUNDS if champion else 0)


def test_the_two_take_turns_at_going_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who goes second finds warm caches, or a machine that has become busy."""
    track, _ = runners(monkeypatch, EVEN, EVEN)
    time_bundles(CANDIDATE, CHAMPION, track)
    turns = track.turns[2:]
    rounds = list(zip(turns[::2], turns[1::2], strict=True))
    assert len(rounds) == ROUNDS
    assert all(set(one) == {"candidate", "champion"} for one in rounds)
    firsts = [first for first, _ in rounds]
    assert all(one != other for one, other in pairwise(firsts))


def test_each_scores_as_many_of_its_own_golden_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    track, made = runners(monkeypatch, EVEN, EVEN)
    time_bundles(CANDIDATE, CHAMPION, track)
    for name, own in {"candidate": [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], "champion": [[7.0], [8.0]]}.items():
        for inputs in made[name].scored:
            assert inputs.matrix.tolist() == (own * ROWS)[:ROWS]


@pytest.mark.parametrize("rows", [1, 3, 4, 7])
def test_golden_rows_are_repeated_in_their_order_as_so_many_households(rows: int) -> None:
    scorer = Runner("candidate", Track(), iter(()), SimpleNamespace(names=("b", "a"), features=("b",)))
    inputs = golden_inputs(CANDIDATE, scorer, rows)  # type: ignore[arg-type]
    assert (
        inputs.matrix.tolist()
        == [[4.0, 1.0], [5.0, 2.0], [6.0, 3.0], [4.0, 1.0], [5.0, 2.0], [6.0, 3.0], [4.0, 1.0]][:rows]
    )
    assert len(set(inputs.household_id)) == rows and all(isinstance(one, str) for one in inputs.household_id)
    assert inputs.as_of.tolist() == [np.datetime64(CUTOFF).astype(object)] * rows
    assert inputs.unknown.tolist() == [[False]] * rows


def test_golden_rows_are_read_by_name_as_floats_with_gaps_kept() -> None:
    data = parquet_bytes(
        pa.table({"a": pa.array([1, 2], pa.int64()), "log_odds": [9.0, 9.0], "b": [float("nan"), 4.0]})
    )
    found = golden_matrix(bundle_of("one", golden_parquet=data), ("b", "a"))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [[np.nan, 1.0], [4.0, 2.0]])


def test_golden_rows_that_lack_a_column_are_refused() -> None:
    with pytest.raises(ValueError, match="absent"):
        golden_matrix(CANDIDATE, ("a", "absent"))


@pytest.fixture(scope="module")
def small() -> BundleFiles:
    """A whole bundle of a few trees, grown on numbers without meaning."""
    programme = load_programme(TINY / "tiny.yaml")
    schema, rng = schema_of(programme), np.random.default_rng(0)
    matrix = rng.integers(0, 3, (200, len(schema.names))).astype("float64")
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    params = {"objective": "binary", "num_threads": 1, "verbosity": -1, "seed": 0}
    data = lgb.Dataset(matrix, rng.integers(0, 2, 200), feature_name=list(schema.names))
    booster = lgb.train(params, data, num_boost_round=3)
    calibration = Calibration(1.0, 0.0, (-1.0, 1.0), (0.5, 0.5))
    reference = summarise(schema, matrix, booster.predict(matrix, raw_score=True), CUTOFF)
    return bundle_of(
        "small",
        model_txt=model_text(booster),
        calibration_json=canonical_json(calibration.to_json()),
        programme_json=canonical_json(freeze(programme)),
        reference_json=canonical_json(reference.to_json(schema)),
        golden_parquet=golden_bytes(booster, calibration, schema, matrix[:10]),
        # not looked at: nobody asks who is similar
        neighbours_parquet=b"",
    )


def test_what_is_timed_gives_the_golden_answers_over_and_over(small: BundleFiles) -> None:
    scorer = Scorer(small)
    table = scorer.score_inputs(golden_inputs(small, scorer, 25))
    approved = pq.read_table(io.BytesIO(small.files["golden.parquet"]))["log_odds"].to_pylist()
    assert table["log_odds"].to_pylist() == (approved * 3)[:25]
    assert len(set(approved)) > 1


def test_whole_bundles_are_timed_by_the_clock_that_is_given(small: BundleFiles) -> None:
    ticks = iter(range(1000))
    found = time_bundles(small, small, lambda: next(ticks) / 4)
    assert found.ratio == Interval(1.0, 1.0, 1.0)
    assert found.milliseconds == 250 / ROWS
    assert next(ticks) == 2 * 2 * ROUNDS


@pytest.mark.parametrize("file", ["model.txt", "golden.parquet", "programme.json"])
def test_a_damaged_bundle_is_refused_before_anything_is_timed(small: BundleFiles, file: str) -> None:
    other = {"golden.parquet": golden_of_others(small)}.get(file, b"{}")
    damaged = BundleFiles(small.path, "tinyland", "damaged", "0", small.manifest, {**small.files, file: other})

    def clock() -> float:
        raise AssertionError("the clock was read")

    for pair in ((damaged, small), (small, damaged), (damaged, None)):
        with pytest.raises(BundleCorrupt, match="damaged"):
            time_bundles(*pair, clock)


def golden_of_others(bundle: BundleFiles) -> bytes:
    """Return golden rows whose approved answers are another model's."""
    table = pq.read_table(io.BytesIO(bundle.files["golden.parquet"]))
    place = table.column_names.index("log_odds")
    return parquet_bytes(table.set_column(place, "log_odds", pa.array(table["log_odds"].to_numpy() + 1e-9)))
