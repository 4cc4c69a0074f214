"""Monitoring ends only where every check is met, two people agree, and the risk has not come back meanwhile."""

from __future__ import annotations

import math

import pytest

from helpers.case_entries import entries
from riskmodel.programme.measures import Condition
from riskmodel.service.cases.ending import (
    Checked,
    Proposal,
    ProposalState,
    Shown,
    check_closing,
    check_proposal,
    is_lapsed,
    is_without_labour,
    last_proposal,
    shown_by,
)
from riskmodel.service.cases.entries import EntryKind, Rule, StepRefused

ABOVE = (Condition(feature="income", at_least=1.0),)
BOTH = (*ABOVE, Condition(feature="cost", at_most=5.0))
PROPOSED = (EntryKind.ENDING_PROPOSED, None, {"checks": [], "text": ""})


def proposal(*more: tuple[EntryKind, int, dict[str, str]]) -> Proposal:
    found = last_proposal(entries(PROPOSED, *more))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("when", "dates", "shown"),
    [
        ((), [{"income": 2.0}], Shown.PEOPLE),
        (ABOVE, [{"income": 1.0}], Shown.YES),
        (ABOVE, [{"income": 0.99}], Shown.NO),
        (ABOVE, [{"income": math.nan}], Shown.UNKNOWN),
        (ABOVE, [{}], Shown.UNKNOWN),
        (ABOVE, [{"income": 2.0}, {"income": 1.5}], Shown.YES),
        (ABOVE, [{"income": 2.0}, {"income": 0.5}], Shown.NO),
        # nothing is known of the months before, and what is known speaks against it
        (ABOVE, [{"income": 2.0}, None], Shown.UNKNOWN),
        (ABOVE, [{"income": 0.5}, None], Shown.NO),
        (BOTH, [{"income": 2.0, "cost": 5.0}], Shown.YES),
        (BOTH, [{"income": 2.0, "cost": 6.0}], Shown.NO),
        (BOTH, [{"income": 2.0}], Shown.UNKNOWN),
    ],
)
def test_what_records_show(when: tuple[Condition, ...], dates: list[dict[str, float] | None], shown: Shown) -> None:
    assert shown_by(when, dates) is shown


def test_without_labour_needs_records_that_say_so() -> None:
    nobody = (Condition(feature="n_labour", at_most=0),)
    assert is_without_labour(nobody, {"n_labour": 0.0})
    assert not is_without_labour(nobody, {"n_labour": 1.0})
    assert not is_without_labour(nobody, {"n_labour": math.nan})
    assert not is_without_labour(nobody, None)
    assert not is_without_labour((), {"n_labour": 0.0})


@pytest.mark.parametrize(
    ("shown", "confirmed", "note", "met"),
    [
        (Shown.YES, False, "", True),
        (Shown.NO, True, "seen there", True),
        (Shown.NO, True, " ", False),
        (Shown.UNKNOWN, False, "seen there", False),
        (Shown.PEOPLE, True, "asked the village", True),
        (Shown.PEOPLE, True, "", False),
    ],
)
def test_a_check_is_shown_or_confirmed_in_words(shown: Shown, confirmed: bool, note: str, met: bool) -> None:
    assert Checked("x", shown, confirmed, note).is_met is met


def refusal(checks: list[Checked], **changes: object) -> StepRefused:
    given = {"without_labour": False, "in_highest_band": False, "before": None, "lapsed": False, **changes}
    with pytest.raises(StepRefused) as found:
        check_proposal(checks, **given)  # type: ignore[arg-type]
    return found.value


def test_what_stands_against_a_proposal() -> None:
    fine = [Checked("a", Shown.YES, False, "")]
    check_proposal(fine, without_labour=False, in_highest_band=False, before=None, lapsed=False)
    assert refusal(fine, without_labour=True).rule is Rule.WITHOUT_LABOUR
    assert refusal(fine, in_highest_band=True).rule is Rule.HIGHEST_BAND
    assert refusal(fine, before=proposal()).rule is Rule.PROPOSED_ALREADY
    found = refusal([*fine, Checked("b", Shown.NO, False, "")])
    assert (found.rule, found.place) == (Rule.NOT_CONFIRMED, "b")


def test_it_is_made_anew_after_one_that_lapsed_or_was_closed() -> None:
    fine = [Checked("a", Shown.YES, False, "")]
    check_proposal(fine, without_labour=False, in_highest_band=False, before=proposal(), lapsed=True)
    closed = proposal((EntryKind.ENDING_DECLINED, 1, {"why": "no"}))
    assert closed.state is ProposalState.DECLINED
    check_proposal(fine, without_labour=False, in_highest_band=False, before=closed, lapsed=False)


def closing(about: int | None = 1, by: str = "wang", *, lapsed: bool = False, of: Proposal | None = None) -> Rule:
    with pytest.raises(StepRefused) as found:
        check_closing(of or proposal(), about, by, lapsed=lapsed)
    return found.value.rule


def test_a_second_person_closes_it_once() -> None:
    check_closing(proposal(), 1, "wang", lapsed=False)
    assert closing(by="li") is Rule.SAME_PERSON
    assert closing(about=2) is Rule.NO_SUCH_ENTRY
    assert closing(lapsed=True) is Rule.LAPSED
    confirmed = proposal((EntryKind.ENDING_CONFIRMED, 1, {"why": ""}))
    assert confirmed.state is ProposalState.CONFIRMED
    assert closing(of=confirmed) is Rule.CLOSED_ALREADY
    with pytest.raises(StepRefused):
        check_closing(None, 1, "wang", lapsed=False)


def test_it_lapses_with_the_highest_band_as_long_as_it_is_open() -> None:
    assert is_lapsed(proposal(), ["low", "high", "low"], "high")
    assert not is_lapsed(proposal(), ["watch"], "high")
    assert not is_lapsed(proposal((EntryKind.ENDING_CONFIRMED, 1, {"why": ""})), ["high"], "high")


def test_the_latest_proposal_counts() -> None:
    found = last_proposal(entries(PROPOSED, (EntryKind.ENDING_DECLINED, 1, {"why": "no"}), PROPOSED))
    assert found is not None
    assert (found.proposed.entry, found.state) == (3, ProposalState.OPEN)
    assert last_proposal(entries()) is None
