"""Candidate and opponent are measured on the same rows, each by its own words, each household within its date."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import rankdata, spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from conftest import TODAY, Tiny
from helpers.rows import made_rows
from helpers.tinyland import TINY, Words, altered
from riskmodel.errors import TableUnreadable, TooFewRows
from riskmodel.evaluation.calibration import Calibration
from riskmodel.evaluation.gates import Measured
from riskmodel.evaluation.ranking import Interval
from riskmodel.features.encode import MatrixSchema, schema_of
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Area, Programme
from riskmodel.scoring.scorer import Scorer
from riskmodel.training.examples import Examples, ExampleSource, stack
from riskmodel.training.folds import Slice
from riskmodel.training.latency import Latency
from riskmodel.training.later import CHAMPION, Day, champion_log_odds, measure, score_day

DAY = dt.date(2019, 1, 1)
NOWHERE = Path("no-such-folder")
IDENTITY = Calibration(1.0, 0.0, (), ())
LATENCY = Latency(0.25, Interval(1.1, 0.9, 1.3))
NOBODY = made_rows(np.empty((0, 1)), np.empty(0))


@dataclass(frozen=True)
class ByFeature:
    """Stands for a scorer: the lower a feature, the riskier."""

    programme: Programme
    feature: str
    calibration: Calibration

    @property
    def schema(self) -> MatrixSchema:
        return schema_of(self.programme)

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        return -matrix[:, self.schema.names.index(self.feature)]


def scorer_of(programme: Programme, feature: str = "income_to_line", calibration: Calibration = IDENTITY) -> Scorer:
    return cast(Scorer, ByFeature(programme, feature, calibration))


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(TINY / "tiny.yaml")


@pytest.fixture(scope="module")
def source(tiny: Tiny) -> ExampleSource:
    return ExampleSource(tiny.programme, tiny.line)


@pytest.fixture(scope="module")
def cohort(source: ExampleSource) -> Examples:
    return source.with_unknown([Slice(DAY, 12)], source.line.end)


def told(tiny: Tiny, year: int) -> pd.DataFrame:
    """Return what was recorded of a year, as written in the file, by household."""
    table = pd.read_csv(tiny.folder / "observations.csv", dtype={"hhid": "str"})
    return table[table["period_end"] == f"{year}-12-31"].set_index("hhid")


def ids_of(tiny: Tiny, rows: Examples) -> list[str]:
    return [str(one) for one in tiny.line.household_ids[rows.household]]


# --- how the champion scores the candidate's rows ---

AS_BEFORE: dict[str, Callable[[Words], Any]] = {
    "title": lambda words: words["title"].update(en="Another title"),
    "rounds": lambda words: words["model"].update(rounds=5),
    "capacity": lambda words: words.update(capacity={"share": 0.1}),
    "bands": lambda words: words["bands"][0].update(top_share=0.2),
    "tests": lambda words: words["folds"].update(tests=["2018-01-01"]),
    "rules": lambda words: words["rules"].pop(),
    "measures": lambda words: words.update(measures=[]),
    "reviewing": lambda words: words.pop("reviewing"),
    "audit groups": lambda words: words.update(audit_groups=[]),
}


@pytest.mark.parametrize("what", AS_BEFORE)
def test_a_champion_of_the_same_features_reads_the_candidates_matrix(
    tiny: Tiny, cohort: Examples, tmp_path: Path, what: str
) -> None:
    """No data is read for it, and every row has a score."""
    champion = scorer_of(load_programme(altered(tmp_path / "other", AS_BEFORE[what])), "income_change")
    assert champion.programme != tiny.programme
    score = champion_log_odds(scorer_of(tiny.programme), champion, tiny.line, NOWHERE, TODAY)
    np.testing.assert_array_equal(score(DAY, cohort), champion.log_odds(cohort.matrix))


COSTS = "illness_cost_12m"


def without_costs(words: Words) -> None:
    words["reviewing"]["try_out"].remove(COSTS)


OTHERWISE: dict[str, Callable[[Path], Path]] = {
    "cohort": lambda folder: altered(folder, lambda words: words["cohort"].update(seen_within_months=24)),
    "outcome": lambda folder: altered(folder, lambda words: words["outcome"].update(settled_after_days=30)),
    "welfare": lambda folder: altered(folder, lambda words: words["welfare"].pop("units")),
    "weight": lambda folder: altered(folder, lambda words: words.update(weight="observations.size")),
    "tables": lambda folder: altered(folder, lambda words: words["tables"]["households"].update(file="registered")),
    "feature": lambda folder: altered(folder, change={COSTS: {"months": "24"}}),
    "delay": lambda folder: altered(folder, change={"income_tin": {"known_after_days": "7"}}),
    "dropped": lambda folder: altered(folder, without_costs, drop=[COSTS]),
    "lines": lambda folder: altered(folder, files={"lines.csv": file_text("lines.csv").replace("2019,", "2019,1")}),
    "areas": lambda folder: altered(
        folder, files={"areas.csv": file_text("areas.csv").replace("n1,north", "n1,south")}
    ),
}


def file_text(name: str) -> str:
    return (TINY / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("what", OTHERWISE)
def test_a_champion_of_other_words_reads_the_data_for_itself(tiny: Tiny, tmp_path: Path, what: str) -> None:
    champion = scorer_of(load_programme(OTHERWISE[what](tmp_path / "other")))
    with pytest.raises(TableUnreadable, match=str(NOWHERE)):
        champion_log_odds(scorer_of(tiny.programme), champion, tiny.line, NOWHERE, TODAY)


@pytest.mark.parametrize(
    "other",
    [
        lambda own: replace(own, importer_tables={"prices": ({"quarter": "2018Q1"},)}),
        lambda own: replace(own, file=own.file.model_copy(update={"importer": "eph"})),
        lambda own: replace(own, file=own.file.model_copy(update={"areas": Area(levels=("village",))})),
    ],
    ids=["imported tables", "importer", "levels"],
)
def test_how_a_champion_imports_data_and_parts_areas_are_words_too(
    tiny: Tiny, other: Callable[[Programme], Programme]
) -> None:
    with pytest.raises(TableUnreadable, match=str(NOWHERE)):
        champion_log_odds(scorer_of(tiny.programme), scorer_of(other(tiny.programme)), tiny.line, NOWHERE, TODAY)


@pytest.fixture(scope="module")
def two_thirds(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """Return a data folder with a second register, in another order, that lacks every third household; and its ids."""
    folder = tmp_path_factory.mktemp("two-thirds") / "data"
    shutil.copytree(tiny.folder, folder)
    whole = pd.read_csv(folder / "households.csv", dtype="str")
    part = whole[np.arange(len(whole)) % 3 > 0].sample(frac=1, random_state=0)
    part.to_csv(folder / "registered.csv", index=False)
    return folder, set(part["hhid"])


def test_a_champion_of_other_words_scores_each_household_as_it_knows_it(
    tiny: Tiny, cohort: Examples, two_thirds: tuple[Path, set[str]], tmp_path: Path
) -> None:
    """It takes incomes as they are, not per person, and its register lacks a third of the candidate's households."""
    folder, registered = two_thirds

    def edit(words: Words) -> None:
        without_costs(words)
        words["tables"]["households"]["file"] = "registered"
        words["welfare"].pop("units")

    champion = scorer_of(load_programme(altered(tmp_path / "other", edit, drop=[COSTS])))
    found = champion_log_odds(scorer_of(tiny.programme), champion, tiny.line, folder, TODAY)(DAY, cohort)
    ids, income, line = ids_of(tiny, cohort), told(tiny, 2018)["inc"], 125
    expected = [-income[one] / line if one in registered else np.nan for one in ids]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert 0 < np.isnan(found).sum() < len(found) / 2


