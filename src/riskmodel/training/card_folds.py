"""The card's sections on dates: settings' own dates, recalibration, rates of areas, ageing, the score without transfers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from riskmodel.training.markdown import number, table

Json = Mapping[str, Any]
HONEST = 0.7
"""Ranges that are to hold 80 % and hold less than this have failed."""
MAPS = {
    "none": "no map",
    "latest_matured": "map of the latest matured dates (served)",
    "moved_by_transitions": "and moved by shorter transitions since",
}


def fold_sections(parts: Json) -> tuple[str, ...]:
    """Return a section for each part that :mod:`riskmodel.training.parts.of_fold` has told.

    Parameters
    ----------
    parts : mapping
        Plain JSON of the run.
    """
    sections = (
        _recalibration(parts.get("recalibration", {})),
        _area_rates(parts.get("area_rates", {})),
        _ages(parts.get("ages", {})),
        _without_transfers(parts.get("without_transfers", {})),
    )
    return tuple(section for section in sections if section)


def _recalibration(found: Json) -> str:
    rows = [
        [day, MAPS[kind], *(_plain(one, name) for name in ("predicted", "observed", "calibration_error"))]
        for day, kinds in found.items()
        for kind, one in kinds.items()
        if one
    ]
    if not rows:
        return ""
    return (
        "## What recalibration closes\n\nEach date by a model and a map that knew nothing later. Transitions of shorter "
        "horizons are told and not applied: see what they would have done.\n\n"
        + table(["as of", "map", "predicted", "observed", "calibration error"], rows)
        + "\n\n"
        + _verdict(found)
    )


def _verdict(found: Json) -> str:
    """Say plainly whether moving the map by transitions helped or harmed."""
    pairs = [
        (kinds["latest_matured"]["calibration_error"], kinds["moved_by_transitions"]["calibration_error"])
        for kinds in found.values()
        if kinds.get("moved_by_transitions") and kinds.get("latest_matured")
    ]
    if not pairs:
        return "Shorter transitions were too few, or not later than the map, so nothing could be moved by them."
    helped = sum(moved < served for served, moved in pairs)
    change = sum(moved - served for served, moved in pairs) / len(pairs)
    return (
        f"Moving by shorter transitions made the error smaller on {helped} of {len(pairs)} dates, "
        f"and changed it by {change:+.3f} in the mean."
    )


def _area_rates(found: Json) -> str:
    if not found:
        return ""
    shock = next(iter(found.values())).get("shock")
    kinds = {"spread_alone": "spread between periods alone", "with_shock": "spread with the stated shock above it"}
    rows = []
    for day, one in found.items():
        for kind, words in kinds.items():
            if kind in one and one[kind]["n_cells"]:
                told = one[kind]
                rows.append(
                    [
                        day,
                        words,
                        *(f"{told[name]:.0%}" for name in ("share", "share_with_chance")),
                        str(told["n_cells"]),
                    ]
                )
    if not rows:
        return ""
    told = f" A shock raises the upper end by {shock['log_odds']:g} in log-odds: {shock['source']}" if shock else ""
    return (
        "## Ranges of areas' rates\n\nStated ranges are to hold 80 % of the areas' observed rates; the second share allows "
        f"for chance in the observed rate.{told}\n\n"
        + table(["as of", "range", "held", "held, with chance", "areas"], rows)
        + "".join(_failed(found, kind, words) for kind, words in kinds.items())
    )


def _failed(found: Json, kind: str, words: str) -> str:
    days = [
        day
        for day, one in found.items()
        if kind in one and one[kind]["n_cells"] and one[kind]["share_with_chance"] < HONEST
    ]
    return f"\n\n**The ranges by {words} failed as of {', '.join(days)}.**" if days else ""


def _ages(found: Json) -> str:
    rows = [
        [
            day,
            f"{one['months_old']} months",
            *(number(one, name) for name in ("roc_auc", "average_precision", "model_minus_average_precision")),
            f"{one['predicted']:.1%} / {one['observed']:.1%}",
        ]
        for day, models in found.items()
        for one in sorted(models, key=lambda one: one["months_old"])
    ]
    if not rows:
        return ""
    return (
        "## How a model ages\n\nEach test scored by models of earlier dates. The third figure is what the test's own model "
        "has over the older one: above 0, retraining pays.\n\n"
        + table(["test", "age", "ROC AUC", "average precision", "gained by retraining", "predicted / fell"], rows)
    )


def _without_transfers(found: Json) -> str:
    rows = [
        [
            day,
            *(f"{one[name]:.2%}" for name in ("with_support", "without_transfers")),
            f"{one['listed_only_without']:,} of {one['listed']:,}",
        ]
        for day, one in found.items()
    ]
    if not rows:
        return ""
    return (
        "## With current support, and without transfers\n\nAn estimate by association: transfers are taken off the income "
        "that the model sees, nothing else changes. It is no forecast of what households would do, and no effect of aid. "
        "Use it to see whose low risk rests on transfers, never to end them.\n\n"
        + table(["as of", "mean probability with", "without", "on the list only without"], rows)
    )


def validation_section(validation: Sequence[Json]) -> str:
    """Return what the dates show that features and settings were chosen on.

    Parameters
    ----------
    validation : sequence of mapping
        Rows as ``evaluation.json`` holds them under ``validation``.
    """
    if not validation:
        return ""
    names = ("roc_auc", "average_precision", "recall_at_capacity")
    rows = [
        [one["as_of"], f"{one['n']:,}", f"{one['rate']:.1%}", f"{one['predicted_rate']:.1%}"]
        + [number(one["model"], name) for name in names]
        for one in validation
    ]
    return (
        "## Dates that settings were chosen on\n\nOptimistic by as much as choosing found chance; in no figure above.\n\n"
        + table(["as of", "rows", "fell", "predicted", *(name.replace("_", " ") for name in names)], rows)
    )


def _plain(figures: Json, name: str) -> str:
    return "–" if figures.get(name) is None else f"{figures[name]:.3f}"
