"""Whatever is changed in a chain is found, and the first entry that is wrong is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from helpers.acts import AT, act
from riskmodel.errors import AuditBroken, InputError
from riskmodel.service.audit import GENESIS, START, Entry, Mark, chained, drafted, hash_of
from riskmodel.service.audit_checking import anchor_line, read_anchors, verify_chain


def chain(count: int, head: Mark = START) -> list[Entry]:
    return chained([drafted(act(f"s{number}")) for number in range(count)], head)


def broken(entries: list[Entry], head: Mark, *anchors: Mark) -> AuditBroken:
    with pytest.raises(AuditBroken) as raised:
        verify_chain(entries, anchors, head)
    return raised.value


def test_a_whole_chain_is_counted_with_and_without_anchors() -> None:
    entries = chain(5)
    assert verify_chain(entries, [], entries[-1].mark) == 5
    assert verify_chain(iter(entries), [one.mark for one in entries], entries[-1].mark) == 5
    assert verify_chain([], [], START) == 0
    assert entries == chain(3) + chained([drafted(act("s3")), drafted(act("s4"))], chain(3)[-1].mark)


def test_what_is_wrong_is_said() -> None:
    entries = chain(5)
    head = entries[-1].mark
    altered = replace(entries[2], content=entries[2].content.replace("li", "wu"))
    assert str(broken([*entries[:2], altered, *entries[3:]], head)) == (
        "the audit log is broken from entry 3 on: altered: its hash is not that of its content"
    )
    rehashed = replace(altered, hash=hash_of(altered.previous_hash, altered.content))
    assert broken([*entries[:2], rehashed, *entries[3:]], head).sequence == 3
    content = entries[3].content.replace('"sequence":4', '"sequence":2')
    renumbered = replace(entries[3], content=content, hash=hash_of(entries[3].previous_hash, content))
    assert broken([*entries[:3], renumbered, entries[4]], head).sequence == 4
    assert broken([*entries[:2], *entries[3:]], head).found == "missing"
    swapped = [entries[0], entries[2], entries[1], *entries[3:]]
    assert broken(swapped, head).sequence == 2
    assert "cut off" in broken(entries[:4], head).found
    assert "head" in broken(entries, entries[3].mark).found
    assert "head" in broken(entries, Mark(5, GENESIS)).found
    assert broken(entries, START).sequence == 1


def test_a_row_that_is_no_entry_at_all() -> None:
    for content in ("", "[]", "[" * 100_000, '{"sequence":"1"}', '{"sequence":true}'):
        odd = Entry(1, content, GENESIS, hash_of(GENESIS, content))
        assert (broken([odd], odd.mark).sequence, "content" in broken([odd], odd.mark).found) == (1, True)


def test_a_chain_written_anew_is_found_by_an_anchor_only() -> None:
    entries = chain(6)
    anew = entries[:2] + chained([drafted(act("forged"))] * 4, entries[1].mark)
    assert verify_chain(anew, [], anew[-1].mark) == 6
    found = broken(anew, anew[-1].mark, entries[1].mark, entries[4].mark)
    assert (found.sequence, "entry 2 still is" in found.found) == (5, True)
    assert verify_chain(anew, [entries[1].mark], anew[-1].mark) == 6
    # an anchor that vouches for the forerunner shows that its follower was put in its place
    forged = chained([drafted(act("forged"))], entries[1].mark)[0]
    foreign = replace(entries[2], previous_hash=forged.hash, hash=hash_of(forged.hash, entries[2].content))
    assert broken([*entries[:2], foreign], foreign.mark, entries[1].mark).sequence == 3


def test_a_cut_with_its_head_is_found_by_an_anchor_only() -> None:
    entries = chain(6)
    assert verify_chain(entries[:4], [], entries[3].mark) == 4
    assert broken(entries[:4], entries[3].mark, entries[5].mark).sequence == 5


def test_anchors_are_lines() -> None:
    mark = chain(3)[-1].mark
    line = anchor_line(mark, AT)
    assert json.loads(line) == {"sequence": 3, "hash": mark.hash, "at": "2025-03-01T12:30:00+00:00"}
    assert read_anchors([line, line], "anchors.jsonl") == [mark, mark]
    for odd in (
        "",
        "{",
        "[]",
        "3",
        '{"sequence":"3","hash":"a"}',
        '{"sequence":0,"hash":"a"}',
        '{"sequence":1,"hash":2}',
    ):
        with pytest.raises(InputError, match=r"anchors\.jsonl, line 2"):
            read_anchors([line, odd], "anchors.jsonl")
