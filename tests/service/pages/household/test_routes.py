"""The household's page leads on where there is no score, keeps to the list's model, and names people only for a purpose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import as_user
from helpers.stores import closing_store
from riskmodel.language import LOCALES, language
from riskmodel.service.access import Role
from riskmodel.service.api.unmasking import Purpose
from riskmodel.service.app import create_app
from riskmodel.service.digests import sha256_of
from riskmodel.service.pages.household.people_view import purpose_labels
from riskmodel.service.serving import Serving
from riskmodel.service.store.audit_log import entries
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import find
from riskmodel.service.store.tables import persons, scores, standings
from riskmodel.service.versions import Versions
from riskmodel.settings import Settings

REVIEWER = as_user(Role.REVIEWER.value)
OTHER_VERSION = "2020-01-01-0123abcd"
PEOPLE = {
    "": {"address": "三组12号", "phone": "13812345678"},
    "H01-02": {"name": "王小明", "birth_year": 1980},
}


@pytest.fixture
def store(store_copy: str) -> Iterator[Store]:
    with closing_store(store_copy) as opened:
        yield opened


@pytest.fixture
def web(service_settings: Settings, store_copy: str) -> Iterator[TestClient]:
    settings = service_settings.model_copy(update={"store": store_copy})
    with TestClient(create_app(settings, now=lambda: NOW), headers=REVIEWER, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def one(households: list[dict[str, Any]]) -> str:
    return str(households[0]["household_id"])


def number_of(store: Store, one: str) -> int:
    with store.reading() as connection:
        return find(connection, [one])[one].household


def acts(store: Store, action: str) -> list[dict[str, Any]]:
    with store.reading() as connection:
        told = [json.loads(entry.content) for entry in entries(connection)]
    return [act for act in told if act["action"] == action]


class TestWithoutAScore:
    def test_whoever_is_not_at_risk_is_led_to_the_case(self, store: Store, web: TestClient, one: str) -> None:
        """Those who are monitored are in no cohort; a search for them must not end at an error."""
        with store.writing() as connection:
            connection.execute(delete(standings).where(standings.c.household == find(connection, [one])[one].household))
        found = web.get("/review/search", params={"q": one})
        assert (found.status_code, found.headers["location"]) == (303, f"/review/households/{one}")
        led = web.get(found.headers["location"])
        assert (led.status_code, led.headers["location"]) == (303, f"/review/households/{one}/case")
        assert "This household has no score now" in web.get(f"{led.headers['location']}?lang=en").text
        named = web.post(f"/review/households/{one}/people", data={"purpose": "visit"})
        assert (named.status_code, named.headers["location"]) == (303, f"/review/households/{one}/case")

    def test_nobody_is_led_to_a_household_that_does_not_exist(self, web: TestClient) -> None:
        assert web.get("/review/households/nobody").status_code == 404


class TestTheModelOfTheList:
    """After a promotion the list stands by the older model until everyone is scored anew; pages keep to it."""

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Note the versions that are asked for; the older one answers like the champion."""
        versions: list[str] = []

        def version(self: Versions, name: str) -> Serving:
            versions.append(name)
            return self.champion()

        monkeypatch.setattr(Versions, "version", version)
        return versions

    @pytest.fixture
    def older(self, store: Store, one: str) -> None:
        with store.writing() as connection:
            score = select(standings.c.score).where(standings.c.household_id == one).scalar_subquery()
            connection.execute(update(scores).where(scores.c.score == score).values(version=OTHER_VERSION))

    @pytest.mark.parametrize("page", ["", "/similar", "/compare", "/what-if"])
    @pytest.mark.usefixtures("older")
    def test_every_page_asks_the_model_that_ordered_the_list(
        self, web: TestClient, asked: list[str], one: str, page: str
    ) -> None:
        assert web.get(f"/review/households/{one}{page}").status_code in (200, 404)
        assert asked and set(asked) == {OTHER_VERSION}

    @pytest.mark.usefixtures("older", "asked")
    def test_the_page_says_so(self, web: TestClient, one: str) -> None:
        text = web.get(f"/review/households/{one}?lang=en").text
        assert f"The list was ordered by version {OTHER_VERSION}; version " in text

    @pytest.mark.usefixtures("older")
    def test_the_champion_answers_where_the_older_bundle_is_gone(self, web: TestClient, one: str) -> None:
        text = web.get(f"/review/households/{one}?lang=zh").text
        assert f"名单按旧版本{OTHER_VERSION}排列" in text

    def test_nothing_is_said_where_it_is_the_one_that_serves(self, web: TestClient, one: str) -> None:
        assert "The list was ordered by" not in web.get(f"/review/households/{one}?lang=en").text


class TestNames:
    @pytest.fixture(autouse=True)
    def people(self, store: Store, one: str) -> None:
        number = number_of(store, one)
        with store.writing() as connection:
            for member, content in PEOPLE.items():
                row = {"household": number, "member_id": member, "content": content}
                connection.execute(insert(persons).values(row))

    def test_they_are_shown_for_a_purpose_and_the_audit_says_which(
        self, store: Store, web: TestClient, one: str
    ) -> None:
        page = f"/review/households/{one}"
        before = web.get(f"{page}?lang=en").text
        assert f'action="{page}/people"' in before and "王小明" not in before and "三组12号" not in before
        answer = web.post(f"{page}/people?lang=en", data={"purpose": "visit", "words": "看望 & <b>"})
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
        assert "王小明" in answer.text and "三组12号" in answer.text and "13812345678" in answer.text
        assert "1980" not in answer.text, "no visit needs a figure in writing"
        assert 'class="people whole"' in answer.text
        [act] = acts(store, "unmasked")
        assert act["detail"] == {"purpose": "visit", "words_sha256": sha256_of("看望 & <b>")}
        assert "王小明" not in web.get(page).text, "and only once"

    @pytest.mark.parametrize(
        "sent",
        [{}, {"purpose": "curiosity"}, {"purpose": "visit", "words": "x" * 201}, {"purpose": "visit", "words": "\x00"}],
    )
    def test_without_a_purpose_the_form_comes_again(
        self, store: Store, web: TestClient, one: str, sent: dict[str, str]
    ) -> None:
        answer = web.post(f"/review/households/{one}/people?lang=en", data=sent)
        assert answer.status_code == 422 and 'role="alert"' in answer.text
        assert "王小明" not in answer.text and acts(store, "unmasked") == []

    def test_whoever_may_not_is_not_offered_it(self, store: Store, web: TestClient, one: str) -> None:
        viewer = as_user(Role.VIEWER.value)
        assert "/people" not in web.get(f"/review/households/{one}", headers=viewer).text
        refused = web.post(f"/review/households/{one}/people", data={"purpose": "visit"}, headers=viewer)
        assert refused.status_code == 403 and acts(store, "unmasked") == []

    def test_every_purpose_has_words(self, web: TestClient, one: str) -> None:
        for code in LOCALES:
            assert set(purpose_labels(language(code))) == set(Purpose)
            text = web.get(f"/review/households/{one}?lang={code}").text
            assert set(re.findall(r'<option value="(\w+)"', text)) == {one.value for one in Purpose}