def test_what_was_recorded_after_today_is_unknown_to_such_a_champion_too(
    tiny: Tiny, cohort: Examples, tmp_path: Path
) -> None:
    champion = scorer_of(load_programme(OTHERWISE["dropped"](tmp_path / "other")))
    early = champion_log_odds(scorer_of(tiny.programme), champion, tiny.line, tiny.folder, dt.date(2018, 6, 1))
    income, size = told(tiny, 2017)["inc"], told(tiny, 2017)["size"]
    expected = [-income[one] / (120 * size[one]) if one in income.index else None for one in ids_of(tiny, cohort)]
    seen = np.array([one is not None for one in expected])
    found = early(DAY, cohort)
    np.testing.assert_allclose(found[seen], [one for one in expected if one is not None], rtol=1e-12)
    assert seen.mean() > 0.9


# --- one later cohort ---


def test_a_day_keeps_the_rows_whose_outcome_and_champions_score_are_known(
    tiny: Tiny, source: ExampleSource, cohort: Examples
) -> None:
    """Of the cohort those that were seen a year later; of these the champion knows every second household."""
    candidate = scorer_of(tiny.programme)

    def champion(day: dt.date, rows: Examples) -> np.ndarray:
        assert day == DAY
        return np.where(rows.household % 2 == 0, rows.household / 10, np.nan)

    day = score_day(candidate, champion, source, NOBODY, DAY)
    later = told(tiny, 2019)
    known = [one in later.index for one in ids_of(tiny, cohort)]
    assert 0 < sum(known) < len(known)
    assert day.rows.household.tolist() == cohort.household[known & (cohort.household % 2 == 0)].tolist()
    ids = ids_of(tiny, day.rows)
    assert day.rows.outcome.tolist() == [float(later["inc"][one] < 130 * later["size"][one]) for one in ids]
    assert set(day.rows.outcome) == {0.0, 1.0}
    assert list(day.opponents) == [CHAMPION]
    assert day.opponents[CHAMPION].tolist() == (day.rows.household / 10).tolist()
    assert day.candidate.tolist() == candidate.log_odds(day.rows.matrix).tolist()


