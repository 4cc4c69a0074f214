"""The card's sections on what is told beside the tables: calibration, ranges, groups, segments, outcomes, causes, the lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from riskmodel.training.card_features import feature_sections
from riskmodel.training.card_folds import fold_sections
from riskmodel.training.card_lists import list_sections
from riskmodel.training.markdown import number, table

Json = Mapping[str, Any]
MOST_GROUPS = 12


def part_sections(parts: Json) -> tuple[str, ...]:
    """Return a section of Markdown for each part that has something to tell.

    Parameters
    ----------
    parts : mapping
        As :func:`riskmodel.training.parts.telling.tell_parts` returns it.
    """
    if "calibration" not in parts:
        return tuple(section for section in [_checks(parts.get("checks", ()), parts.get("allowed", ()))] if section)
    sections = (
        _calibration(parts["calibration"], parts["ranges"]),
        _segments(parts["segments"]),
        _outcomes(parts["outcomes"]),
        _causes(parts["causes"]),
        _groups(parts["groups"]),
        _unknown(parts["unknown"]),
        *list_sections(parts),
        *fold_sections(parts),
        *feature_sections(parts),
        _checks(parts.get("checks", ()), parts.get("allowed", ())),
    )
    return tuple(section for section in sections if section)


def _calibration(calibration: Json, ranges: Json) -> str:
    names = ("slope", "expected_to_observed", "calibration_error", "predicted", "observed")
    rows = [("all, each row once", calibration["each_row_once"]), ("all, weighted", calibration["weighted"])]
    rows += [(f"as of {day}", figures) for day, figures in calibration["by_period"].items()]
    rows += list(calibration["by_area"].items())
    written = [
        [name, f"{figures['n']:,}", *(["too few"] if figures["too_few"] else [number(figures, one) for one in names])]
        for name, figures in rows
    ]
    padded = [row + [""] * (len(names) + 2 - len(row)) for row in written]
    top = table(
        ["ventile from the top", "predicted", "observed", "rows", "fell"],
        [
            [str(place + 1), f"{one['predicted']:.3f}", f"{one['observed']:.3f}", f"{one['n']:,}", str(one["events"])]
            for place, one in enumerate(calibration["top_ventiles"])
        ],
    )
    return (
        "## Do the probabilities mean what they say?\n\n"
        + table(["", "rows", *(one.replace("_", " ") for one in names)], padded)
        + f"\n\n{top}\n\n{_coverage(ranges)}"
    )


def _coverage(ranges: Json) -> str:
    if not ranges["n_cells"]:
        return "No tenth of a period had enough rows to tell whether the ranges hold."
    with_chance = ranges["share_with_chance"]
    verdict = "" if with_chance >= 0.7 else " **The ranges were too narrow: they failed in these periods.**"
    return (
        f"The stated range of 80 % held the observed rate in {ranges['share']:.0%} of {ranges['n_cells']} cells (period "
        f"and tenth of scores); allowing for chance in the observed rate too, in {with_chance:.0%}.{verdict}"
    )


def _segments(segments: Json) -> str:
    names = ("roc_auc", "average_precision", "recall_at_capacity")
    rows = []
    for name, one in segments.items():
        counts = [name.replace("_", " "), f"{one['n']:,}", f"{one['events']:,}"]
        figures = ["too few", "", ""] if one["too_few"] else [number(one["model"], metric) for metric in names]
        rows.append([*counts, *figures])
    return (
        "## Returned, fell, and others on their own\n\nReturned: recorded as poor before. Fell: never recorded so. "
        "Each is ranked within its own households and date.\n\n"
        + table(["", "rows", "fell", *(one.replace("_", " ") for one in names)], rows)
    )


def _outcomes(outcomes: Json) -> str:
    names = ("roc_auc", "average_precision", "recall_at_capacity")
    kinds = {kind: one for kind, one in outcomes.items() if kind != "agreement"}
    if len(kinds) < 2:
        return ""
    rows = [
        [kind, f"{one['n']:,}", f"{one['events']:,}"]
        + (["too few", "", ""] if one["too_few"] else [number(one["model"], metric) for metric in names])
        for kind, one in kinds.items()
    ]
    agree = outcomes["agreement"]
    return (
        "## What an office decided, and hardship whatever it decided\n\nOne score, held against each kind of outcome.\n\n"
        + table(["", "rows", "happened", *(one.replace("_", " ") for one in names)], rows)
        + f"\n\nWhere both are known: {agree['both']:,} both, {agree['administrative_only']:,} decided without objective "
        f"hardship on record, {agree['objective_only']:,} in objective hardship that no office acted on, {agree['neither']:,} neither."
    )


def _causes(causes: Json) -> str:
    if not causes:
        return ""
    rows = [
        [cause, f"{one['events']:,}", f"{one['recall_at_capacity']:.0%}"]
        for cause, one in sorted(causes.items(), key=lambda item: -item[1]["events"])
    ]
    return "## Found on the list, by recorded cause\n\n" + table(["cause", "fell", "on the list"], rows)


def _groups(groups: Json) -> str:
    if not groups:
        return ""
    names = ("base_rate", "recall_at_capacity", "selection_rate", "calibration_gap")
    single = [one for one in groups["groups"] if len(one["group"]) == 1]
    rows = []
    for one in [groups["overall"] | {"group": {"all": ""}}, *single]:
        label = ", ".join(f"{column} {value}".strip() for column, value in one["group"].items())
        figures = ["too few", "", "", ""] if one["too_few"] else [number(one, metric) for metric in names]
        rows.append([label, f"{one['n']:,}", f"{one['events']:,}", *figures])
    worst = sorted(
        (gap["recall_at_capacity"]["difference"], column, gap["recall_at_capacity"])
        for column, gap in groups["gaps"].items()
        if "recall_at_capacity" in gap
    )[::-1][:MOST_GROUPS]
    gaps = "\n".join(
        f"- {column}: {gap['highest']} against {gap['lowest']}: recall differs by {number(gap, 'difference')}"
        for _, column, gap in worst
    )
    return (
        "## Who is served worse?\n\n"
        + table(["group", "rows", "fell", *(one.replace("_", " ") for one in names)], rows)
        + "\n\nWidest gaps in recall, pairs of groups too (the extremes were picked, so some gap is chance):\n\n"
        + gaps
    )


def _unknown(unknown: Json) -> str:
    lost, kept = unknown["unknown"], unknown["known"]
    if not lost["n"]:
        return "## Who was lost\n\nEvery household's outcome is known."
    rows = [
        [
            name,
            f"{one['n']:,}",
            f"{one['mean_probability']:.3f}",
            "–" if one["median_welfare"] is None else f"{one['median_welfare']:.2f}",
            f"{one['poor_before_share']:.1%}",
        ]
        for name, one in (("outcome known", kept), ("outcome unknown", lost))
    ]
    return (
        "## Who was lost\n\nHouseholds whose outcome is unknown are in no figure above. Where they differ from the others, "
        "figures are about the others.\n\n"
        + table(["", "rows", "mean probability", "median welfare over line", "poor before"], rows)
    )


def _checks(found: Sequence[Json], allowed: Sequence[str]) -> str:
    """Tell every finding once, with the places where it was found; docs/checks.md says what to do."""
    if not found:
        return ""
    places: dict[tuple[str, str, str], list[str]] = {}
    for one in found:
        places.setdefault((one["code"], one["level"], one["words"]), []).append(one["where"])
    rows = [[code, level, ", ".join(where), words] for (code, level, words), where in sorted(places.items())]
    note = f"\n\nAllowed by whoever trained: {', '.join(allowed)}." if allowed else ""
    return "## What the checks found\n\n" + table(["code", "level", "where", "what"], rows) + note
