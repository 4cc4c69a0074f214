"""A model's card as blocks that a template lays out: headings, paragraphs, lists and tables; everything else is text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

_HEADING = re.compile(r"(#{1,4}) (.*)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_RULE = re.compile(r"\|(\s*:?-+:?\s*\|)+")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text, and whether it is set in bold."""

    text: str
    bold: bool = False


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a card.

    Attributes
    ----------
    kind : str
        ``heading``, ``paragraph``, ``list`` or ``table``.
    level : int
        Of a heading; the card's title has 1.
    rows : tuple of tuple of spans
        The heading or the paragraph is one row of one cell, a list has a row an item, a table its head first.
    """

    kind: str
    level: int
    rows: tuple[tuple[Spans, ...], ...]


def card_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a card, in order."""
    lines = [line.strip() for line in text.splitlines()]
    found: list[Block] = []
    for kind, own in groupby((line for line in lines), key=_kind):
        if kind:
            found += _blocks(kind, list(own))
    return tuple(found)


def _kind(line: str) -> str:
    if not line:
        return ""
    if _HEADING.fullmatch(line):
        return "heading"
    if line.startswith("|"):
        return "table"
    return "list" if line.startswith("- ") else "paragraph"


def _blocks(kind: str, lines: Sequence[str]) -> Iterator[Block]:
    if kind == "heading":
        for line in lines:
            marks, _, words = line.partition(" ")
            yield Block(kind, len(marks), ((spans(words),),))
    elif kind == "table":
        yield Block(kind, 0, tuple(_cells(line) for line in lines if not _RULE.fullmatch(line)))
    elif kind == "list":
        yield Block(kind, 0, tuple((spans(line.removeprefix("- ")),) for line in lines))
    else:
        yield Block(kind, 0, ((spans(" ".join(lines)),),))


def _cells(line: str) -> tuple[Spans, ...]:
    return tuple(spans(cell.strip()) for cell in line.strip("|").split("|"))


def spans(text: str) -> Spans:
    """Return a text in pieces, by what is set in bold.

    >>> spans("a **b** c")
    (Span(text='a ', bold=False), Span(text='b', bold=True), Span(text=' c', bold=False))
    """
    pieces = _BOLD.split(text)
    return tuple(Span(piece, bool(place % 2)) for place, piece in enumerate(pieces) if piece)
