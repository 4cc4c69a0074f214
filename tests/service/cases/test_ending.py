"""Monitoring ends only where every check is met, two people agree, and the risk has not come back meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpers.case_entries import entries
from riskmodel.service.cases.checklist import Checked, Shown
from riskmodel.service.cases.ending import (
    Facts,
    Proposal,
    ProposalState,
    check_closing,
    check_confirming,
    check_proposal,
    is_lapsed,
    last_proposal,
)
from riskmodel.service.cases.entries import EntryKind, Rule, StepRefused

PROPOSED = (EntryKind.ENDING_PROPOSED, None, {"checks": [], "text": "", "decision": 7})

FINE = Facts(monitored=True, sign_waits=False, without_labour=False, in_highest_band=False)


def proposal(*more: tuple[EntryKind, int, dict[str, str]]) -> Proposal:
    found = last_proposal(entries(PROPOSED, *more))
    assert found is not None
    return found


def refusal(checks: list[Checked], facts: Facts = FINE, before: Proposal | None = None) -> StepRefused:
    with pytest.raises(StepRefused) as found:
        check_proposal(checks, facts, before, lapsed=False)
    return found.value


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (replace(FINE, without_labour=True), Rule.WITHOUT_LABOUR),
        (replace(FINE, monitored=False), Rule.NOT_MONITORED),
        (replace(FINE, in_highest_band=True), Rule.HIGHEST_BAND),
        (replace(FINE, sign_waits=True), Rule.SIGN_WAITS),
    ],
)
def test_what_stands_against_it_whatever_the_list_says(facts: Facts, rule: Rule) -> None:
    assert refusal([], facts).rule is rule
    with pytest.raises(StepRefused) as found:
        check_confirming(proposal(), {}, facts)
    assert found.value.rule is rule


def test_what_stands_against_a_proposal() -> None:
    fine = [Checked("a", Shown.YES, False, "")]
    check_proposal(fine, FINE, None, lapsed=False)
    check_proposal(fine, replace(FINE, without_labour=None), None, lapsed=False)
    assert refusal(fine, before=proposal()).rule is Rule.PROPOSED_ALREADY
    for shown, rule in ((Shown.NO, Rule.SPOKEN_AGAINST), (Shown.UNKNOWN, Rule.NOT_CONFIRMED)):
        found = refusal([*fine, Checked("b", shown, False, "")])
        assert (found.rule, found.place) == (rule, "b")


def test_it_is_made_anew_after_one_that_lapsed_or_was_closed() -> None:
    check_proposal([], FINE, proposal(), lapsed=True)
    closed = proposal((EntryKind.ENDING_DECLINED, 1, {"why": "no"}))
    assert closed.state is ProposalState.DECLINED
    check_proposal([], FINE, closed, lapsed=False)


def closing(about: int | None = 1, by: str = "wang", *, lapsed: bool = False, of: Proposal | None = None) -> Rule:
    with pytest.raises(StepRefused) as found:
        check_closing(of or proposal(), about, by, lapsed=lapsed)
    return found.value.rule


def test_a_second_person_closes_it_once() -> None:
    assert check_closing(proposal(), 1, "wang", lapsed=False) == proposal()
    assert closing(by="li") is Rule.SAME_PERSON
    assert closing(about=2) is Rule.NO_SUCH_ENTRY
    assert closing(lapsed=True) is Rule.LAPSED
    confirmed = proposal((EntryKind.ENDING_CONFIRMED, 1, {"why": ""}))
    assert confirmed.state is ProposalState.CONFIRMED
    assert closing(of=confirmed) is Rule.CLOSED_ALREADY
    with pytest.raises(StepRefused):
        check_closing(None, 1, "wang", lapsed=False)


ROWS = [
    {"code": "income", "shown": "yes", "confirmed": False, "note": ""},
    {"code": "spending", "shown": "nothing_against", "confirmed": True, "note": ""},
    {"code": "gone", "shown": "people", "confirmed": True, "note": "seen there"},
]


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"income": Shown.NOTHING_AGAINST}, False),
        ({"income": Shown.UNKNOWN}, False),
        ({"spending": Shown.NO}, False),
        ({"spending": Shown.UNKNOWN}, False),
        # whoever said how they know it said so whatever the records show, unless they speak against it
        ({"gone": Shown.UNKNOWN}, True),
        ({"gone": Shown.NO}, False),
        # nobody was asked
        ({"a_new_one": Shown.PEOPLE}, False),
        ({"able_to_work": Shown.UNKNOWN}, False),
    ],
)
def test_what_it_rests_on_is_still_so_when_it_is_confirmed(changes: dict[str, Shown], holds: bool) -> None:
    made = last_proposal(entries((EntryKind.ENDING_PROPOSED, None, {"checks": ROWS, "text": "", "decision": 7})))
    assert made is not None
    shown = {"income": Shown.YES, "spending": Shown.NOTHING_AGAINST, "gone": Shown.PEOPLE} | changes
    if holds:
        check_confirming(made, shown, FINE)
        return
    with pytest.raises(StepRefused) as found:
        check_confirming(made, shown, FINE)
    assert found.value.rule is Rule.CHANGED


@pytest.mark.parametrize(
    ("facts", "decision", "highest", "lapsed"),
    [
        (FINE, 7, False, False),
        (FINE, 7, True, True),
        (replace(FINE, in_highest_band=True), 7, False, True),
        (replace(FINE, sign_waits=True), 7, False, True),
        (FINE, 8, False, True),
        (FINE, None, False, True),
    ],
)
def test_it_lapses_when_the_household_stands_otherwise(
    facts: Facts, decision: int | None, highest: bool, lapsed: bool
) -> None:
    assert is_lapsed(proposal(), facts, decision, highest_since=highest) is lapsed
    closed = proposal((EntryKind.ENDING_CONFIRMED, 1, {"why": ""}))
    assert not is_lapsed(closed, facts, decision, highest_since=highest)


def test_the_latest_proposal_counts() -> None:
    found = last_proposal(entries(PROPOSED, (EntryKind.ENDING_DECLINED, 1, {"why": "no"}), PROPOSED))
    assert found is not None
    assert (found.proposed.entry, found.state) == (3, ProposalState.OPEN)
    assert last_proposal(entries()) is None
