"""A case is what its entries say, whoever reads them and however often."""

from __future__ import annotations

from helpers.case_entries import entries, proposed, received
from riskmodel.service.cases.entries import MESSAGES, EntryKind, Rule
from riskmodel.service.cases.log import folded


def test_everything_finds_its_place() -> None:
    found = folded(
        entries(
            (EntryKind.ASSIGNED, None, {"to": "li"}),
            proposed(),
            received(),
            (EntryKind.ENDING_PROPOSED, None, {"checks": [], "text": "", "decision": None}),
            (EntryKind.APPEAL_ANSWERED, 3, {"result": "rejected", "text": "x"}),
            (EntryKind.HELP_STARTED, 2, {"on": "2021-05-02", "note": ""}),
        )
    )
    assert list(found.helps) == [2] and list(found.appeals) == [3]
    assert found.appeals[3].answer is not None and found.helps[2].state == "started"
    assert found.proposal is not None and found.proposal.proposed.entry == 4


def test_an_empty_case() -> None:
    found = folded([])
    assert (found.helps, found.appeals, found.proposal) == ({}, {}, None)


def test_every_rule_says_what_to_do() -> None:
    assert set(MESSAGES) == set(Rule)