def test_a_days_groups_are_of_the_rows_that_it_keeps(tiny: Tiny, source: ExampleSource) -> None:
    def champion(day: dt.date, rows: Examples) -> np.ndarray:
        return np.where(rows.household % 3 == 0, 0.0, np.nan)

    day = score_day(scorer_of(tiny.programme), champion, source, NOBODY, DAY)
    register = pd.read_csv(tiny.folder / "households.csv", dtype="str").set_index("hhid")["female"]
    assert set(day.labels) == {"head_female"}
    expected = [{"1": "yes", "0": "no"}[register[one]] for one in ids_of(tiny, day.rows)]
    assert day.labels["head_female"].tolist() == expected
    assert set(expected) == {"yes", "no"}


def test_without_a_champion_every_baseline_scores_the_day(tiny: Tiny, source: ExampleSource, cohort: Examples) -> None:
    """The regression learns from the rows that it is given: from reversed outcomes it ranks the other way round."""
    train = source.examples([Slice(dt.date(2017, 1, 1), 12)], DAY)
    candidate = scorer_of(tiny.programme)
    day = score_day(candidate, None, source, train, DAY)
    back = score_day(candidate, None, source, replace(train, outcome=1 - train.outcome), DAY)
    assert day.rows.household.tolist() == cohort.known().household.tolist()
    assert set(day.opponents) == {
        "last_status", "welfare_rank", "department_rules", "logistic_regression", "proxy_means_test", "alkire_foster"
    }  # fmt: skip
    names = source.schema.names
    assert day.opponents["welfare_rank"].tolist() == (-day.rows.matrix[:, names.index("income_to_line")]).tolist()
    assert day.opponents["last_status"].tolist() == day.rows.matrix[:, names.index("poor_before_count")].tolist()
    learned, reversed_ = (one.opponents["logistic_regression"] for one in (day, back))
    assert spearmanr(learned, reversed_).statistic < -0.9
    assert np.mean(learned[day.rows.outcome == 1]) > np.mean(learned[day.rows.outcome == 0])


# --- what the gate looks at ---

N = 300


def made_day(
    place: int,
    opponents: Mapping[str, float],
    noise: float = 1.0,
    labels: Mapping[str, np.ndarray] | None = None,
    intercept: float = -1.0,
) -> Day:
    """Return a cohort whose true log-odds are known; scores are these with noise, each opponent's with its own."""
    rng = np.random.default_rng([7, place])
    true = rng.normal(intercept, 1.5, N)
    fell = (rng.random(N) < expit(true)).astype("float64")
    rows = made_rows(np.zeros((N, 1)), fell, f"{2019 + place}-01-01", household=rng.permutation(N))
    return Day(
        replace(rows, weight=rng.uniform(0.2, 5, N)),
        labels or {},
        true + rng.normal(0, noise, N),
        {name: true + rng.normal(0, own, N) for name, own in opponents.items()},
    )


