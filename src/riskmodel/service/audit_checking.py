"""Finds what was changed in the chain of the audit, and names the first entry that can be shown to be wrong.

What the chain alone can't show is a change that fits: a chain computed anew from some entry on, or cut off together with
the head that names its last entry. Marks kept elsewhere (``riskmodel audit anchor``) show those.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence

from riskmodel.errors import AuditBroken, InputError
from riskmodel.service.audit import START, Entry, Mark, canonical_json_text, hash_of


def verify_chain(entries: Iterable[Entry], anchors: Sequence[Mark], head: Mark) -> int:
    """Check that nothing was altered, taken out, put in, moved, cut off or written anew.

    Parameters
    ----------
    entries : iterable of Entry
        By number; read once, one at a time.
    anchors : sequence of Mark
        Entries as they were noted earlier, outside of the store.
    head : Mark
        The last entry, as the store says.

    Returns
    -------
    int
        How many entries there are.

    Raises
    ------
    AuditBroken
        With the first entry that can be shown to be wrong. Where a whole chain was written anew, that is the first one
        that was anchored after the change.
    """
    walk = _Walk(anchors)
    for entry in entries:
        walk.step(entry)
    walk.end(head)
    return walk.last.sequence


class _Walk:
    """A walk along a chain, from its first entry to its last."""

    def __init__(self, anchors: Sequence[Mark]) -> None:
        self.noted: dict[int, set[str]] = {}
        for anchor in anchors:
            self.noted.setdefault(anchor.sequence, set()).add(anchor.hash)
        self.last, self.vouched = START, 0
        self.rewritten: AuditBroken | None = None

    def step(self, entry: Entry) -> None:
        """Check one entry against the one before it and what was anchored."""
        found = _misplaced(entry, self.last, self.vouched)
        if found is not None:
            raise self._first(found)
        self.last = entry.mark
        self._compare(entry)

    def end(self, head: Mark) -> None:
        """Check that this is where the chain ends."""
        found = _wrong_end(self.last, max([head.sequence, *self.noted]), head)
        if found is not None or self.rewritten is not None:
            raise self._first(found)

    def _compare(self, entry: Entry) -> None:
        hashes = self.noted.get(entry.sequence)
        if hashes is None or self.rewritten is not None:
            return
        if hashes == {entry.hash}:
            self.vouched = entry.sequence
        else:
            # held back: what follows may show that the change began earlier
            since = f"entry {self.vouched} still is" if self.vouched else "no earlier one is known to be"
            self.rewritten = AuditBroken(entry.sequence, f"rewritten: it is not what was anchored; {since}")

    def _first(self, found: AuditBroken | None) -> AuditBroken:
        return min((one for one in (found, self.rewritten) if one is not None), key=lambda one: one.sequence)


def _misplaced(entry: Entry, last: Mark, vouched: int) -> AuditBroken | None:
    """Tell what is wrong with an entry that follows another one."""
    expected = last.sequence + 1
    if entry.sequence > expected:
        return AuditBroken(expected, "missing")
    if hash_of(entry.previous_hash, entry.content) != entry.hash:
        return AuditBroken(expected, "altered: its hash is not that of its content")
    follows = entry.previous_hash == last.hash
    written = _sequence_in(entry.content)
    if written != expected or entry.sequence != expected:
        return _moved(expected, None if follows else written)
    if follows:
        return None
    # an entry whose own hash is right points at its true forerunner, unless that one is known to be right as well
    shown = expected if last.sequence == vouched else last.sequence
    return AuditBroken(shown, f"altered together with its hash: entry {expected} follows another one")


def _moved(expected: int, written: int | None) -> AuditBroken:
    if written is None:
        return AuditBroken(expected, "altered together with its hash: its content is not that of this entry")
    if 1 <= written < expected:
        return AuditBroken(written, "inserted or moved: two entries were written as this one")
    return AuditBroken(expected, f"missing or moved: in its place stands what was written as entry {written}")


def _sequence_in(content: str) -> int | None:
    try:
        sequence = json.loads(content)["sequence"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return sequence if type(sequence) is int else None


def _wrong_end(last: Mark, expected: int, head: Mark) -> AuditBroken | None:
    """Tell what is wrong with the last entry: it is the head's, and no anchor lies behind it."""
    if last.sequence < expected:
        return AuditBroken(last.sequence + 1, f"missing: the log was cut off, it had at least {expected} entries")
    if last.sequence > head.sequence:
        return AuditBroken(head.sequence + 1, "inserted: the head of the log does not know it")
    if last.hash != head.hash:
        return AuditBroken(last.sequence, "altered together with its hash: the head of the log knows another one")
    return None


def anchor_line(mark: Mark, at: dt.datetime) -> str:
    """Return an anchor as a line of JSON."""
    return (
        canonical_json_text({"sequence": mark.sequence, "hash": mark.hash, "at": at.astimezone(dt.UTC).isoformat()})
        + "\n"
    )


def read_anchors(lines: Iterable[str], source: str) -> list[Mark]:
    """Read anchors, one a line.

    Raises
    ------
    InputError
        If a line is none, naming ``source`` and the line.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            anchor = json.loads(line)
            mark = Mark(anchor["sequence"], anchor["hash"])
        except (ValueError, KeyError, TypeError):
            mark = START
        if type(mark.sequence) is not int or mark.sequence < 1 or not isinstance(mark.hash, str):
            raise InputError(
                f"{source}, line {number}: expected an anchor as `riskmodel audit anchor` writes it; take the line out"
            )
        found.append(mark)
    return found
