"""A card's Markdown becomes blocks of plain text: nothing in it is ever taken for HTML."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riskmodel.registry.bundle import BundleFiles
from riskmodel.service.pages.model.card_text import Block, Span, card_blocks, spans

CARD = """# Title

**All** is <b>text</b>.
Second line.

## Table

|  | a | b |
|---|:--:|---|
| model | 1 | |
- first
- second
"""


def test_every_kind_of_block() -> None:
    title, paragraph, heading, table, items = card_blocks(CARD)
    assert title == Block("heading", 1, (((Span("Title"),),),))
    assert paragraph.rows == (((Span("All", True), Span(" is <b>text</b>. Second line.")),),)
    assert (heading.kind, heading.level) == ("heading", 2)
    assert (table.kind, table.rows) == (
        "table",
        (((), (Span("a"),), (Span("b"),)), ((Span("model"),), (Span("1"),), ())),
    )
    assert (items.kind, [row[0][0].text for row in items.rows]) == ("list", ["first", "second"])


@given(st.text(alphabet="ab *|-#\n", max_size=60))
def test_any_text_is_taken_whole(text: str) -> None:
    found = "".join(span.text for block in card_blocks(text) for row in block.rows for cell in row for span in cell)
    assert found.count("a") == text.count("a") and found.count("b") == text.count("b")


def test_a_card_of_a_bundle_is_taken_apart(tiny_bundle: BundleFiles) -> None:
    blocks = card_blocks(tiny_bundle.files["card.md"].decode())
    assert {block.kind for block in blocks} == {"heading", "paragraph", "list", "table"}
    for block in blocks:
        if block.kind == "table":
            assert len({len(row) for row in block.rows}) == 1
    assert spans("") == ()
