"""What comes after a decision: help step by step, appeals that a second person answers, and a log that holds it all."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from conftest import NOW
from helpers.forms import Forms, send
from helpers.offices import Headers, Office, office
from helpers.standings import stand
from riskmodel.service import case_acts
from riskmodel.service.access import Role
from riskmodel.service.cases.entries import Entry
from riskmodel.service.digests import sha256_of
from riskmodel.service.store.case_entries import entries_of
from riskmodel.service.store.tables import alerts, case_entries, cases

HOUSE = "/review/households/h0"
HELP = {"measure": "cash", "on": "2021-05-20", "text": "the cow died"}
APPEAL = {"kind": "appeal", "decision": "1", "received_on": "2021-06-01", "text": "we did not get it"}


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        stand(place.store, place.numbers[:1], [(0.3, "high")])
        yield place


@pytest.fixture
def li(place: Office) -> Headers:
    return place.user("li", Role.REVIEWER, "c1")


@pytest.fixture
def wang(place: Office) -> Headers:
    return place.user("wang", Role.REVIEWER, "c1")


def page(place: Office, who: Headers, query: str = "?lang=en") -> str:
    answer = place.web.get(f"{HOUSE}/case{query}", headers=who)
    assert answer.status_code == 200, answer.text
    return answer.text


def post(place: Office, who: Headers, action: str, fields: dict[str, str], **form: str) -> Any:
    """Fill in a form of the case's page and send it."""
    hidden = Forms(page(place, who)).find(f"/{action}", **form)
    return send(place.web, f"{HOUSE}/{action}?lang=en", {**hidden, **fields}, who)


def kept(place: Office) -> list[Entry]:
    with place.store.reading() as connection:
        return entries_of(connection, place.numbers[0])


def answer_by(place: Office) -> dt.date | None:
    with place.store.reading() as connection:
        found: dt.date | None = connection.execute(select(cases.c.answer_by)).scalar_one_or_none()
    return found


def decide(place: Office, who: Headers) -> None:
    hidden = Forms(place.web.get(f"{HOUSE}/decide", headers=who).text).find("/decide")
    assert send(place.web, f"{HOUSE}/decide", {**hidden, "outcome": "monitor"}, who).status_code == 303


class TestHelp:
    def test_from_the_proposal_to_its_result(self, place: Office, li: Headers) -> None:
        answer = post(place, li, "help", HELP)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{HOUSE}/case?kept=help")
        assert post(place, li, "help", {"on": "2021-05-25"}, step="started").status_code == 303
        done = {"on": "2021-06-01", "result": "helped", "text": "they have a calf"}
        assert post(place, li, "help", done, step="finished").status_code == 303
        found = kept(place)
        assert [(one.kind, one.about) for one in found] == [
            ("help_proposed", None),
            ("help_started", 1),
            ("help_finished", 1),
        ]
        assert found[0].content == {"measure": "cash", "group": "income", "on": "2021-05-20", "note": "the cow died"}
        assert found[2].content == {"on": "2021-06-01", "result": "helped", "text": "they have a calf"}
        text = page(place, li)
        assert "It helped" in text and text.count("they have a calf") == 2
        # nothing goes on with help that is finished
        assert [hidden for to, hidden in Forms(text).hidden if "step" in hidden] == []

    def test_the_audit_knows_what_was_done_and_no_words(self, place: Office, li: Headers) -> None:
        post(place, li, "help", HELP)
        [act] = place.acts("help_recorded")
        assert (act["subject"], act["actor"], act["role"]) == ("p0", "user:li", "reviewer")
        assert act["detail"] == {
            "entry": 1,
            "kind": "help_proposed",
            "about": None,
            "measure": "cash",
            "group": "income",
            "on": "2021-05-20",
            "note_sha256": sha256_of("the cow died"),
        }

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"measure": ""}, "Please choose one."),
            ({"measure": "gold"}, "Please choose one."),
            ({"on": ""}, "Please give a date."),
            ({"on": "2021-06-02"}, "Please give a date from"),
            ({"text": "x" * 2001}, "too long"),
        ],
    )
    def test_a_mistake_costs_nothing(self, place: Office, li: Headers, fields: dict[str, str], words: str) -> None:
        answer = post(place, li, "help", {**HELP, **fields})
        assert answer.status_code == 422 and words in answer.text
        assert '<details class="act" id="help" open>' in answer.text
        assert kept(place) == []

    def test_a_step_that_somebody_took_meanwhile(self, place: Office, li: Headers, wang: Headers) -> None:
        post(place, li, "help", HELP)
        open_since = Forms(page(place, wang)).find("/help", step="started")
        post(place, li, "help", {"on": "2021-05-25", "text": "no"}, step="stopped")
        answer = send(place.web, f"{HOUSE}/help?lang=en", {**open_since, "on": "2021-05-26"}, wang)
        assert answer.status_code == 409 and "Somebody has changed this meanwhile" in answer.text
        assert len(kept(place)) == 2

    def test_to_stop_it_needs_a_why_and_no_date_before(self, place: Office, li: Headers) -> None:
        post(place, li, "help", HELP)
        without = post(place, li, "help", {"on": "2021-05-25"}, step="stopped")
        assert without.status_code == 422 and "Please write something here." in without.text
        early = post(place, li, "help", {"on": "2021-05-19", "text": "moved"}, step="stopped")
        assert early.status_code == 409 and "before the step before" in early.text
        assert len(kept(place)) == 1

    def test_a_double_click_counts_once(self, place: Office, li: Headers) -> None:
        fields = {**Forms(page(place, li)).find("/help"), **HELP}
        found = [send(place.web, f"{HOUSE}/help", fields, li).status_code for _ in range(3)]
        assert found == [303] * 3 and len(kept(place)) == 1

    def test_what_is_too_long_to_be_shown_again_still_makes_another_form(self, place: Office, li: Headers) -> None:
        fields = {**Forms(page(place, li)).find("/help"), **HELP, "unknown": "x" * 2000}
        assert send(place.web, f"{HOUSE}/help", fields, li).status_code == 303
        assert send(place.web, f"{HOUSE}/help", {**fields, "unknown": "x" * 2001}, li).status_code == 422


