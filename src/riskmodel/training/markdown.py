"""Tables and figures in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def number(figures: Mapping[str, Any], name: str) -> str:
    """Write a figure with its interval, a dash where it is undefined."""
    value = figures.get(name)
    if value is None:
        return "–"
    low, high = figures[f"{name}_interval"]
    return f"{value:.3f} ({low:.3f} to {high:.3f})" if low is not None else f"{value:.3f}"


def percent(value: float | None) -> str:
    """Write a share in percent, a dash where it is undefined."""
    return "–" if value is None else f"{value:.1%}"
