"""Help goes one way: proposed, started, finished or stopped; no step is taken twice, skipped or dated before the last."""

from __future__ import annotations

import datetime as dt
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.case_entries import entries, proposed
from riskmodel.service.cases.entries import EntryKind, Rule, StepRefused
from riskmodel.service.cases.helping import NEXT_STEPS, HelpState, check_step, helps_of, open_since

STARTED, FINISHED, STOPPED = EntryKind.HELP_STARTED, EntryKind.HELP_FINISHED, EntryKind.HELP_STOPPED
DAY = dt.date(2021, 6, 1)


def step(kind: EntryKind, about: int = 1, on: str = "2021-05-10") -> tuple[EntryKind, int, dict[str, str]]:
    return kind, about, {"on": on}


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([], HelpState.PROPOSED),
        ([STARTED], HelpState.STARTED),
        ([STARTED, FINISHED], HelpState.FINISHED),
        ([STARTED, STOPPED], HelpState.STOPPED),
        ([STOPPED], HelpState.STOPPED),
    ],
)
def test_where_it_stands(steps: list[EntryKind], state: HelpState) -> None:
    found = helps_of(entries(proposed(), *(step(kind) for kind in steps)))
    assert found[1].state is state
    assert [one.kind for one in found[1].steps] == ["help_proposed", *steps]
    assert found[1].states[-1] is state


def test_two_measures_do_not_touch_each_other() -> None:
    found = helps_of(entries(proposed(), proposed(measure="clinic"), step(STARTED, 2)))
    assert [(one.measure, one.state) for one in found.values()] == [
        ("cash", HelpState.PROPOSED),
        ("clinic", HelpState.STARTED),
    ]


@given(st.lists(st.sampled_from([STARTED, FINISHED, STOPPED]), max_size=6))
def test_whatever_is_tried_only_the_ways_that_there_are_are_gone(tried: list[EntryKind]) -> None:
    rows = [proposed()]
    state = HelpState.PROPOSED
    for kind in tried:
        try:
            check_step(entries(*rows), 1, kind, DAY)
        except StepRefused as refused:
            assert refused.rule is Rule.NOT_THE_NEXT_STEP
            assert kind not in NEXT_STEPS[state]
            continue
        assert kind in NEXT_STEPS[state]
        rows.append(step(kind))
        state = helps_of(entries(*rows))[1].state
    assert len(rows) <= 3


@pytest.mark.parametrize("about", [None, 0, 2, 99])
def test_no_such_help(about: int | None) -> None:
    with pytest.raises(StepRefused) as refused:
        check_step(entries(proposed(), step(STARTED)), about, FINISHED, DAY)
    assert refused.value.rule is Rule.NO_SUCH_ENTRY


def test_not_before_the_step_before() -> None:
    known = entries(proposed(on="2021-05-01"), step(STARTED, on="2021-05-10"))
    with pytest.raises(StepRefused) as refused:
        check_step(known, 1, FINISHED, dt.date(2021, 5, 9))
    assert refused.value.rule is Rule.TOO_EARLY
    check_step(known, 1, FINISHED, dt.date(2021, 5, 10))


def test_a_refusal_travels_between_processes() -> None:
    again = pickle.loads(pickle.dumps(StepRefused(Rule.NOT_CONFIRMED, "income")))
    assert (again.rule, again.place, str(again)) == (
        Rule.NOT_CONFIRMED,
        "income",
        str(StepRefused(Rule.NOT_CONFIRMED)),
    )


def test_help_is_open_since_the_first_that_is_neither_finished_nor_stopped() -> None:
    two = [proposed(), proposed(), (EntryKind.HELP_STOPPED, 1, {"on": "2021-05-02", "note": ""})]
    log = entries(*two)
    assert open_since(helps_of(log[:2]).values()) == log[0].at
    assert open_since(helps_of(log).values()) == log[1].at
    assert open_since([]) is None