class TestAppeals:
    def test_somebody_else_answers_in_time(self, place: Office, li: Headers, wang: Headers) -> None:
        decide(place, li)
        assert post(place, wang, "appeals", APPEAL).status_code == 303
        assert answer_by(place) == dt.date(2021, 6, 16)
        text = page(place, wang)
        assert "15 days left" in text and "we did not get it" in text
        # whoever decided is not offered to answer, and may not
        assert "you took the decision" in page(place, li)
        about = {"about": "1", "result": "rejected", "text": "no"}
        refused = send(place.web, f"{HOUSE}/appeals?lang=en", about, li)
        assert refused.status_code == 409 and "A second person has to do this" in refused.text
        route = "/review/households/{household_id}/appeals"
        [act] = place.acts("refused")
        assert act["detail"] == {"code": "conflict", "method": "POST", "route": route} and act["actor"] == "user:li"
        answered = post(place, wang, "appeals", {"result": "upheld", "text": "you are right"}, about="1")
        assert answered.headers["location"].endswith("kept=answer")
        assert answer_by(place) is None
        assert [one.kind for one in kept(place)] == ["appeal_received", "appeal_answered"]
        again = send(place.web, f"{HOUSE}/appeals?lang=en", about, wang)
        assert again.status_code == 409 and "has answered this meanwhile" in again.text
        assert [act["detail"]["kind"] for act in place.acts("appeal_recorded")] == [
            "appeal_received",
            "appeal_answered",
        ]
        assert "did not get" not in str(place.acts())

    def test_the_earliest_one_counts(self, place: Office, li: Headers) -> None:
        for day in ("2021-05-30", "2021-05-20"):
            correction = {"kind": "correction", "received_on": day, "text": "x"}
            assert post(place, li, "appeals", correction).status_code == 303
        assert answer_by(place) == dt.date(2021, 6, 4)
        post(place, li, "appeals", {"result": "data_corrected", "text": "done"}, about="2")
        assert answer_by(place) == dt.date(2021, 6, 14)

    def test_overdue_is_said_in_words(self, place: Office, li: Headers) -> None:
        post(place, li, "appeals", {"kind": "correction", "received_on": "2021-05-10", "text": "x"})
        assert "7 days overdue" in page(place, li)

    @pytest.mark.parametrize(
        ("fields", "status", "words"),
        [
            ({"kind": ""}, 422, "Please choose one."),
            ({"text": " "}, 422, "Please write something here."),
            ({"received_on": "2021-06-02"}, 422, "Please give a date from"),
            ({"decision": ""}, 409, "An appeal is against a decision"),
            ({"decision": "9"}, 409, "An appeal is against a decision"),
            ({"received_on": "2021-05-31"}, 409, "The date is before the decision that it is against."),
        ],
    )
    def test_a_mistake_costs_nothing(
        self, place: Office, li: Headers, fields: dict[str, str], status: int, words: str
    ) -> None:
        decide(place, li)
        answer = post(place, li, "appeals", {**APPEAL, **fields})
        assert answer.status_code == status and words in answer.text
        assert kept(place) == [] and answer_by(place) is None


