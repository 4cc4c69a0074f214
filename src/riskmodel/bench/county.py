"""The simulated county against its own truth: what only a simulation can tell, and nothing about any real county."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit
from sklearn.metrics import roc_auc_score

from riskmodel.bench.causes import Agreement, agreement_on_causes
from riskmodel.evaluation.calibrators import logistic_line
from riskmodel.evaluation.ranking import Interval, Outcomes, compare, rank_within
from riskmodel.evaluation.reliability import equal_bins
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.panel.panel import read_panel
from riskmodel.panel.simulated.county import simulate, write_county
from riskmodel.programme.calendar import add_months
from riskmodel.programme.programme import Programme
from riskmodel.training.baselines.fitting import RULES
from riskmodel.training.baselines.simple import rules_fired
from riskmodel.training.estimator import REPEATABLE
from riskmodel.training.examples import Examples, ExampleSource
from riskmodel.training.fitting import fit_fold
from riskmodel.training.folds import Fold, Slice, backtest_folds
from riskmodel.training.judging import MODEL
from riskmodel.training.plan import Plan, cutoff_of

Values = npt.NDArray[np.float64]
Truth = pd.DataFrame
VENTILES, TOP = 20, 5
WITHIN_AUC, SLOPES, EXPECTED_OVER_TRUE = 0.03, (0.8, 1.2), (0.8, 1.2)
TAUGHT_TREES = {"learning_rate": 0.1, "num_leaves": 24, "min_data_in_leaf": 100, "feature_fraction": 0.3}
TAUGHT_ROUNDS, TAUGHT_MONTHS_BACK = 200, (0, 3, 6)
"""Trees that learn the true probability itself, from the test's own date and the two quarters before it."""


@dataclass(frozen=True, slots=True)
class Against:
    """One county against its truth.

    Attributes
    ----------
    seed, n, events : int
        Which county, rows with a known outcome, and how many of them fell.
    auc, true_auc : float
        Of the model and of the true 12-month probability, ranked within the date.
    taught_gap : float
        How far below the true probability's AUC a model stays that is taught the true probabilities of the other half
        of the households, on the same features: what they do not tell, no model on them can.
    recall_gained : Interval
        Recall at capacity, model minus department rules, on the same draws of households.
    slope : float
        Of the true probability on the log-odds of the predicted one; 1 is perfect.
    expected_over_true, expected_over_observed : tuple of float
        Mean predicted over mean true, and over the share that fell, in each of the top five ventiles, from the top.
    causes : Agreement
        Whether the strongest factor is of the recorded cause.
    """

    seed: int
    n: int
    events: int
    auc: float
    true_auc: float
    taught_gap: float
    recall_gained: Interval
    slope: float
    expected_over_true: tuple[float, ...]
    expected_over_observed: tuple[float, ...]
    causes: Agreement


def against_truth(
    programme: Programme, households: int, seed: int, today: dt.date, tell: Callable[[str], None]
) -> Against:
    """Simulate a county, backtest on it as a run does, and hold the tests against the simulation's probabilities."""
    tell(f"simulating {households:,} households, seed {seed}")
    county = simulate(households, seed)
    with tempfile.TemporaryDirectory() as folder:
        write_county(county, Path(folder))
        line = timeline(read_panel(programme, Path(folder), today), programme)
    plan = Plan(programme, cutoff_of(programme, line, None), line.end, seed)
    source = ExampleSource(programme, line)
    tested: list[_Tested] = []
    for fold in backtest_folds(programme, plan.judged_by):
        tell(f"seed {seed}: test as of {fold.as_of}")
        tested.append(_test(plan, source, fold, county.truth, len(tested)))
    return _compared(programme, seed, tested)


@dataclass(frozen=True, slots=True)
class _Tested:
    """Rows of one test whose outcome and true probability are known.

    Attributes
    ----------
    model, rules, chance, true, fell : ndarray, shape (n,)
        Log-odds, rules that fire, probability, true probability, outcome.
    household, period : ndarray of int, shape (n,)
        Whose row it is, and of which test.
    taught : ndarray, shape (n,)
        Log-odds of the trees that were taught the truth; NaN for the households that they were taught on.
    causes : Agreement
        Of those that fell.
    """

    model: Values
    rules: Values
    chance: Values
    true: Values
    fell: Values
    household: npt.NDArray[np.int64]
    period: npt.NDArray[np.int64]
    taught: Values
    causes: Agreement


