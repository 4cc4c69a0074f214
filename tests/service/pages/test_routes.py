"""The pages: what they say equals what the API says, in both languages, safely and lightly."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import as_client
from helpers.stores import closing_store
from riskmodel.language import LOCALES
from riskmodel.service.app import create_app
from riskmodel.service.pages.rendering import ASSETS
from riskmodel.service.store.tables import areas, standings
from riskmodel.service.store.tables import households as stored_households
from riskmodel.settings import Settings

MOST_BYTES = 150_000


class Page(HTMLParser):
    """Collects what a test needs of a page: visible texts with their language, rows, addresses."""

    VOID = {"meta", "link", "rect", "br", "img", "input"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self.log_odds: list[float] = []
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.tags: list[str] = []
        self.score: float | None = None
        self._languages: list[str] = [""]
        self._hidden: list[str] = []
        self.feed(text)
        assert self._languages == [""], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes |= set(given)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        if "data-log-odds" in given:
            self.log_odds.append(float(given["data-log-odds"] or ""))
        if "data-score-log-odds" in given:
            self.score = float(given["data-score-log-odds"] or "")
        if tag not in self.VOID:
            self._languages.append(given.get("lang") or self._languages[-1])
        self.texts += [
            (self._languages[-1], given[name] or "") for name in ("aria-label", "data-head") if name in given
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self._languages.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._languages[-1], data.strip()))


@pytest.fixture(scope="module")
def addresses(households: list[dict[str, Any]]) -> list[str]:
    return ["/review", "/review?page=2", "/review?area=north", "/review?area=atlantis", "/docs"] + [
        f"/review/households/{one['household_id']}" for one in households[:25]
    ]


def in_language(address: str, code: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}lang={code}"


@pytest.mark.parametrize("code", LOCALES)
def test_every_text_is_in_the_pages_language(client: TestClient, addresses: list[str], code: str) -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for address in addresses:
        page = Page(client.get(in_language(address, code)).text)
        for tag, text in page.texts:
            if tag == "zh-Hans":
                # names of the product and of files stay, and so do units that no language knows
                left = re.sub(
                    r"riskmodel|XLSX|CSV|Enter|[A-Z][a-z]+ office|Statistics|Clinic|openapi\.json|TIN|\b[0-9a-f-]{10,}\b",
                    "",
                    text,
                )
                assert not re.search("[A-Za-z]{3,}", left), f"{address}: {text}"
            else:
                assert tag == "en" and not chinese.search(text), f"{address}: {text}"


@pytest.mark.parametrize("code", LOCALES)
def test_rows_add_up_to_the_score_of_the_api(client: TestClient, households: list[dict[str, Any]], code: str) -> None:
    for one in households[:40]:
        page = Page(client.get(f"/review/households/{one['household_id']}?lang={code}").text)
        score = client.get(f"/v1/households/{one['household_id']}/score").json()
        assert page.score == score["log_odds"]
        assert abs(sum(page.log_odds) - score["log_odds"]) < 1e-9
        # every feature has its row, and the starting point has one
        assert len(page.log_odds) == len(one["features"]) + 1


def test_the_queue_is_that_of_the_api(client: TestClient) -> None:
    expected = [one["household_id"] for one in client.get("/v1/queue").json()["households"]]
    found: list[str] = []
    for number in range(1, 100):
        text = client.get(f"/review?page={number}&lang=en").text
        found += re.findall(r'href="/review/households/(\d+)"', text)
        if 'rel="next"' not in text:
            break
    assert found == expected
    # a page beyond the end is the last one
    assert client.get("/review?page=9999&lang=en").text == client.get(f"/review?page={number}&lang=en").text


def test_the_queue_names_the_strongest_raising_reasons(client: TestClient) -> None:
    first = client.get("/v1/queue?capacity=1").json()["households"][0]
    text = client.get("/review?lang=en").text
    raising = [reason for reason in first["reasons"] if reason["log_odds"] > 0][:2]
    for reason in raising:
        assert reason["text"]["en"].removesuffix(" – raises the risk") in text


def test_pages_are_light_plain_and_own(client: TestClient, addresses: list[str]) -> None:
    assets = sum(len(client.get(f"/static/{name}").content) for name in ASSETS)
    for address in addresses:
        for code in LOCALES:
            answer = client.get(in_language(address, code))
            page = Page(answer.text)
            assert answer.status_code == 200
            assert len(answer.content) + assets < MOST_BYTES
            assert all(one.startswith(("/", "#")) and not one.startswith("//") for one in page.addresses)
            assert not {"style", "onclick", "onload"} & page.attributes
            assert "style" not in page.tags
            # a script is a file of ours; what a page holds itself is never one
            assert re.sub(r'<script src="/static/[\w.?=]+" defer></script>', "", answer.text).count("<script") == 0
            assert {"header", "main", "footer", "nav", "h1"} <= set(page.tags)


def test_the_language_switch_keeps_the_page(client: TestClient, households: list[dict[str, Any]]) -> None:
    for address in ("/review?area=north&page=2", f"/review/households/{households[0]['household_id']}", "/docs"):
        switched = in_language(address, "zh").replace("&", "&amp;")
        assert f'href="{switched}"' in client.get(in_language(address, "en")).text


def test_the_start_leads_to_the_queue(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/review")


def test_problems_are_pages_for_browsers(client: TestClient) -> None:
    browser = {"accept": "text/html,application/xhtml+xml"}
    answer = client.get("/review/households/110101199003078888?lang=zh", headers=browser)
    assert answer.status_code == 404
    assert "没有找到" in answer.text and "110101199003078888" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert client.get("/review?page=x&lang=en", headers=browser).status_code == 422
    assert client.get("/v1/nothing", headers=browser).headers["content-type"] == "application/problem+json"


def test_stored_text_stays_text(service_settings: Settings, store_copy: str, households: list[dict[str, Any]]) -> None:
    nasty = ["<script>alert(1)</script>", '" onload="x', "{{ 7*7 }}", "a&b=c#d", "农户 一"]
    with closing_store(store_copy) as store, store.writing() as connection:
        for one, named in zip(households, nasty, strict=False):
            for table in (stored_households, standings):
                query = update(table).where(table.c.household_id == one["household_id"])
                connection.execute(query.values(household_id=named))
        connection.execute(
            update(areas).where(areas.c.level == "village").values(names={"en": nasty[0], "zh": nasty[1]})
        )
    settings = service_settings.model_copy(update={"store": store_copy})
    with TestClient(create_app(settings, now=lambda: NOW), headers=as_client("everything")) as client:
        queue = client.get("/review?lang=en").text
        assert "<script>" not in queue and 'onload="x' not in queue.replace("&#34;", "")
        queued = {row["household_id"] for row in client.get("/v1/queue?capacity=1000").json()["households"]}
        assert queued >= set(nasty)
        for one in nasty:
            if "/" not in one:
                page = client.get(f"/review/households/{quote(one, safe='')}?lang=en")
                assert page.status_code == 200
                Page(page.text)
                assert "<script>" not in page.text and "49" not in re.findall(r"<h1>(.*?)</h1>", page.text)[0]


def test_simulated_data_say_so(client: TestClient) -> None:
    assert "Simulated data" not in client.get("/review?lang=en").text
