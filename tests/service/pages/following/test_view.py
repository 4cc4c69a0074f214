"""Rows of the follow-up list in words, in both languages: what is to be done, until when, and who has it."""

from __future__ import annotations

import datetime as dt

import pytest

from riskmodel.language import language
from riskmodel.programme.programme import AreaRow
from riskmodel.service.cases.follow_ups import Kind, Mark, Terms
from riskmodel.service.pages.following.view import FollowRow, follow_rows, kind_label, kind_links
from riskmodel.service.store.follow_rows import MOST_COUNTED, Count, FollowUp
from riskmodel.service.store.households import Subject

TODAY = dt.date(2026, 3, 20)
TERMS = Terms(TODAY, 15, "Asia/Shanghai")
AREAS = {"v": AreaRow("v", "", "village", {"en": "Hill", "zh": "山村"})}
SUBJECTS = {7: Subject(7, "h7", "p7", "v", "/v/")}


def row(kind: Kind, due: dt.date | None, code: str = "en", assignee: str | None = None) -> FollowRow:
    at = dt.datetime(2026, 3, 1, 20, tzinfo=dt.UTC)
    value = due if kind in (Kind.VISIT, Kind.ANSWER) and due else at
    one = FollowUp(Mark(kind, value, 7), due, at, "self_report", assignee)
    return follow_rows([one], SUBJECTS, AREAS, TERMS, language(code))[0]


def test_a_sign_that_is_overdue() -> None:
    found = row(Kind.SIGN, dt.date(2026, 3, 17), assignee="li")
    assert (found.deadline, found.overdue, found.assignee) == ("3 days overdue", True, "li")
    assert (found.household_id, found.place, found.detail) == ("h7", "Hill", "reported by the household")
    assert found.since == "Mar 2, 2026", "by the calendar there"
    assert row(Kind.SIGN, dt.date(2026, 3, 17), "zh").deadline == "已逾期3天"


@pytest.mark.parametrize(
    ("due", "words"), [(TODAY, "today is the last day"), (TODAY + dt.timedelta(4), "4 days left"), (None, "")]
)
def test_what_is_not_overdue(due: dt.date | None, words: str) -> None:
    found = row(Kind.VISIT, due)
    assert (found.deadline, found.overdue, found.detail, found.assignee) == (words, False, "", "")


@pytest.mark.parametrize("code", ["en", "zh"])
def test_every_kind_has_a_name_of_its_own(code: str) -> None:
    labels = [kind_label(language(code), kind) for kind in Kind]
    assert len(set(labels)) == len(Kind)
    assert (code == "zh") == all(label[0] >= "\u4e00" for label in labels)


def test_kinds_with_their_numbers() -> None:
    counts = {Kind.SIGN: Count(MOST_COUNTED + 1, 1200), Kind.HELP: Count(0, 0)}
    links = kind_links(counts, Kind.SIGN, language("en"))
    assert [(one.kind, one.count, one.overdue, one.chosen) for one in links] == [
        (None, "", "", False),
        ("sign", "more than 2,000", "1,200 overdue", True),
        ("help", "0", "", False),
    ]