def _test(plan: Plan, source: ExampleSource, fold: Fold, truth: Truth, place: int) -> _Tested:
    """Fit and score one fold as a run does, without the baselines and tables that are of no use here."""
    programme, line = plan.programme, source.line
    fitted = fit_fold(plan, source, fold)
    rows = source.with_unknown([Slice(fold.as_of, programme.main_horizon)], plan.judged_by)
    true = _true(line, truth, fold.as_of, rows)
    keep = ~np.isnan(true) & ~np.isnan(rows.outcome)
    rows, true = rows.where(keep), true[keep]
    log_odds = fitted.log_odds(rows)
    return _Tested(
        model=log_odds,
        rules=rules_fired(programme.file.rules, source.schema.names, rows.matrix),
        chance=fitted.calibration.probability(log_odds),
        true=true,
        fell=rows.outcome,
        household=rows.household,
        period=np.full(len(true), place, "int64"),
        taught=_taught(plan, source, fold.as_of, truth, rows),
        causes=agreement_on_causes(programme, line, rows.where(rows.outcome == 1), fold.as_of, fitted.booster),
    )


def _true(line: Timeline, truth: Truth, as_of: dt.date, rows: Examples) -> Values:
    """Look up the true 12-month probability of rows; NaN where the simulation has none for the date."""
    day = pd.Timestamp(as_of)
    month = pd.to_datetime(truth["month"])
    now = truth[(month.dt.year == day.year) & (month.dt.month == day.month)]
    by_id = now.set_index("household_id")["identified_within_12_months"]
    return by_id.reindex(line.household_ids[rows.household]).to_numpy("float64")


def _taught(plan: Plan, source: ExampleSource, as_of: dt.date, truth: Truth, rows: Examples) -> Values:
    """Score odd households by trees that were taught the true probabilities of even ones."""
    matrices, targets = [], []
    for months in TAUGHT_MONTHS_BACK:
        day = add_months(as_of, -months)
        lesson = source.with_unknown([Slice(day, plan.programme.main_horizon)], plan.judged_by)
        true = _true(source.line, truth, day, lesson)
        keep = (lesson.household % 2 == 0) & ~np.isnan(true)
        matrices.append(lesson.matrix[keep])
        targets.append(true[keep])
    data = lgb.Dataset(
        np.vstack(matrices), np.concatenate(targets), categorical_feature=list(source.schema.categorical)
    )
    options = {**TAUGHT_TREES, **REPEATABLE, "objective": "cross_entropy", "seed": plan.seed}
    booster = lgb.train(options, data, TAUGHT_ROUNDS)
    scores = np.asarray(booster.predict(rows.matrix, raw_score=True), dtype="float64")
    return np.where(rows.household % 2 == 1, scores, np.nan)


def _compared(programme: Programme, seed: int, tested: Sequence[_Tested]) -> Against:
    def joined(name: str) -> Values:
        return np.concatenate([getattr(one, name) for one in tested])

    fell, true, chance = (joined(name) for name in ("fell", "true", "chance"))
    period, who = (np.concatenate([getattr(one, name) for one in tested]) for name in ("period", "household"))
    share = programme.file.capacity.share or 0.05
    scores = {
        name: rank_within(joined(part), period)
        for name, part in ((MODEL, "model"), (RULES, "rules"), ("truth", "true"))
    }
    table = compare(scores, Outcomes(fell, np.ones(len(fell)), who, share), np.random.default_rng(seed))
    slope, _ = logistic_line(logit(np.clip(chance, 1e-9, 1 - 1e-9)), true, np.ones(len(true)))
    return Against(
        seed,
        len(fell),
        int(fell.sum()),
        table[MODEL]["roc_auc"].value,
        table["truth"]["roc_auc"].value,
        _taught_gap(joined("taught"), true, fell, period),
        table[RULES]["model_minus_recall_at_capacity"],
        slope,
        _top(chance, true),
        _top(chance, fell),
        sum((one.causes for one in tested), Agreement()),
    )


