"""The page docs/performance.md, made of figures alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskmodel.bench.report import Bar, Figure, Section

TITLES = {
    "explain": "Exact explanations (`riskmodel bench explain`)",
    "serve": "Serving (`riskmodel bench serve`)",
    "store": "A store of many households (`riskmodel bench store --households 1000000`)",
    "batch": "Batch (`riskmodel bench batch`)",
    "scaling": "Worker processes (`riskmodel bench scaling`)",
    "training": "Training (`riskmodel bench training`)",
    "events": "Events (`riskmodel bench events --households 20000 --rounds 3`)",
}

METHODS = {
    "explain": (
        "One thread each. Models of invented rows: numbers with missing values and six categories of 2 to 300 codes. "
        "LightGBM's `pred_contrib` and `shap.TreeExplainer`, which calls it, explain a few rows, ours many; times a row "
        "are compared. Ours gives the score in the same pass, so its explanation without a score has no time of its "
        "own: what is held against it is the pass that keeps score, sums by group and the five strongest columns."
    ),
    "serve": (
        "One worker process each, on the loopback address of this machine, both up throughout and loaded in turns. Ours "
        "is `POST /v1/scores` with one household: checked in full, probability, range, reasons. Theirs is `mlflow models "
        "serve` with the same booster saved by `mlflow.lightgbm`, one row as `dataframe_split`, encoded beforehand, its "
        "score and nothing else; ours also checks a key and commits an entry to the audit before each answer. Theirs runs with the signature that MLflow's guide asks for, which checks columns and types as ours "
        "does, and without one, where nothing is checked. Clients keep their "
        "connection and ask again as soon as they are answered; what makes the load shares the cores. The 1,000 "
        "households in one request are held against pandas and `pred_contrib` inside this process, without any HTTP, with "
        "the shipped model and with large trees (63 leaves, depth 8), which the bar was set for."
    ),
    "store": (
        "A simulated county of 100,000 households, repeated with ids of their own, is loaded (`riskmodel load`) and everyone at risk scored (`riskmodel score --store`) in fresh "
        "processes, into SQLite on this machine's disk; the system's account tells their time and peak memory. Then one "
        "client asks one worker for one household after another, drawn at random, by `GET /v1/households/{id}/score`, with "
        "access and audit: the key is looked up, the household found, its features read, scored and explained, and the act "
        "committed before the answer leaves. A supervisor of everything then opens each of the reviewers' pages in Chinese, "
        "five times and then a hundred times, of other households each time; what takes longer the first time, since it is "
        "counted anew only now and then, is told apart. A page's weight is that of the heaviest with all files that it loads."
    ),
    "batch": (
        "Snapshot rows of the simulated `china-county` programme, repeated with ids of their own, in Parquet with "
        "several row groups. Ours is `riskmodel score` in a fresh process: start, golden rows, checks, scores at every "
        "horizon, ranges, reasons, measures and the written file are all in its time, and its peak is the system's own "
        "account of that process. Theirs reads, encodes, scores, explains with `pred_contrib`, ranks and writes a sample "
        "with pandas, at one horizon, and is extrapolated by rows. Both take every core. The bar was set for trees of 63 "
        "leaves and depth 8, which are grown for this alone and put into a bundle of the same programme; the shipped "
        "model's are so small that `pred_contrib` is done with them soon, so the ratio with it has no bar."
    ),
    "scaling": (
        "The batch's rows and large trees, scored through `--engine dask` by a local cluster of one worker process and of "
        "two, one thread each, in turns. The start of the cluster, the pass over the keys and the writing of the target, "
        "which one process does for any number of workers, are left aside; workers have scored a few rows before. "
        "Scheduler and driver run on the same cores as the workers."
    ),
    "training": (
        "Our path (the scikit-learn estimator with its checks, weights and constraints) over bare `lightgbm.train` with "
        "the same settings on the same float64 matrix, in turns. Memory is the peak of a fresh process beyond what it "
        "held before the rows were invented, over the size of the matrix; inventing the rows is in it for both. With "
        "fewer rows both peaks are more times the matrix: what LightGBM needs whatever the number of rows."
    ),
    "events": (
        "A simulated county, loaded and scored as of the day of the run, and `riskmodel serve` with one process that answers "
        "and its worker beside, on SQLite on this machine's disk and on a PostgreSQL on this machine. One by one: "
        "`POST /v1/events` with one illness each, of another household each time, sent when it is due whether earlier ones "
        "are answered or not, while another client asks for `GET /v1/alerts?after=` every tenth of a second. Counted from "
        "when the event was due until that client has the alert, which holds the new score. In files: one CSV file of "
        "hospital stays in one request, after a tenth of it, to a server that was started for the two; its peak memory is "
        "the system's own account of the process. All programs share the cores, whoever asks among them."
    ),
}

HEAD = """# Performance

Made by `riskmodel bench --json docs/performance.json --out docs/performance.md`; do not edit. Ratios were taken side by
side in one run, in turns; seconds on a shared machine mean little. The median decides whether a bar is met, and
`--check` fails where one is not. Each benchmark also runs alone: `riskmodel bench NAME`.
"""

COUNTY = """## The simulated county against its truth (`make nightly`)

That is about quality, not speed: [county.md](county.md).
"""


def to_markdown(sections: Sequence[Section]) -> str:
    """Return the page: first what was asked and reached, then each benchmark in full."""
    return "\n".join([HEAD, _targets(sections), *(_section(one) for one in sections), COUNTY])


def _targets(sections: Sequence[Section]) -> str:
    asked = [figure for one in sections for figure in one.figures if figure.bar]
    lines = [
        "## What is asked, and what was measured\n",
        "| | asked | minimum | median | maximum | met |",
        "|---|---|---|---|---|---|",
        *(
            f"| {one.name} | {_asked(one.bar, one.unit)} | {_cells(one)} | {'yes' if one.met else '**no**'} |"
            for one in asked
        ),
    ]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> str:
    lines = [
        f"## {TITLES[section.name]}\n",
        METHODS[section.name] + "\n",
        f"{section.rounds} repetitions on {section.measured_on}; {_listed(section.conditions)}. {_machine(section)}\n",
        "| | unit | minimum | median | maximum |",
        "|---|---|---|---|---|",
        *(f"| {one.name} | {one.unit} | {_cells(one)} |" for one in section.figures),
    ]
    return "\n".join(lines) + "\n"


def _machine(section: Section) -> str:
    facts = dict(section.machine)
    cores, processor = facts.pop("cores"), facts.pop("processor")
    return f"{cores} cores ({processor}), {_listed(facts)}."


def _listed(facts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _asked(bar: Bar | None, unit: str) -> str:
    return "" if bar is None else f"{bar.sense} {bar.limit:g} {unit}"


def _cells(figure: Figure) -> str:
    values = figure.values
    return " | ".join(number(one) for one in (values.low, values.middle, values.high))


def number(value: float) -> str:
    """Write a figure with as many digits as mean something.

    Examples
    --------
    >>> number(12345.6), number(70.123), number(0.0), number(9.2e-15)
    ('12,346', '70.1', '0', '9.2e-15')
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.2g}"
