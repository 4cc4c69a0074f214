"""The card's sections on features: what moves scores, whether directions hold, and what each block adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskmodel.training.markdown import number, table

Json = Mapping[str, Any]
SHOWN = 12


def feature_sections(parts: Json) -> tuple[str, ...]:
    """Return a section for each part about features that the run has told.

    Parameters
    ----------
    parts : mapping
        Plain JSON of the run: ``importance`` by date, ``ablation``, ``search``.
    """
    sections = (
        _importance(parts.get("importance", {})),
        _ablation(parts.get("ablation", {})),
        _search(parts.get("search", {})),
    )
    return tuple(section for section in sections if section)


def _importance(found: Json) -> str:
    if not found:
        return ""
    days = list(found)
    last = found[days[-1]]
    groups = [
        [name, *(number(found[day]["groups"], name) for day in days)]
        for name in last["groups"]
        if "_interval" not in name
    ]
    top = [name for name in last["features"] if "_interval" not in name][:SHOWN]
    features = [[name, *(number(found[day]["features"], name) for day in days)] for name in top]
    against = {name: rank for name, (verdict, rank) in last["directions"].items() if verdict == "against"}
    counts = [verdict for verdict, _ in last["directions"].values()]
    words = (
        f"Of {len(counts)} features whose direction the dictionary knows, {counts.count('agrees')} follow it as of {days[-1]}, "
        f"{counts.count('flat')} hardly move a score"
        + (
            f", {len(against)} go against it: " + ", ".join(f"{name} ({rank:+.2f})" for name, rank in against.items())
            if against
            else ", none goes against it"
        )
        + "."
    )
    return (
        "## What moves the scores\n\nMean size of contributions in log-odds, by factor group (summed within a household "
        "first) and by feature. They explain the model, not hardship.\n\n"
        + table(["group", *days], groups)
        + "\n\n"
        + table(["feature", *days], features)
        + f"\n\n{words}"
    )


def _ablation(found: Json) -> str:
    if not found:
        return ""
    rows = [
        [
            name,
            str(one["features"]),
            *(number(one, figure) for figure in ("roc_auc", "average_precision", "model_minus_average_precision")),
        ]
        for name, one in found.items()
    ]
    return (
        "## What each block of features adds\n\nThe trees without the block, on a later slice that they had not seen. A block "
        "whose gain holds 0 has not been shown to add anything of its own; what two blocks tell alike, neither adds.\n\n"
        + table(["without", "features", "ROC AUC", "average precision", "the block adds"], rows)
    )


def _search(found: Json) -> str:
    if not found:
        return ""
    rows = [[name, f"{value:g}", f"{found['own'][name]:g}"] for name, value in found["chosen"].items()]
    return (
        f"## Search\n\n{found['trials']} trials inside the training side ({found['pruned']} pruned); mean average precision "
        f"{found['value']:.4f}, the programme's own settings {found['own_value']:.4f}.\n\n"
        + table(["setting", "chosen", "the programme's own"], rows)
    )
