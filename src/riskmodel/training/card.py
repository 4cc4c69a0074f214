"""The model card: what the model is, what it was made from, how well it did, and where not to trust it."""

from __future__ import annotations

from typing import Any

from riskmodel.evaluation.intervals import figures_json
from riskmodel.evaluation.ranking import Interval
from riskmodel.programme.programme import Programme
from riskmodel.training.card_folds import validation_section
from riskmodel.training.card_parts import part_sections
from riskmodel.training.examples import Cohort
from riskmodel.training.fitting import Fitted
from riskmodel.training.judging import MODEL, Backtest, FoldResult
from riskmodel.training.markdown import table
from riskmodel.training.plan import Plan

SHOWN = ("roc_auc", "average_precision", "recall_at_capacity", "precision_at_capacity", "lift_at_capacity")


NO_TEST = (
    "## How well it did\n\nNo test date of the programme was settled by the cut-off, so nothing was tested: judge it with "
    "`riskmodel evaluate` on later data before it serves. Its ranges hold sampling error alone, not the spread between periods."
)


def card(plan: Plan, backtested: Backtest, fitted: Fitted, cohort: Cohort) -> str:
    """Return the card in Markdown, made from the run alone."""
    programme = plan.programme
    parts = [
        f"# {programme.file.title['en']}",
        _notice(programme),
        _purpose(programme),
        _made_from(plan, fitted, cohort),
        *((_results(backtested), _pooled(backtested)) if backtested.folds else (NO_TEST,)),
        *part_sections(backtested.parts),
        validation_section([_chosen_on(result) for result in backtested.validation]),
        _limits(programme, backtested),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _chosen_on(result: FoldResult) -> dict[str, Any]:
    return {
        "as_of": str(result.as_of),
        "n": result.n,
        "rate": result.rate,
        "predicted_rate": result.predicted_rate,
        "model": figures_json(result.table[MODEL]),
    }


def _notice(programme: Programme) -> str:
    if not programme.file.simulated:
        return ""
    return "**All data are simulated.** The figures prove that the machinery works; they say nothing about any real county."


def _purpose(programme: Programme) -> str:
    outcome = programme.file.outcome
    kind = (
        "is below the line at the end of" if outcome.kind == "status_at" else "has one of the outcome's events within"
    )
    return (
        "## What it answers\n\n"
        f"For each household at risk, how likely it is that it {kind} {programme.main_horizon} months. "
        "The score orders visits; people decide. It must not be used to refuse, end or reduce help."
    )


def _made_from(plan: Plan, fitted: Fitted, cohort: Cohort) -> str:
    dates = fitted.fold.origins
    later = sorted({one.as_of for one in fitted.fold.calibration})
    rows = fitted.sides.calibration
    lines = [
        f"- nothing recorded on or after {fitted.fold.as_of} was seen",
        f"- trees: {len(fitted.sides.everything.outcome):,} rows of {len(dates)} dates from {dates[0]} to {dates[-1]}; {plan.programme.file.model.rounds} trees",
        f"- calibration, on later dates than the trees that it maps had seen: {later[0]} to {later[-1]}, {len(rows.outcome):,} rows, {rows.events:,} events, {rows.censored:,} with unknown outcome left out",
        _chosen(fitted),
        f"- features: {len(plan.programme.features)}; horizons: {', '.join(map(str, plan.programme.horizons))} months",
        f"- reference cohort for ranks and bands: {len(cohort.households):,} households as of {fitted.fold.as_of}",
        f"- seed {plan.seed}",
    ]
    if plan.grow is not None:
        lines.append(
            "- trees grown by several processes, each on its share of the rows: another run agrees in figures, not to the byte"
        )
    lines += [f"- {name}: {text}" for name, text in plan.programme.file.notes.items()]
    return "## What it was made from\n\n" + "\n".join(lines)


def _chosen(fitted: Fitted) -> str:
    tried = ", ".join(f"{kind} {loss:.4f}" for kind, loss in sorted(fitted.calibration.chosen_among.items()))
    return f"- calibration map: {fitted.calibration.kind}, chosen by log loss on households left out ({tried})"


def _results(backtested: Backtest) -> str:
    parts = [
        "## How well it did, forward in time\n\nEach date was scored by a model that saw only what was recorded before it."
    ]
    for result in backtested.folds:
        head = (
            f"### As of {result.as_of}: {result.n:,} households, {result.events:,} fell "
            f"(weighted {result.rate:.1%}, predicted {result.predicted_rate:.1%}), {result.censored:,} unknown"
        )
        parts.append(f"{head}\n\n{_table(result.table)}")
    return "\n\n".join(parts)


def _pooled(backtested: Backtest) -> str:
    head = f"### All dates pooled by rank within their date: {backtested.pooled_n:,} rows, {backtested.pooled_events:,} fell"
    gaps = []
    for name, metrics in backtested.pooled.items():
        if name != MODEL:
            gap = metrics["model_minus_average_precision"]
            verdict = "the model is better" if gap.low > 0 else "not shown to be better"
            gaps.append(f"- average precision, model minus {name}: {_figure(gap)}: {verdict}")
    return f"{head}\n\n{_table(backtested.pooled)}\n\n" + "\n".join(gaps)


def _table(metrics: dict[str, dict[str, Interval]]) -> str:
    rows = [[name, *(_figure(figures[metric]) for metric in SHOWN)] for name, figures in metrics.items()]
    return table(["", *SHOWN], rows)


def _figure(figure: Interval) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _limits(programme: Programme, backtested: Backtest) -> str:
    lines = ["- ranges are 95 % of bootstrap draws of households; they do not hold what a shock after the date can do"]
    if backtested.folds:
        off = max(backtested.folds, key=lambda result: abs(result.shift))
        lines.append(
            f"- the mean prediction was furthest off as of {off.as_of}: {off.predicted_rate:.1%} predicted, {off.rate:.1%} fell"
        )
    lines += [
        "- households with unknown outcome are left out, not counted as safe; if they fell more often, figures are too good",
        "- contributions explain the model, not the cause of a household's hardship: confirm the cause on the visit",
        "- sex, ethnicity and other protected columns are never features; results are audited by group all the same",
    ]
    return "## Limits\n\n" + "\n".join(lines)
