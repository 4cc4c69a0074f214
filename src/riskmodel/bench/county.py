"""The simulated county against its own truth: what only a simulation can tell, and nothing about any real county."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from riskmodel.evaluation.calibrators import logistic_line
from riskmodel.evaluation.ranking import Interval, Outcomes, compare, rank_within
from riskmodel.evaluation.reliability import equal_bins
from riskmodel.explain.treeshap import contributions
from riskmodel.features.encode import schema_of
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.labels.labels import label_causes
from riskmodel.panel.panel import read_panel
from riskmodel.panel.simulated.county import simulate, write_county
from riskmodel.programme.outcome import EventWithin
from riskmodel.programme.programme import Programme
from riskmodel.training.baselines.fitting import RULES
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import Grown
from riskmodel.training.folds import backtest_folds
from riskmodel.training.judging import MODEL, Judged
from riskmodel.training.plan import Plan, cutoff_of
from riskmodel.training.run import run_folds

Values = npt.NDArray[np.float64]
VENTILES, TOP = 20, 5
WITHIN_AUC, SLOPES, EXPECTED_OVER_TRUE = 0.03, (0.8, 1.2), (0.8, 1.2)
SIGN_MONTHS = 12
"""A sign of a cause counts if it was recorded within so many months before the date."""


@dataclass(frozen=True, slots=True)
class Against:
    """One county against its truth.

    Attributes
    ----------
    seed, n, events : int
        Which county, rows with a known outcome, and how many of them fell.
    auc, true_auc : float
        Of the model and of the true 12-month probability, ranked within the date.
    recall_gained : Interval
        Recall at capacity, model minus department rules, on the same draws of households.
    slope : float
        Of the true probability on the log-odds of the predicted one; 1 is perfect.
    expected_over_true, expected_over_observed : tuple of float
        Mean predicted over mean true, and over the share that fell, in each of the top five ventiles, from the top.
    causes, agreeing, commonest : int
        Falls whose cause had shown before the date, those whose strongest factor is of that cause, and those that
        naming the commonest cause always would have got.
    """

    seed: int
    n: int
    events: int
    auc: float
    true_auc: float
    recall_gained: Interval
    slope: float
    expected_over_true: tuple[float, ...]
    expected_over_observed: tuple[float, ...]
    causes: int
    agreeing: int
    commonest: int


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
    runs = run_folds(plan, source, backtest_folds(programme, plan.judged_by), tell)
    return _compared(programme, line, county.truth, runs, seed)


def _compared(
    programme: Programme, line: Timeline, truth: pd.DataFrame, runs: Sequence[tuple[Judged, Grown]], seed: int
) -> Against:
    parts = [_with_truth(line, truth, judged, place) for place, (judged, _) in enumerate(runs)]
    true, model, rules, chance, fell = (
        np.concatenate([part.values[name] for part in parts]) for name in ("true", "model", "rules", "chance", "fell")
    )
    who, period = (np.concatenate([getattr(part, name) for part in parts]) for name in ("household", "period"))
    share = programme.file.capacity.share or 0.05
    scores = {name: rank_within(score, period) for name, score in ((MODEL, model), (RULES, rules), ("truth", true))}
    table = compare(scores, Outcomes(fell, np.ones(len(fell)), who, share), np.random.default_rng(seed))
    slope, _ = logistic_line(logit(np.clip(chance, 1e-9, 1 - 1e-9)), true, np.ones(len(true)))
    over_true, over_observed = _top(chance, true), _top(chance, fell)
    causes, agreeing, commonest = _causes(programme, line, runs)
    return Against(
        seed,
        len(fell),
        int(fell.sum()),
        table[MODEL]["roc_auc"].value,
        table["truth"]["roc_auc"].value,
        table[RULES]["model_minus_recall_at_capacity"],
        slope,
        over_true,
        over_observed,
        causes,
        agreeing,
        commonest,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one test whose outcome and true probability are known."""

    values: dict[str, Values]
    household: npt.NDArray[np.int64]
    period: npt.NDArray[np.int64]


def _with_truth(line: Timeline, truth: pd.DataFrame, judged: Judged, place: int) -> _Part:
    day = pd.Timestamp(judged.result.as_of)
    month = pd.to_datetime(truth["month"])
    now = truth[(month.dt.year == day.year) & (month.dt.month == day.month)]
    by_id = now.set_index("household_id")["identified_within_12_months"]
    true = by_id.reindex(line.household_ids[judged.rows.household]).to_numpy("float64")
    keep = ~np.isnan(true) & ~np.isnan(judged.rows.outcome)
    values = {
        "true": true,
        "model": judged.scores[MODEL],
        "rules": judged.scores[RULES],
        "chance": judged.probability,
        "fell": judged.rows.outcome,
    }
    n = int(keep.sum())
    return _Part(
        {name: each[keep] for name, each in values.items()}, judged.rows.household[keep], np.full(n, place, "int64")
    )


def _top(chance: Values, target: Values) -> tuple[float, ...]:
    """Return mean predicted over mean target in the top ventiles, the riskiest first."""
    bins = equal_bins(chance, VENTILES)
    return tuple(
        float(chance[bins == one].mean() / target[bins == one].mean())
        for one in range(VENTILES - 1, VENTILES - 1 - TOP, -1)
    )


