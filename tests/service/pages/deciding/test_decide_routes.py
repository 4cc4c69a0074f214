"""Deciding by a form: what is seen is what is decided about, a mistake costs nothing, and a double click decides once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from conftest import NOW
from helpers.forms import Forms, send
from helpers.offices import Headers, Office, office
from helpers.standings import stand
from riskmodel.service.access import Origin, Role
from riskmodel.service.alerting import Case, Draft
from riskmodel.service.store.alert_rows import raise_alerts
from riskmodel.service.store.case_rows import note_signs
from riskmodel.service.store.decisions import Decision, decisions_of
from riskmodel.service.store.households import find
from riskmodel.service.store.tables import idempotency, standings

PATH = "/review/households/h0/decide"
PAGE = {"accept": "text/html"}


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        stand(place.store, place.numbers, [(0.3, "high"), (0.01, "low"), (0.1, "watch")])
        yield place


@pytest.fixture
def li(place: Office) -> Headers:
    return place.user("li", Role.REVIEWER, "c1")


def opened(place: Office, who: Headers, path: str = PATH) -> dict[str, str]:
    answer = place.web.get(path, headers=who)
    assert answer.status_code == 200, answer.text
    return Forms(answer.text).find("/decide")


def kept(place: Office, number: int = 0) -> list[Decision]:
    with place.store.reading() as connection:
        return decisions_of(connection, place.numbers[number], 100)


def test_what_is_seen_is_decided_about(place: Office, li: Headers) -> None:
    form = opened(place, li)
    fields = {
        **form,
        "outcome": "needs_visit",
        "reason": "屋顶 \r\nleaks",
        "evidence": "photographs",
        "next_on": "2021-06-15",
    }
    answer = send(place.web, PATH, fields, li)
    assert (answer.status_code, answer.headers["location"]) == (303, "/review/households/h0/case?kept=decision")
    [one] = kept(place)
    judgement = one.judgement
    assert (judgement.outcome, judgement.reason, judgement.evidence) == ("needs_visit", "屋顶 \nleaks", "photographs")
    assert (judgement.version, judgement.band, judgement.departs) == ("v1", "high", False)
    assert (str(judgement.as_of), str(judgement.next_on), one.decided_by) == ("2021-01-01", "2021-06-15", "li")
    [act] = place.acts("decided")
    assert (act["subject"], act["actor"]) == ("p0", "user:li")
    assert "leaks" not in str(place.acts())
    page = place.web.get(answer.headers["location"], headers=li)
    assert "The decision is kept." in page.text and "屋顶" in page.text


def test_the_page_says_the_score_and_what_follows(place: Office, li: Headers) -> None:
    page = place.web.get(f"{PATH}?lang=en", headers=li).text
    assert "About 30 of 100 households like this" in page and "High" in page
    assert "not now” needs a reason" in page
    assert "No model learns from a decision by itself" in page
    below = place.web.get("/review/households/h1/decide?lang=en", headers=li).text
    assert "to monitor or visit needs a reason" in below
    [first, *_] = place.acts("viewed")
    assert (first["subject"], first["detail"]["what"]) == ("p0", "decide")


def test_the_deadline_counts(place: Office, li: Headers) -> None:
    with place.store.writing() as connection:
        note_signs(place.store, connection, [(place.numbers[0], "self_report", NOW.replace(month=5, day=29))])
    assert "12 of 15 days left" in place.web.get(f"{PATH}?lang=en", headers=li).text
    fields = {**opened(place, li), "outcome": "monitor"}
    assert send(place.web, PATH, fields, li).status_code == 303
    assert "days left" not in place.web.get(f"{PATH}?lang=en", headers=li).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Please choose one."),
        ({"outcome": "anything"}, "Please choose one."),
        ({"outcome": "needs_visit"}, "Please give a date."),
        ({"outcome": "needs_visit", "next_on": "2021-05-31"}, "Please give a date from"),
        ({"outcome": "needs_visit", "next_on": "2022-06-03"}, "Please give a date from"),
        ({"outcome": "monitor", "next_on": "soon"}, "as YYYY-MM-DD"),
        ({"outcome": "monitor", "notes": "x" * 2001}, "too long"),
        ({"outcome": "monitor", "notes": "a\0b"}, "can&#39;t be kept"),
        ({"outcome": "wrong_data"}, "Please write something here."),
        ({"outcome": "not_now"}, "please say why"),
        ({"outcome": "not_now", "reason": " \n "}, "please say why"),
    ],
)
def test_a_mistake_costs_nothing(place: Office, li: Headers, fields: dict[str, str], words: str) -> None:
    form = opened(place, li, f"{PATH}?lang=en")
    answer = send(place.web, f"{PATH}?lang=en", {**form, "evidence": "what I typed", **fields}, li)
    assert answer.status_code == 422
    assert words in answer.text and "what I typed" in answer.text
    assert kept(place) == []
    # the same form goes on, so that it is kept once
    assert Forms(answer.text).find("/decide")["key"] == form["key"]


def test_a_double_click_decides_once(place: Office, li: Headers) -> None:
    fields = {**opened(place, li), "outcome": "monitor"}
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: send(place.web, PATH, fields, li), range(4)))
    assert {one.status_code for one in found} <= {303, 409}
    assert send(place.web, PATH, fields, li).status_code == 303
    assert len(kept(place)) == len(place.acts("decided")) == 1
    with place.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(idempotency)).scalar_one() == 1


def test_the_form_of_before_with_other_words_is_not_kept_in_silence(place: Office, li: Headers) -> None:
    fields = {**opened(place, li), "outcome": "monitor"}
    send(place.web, PATH, fields, li)
    answer = send(place.web, f"{PATH}?lang=en", {**fields, "notes": "more"}, li)
    assert answer.status_code == 422 and "kept already" in answer.text and "more" in answer.text
    anew = {**Forms(answer.text).find("/decide"), "outcome": "monitor", "notes": "more"}
    assert anew["key"] != fields["key"]
    assert send(place.web, PATH, anew, li).status_code == 303
    assert len(kept(place)) == 2


@pytest.mark.parametrize("changes", ["another", "gone", "come"])
def test_a_score_that_changed_meanwhile(place: Office, li: Headers, changes: str) -> None:
    fields = {**opened(place, li), "outcome": "not_now", "reason": "typed before"}
    with place.store.writing() as connection:
        if changes == "another":
            connection.execute(update(standings).where(standings.c.household_id == "h0").values(score=3))
        elif changes == "gone":
            connection.execute(standings.delete().where(standings.c.household_id == "h0"))
    if changes == "come":
        fields["score"] = ""
    answer = send(place.web, f"{PATH}?lang=en", fields, li)
    assert answer.status_code == 409
    assert "has changed since this page was opened" in answer.text and "typed before" in answer.text
    assert kept(place) == [] and place.acts("decided") == []
    again = {**Forms(answer.text).find("/decide"), "outcome": "not_now", "reason": "typed before"}
    assert send(place.web, PATH, again, li).status_code == 303


@pytest.mark.parametrize("what", ["a decision", "a sign", "nothing"])
def test_what_came_meanwhile_is_looked_at_first(place: Office, li: Headers, what: str) -> None:
    """Two forms that were opened at once are both kept: the second one after another look."""
    fields = {**opened(place, li), "outcome": "monitor", "notes": "typed before"}
    if what == "a decision":
        other = {**opened(place, li), "outcome": "needs_visit", "next_on": "2021-06-15"}
        assert send(place.web, PATH, other, li).status_code == 303
    elif what == "a sign":
        with place.store.reading() as connection:
            subject = find(connection, ["h0"])["h0"]
        draft = Draft(Case(subject, (), None, None, None, None), "health", {Origin.SELF_REPORT})
        rest = {"as_of": NOW.date(), "now": NOW, "cooldown": dt.timedelta(90), "bands": ("high", "low")}
        with place.store.writing() as connection:
            raise_alerts(place.store, connection, [draft], {}, **rest)
    answer = send(place.web, f"{PATH}?lang=en", fields, li)
    if what == "nothing":
        assert answer.status_code == 303 and place.acts("refused") == []
        return
    assert answer.status_code == 409
    assert "Somebody decided about this household, or something new was noticed" in answer.text
    assert "typed before" in answer.text and len(kept(place)) == (what == "a decision")
    assert [act["detail"]["code"] for act in place.acts("refused")] == ["conflict"]
    again = {**Forms(answer.text).find("/decide"), "outcome": "monitor", "notes": "typed before"}
    assert again["key"] != fields["key"]
    assert send(place.web, PATH, again, li).status_code == 303
    assert kept(place)[0].judgement.notes == "typed before"


def test_a_browser_that_names_only_the_origin(place: Office, li: Headers) -> None:
    fields = {**opened(place, li), "outcome": "monitor"}
    older = {"cookie": li["cookie"]}
    for origin, status in (("null", 403), ("https://elsewhere.example", 403), ("http://testserver", 303)):
        assert send(place.web, PATH, fields, {**older, "origin": origin}).status_code == status


def test_correcting(place: Office, li: Headers) -> None:
    send(place.web, PATH, {**opened(place, li), "outcome": "monitor", "notes": "first words"}, li)
    page = place.web.get(f"{PATH}?corrects=1&lang=en", headers=li).text
    assert "Correct decision 1" in page and page.count("first words") >= 2
    form = Forms(page).find("/decide")
    assert form["corrects"] == "1"
    answer = send(place.web, PATH, {**form, "outcome": "wrong_data", "reason": "x"}, li)
    assert answer.status_code == 303
    assert [one.judgement.corrects for one in kept(place)] == [1, None]
    listed = place.web.get(f"{PATH}?lang=en", headers=li).text
    assert "takes the place of decision 1" in listed and "corrected later" in listed
    # what is corrected stays
    assert "first words" in listed
    assert place.web.get(f"{PATH}?corrects=99", headers={**li, **PAGE}).status_code == 404
    wrong = send(place.web, f"{PATH}?lang=en", {**opened(place, li), "outcome": "monitor", "corrects": "99"}, li)
    assert wrong.status_code == 409 and "not one about this household" in wrong.text


@pytest.mark.parametrize("one", ["nobody", "h2", "%00"])
def test_a_household_elsewhere_is_as_one_that_is_not(place: Office, li: Headers, one: str) -> None:
    for path in ("decide", "case", "ending"):
        answers = [
            place.web.get(f"/review/households/{name}/{path}?lang=en", headers={**li, **PAGE}) for name in (one, "none")
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({re.sub("[0-9a-f]{8}-[0-9a-f-]{27}|households/[^/]*/", "", answer.text) for answer in answers}) == 1
    for path in ("decide", "help", "appeals", "ending"):
        fields = {"outcome": "monitor", "score": "", "measure": "cash", "on": "2021-06-01", "kind": "correction"}
        fields |= {"text": "x", "received_on": "2021-06-01"}
        assert send(place.web, f"/review/households/{one}/{path}", fields, li).status_code == 404
    assert place.acts("viewed", "decided", "help_recorded", "appeal_recorded") == []


def test_from_another_site_nothing_is_taken(place: Office, li: Headers) -> None:
    fields = {**opened(place, li), "outcome": "monitor"}
    answer = send(place.web, PATH, fields, {**li, "sec-fetch-site": "cross-site"})
    assert answer.status_code == 403 and kept(place) == []


def test_a_viewer_sees_the_case_without_forms(place: Office, li: Headers) -> None:
    viewer = place.user("chen", Role.VIEWER, "c1")
    assert place.web.get(PATH, headers=viewer).status_code == 403
    assert place.web.get("/review/households/h0/ending", headers=viewer).status_code == 403
    page = Forms(place.web.get("/review/households/h0/case", headers=viewer).text)
    assert [to for to, _ in page.hidden] == ["/review/sign-out"]
    assert "textarea" not in page.tags
