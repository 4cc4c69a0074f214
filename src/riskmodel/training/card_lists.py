"""The card's sections on lists: errors, ties, unknown outcomes, overlap, lead time, losses, worth, and who was lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskmodel.training.markdown import number, percent, table

Json = Mapping[str, Any]


def list_sections(parts: Json) -> tuple[str, ...]:
    """Return a section for each part that :mod:`riskmodel.training.parts.lists` and ``lost`` have told.

    Parameters
    ----------
    parts : mapping
        Plain JSON of the run.
    """
    sections = (
        _lists(parts.get("lists", {})),
        _losses(parts.get("losses", {})),
        _utility(parts.get("utility", {})),
        _scorecard(parts),
        _moved(parts.get("moved", {})),
    )
    return tuple(section for section in sections if section)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _lists(lists: Json) -> str:
    if not lists:
        return ""
    rows = [
        [
            _words(name),
            *(percent(one[f"{figure}_error"]) for figure in ("exclusion", "inclusion")),
            f"{percent(one['recall_worst_tie'])} to {percent(one['recall_best_tie'])}",
            percent(one["unknown_share"]),
            f"{percent(one['recall_lowest'])} to {percent(one['recall_highest'])}",
        ]
        for name, one in lists["figures"].items()
    ]
    head = [
        "list",
        "fell, not listed",
        "listed, did not fall",
        "recall by luck in ties",
        "outcome unknown",
        "recall, whatever they did",
    ]
    return (
        "## What the lists hold\n\nA list is drawn over everybody, as in the field; unknown outcomes count neither way.\n\n"
        + table(head, rows)
        + "\n\n"
        + "\n".join([*_overlaps(lists["overlap"]), *_lead(lists["lead_time"])])
    )


def _overlaps(overlaps: list[Json]) -> list[str]:
    return [
        f"- as of {one['as_of']}: {percent(one['share_listed_before'])} of the listed who were there on {one['before']} "
        f"({one['in_both']:,.0f} households) were on that list too"
        for one in overlaps
    ]


def _lead(lead: Json) -> list[str]:
    return [
        f"- {_words(name)}: {percent(one['found_share'])} of {one['falls']:,.0f} falls were listed before they came, "
        f"{percent(one['ahead_share'])} a whole period or more ahead, {one['median_lead_months']:.1f} months in the median"
        for name, one in lead.items()
        if one["median_lead_months"] is not None
    ]


def _losses(losses: Json) -> str:
    if not losses:
        return ""
    names = ("brier", "log_loss", "rate_error", "rate_error_weighted")
    rows = [[_words(name), *(number(one, figure) for figure in names)] for name, one in losses.items()]
    return (
        "## Losses of probabilities\n\nThe rate's error is the mean probability less the share that fell; weighted, it is "
        "the error of the implied poverty rate.\n\n" + table(["", *(_words(name) for name in names)], rows)
    )


def _utility(utility: Json) -> str:
    if not utility:
        return ""
    names = ("share_of_perfect", "times_universal")
    rows = [[_words(name), *(number(one, figure) for figure in names)] for name, one in utility.items()]
    return (
        "## What lists are worth as transfers\n\nEqual transfers to the listed at one budget, by the gain in welfare "
        "(constant relative risk aversion of 3): as a share of perfect targeting's, and over that of the same budget "
        "shared by all.\n\n" + table(["", *(_words(name) for name in names)], rows)
    )


def _scorecard(parts: Json) -> str:
    if "scorecard" not in parts:
        return ""
    left_out = "".join(f"\n\n{note}" for note in parts["left_out"])
    return (
        "## A scorecard for paper\n\nFor an office without a line: add the points, visit the highest totals first. Fitted on "
        "all settled rows of the run; the tables above tell how such a card did forward in time, as integer_scorecard.\n\n"
        + str(next(iter(parts["scorecard"].values())))
        + left_out
    )


def _moved(moved: Json) -> str:
    if not moved:
        return ""
    rows = [
        [
            _words(name.removesuffix("_interval")),
            number(moved["known"], name),
            number(moved["weighed"], name),
            number(moved["moved"], name),
        ]
        for name in ("roc_auc", "average_precision", "recall_at_capacity", "rate")
    ]
    return (
        "## How far the lost move the figures\n\nEach known row weighed by the inverse chance that its outcome is known "
        f"(effective rows {moved['effective_n']:,.0f}; traits tell who is known with an AUC of {moved['selectivity_auc']:.2f}). "
        "That makes up for losses that the traits explain, for no other.\n\n"
        + table(["", "known rows", "weighed for the lost", "moved by"], rows)
    )
