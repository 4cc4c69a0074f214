"""The follow-up list as a page: within what somebody may see, filtered as the address says, and written down."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from conftest import NOW
from helpers.acts import acts_of
from helpers.forms import Forms, send
from helpers.offices import Headers, Office, office
from helpers.standings import stand
from riskmodel.service.access import Role
from riskmodel.service.pages.following import looking, routes
from riskmodel.service.store import follow_rows
from riskmodel.service.store.case_rows import note, note_signs

PAGE = "/review/follow-up"


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    """Open an office where only the household of the highest risk can be visited; ``h1`` waits off that list."""
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        stand(place.store, place.numbers[:1], [(0.3, "high")])
        with place.store.writing() as connection:
            signs = [(number, "self_report", NOW - dt.timedelta(40)) for number in place.numbers[:2]]
            note_signs(place.store, connection, signs)
            note(place.store, connection, place.numbers[1], assignee="li")
            yesterday = NOW.date() - dt.timedelta(1)
            note(place.store, connection, place.numbers[2], outcome="needs_visit", decided_at=NOW, next_on=yesterday)
        yield place


@pytest.fixture
def everywhere(place: Office) -> Headers:
    return place.user("li", Role.SUPERVISOR)


def text_of(place: Office, who: Headers, query: str = "", code: str = "en") -> str:
    answer = place.web.get(f"{PAGE}?lang={code}{query}", headers=who)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def shown(page: str) -> list[str]:
    return re.findall(r'class="who">\s*<a href="/review/households/(\w+)/case"', page)


def test_what_no_visit_list_shows(place: Office, everywhere: Headers) -> None:
    page = text_of(place, everywhere)
    assert shown(page) == ["h1", "h2"], "h0 is on the visit list"
    assert "1 day overdue" in page and "reported by the household" in page
    assert re.search(r"<span>New sign to decide on</span> <strong>1</strong> <span class=\"late\">1 overdue", page)
    assert "线索待研判" in text_of(place, everywhere, code="zh")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("&kind=visit", ["h2"]),
        ("&kind=sign&due=overdue", ["h1"]),
        ("&kind=monitored&due=overdue", []),
        ("&who=me", ["h1"]),
        ("&who=nobody", ["h2"]),
        ("&area=c1", ["h1"]),
        ("&area=%00", []),
        ("&area=atlantis", []),
        ("&kind=x&due=x&who=x&after=x", ["h1", "h2"]),
        ("&after=help_2020-01-01T00:00:00_1", []),
    ],
)
def test_filtered_as_the_address_says(place: Office, everywhere: Headers, query: str, expected: list[str]) -> None:
    page = text_of(place, everywhere, query)
    assert shown(page) == expected
    assert expected or "Nothing" in page


def test_nobody_sees_another_area(place: Office) -> None:
    town = place.user("town", Role.REVIEWER, "c2")
    assert shown(text_of(place, town)) == ["h2"]
    assert shown(text_of(place, town, "&area=c1")) == []
    assert shown(text_of(place, town, "&after=sign_2000-01-01T00:00:00_0")) == ["h2"]


def test_page_by_page(place: Office, everywhere: Headers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PAGE_ROWS", 1)
    first = text_of(place, everywhere)
    [following] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = unescape(place.web.get(following, headers=everywhere).text)
    assert (shown(first), shown(second)) == (["h1"], ["h2"])
    assert 'rel="next"' not in second and f'rel="first" href="{PAGE}"' in second


def test_looking_is_written_down(place: Office, everywhere: Headers) -> None:
    text_of(place, everywhere)
    [act] = [act for act in acts_of(place.store) if act["detail"].get("what") == "follow_up"]
    assert act["detail"]["subjects"] == ["p1", "p2"] and act["actor"] == "user:li"


@pytest.mark.parametrize("there", ["/review?status=monitor", "/review?area=c1b"])
def test_the_visit_list_tells_of_those_that_are_not_on_it(place: Office, everywhere: Headers, there: str) -> None:
    page = unescape(place.web.get(there, headers={**everywhere, "accept-language": "zh"}).text)
    assert "另有1户不在走访名单内，有待研判线索（其中1户已逾期）。" in page
    assert f'href="{PAGE}?kind=sign' in page
    other = place.user("town", Role.REVIEWER, "c2")
    assert "另有" not in place.web.get("/review?lang=zh", headers=other).text


def test_of_very_many_it_is_said_that_there_are_more(
    place: Office, everywhere: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (looking, follow_rows):
        monkeypatch.setattr(module, "MOST_COUNTED", 0)
    assert "<strong>more than 0</strong>" in text_of(place, everywhere)


def test_help_that_is_open_and_an_appeal_come_onto_the_list_and_leave_it(place: Office) -> None:
    li = place.user("li", Role.REVIEWER, "c1")
    case = "/review/households/h0/case"

    def act(action: str, fields: dict[str, str], **form: str) -> None:
        hidden = Forms(place.web.get(f"{case}?lang=en", headers=li).text).find(f"/{action}", **form)
        answer = send(place.web, f"/review/households/h0/{action}?lang=en", {**hidden, **fields}, li)
        assert answer.status_code == 303, answer.text

    act("help", {"measure": "cash", "on": "2021-05-20", "text": "<b>a cow</b>"})
    assert shown(text_of(place, li, "&kind=help")) == ["h0"]
    assert "a cow" not in text_of(place, li, "&kind=help")
    act("help", {"on": "2021-05-25", "text": "moved away"}, step="stopped")
    assert shown(text_of(place, li, "&kind=help")) == []
    act("appeals", {"kind": "correction", "decision": "", "received_on": "2021-05-30", "text": "wrong"})
    page = text_of(place, li, "&kind=answer")
    assert shown(page) == ["h0"] and "May 30, 2021" in page