def test_where_nothing_was_decided_there_is_nothing_to_appeal_against(place: Office, li: Headers) -> None:
    """The field that is asked for is not there, so that the page says what to do instead."""
    words = "Nothing was decided yet; note it as a correction."
    assert words in page(place, li)
    answer = post(place, li, "appeals", {**APPEAL, "decision": ""})
    assert answer.status_code == 409 and answer.text.count(words) == 2
    assert "请登记为“更正信息”" in page(place, li, "?lang=zh")
    assert kept(place) == []


def test_what_is_corrected_offers_no_second_correction(place: Office, li: Headers) -> None:
    decide(place, li)
    assert f"{HOUSE}/decide?corrects=1" in page(place, li)
    hidden = Forms(place.web.get(f"{HOUSE}/decide?corrects=1", headers=li).text).find("/decide")
    fields = {**hidden, "outcome": "not_now", "reason": "they do well"}
    assert send(place.web, f"{HOUSE}/decide", fields, li).status_code == 303
    text = page(place, li)
    assert "?corrects=1" not in text and "?corrects=2" in text and "Corrected by" in text


def test_everything_stands_in_the_log_the_newest_first(place: Office, li: Headers) -> None:
    told = {"origin": "self_report", "origins": ["self_report"], "group": "health", "rules": ["ill"], "events": []}
    with place.store.writing() as connection:
        own = {"alert": 1, "household": place.numbers[0], "raised_at": NOW - dt.timedelta(days=3)}
        rest = {"as_of": dt.date(2021, 1, 1), "moved": [], "band": "high", "previous_band": "low"}
        connection.execute(insert(alerts), {**own, **told, **rest})
        given = {"household": place.numbers[0], "at": NOW - dt.timedelta(days=2), "by": "chief", "role": "supervisor"}
        connection.execute(insert(case_entries), {**given, "kind": "assigned", "content": {"to": "li"}})
        connection.execute(insert(case_entries), {**given, "kind": "unheard_of", "content": {}})
    decide(place, li)
    post(place, li, "help", HELP)
    text = page(place, li)
    anchors = re.findall(r'<li id="([a-z]+-\d+)">', text)
    assert anchors == ["entry-3", "decision-1", "entry-2", "entry-1", "sign-1"]
    for words in ("Sign: Health", "reported by the household", "Recent illness", "Low → High", "Assigned to li"):
        assert words in text, words
    assert "chief (supervisor)" in text
    [view, *_] = place.acts("viewed")
    assert view["subject"] == "p0"


def test_a_failure_leaves_nothing(place: Office, li: Headers, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(place, li)

    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    fields = {**Forms(page(place, li)).find("/appeals"), **APPEAL}
    with monkeypatch.context() as patched:
        patched.setattr(case_acts.audit_log, "append", broken)
        assert send(place.web, f"{HOUSE}/appeals", fields, li).status_code == 500
    assert kept(place) == [] and answer_by(place) is None
    assert send(place.web, f"{HOUSE}/appeals", fields, li).status_code == 303


NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg/onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "'; DROP TABLE decisions; --",
    "&lt;b&gt; &amp; <b>bold</b>",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("nasty", NASTY)
def test_words_of_people_stay_text(place: Office, li: Headers, wang: Headers, nasty: str) -> None:
    hidden = Forms(place.web.get(f"{HOUSE}/decide", headers=li).text).find("/decide")
    words = {"reason": nasty, "notes": nasty, "evidence": nasty}
    fields = {**hidden, **words, "outcome": "monitor"}
    assert send(place.web, f"{HOUSE}/decide", fields, li).status_code == 303
    again = send(place.web, f"{HOUSE}/decide", {**fields, "outcome": nasty}, li)
    assert again.status_code == 422
    for given in ({**HELP, "text": nasty}, {**HELP, "measure": nasty, "text": nasty, "on": nasty}):
        answer = post(place, wang, "help", given)
    refused = answer.text
    post(place, wang, "help", {"on": "2021-05-25", "text": nasty}, step="started")
    post(place, wang, "help", {"on": "2021-05-26", "text": nasty, "result": "unclear"}, step="finished")
    post(place, wang, "appeals", {**APPEAL, "text": nasty})
    post(place, wang, "appeals", {"result": "rejected", "text": nasty}, about="4")
    assert len(kept(place)) == 5
    decide_page = place.web.get(f"{HOUSE}/decide?corrects=1", headers=li).text
    for shown, times in ((page(place, li), 5), (decide_page, 6), (again.text, 3), (refused, 1)):
        found = Forms(shown)
        assert found.text.count(nasty) >= times
        assert not {"script", "img", "svg", "b"} & set(found.tags)
        assert "49" not in found.text
    assert nasty not in str(place.acts())
