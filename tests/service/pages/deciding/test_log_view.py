"""Every kind of entry has its words in the log, in each language, whatever the programme still knows of it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from conftest import NOW, Tiny
from helpers.case_entries import AT, entries, proposed, received
from riskmodel.language import LOCALES, language
from riskmodel.service.cases.checklist import Shown
from riskmodel.service.cases.entries import EntryKind
from riskmodel.service.pages.deciding.ending_words import showed_text, shown_text
from riskmodel.service.pages.deciding.log_view import LogItem, LogWriter
from riskmodel.service.store.case_reading import CaseFile, Sign
from riskmodel.service.store.decisions import Decision, Judgement, Outcome
from riskmodel.service.store.households import Subject

CHECKS = [
    {"code": "income", "shown": "nothing_against", "confirmed": True, "note": "12345"},
    {"code": "health", "shown": "yes", "confirmed": False, "note": ""},
    {"code": "able_to_work", "shown": "unknown", "confirmed": True, "note": "12345"},
]
NOW_SHOWN = [{"code": "income", "shown": "nothing_against"}]
ALL = entries(
    (EntryKind.ASSIGNED, None, {"to": "li"}),
    (EntryKind.ASSIGNED, None, {"to": None}),
    proposed(),
    (EntryKind.HELP_STARTED, 3, {"on": "2021-05-02", "note": ""}),
    (EntryKind.HELP_FINISHED, 3, {"on": "2021-05-03", "result": "did_not", "text": "12345"}),
    proposed(measure="gone_from_the_programme"),
    (EntryKind.HELP_STOPPED, 6, {"on": "2021-05-03", "why": "12345"}),
    received(),
    (EntryKind.APPEAL_ANSWERED, 8, {"result": "upheld", "text": "12345"}),
    (EntryKind.ENDING_PROPOSED, None, {"checks": CHECKS, "text": "", "decision": 7}),
    (EntryKind.ENDING_DECLINED, 10, {"why": "12345"}),
    (EntryKind.ENDING_PROPOSED, None, {"checks": CHECKS, "text": "", "decision": 7}),
    (EntryKind.ENDING_CONFIRMED, 12, {"why": "", "checks": NOW_SHOWN}),
)
SIGN = Sign(1, AT, ("model",), "health", ("ill",), (("illness", dt.date(2021, 5, 1)),), "high", "watch")
DECIDED = Decision(7, NOW, "li", "reviewer", Judgement(Outcome.NOT_NOW, "12345", band="high", departs=True, corrects=3))


def log_of(tiny: Tiny, code: str) -> tuple[LogItem, ...]:
    file = CaseFile(Subject(1, "h0", "p0", "n1", "/n1/"), None, None, [DECIDED], ALL)
    return LogWriter(tiny.programme, language(code)).log(file, [SIGN])


def test_every_kind_is_in_the_test() -> None:
    assert {one.kind for one in ALL} == set(EntryKind)


@pytest.mark.parametrize("code", LOCALES)
def test_all_has_its_words(tiny: Tiny, code: str) -> None:
    found = log_of(tiny, code)
    assert len(found) == len(ALL) + 2
    for item in found:
        for text in (item.title, *(label for label, _ in item.lines)):
            own = text.replace("gone_from_the_programme", "").replace("li", "") if code == "zh" else text
            assert bool(re.search("[一-鿿]", text)) is (code == "zh"), text
            assert code != "zh" or not re.search("[A-Za-z]{2,}", own), text
        assert all(text for _, text in item.lines)


def test_the_newest_comes_first(tiny: Tiny) -> None:
    assert [item.anchor for item in log_of(tiny, "en")][:2] == ["entry-13", "entry-12"]
    moments = [item.machine_when for item in log_of(tiny, "en")]
    assert moments == sorted(moments, reverse=True)


def test_what_departs_and_what_moved_is_said(tiny: Tiny) -> None:
    items = {item.anchor: item for item in log_of(tiny, "en")}
    decided = items["decision-7"]
    assert decided.title == "Decision 7: Not now" and decided.decision == 7
    assert decided.lines[:2] == (("Takes the place of", "decision 3"), ("Band", "High (departs from it)"))
    sign = dict(items["sign-1"].lines)
    assert sign["Band"] == "Watch → High" and sign["Noticed by"] == "noticed by the model"
    assert sign["What happened"] == "Serious illness (May 1, 2021)" and items["sign-1"].who == ""
    assert dict(items["entry-6"].lines)["On"] == "May 1, 2021"
    assert items["entry-7"].title == "Help stopped: gone_from_the_programme"


def test_what_the_end_of_monitoring_rests_on_is_said_check_by_check(tiny: Tiny) -> None:
    """The confirming person sees what the records showed and what is the proposer's word."""
    items = {item.anchor: item for item in log_of(tiny, "en")}
    assert items["entry-12"].lines == (
        ("Income above the line for a year", "nothing against it in the records; confirmed by the proposer: 12345"),
        ("No illness in the last year", "shown by the records"),
        (
            "Somebody in the household can work",
            "not known from the records; confirmed by the proposer: 12345",
        ),
    )
    assert items["entry-13"].lines == (("Income above the line for a year", "nothing against it in the records"),)


def test_what_was_corrected_is_not_offered_again(tiny: Tiny) -> None:
    before = Decision(3, AT, "li", "reviewer", Judgement(Outcome.MONITOR, ""))
    file = CaseFile(Subject(1, "h0", "p0", "n1", "/n1/"), None, None, [DECIDED, before], [])
    items = {item.anchor: item for item in LogWriter(tiny.programme, language("en")).log(file, [])}
    assert items["decision-3"].decision is None and items["decision-7"].decision == 7
    assert ("Corrected by", "decision 7") in items["decision-3"].lines


def test_no_labels_no_failure(tiny: Tiny) -> None:
    """What a later programme no longer knows is shown by its code."""
    odd = replace(SIGN, group="unheard", rules=("unheard",), events=(("unheard", AT.date()),), band="x")
    file = CaseFile(Subject(1, "h0", "p0", "n1", "/n1/"), None, None, [], [])
    [item] = LogWriter(tiny.programme, language("en")).log(file, [odd])
    assert item.title == "Sign: unheard" and dict(item.lines)["Band"] == "Watch → x"


@pytest.mark.parametrize("code", LOCALES)
def test_what_records_show_in_words(code: str) -> None:
    found = {shown_text(language(code), shown, months) for shown in Shown for months in (0, 6)}
    assert len(found) == len(Shown) + 1
    assert len({showed_text(language(code), shown) for shown in Shown}) == len(Shown)
