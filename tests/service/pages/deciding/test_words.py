"""Every state, step and refusal has its words in each language, and days are counted in words that people use."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from riskmodel.language import LOCALES, language
from riskmodel.service.access import Origin
from riskmodel.service.cases.appeals import AppealKind, AppealResult
from riskmodel.service.cases.ending import MONITORING_ENDED
from riskmodel.service.cases.entries import Rule
from riskmodel.service.cases.helping import HelpResult, HelpState
from riskmodel.service.pages.deciding import words
from riskmodel.service.store.decisions import Outcome

SINCE = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
TABLES = (
    (words.outcome_label, Outcome),
    (words.standing_label, [*Outcome, MONITORING_ENDED]),
    (words.outcome_meaning, Outcome),
    (words.origin_label, Origin),
    (words.help_state_label, HelpState),
    (words.help_result_label, HelpResult),
    (words.appeal_kind_label, AppealKind),
    (words.appeal_result_label, AppealResult),
    (words.refusal_text, Rule),
)


@pytest.mark.parametrize("code", LOCALES)
@pytest.mark.parametrize(("label", "choices"), TABLES)
def test_every_word_in_every_language(code: str, label: object, choices: type) -> None:
    found = [label(language(code), one) for one in choices]  # type: ignore[operator, attr-defined]
    assert len(set(found)) == len(found)
    for text in found:
        assert bool(re.search("[一-鿿]", text)) is (code == "zh"), text
        assert not (code == "zh" and re.search("[A-Za-z]{2,}", text)), text


@pytest.mark.parametrize(
    ("days", "en", "zh", "overdue"),
    [
        (0, "15 of 15 days left", "期限 15 天，还剩 15 天", False),
        (14, "1 of 15 days left", "期限 15 天，还剩 1 天", False),
        (15, "today is the last day", "今天是最后一天", False),
        (16, "1 day overdue", "已逾期1天", True),
        (18, "3 days overdue", "已逾期3天", True),
    ],
)
def test_days_to_decide(days: int, en: str, zh: str, overdue: bool) -> None:
    for code, expected in (("en", en), ("zh", zh)):
        found = words.decide_deadline(language(code), SINCE, SINCE + dt.timedelta(days), 15, "UTC")
        assert found == words.Deadline(expected, overdue)


def test_where_nothing_waits_nothing_is_counted() -> None:
    en = language("en")
    assert words.decide_deadline(en, None, SINCE, 15, "UTC") is None
    assert words.decide_deadline(en, SINCE, SINCE, None, "UTC") is None
    assert words.answer_deadline(en, None, SINCE.date()) is None


def test_instants_are_those_of_the_place() -> None:
    assert words.instant_text(language("en"), SINCE, "Asia/Shanghai") == "Mar 1, 2026 17:00"