def measured_by(
    programme: Programme, *days: Day, calibration: Calibration | None = None, train: Examples = NOBODY, seed: int = 0
) -> Measured:
    """Measure; with a calibration of its own where there is a champion."""
    champion = scorer_of(programme, calibration=calibration) if calibration else None
    return measure(scorer_of(programme), champion, days, train, LATENCY, seed)


def moved(day: Day, candidate: Callable[[np.ndarray], np.ndarray], opponent: Callable[[np.ndarray], np.ndarray]) -> Day:
    opponents = {name: opponent(one) for name, one in day.opponents.items()}
    return replace(day, candidate=candidate(day.candidate), opponents=opponents)


def found_at_capacity(score: np.ndarray, fell: np.ndarray) -> float:
    """Return how many of those who fell are among the riskiest fifth."""
    return float(fell[np.argsort(-score)[: len(score) // 5]].sum())


def test_gaps_are_those_of_scikit_learn_and_of_counting_the_lists(programme: Programme) -> None:
    days = [made_day(0, {CHAMPION: 2.5}), made_day(1, {CHAMPION: 2.5})]
    found = measured_by(programme, *days, calibration=IDENTITY)
    fell = np.concatenate([day.rows.outcome for day in days])
    sides = [[day.candidate for day in days], [day.opponents[CHAMPION] for day in days]]
    precision = [average_precision_score(fell, np.concatenate([rankdata(one) for one in side])) for side in sides]
    hits = [
        sum(found_at_capacity(one, day.rows.outcome) for one, day in zip(side, days, strict=True)) for side in sides
    ]
    assert found.average_precision is not None and found.recall is not None
    assert found.average_precision.value == pytest.approx(precision[0] - precision[1], abs=1e-12)
    assert found.recall.value == pytest.approx((hits[0] - hits[1]) / fell.sum(), abs=1e-12)
    assert found.average_precision.low > 0, "the champion's scores are much noisier"
    assert found.opponent == "the champion"


def test_each_household_is_ranked_within_its_date(programme: Programme) -> None:
    """Dates on scales far apart leave every list as it was."""
    labels = [{"side": np.where(np.arange(N) % 2, "north", "south").astype(object)} for _ in range(2)]
    days = [made_day(place, {CHAMPION: 2.0}, labels=labels[place]) for place in range(2)]
    apart = [days[0], moved(days[1], lambda odds: odds / 9 + 40, lambda odds: odds * 3 - 40)]
    one, other = (measured_by(programme, *each, calibration=IDENTITY) for each in (days, apart))
    assert (one.average_precision, one.recall) == (other.average_precision, other.recall)
    assert (one.worst_group, one.worst_groups) == (other.worst_group, other.worst_groups)
    assert one.worst_group is not None


def test_the_baseline_that_ranks_best_is_the_opponent(programme: Programme) -> None:
    """Wherever it stands, and however its scores are scaled."""
    day = made_day(0, {"worse": 3.0, "best": 0.5, "noise": 30.0})
    found = measured_by(programme, day)
    alone = measured_by(programme, replace(day, opponents={"best": 0.01 * day.opponents["best"]}))
    assert found.opponent == alone.opponent == "the best baseline, best"
    assert found.average_precision is not None and alone.average_precision is not None
    assert found.average_precision == alone.average_precision
    assert found.average_precision.value < 0, "the candidate is noisier than this one"
    assert found.recall == alone.recall
    assert (found.further_off, found.why_not_further) == ({}, "baselines state no probabilities")


def test_the_best_baseline_is_the_one_of_the_highest_average_precision(programme: Programme) -> None:
    """60 of 300 fell: one finds 30 of them first of all, the other 36 of them as the last of its list."""
    fell = np.repeat([1.0, 0.0], [60, 240])
    sharp = np.concatenate([np.full(30, 2.0), np.full(30, 0.0), np.full(240, 1.0)]) + np.arange(N) / 1e4
    broad = np.concatenate([np.full(36, 2.0), np.full(24, 0.0), np.full(24, 3.0), np.full(216, 1.0)])
    assert found_at_capacity(sharp, fell) == 30 < found_at_capacity(broad, fell) == 36
    day = Day(made_rows(np.zeros((N, 1)), fell), {}, sharp, {"broad": broad, "sharp": sharp})
    assert measured_by(programme, day).opponent == "the best baseline, sharp"


def test_the_lowest_recalls_of_groups_are_counted_by_hand(programme: Programme) -> None:
    """A fifth fell, as many as a list holds; the candidate lists southerners alone, the champion two in three of the north."""
    place = np.arange(N)
    north = place < N // 2
    fell = (place % 5 == 0).astype("float64")
    wanted = fell == 1
    candidate = np.where(wanted & ~north, 2.0, np.where(~north, 1.0, 0.0)) + place / 1e4
    champion = np.where(wanted & (~north | (place % 3 > 0)), 2.0, np.where(north, 0.0, 1.0)) + place / 1e4
    side = np.where(north, "north", "south").astype(object)
    rows = made_rows(np.zeros((N, 1)), fell)
    found = measured_by(programme, Day(rows, {"side": side}, candidate, {CHAMPION: champion}), calibration=IDENTITY)
    assert found.worst_group is not None
    assert found.worst_group.value == pytest.approx(-2 / 3)
    assert found.worst_groups == "side north 0.000, against side north 0.667"


@pytest.mark.parametrize("labels", [{}, {"side": np.where(np.arange(N) < 30, "small", None).astype(object)}])
def test_without_a_large_group_none_is_compared(programme: Programme, labels: dict[str, np.ndarray]) -> None:
    found = measured_by(programme, made_day(0, {CHAMPION: 1.0}, labels=labels), calibration=IDENTITY)
    assert (found.worst_group, found.worst_groups) == (None, "no group is large enough")


def slope_of(odds: np.ndarray, fell: np.ndarray) -> float:
    return float(LogisticRegression(C=np.inf, tol=1e-10).fit(odds[:, None], fell).coef_[0, 0])


def error_of(probability: np.ndarray, fell: np.ndarray) -> float:
    """Return the mean distance of predicted and observed over tenths."""
    tenths = np.array_split(np.argsort(probability), 10)
    return float(sum(abs((probability - fell)[rows].sum()) for rows in tenths) / len(fell))


def test_calibration_is_of_rows_counted_once_by_each_ones_own_map(programme: Programme) -> None:
    """The champion has the candidate's log-odds and another map of them."""
    days = [replace(day, opponents={CHAMPION: day.candidate}) for day in (made_day(0, {}), made_day(1, {}))]
    found = measured_by(programme, *days, calibration=Calibration(2.0, 0.5, (), ()))
    odds, fell = (np.concatenate(parts) for parts in ([d.candidate for d in days], [d.rows.outcome for d in days]))
    own, theirs = expit(odds), expit(2 * odds + 0.5)
    slope = slope_of(odds, fell)
    assert {code: one.value for code, one in found.calibration.items()} == {
        "calibration_error": pytest.approx(error_of(own, fell)),
        "slope": pytest.approx(slope, rel=1e-5),
        "expected_to_observed": pytest.approx(own.mean() / fell.mean()),
    }
    assert {code: one.value for code, one in found.further_off.items()} == {
        "calibration_error": pytest.approx(error_of(own, fell) - error_of(theirs, fell)),
        "slope": pytest.approx(abs(slope - 1) - abs(slope / 2 - 1), rel=1e-4),
        "expected_to_observed": pytest.approx(abs(own.mean() / fell.mean() - 1) - abs(theirs.mean() / fell.mean() - 1)),
    }
    assert all(one.low < one.high for one in found.calibration.values())


def test_the_candidates_own_map_makes_its_probabilities(programme: Programme) -> None:
    day = made_day(0, {"rules": 1.0})
    candidate = scorer_of(programme, calibration=Calibration(1.0, -1.0, (), ()))
    found = measure(candidate, None, [day], NOBODY, LATENCY, 0)
    expected = expit(day.candidate - 1).mean() / day.rows.outcome.mean()
    assert found.calibration["expected_to_observed"].value == pytest.approx(expected)


def test_a_champion_with_the_same_scores_and_map_is_no_better_and_no_worse(programme: Programme) -> None:
    day = made_day(0, {})
    labels = {"side": np.where(np.arange(N) % 2, "north", "south").astype(object)}
    found = measured_by(
        programme, replace(day, labels=labels, opponents={CHAMPION: day.candidate}), calibration=IDENTITY
    )
    gaps = {found.average_precision, found.recall, found.worst_group, *found.further_off.values()}
    assert len(found.further_off) == 3
    assert gaps == {Interval(0.0, 0.0, 0.0)}


def test_too_few_that_fell_leave_calibration_unknown(programme: Programme) -> None:
    day = made_day(0, {CHAMPION: 1.0})
    few = replace(day, rows=replace(day.rows, outcome=(np.arange(N) < 9).astype("float64")))
    found = measured_by(programme, few, calibration=IDENTITY)
    assert (found.calibration, found.further_off, found.why_not_further) == ({}, {}, "too few fell")


def of_rate(rate: float, months: int) -> Examples:
    return made_rows(np.zeros((100, 1)), (np.arange(100) < 100 * rate).astype("float64"), months=months)


@pytest.mark.parametrize(
    ("train", "test", "points"), [(0.1, 0.1, 0.0), (0.1, 0.25, 15.0), (0.4, 0.25, 15.0), (0.0, 0.1, 10.0)]
)
def test_the_base_rate_moved_since_training_in_points_at_the_main_horizon(
    programme: Programme, train: float, test: float, points: float
) -> None:
    """Rows of another horizon have a rate of their own; the later rows count once, whatever they weigh."""
    learned = [of_rate(train, 12), of_rate(0.9, 3)]
    both = stack(learned)
    rows = replace(of_rate(test, 12), weight=np.linspace(0.1, 9, 100))
    day = Day(rows, {}, np.arange(100.0), {"rules": np.arange(100.0)})
    assert measured_by(programme, day, train=both).base_rate_moved_points == pytest.approx(points)
    only_shorter = measured_by(programme, day, train=learned[1])
    assert only_shorter.base_rate_moved_points is None


def test_later_cohorts_without_a_known_outcome_are_refused(programme: Programme) -> None:
    empty = Day(NOBODY, {}, np.empty(0), {CHAMPION: np.empty(0)})
    with pytest.raises(TooFewRows, match="no household of the later cohorts"):
        measured_by(programme, empty, empty, calibration=IDENTITY)


def test_a_date_of_which_nothing_is_known_changes_nothing(programme: Programme) -> None:
    day = made_day(0, {CHAMPION: 1.0})
    empty = Day(NOBODY, {}, np.empty(0), {CHAMPION: np.empty(0)})
    both, alone = (measured_by(programme, *days, calibration=IDENTITY) for days in ((day, empty), (day,)))
    assert both == alone


def test_the_seed_decides_the_ranges_and_nothing_else(programme: Programme) -> None:
    labels = {"side": np.where(np.arange(N) % 2, "north", "south").astype(object)}
    day = made_day(0, {CHAMPION: 1.0}, labels=labels)
    one, again, other = (measured_by(programme, day, calibration=IDENTITY, seed=seed) for seed in (0, 0, 1))
    assert one == again
    pairs = [(one.average_precision, other.average_precision), (one.recall, other.recall)]
    pairs += [(one.worst_group, other.worst_group)]
    pairs += [(one.calibration[code], other.calibration[code]) for code in one.calibration]
    pairs += [(one.further_off[code], other.further_off[code]) for code in one.further_off]
    assert len(pairs) == 9
    for first, second in pairs:
        assert first is not None and second is not None
        assert first.value == second.value
        assert (first.low, first.high) != (second.low, second.high)


def test_what_timing_found_is_handed_on(programme: Programme) -> None:
    found = measured_by(programme, made_day(0, {CHAMPION: 1.0}), calibration=IDENTITY)
    assert (found.latency_ratio, found.milliseconds) == (LATENCY.ratio, LATENCY.milliseconds)