def _taught_gap(taught: Values, true: Values, fell: Values, period: npt.NDArray[np.int64]) -> float:
    """Return by how much the taught trees' AUC is below the truth's, on the households that they were not taught on."""
    held = ~np.isnan(taught)
    aucs = [roc_auc_score(fell[held], rank_within(scores[held], period[held])) for scores in (true, taught)]
    return float(aucs[0] - aucs[1])


def _top(chance: Values, target: Values) -> tuple[float, ...]:
    """Return mean predicted over mean target in the top ventiles, the riskiest first."""
    bins = equal_bins(chance, VENTILES)
    return tuple(
        float(chance[bins == one].mean() / target[bins == one].mean())
        for one in range(VENTILES - 1, VENTILES - 1 - TOP, -1)
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what was reached, what was asked, and whether it is met."""

    name: str
    reached: str
    asked: str
    met: bool


def bars(found: Sequence[Against]) -> tuple[Bar, ...]:
    """Hold the mean over counties against what was asked; the paired interval must hold in every one of them."""
    gap = float(np.mean([one.true_auc - one.auc for one in found]))
    gained = [one.recall_gained for one in found]
    slope = float(np.mean([one.slope for one in found]))
    ratios = np.mean([one.expected_over_true for one in found], axis=0)
    observed = np.mean([one.expected_over_observed for one in found], axis=0)
    return (
        Bar("true AUC minus AUC", f"{gap:.3f}", f"at most {WITHIN_AUC:g}", gap <= WITHIN_AUC),
        Bar(
            "recall gained over department rules",
            f"{np.mean([one.value for one in gained]):.3f} (lowest end {min(one.low for one in gained):.3f})",
            "every interval above 0",
            all(one.low > 0 for one in gained),
        ),
        Bar("slope against the true probability", f"{slope:.2f}", "0.8 to 1.2", SLOPES[0] <= slope <= SLOPES[1]),
        *(
            Bar(
                f"expected over {name}, top five ventiles",
                ", ".join(f"{one:.2f}" for one in each),
                "each within 20 %",
                bool(((each >= EXPECTED_OVER_TRUE[0]) & (each <= EXPECTED_OVER_TRUE[1])).all()),
            )
            for name, each in (("true", ratios), ("observed", observed))
        ),
    )


def to_markdown(found: Sequence[Against], households: int) -> str:
    """Return docs/county.md's table."""
    counties = "county" if len(found) == 1 else "counties"
    taught = float(np.mean([one.taught_gap for one in found]))
    lines = [
        "# The simulated county against its own truth",
        "",
        f"**Simulated data.** {len(found)} {counties} of {households:,} households, each backtested as a run does; the "
        "simulation's own 12-month probability is an approximation in closed form that expects 2 to 8 % too few events "
        "(docs/adr/0002). It proves the machinery and says nothing about any real county. Made by `riskmodel bench county`; `make nightly` measures five.",
        "",
        "| bar | mean of seeds | asked | met |",
        "|---|---|---|---|",
        *(f"| {one.name} | {one.reached} | {one.asked} | {'yes' if one.met else '**no**'} |" for one in bars(found)),
        "",
        f"Trees that are taught the true probabilities of half the households stay {taught:.3f} below the truth's AUC on "
        "the other half: what no office records (reserves, who is hidden, how a town will look for hardship next year) is "
        "in no feature.",
        "",
        "| seed | rows | fell | AUC | true AUC | taught trees' gap | recall gained (95 %) | slope | expected over true | expected over observed | causes shown before | strongest factor agrees | commonest cause |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(_row(one) for one in found),
    ]
    return "\n".join(lines) + "\n"


def _row(one: Against) -> str:
    gained, causes = one.recall_gained, one.causes
    ratios = [
        " ".join(f"{ratio:.2f}" for ratio in each) for each in (one.expected_over_true, one.expected_over_observed)
    ]
    shares = [f"{count / causes.shown:.0%}" if causes.shown else "–" for count in (causes.agreeing, causes.commonest)]
    return (
        f"| {one.seed} | {one.n:,} | {one.events:,} | {one.auc:.3f} | {one.true_auc:.3f} | {one.taught_gap:.3f} | "
        f"{gained.value:.3f} ({gained.low:.3f} to {gained.high:.3f}) | {one.slope:.2f} | {ratios[0]} | {ratios[1]} | "
        f"{causes.shown:,} | {shares[0]} | {shares[1]} |"
    )
