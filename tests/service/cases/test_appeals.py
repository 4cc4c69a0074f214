"""An appeal is answered once, in time, and not by whoever took the decision."""

from __future__ import annotations

import datetime as dt

import pytest

from helpers.case_entries import entries, received
from riskmodel.service.cases.appeals import (
    AppealKind,
    answer_by,
    appeals_of,
    check_answer,
    check_received,
    first_to_answer,
    may_answer,
)
from riskmodel.service.cases.entries import EntryKind, Rule, StepRefused

ANSWER = (EntryKind.APPEAL_ANSWERED, 1, {"result": "upheld", "text": "yes"})
DECIDED = {1: "li", 2: "wang"}


def refused(*args: object) -> Rule:
    with pytest.raises(StepRefused) as found:
        check_answer(*args)  # type: ignore[arg-type]
    return found.value.rule


def test_the_last_day() -> None:
    assert answer_by(dt.date(2021, 6, 1), 15) == dt.date(2021, 6, 16)
    assert answer_by(dt.date(2021, 6, 1), None) is None


def test_the_earliest_that_is_open() -> None:
    three = (received(last="2021-06-16"), received(last="2021-06-10"), received(last=None))
    assert first_to_answer(appeals_of(entries(*three)).values()) == (dt.date(2021, 6, 10), dt.date(2021, 6, 1))
    answered = (*three, (EntryKind.APPEAL_ANSWERED, 2, {"result": "rejected", "text": "no"}))
    assert first_to_answer(appeals_of(entries(*answered)).values()) == (dt.date(2021, 6, 16), dt.date(2021, 6, 1))
    assert first_to_answer([]) == (None, None)


def test_whoever_decided_does_not_answer() -> None:
    known = entries(received(decision=1))
    assert refused(known, 1, "li", DECIDED) is Rule.SAME_PERSON
    check_answer(known, 1, "wang", DECIDED)
    # a correction of the records is against nobody
    check_answer(entries(received(decision=None)), 1, "li", DECIDED)


def test_unless_it_is_known_who_decided_nobody_answers() -> None:
    """A decider can't pass because theirs is one of too many decisions to be read."""
    known = entries(received(decision=1))
    assert refused(known, 1, "wang", {2: "wang"}) is Rule.NO_SUCH_DECISION
    assert not may_answer(appeals_of(known)[1], "wang", {})


def test_once() -> None:
    assert refused(entries(received(), ANSWER), 1, "wang", DECIDED) is Rule.ANSWERED_ALREADY


@pytest.mark.parametrize("about", [None, 2, 99])
def test_what_is_no_appeal(about: int | None) -> None:
    assert refused(entries(received(), ANSWER), about, "wang", DECIDED) is Rule.NO_SUCH_ENTRY


DAY = dt.date(2021, 6, 1)
ON = {1: DAY, 2: DAY + dt.timedelta(1)}


@pytest.mark.parametrize(
    ("kind", "decision", "decided_on", "rule"),
    [
        (AppealKind.APPEAL, 1, ON, None),
        (AppealKind.APPEAL, 2, ON, Rule.BEFORE_DECISION),
        (AppealKind.APPEAL, 3, ON, Rule.NO_SUCH_DECISION),
        (AppealKind.APPEAL, 1, {}, Rule.NO_SUCH_DECISION),
        (AppealKind.APPEAL, None, ON, Rule.NO_SUCH_DECISION),
        (AppealKind.APPEAL, None, {}, Rule.NOTHING_DECIDED),
        (AppealKind.CORRECTION, None, {}, None),
        (AppealKind.CORRECTION, 1, ON, None),
        (AppealKind.CORRECTION, 2, ON, Rule.BEFORE_DECISION),
        (AppealKind.CORRECTION, 3, ON, Rule.NO_SUCH_DECISION),
    ],
)
def test_what_it_is_against(
    kind: AppealKind, decision: int | None, decided_on: dict[int, dt.date], rule: Rule | None
) -> None:
    if rule is None:
        check_received(kind, decision, DAY, decided_on)
        return
    with pytest.raises(StepRefused) as found:
        check_received(kind, decision, DAY, decided_on)
    assert found.value.rule is rule
