"""The pointer's file: every version that ever served, and on what grounds each began to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from riskmodel.errors import BundleCorrupt
from riskmodel.evaluation.gates import Party
from riskmodel.files import replacing
from riskmodel.registry.bundle import canonical_json

POINTER = "CHAMPION.json"


class Gate(StrEnum):
    """On what grounds a version began to serve."""

    PASSED = "passed"
    OVERRIDDEN = "overridden"
    NONE = "none"
    DEMONSTRATION = "demonstration"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Promotion:
    """One entry of the history: from ``at`` on, ``version`` served."""

    version: str
    digest: str
    at: str
    by: str
    reason: str

    @property
    def party(self) -> Party:
        """The bundle, as verdicts name it."""
        return Party(self.version, self.digest)


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a version was let through; kept apart from :class:`Promotion`, since it may name a second person.

    Attributes
    ----------
    gate : Gate
        A passing verdict, one that was overridden, none at all, the demonstration, or a step back.
    verdict : str
        Name of the verdict's file; empty without one.
    second : str
        Who agreed beside the one who promoted; empty where nobody had to.
    """

    gate: Gate = Gate.NONE
    verdict: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A promotion and its grounds, as the pointer keeps them side by side."""

    promotion: Promotion
    grounds: Grounds


def entries(models: Path, programme: str) -> tuple[Entry, ...]:
    """Return every promotion with its grounds, oldest first; none where nothing was promoted.

    Entries that were written before grounds were kept have none.

    Raises
    ------
    BundleCorrupt
        If the pointer is not what this module writes.
    """
    path = models / programme / POINTER
    if not path.is_file():
        return ()
    try:
        return tuple(_entry(one) for one in json.loads(path.read_bytes())["history"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BundleCorrupt(f"{path.name} of {programme} is not a champion pointer; restore it from a backup") from None


def _entry(one: dict[str, Any]) -> Entry:
    plain = {field.name for field in fields(Promotion)}
    grounds = {name: value for name, value in one.items() if name not in plain}
    promotion = Promotion(**{name: value for name, value in one.items() if name in plain})
    return Entry(promotion, Grounds(**{**grounds, "gate": Gate(grounds.get("gate", Gate.NONE))}))


def history(models: Path, programme: str) -> tuple[Promotion, ...]:
    """Return every promotion, oldest first; see :func:`entries`."""
    return tuple(entry.promotion for entry in entries(models, programme))


def standing(past: tuple[Entry, ...]) -> tuple[Promotion, ...]:
    """Return the promotions that still stand, the serving one last: a step back takes the last one away.

    After A, B, C and a step back, A and B stand and B serves; another step back leaves A. What was taken away does not
    come back by stepping back again: going forward is a promotion.
    """
    stack: list[Promotion] = []
    for entry in past:
        if entry.grounds.gate == Gate.ROLLBACK and len(stack) > 1:
            stack.pop()
        elif not stack or stack[-1].party != entry.promotion.party:
            stack.append(entry.promotion)
    return tuple(stack)


def append(path: Path, past: tuple[Entry, ...], promotion: Promotion, grounds: Grounds) -> Promotion:
    """Add an entry and replace the pointer: a reader sees the old one or the new one."""
    kept = [{**asdict(one.promotion), **asdict(one.grounds)} for one in (*past, Entry(promotion, grounds))]
    with replacing(path) as partial:
        partial.write_bytes(canonical_json({"champion": promotion.version, "history": kept}))
    return promotion