def _causes(programme: Programme, line: Timeline, runs: Sequence[tuple[Judged, Grown]]) -> tuple[int, int, int]:
    """Count falls whose cause had shown before the date, those the strongest factor names, and the commonest's."""
    outcome = programme.file.outcome
    assert isinstance(outcome, EventWithin)
    groups = {cause: one.group for cause, one in outcome.causes.items()}
    schema = schema_of(programme)
    total = agreeing = common = 0
    for judged, grown in runs:
        day = judged.result.as_of
        rows = judged.rows.where(judged.rows.outcome == 1)
        causes = label_causes(programme, line, rows.household, day, programme.main_horizon, line.end)
        assert causes is not None
        shown = np.array(
            [
                cause in groups and _shown(line, outcome.causes[cause].shown_by, day)[who]
                for cause, who in zip(causes, rows.household, strict=True)
            ],
            dtype=bool,
        )
        if not shown.any():
            continue
        split = contributions(grown.booster, rows.matrix[shown])[:, :-1]
        names = sorted(set(groups.values()))
        sums = np.column_stack([split[:, [own == name for own in schema.groups]].sum(axis=1) for name in names])
        named = np.array(names, dtype=object)[sums.argmax(axis=1)]
        recorded = np.array([groups[cause] for cause in causes[shown]], dtype=object)
        usual = _commonest(programme, line, day)
        total += int(shown.sum())
        agreeing += int((named == recorded).sum())
        common += int((recorded == groups.get(usual, "")).sum())
    return total, agreeing, common


def _shown(line: Timeline, kinds: Sequence[str], day: dt.date) -> npt.NDArray[np.bool_]:
    """Tell for each household whether a sign of the cause was recorded in the year before a date."""
    seen = np.zeros(line.size, bool)
    since = np.datetime64(day, "D") - np.timedelta64(round(SIGN_MONTHS * 365.25 / 12), "D")
    for kind in kinds:
        rows = line.events[kind]
        index = rows.known(day)
        seen[rows.household[index[rows.day[index] >= since]]] = True
    return seen


def _commonest(programme: Programme, line: Timeline, day: dt.date) -> str:
    """Return the commonest cause of the events recorded before a date."""
    outcome = programme.file.outcome
    assert isinstance(outcome, EventWithin)
    found: list[str] = []
    for kind in outcome.events:
        rows = line.events[kind]
        found += [str(cause) for cause in rows.columns["cause"][rows.known(day)] if cause is not None]
    return max(sorted(set(found)), key=found.count) if found else ""


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
    return (
        Bar("true AUC minus AUC", f"{gap:.3f}", f"at most {WITHIN_AUC:g}", gap <= WITHIN_AUC),
        Bar(
            "recall gained over department rules",
            f"{np.mean([one.value for one in gained]):.3f} (lowest end {min(one.low for one in gained):.3f})",
            "every interval above 0",
            all(one.low > 0 for one in gained),
        ),
        Bar("slope against the true probability", f"{slope:.2f}", "0.8 to 1.2", SLOPES[0] <= slope <= SLOPES[1]),
        Bar(
            "expected over true, top five ventiles",
            ", ".join(f"{one:.2f}" for one in ratios),
            "each within 20 %",
            bool(((ratios >= EXPECTED_OVER_TRUE[0]) & (ratios <= EXPECTED_OVER_TRUE[1])).all()),
        ),
    )


def to_markdown(found: Sequence[Against], households: int) -> str:
    """Return docs/county.md's table."""
    lines = [
        "# The simulated county against its own truth",
        "",
        f"**Simulated data.** {len(found)} {'county' if len(found) == 1 else 'counties'} of {households:,} households, each backtested as a run does; the simulation's "
        "own 12-month probability is an approximation in closed form that expects 2 to 8 % too few events (docs/adr/0002). It "
        "proves the machinery and says nothing about any real county. Made by `make nightly`.",
        "",
        "| bar | mean of seeds | asked | met |",
        "|---|---|---|---|",
        *(f"| {one.name} | {one.reached} | {one.asked} | {'yes' if one.met else '**no**'} |" for one in bars(found)),
        "",
        "| seed | rows | fell | AUC | true AUC | recall gained (95 %) | slope | expected over true | expected over observed | causes shown before | strongest factor agrees | commonest cause |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        gained = one.recall_gained
        ratios = [
            " ".join(f"{ratio:.2f}" for ratio in each) for each in (one.expected_over_true, one.expected_over_observed)
        ]
        shares = [f"{count / one.causes:.0%}" if one.causes else "–" for count in (one.agreeing, one.commonest)]
        lines.append(
            f"| {one.seed} | {one.n:,} | {one.events:,} | {one.auc:.3f} | {one.true_auc:.3f} | {gained.value:.3f} "
            f"({gained.low:.3f} to {gained.high:.3f}) | {one.slope:.2f} | {ratios[0]} | {ratios[1]} | {one.causes:,} | {shares[0]} | {shares[1]} |"
        )
    return "\n".join(lines) + "\n"
