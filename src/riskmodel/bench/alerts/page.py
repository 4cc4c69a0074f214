"""The page docs/alerts.md, made of tallies alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from riskmodel.bench.alerts.judging import DAYS, DRAWS, PRECISION, RECALL, Result, Tally, compare_ways
from riskmodel.bench.alerts.months import COUNTED, WARM_UP
from riskmodel.bench.alerts.raising import BOTH, CHANCE, HIGHEST, RISE, RULES, WAYS
from riskmodel.evaluation.ranking import Interval

SEED = 0
TITLES = {
    RULES: "department rules alone",
    HIGHEST: "model alone, highest probability",
    RISE: "model alone, largest rise",
    BOTH: "both, half rules and half highest",
    CHANCE: "by lot",
}
VERDICTS = {
    1: "above rules alone",
    0: "not to be told from rules alone",
    -1: "**below rules alone: the rules beat the model**",
}


def to_markdown(tallies: Sequence[Tally], version: str, cooldown_days: int) -> str:
    """Return the page.

    Parameters
    ----------
    tallies : sequence of Tally
        One a county.
    version : str
        Which model.
    cooldown_days : int
        The programme's.
    """
    results = compare_ways(tallies, np.random.default_rng(SEED))
    lines = [
        "# Alerts of department rules and of the model (simulated counties)",
        "",
        *_head(tallies, version, cooldown_days),
        "",
        *_table(tallies, results),
        "",
        *_verdicts(results),
        "",
        *_by_cause(tallies),
        "",
        *_by_county(tallies),
    ]
    return "\n".join(lines) + "\n"


def _head(tallies: Sequence[Tally], version: str, cooldown_days: int) -> list[str]:
    seeds, size = ", ".join(str(one.seed) for one in tallies), tallies[0].households
    counties, seed = ("county", "seed") if len(tallies) == 1 else ("counties", "seeds")
    rate = sum(one.fell for one in tallies) / sum(one.at_risk for one in tallies)
    again = sum(one.again[RULES] for one in tallies) / sum(one.raised[RULES] for one in tallies)
    return [
        f"**Simulated data.** {len(tallies)} simulated {counties} of {size:,} households ({seed} {seeds}). It proves the "
        "machinery and says nothing about any real county. Made by `riskmodel bench alerts`; do not edit.",
        "",
        f"The model is the shipped champion, `{version}`. It was trained on none of these counties: its manifest names "
        "another seed, and each county's folder was checked to have another digest than the one that the manifest names. "
        "Still it knows the same years of its own county, so what struck every county alike is not new to it.",
        "",
        f"Each county is followed over {COUNTED} months, the last whose 12-month outcome is known, after {WARM_UP} months "
        "that only fill the memory. On the first day of a month only what was recorded before it counts. Rules raise an "
        "alert when one fires that did not fire the month before, and none where an alert of the same household and factor "
        f"group is less than {cooldown_days} days old. The other ways raise as many alerts each month as the rules do; the "
        f"model tells of no household again within {cooldown_days} days. The model alone stands there twice: by the highest "
        "probability, and by the largest rise since the month before. Both together give half of the places to the rules' "
        "alerts with the highest probability, the others to the households with the highest probability that are left.",
        "",
        f"A fall is an identification. Of the households at risk {rate:.2%} fall within 12 months. Precision is the share "
        "of alerts that were followed by a fall within 12 months; recall the share of falls with an alert in the 12 months "
        "before, the warning the median of days from the first of those alerts to the fall. A household that is told of "
        "again and again before one fall has an alert that was followed each time, and an early first one: that is how the "
        "highest probability gains precision and days, but not recall. In brackets the middle 95 % of "
        f"{DRAWS:,} draws of households, each county's from its own; differences are taken on the same draws. Counties are "
        f"not drawn. {again:.1%} of the rules' alerts are of a household that has another one in the same month.",
    ]


def _table(tallies: Sequence[Tally], results: Mapping[str, Result]) -> list[str]:
    lines = [
        "| alerts by | alerts | households reached | precision | recall | warning, days | precision less rules | recall less rules | days less rules |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for way in WAYS:
        found = results[way]
        raised, reached = (sum(getattr(one, name)[way] for one in tallies) for name in ("raised", "reached"))
        own = " | ".join(_told(name, found.figures[name]) for name in (PRECISION, RECALL, DAYS))
        less = [_told(name, found.minus_rules[name], signed=True) for name in (PRECISION, RECALL, DAYS)]
        gaps = " | ".join(["–"] * len(less) if way == RULES else less)
        lines.append(f"| {TITLES[way]} | {raised:,} | {reached:,} | {own} | {gaps} |")
    return lines


def _told(name: str, figure: Interval, *, signed: bool = False) -> str:
    form = f"{'+' if signed else ''}{'.0f' if name == DAYS else '.3f'}"
    return f"{figure.value:{form}} ({figure.low:{form}} to {figure.high:{form}})"


def _verdicts(results: Mapping[str, Result]) -> list[str]:
    """Say in words what the intervals say, whoever is ahead."""
    lines = ["At the same number of alerts:", ""]
    for way in (HIGHEST, RISE, BOTH):
        parts = [f"{name} is {VERDICTS[_side(results[way].minus_rules[name])]}" for name in (PRECISION, RECALL)]
        lines.append(f"- {TITLES[way]}: {', '.join(parts)}.")
    return lines


def _side(gap: Interval) -> int:
    """Return on which side of 0 a whole interval lies; 0 where it holds 0 or is not known."""
    return int(gap.low > 0) - int(gap.high < 0)


def _by_cause(tallies: Sequence[Tally]) -> list[str]:
    """Tell by recorded cause how many falls each way warned of, and what one way alone did."""
    warned = ~np.isnan(np.vstack([one.days for one in tallies]))
    cause = np.concatenate([one.cause for one in tallies]).astype(str)
    lines = [
        "What the model adds, and what only the rules catch, by recorded cause of the fall:",
        "",
        "| cause | fell | rules | highest | rise | by highest, not by rules | by rules, not by highest | by rise, not by rules | by rules, not by rise | by none of the three |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    names, counts = np.unique(cause, return_counts=True)
    names = names[np.argsort(-counts, kind="stable")]
    lines += [_cause_row(name, warned[cause == name]) for name in names]
    found = {name: warned[cause == name].sum(axis=0) for name in names}
    return [*lines, _cause_row("all", warned), "", *(_ahead(way, found) for way in (HIGHEST, RISE))]


def _ahead(way: str, found: Mapping[str, npt.NDArray[np.int64]]) -> str:
    """Name the causes of which rules warned more often."""
    rules, own = WAYS.index(RULES), WAYS.index(way)
    names = ", ".join(name for name, counts in found.items() if counts[rules] > counts[own])
    return f"- Causes of which rules warned more often than the {TITLES[way]}: {names or 'none'}."


def _cause_row(name: str, warned: npt.NDArray[np.bool_]) -> str:
    rules, highest, rise = (warned[:, WAYS.index(way)] for way in (RULES, HIGHEST, RISE))
    counted = (
        np.ones(len(warned), bool),
        rules,
        highest,
        rise,
        highest & ~rules,
        rules & ~highest,
        rise & ~rules,
        rules & ~rise,
        ~(rules | highest | rise),
    )
    return f"| {name} | " + " | ".join(f"{int(one.sum()):,}" for one in counted) + " |"


def _by_county(tallies: Sequence[Tally]) -> list[str]:
    lines = [
        "| seed | alerts | of unknown outcome (rules) | falls | recall: rules | highest | rise | both | by lot |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in tallies:
        recall = " | ".join(f"{share:.3f}" for share in (~np.isnan(one.days)).mean(axis=0))
        lines.append(f"| {one.seed} | {one.raised[RULES]:,} | {one.unknown[RULES]:,} | {len(one.falls):,} | {recall} |")
    return lines
