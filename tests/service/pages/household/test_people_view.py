"""Who lives there: masked, and nothing that a mask leaves may give away what is wrong with somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import as_client
from helpers.stores import closing_store
from riskmodel.language import language
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.service.app import create_app
from riskmodel.service.pages.household.people_view import PersonLine, people_view
from riskmodel.service.store.audit_log import entries
from riskmodel.service.store.households import find
from riskmodel.service.store.persons import Person
from riskmodel.service.store.tables import persons
from riskmodel.settings import CHECKOUT, Settings

PEOPLE = [
    Person("", {"phone": "13812345678"}),
    Person("H01-02", {"name": "王小明", "health": "chronic", "birth_year": 1980, "insured": 1, "note": None}),
]


@pytest.fixture(scope="module")
def county() -> Programme:
    return load_programme(CHECKOUT / "configs" / "china-county.yaml")


def test_texts_keep_what_the_mask_leaves(county: Programme) -> None:
    assert people_view(county, PEOPLE, language("en")) == (
        PersonLine("the household as a whole", ("phone: ＊＊＊＊＊＊＊＊＊78",)),
        PersonLine("＊＊＊＊02", ("name: 王＊＊",)),
    )


def test_a_category_is_not_given_away_by_its_first_letter(county: Programme) -> None:
    """Of ``chronic`` a mask leaves the c, which no other state of health begins with."""
    for one in people_view(county, PEOPLE, language("zh")):
        assert not any("健康" in text or "c＊" in text for text in one.known)


def test_with_a_purpose_texts_are_whole_and_still_no_state_of_health(county: Programme) -> None:
    assert people_view(county, PEOPLE, language("en"), whole=True) == (
        PersonLine("the household as a whole", ("phone: 13812345678",)),
        PersonLine("H01-02", ("name: 王小明",)),
    )


def test_nobody(county: Programme) -> None:
    assert people_view(county, [], language("en")) == ()


def test_the_page_shows_them_masked_and_the_audit_counts_them(
    service_settings: Settings, store_copy: str, households: list[dict[str, Any]]
) -> None:
    one = households[0]["household_id"]
    with closing_store(store_copy) as store:
        with store.writing() as connection:
            number = find(connection, [one])[one].household
            for person in PEOPLE:
                row = {"household": number, "member_id": person.member_id, "content": dict(person.content)}
                connection.execute(insert(persons).values(row))
        settings = service_settings.model_copy(update={"store": store_copy})
        with TestClient(create_app(settings, now=lambda: NOW), headers=as_client("everything")) as client:
            page = client.get(f"/review/households/{one}?lang=en").text
        with store.reading() as connection:
            act = json.loads(list(entries(connection))[-1].content)
    assert "王＊＊" in page
    assert not any(text in page for text in ("小明", "138123", "H01-02", "chronic"))
    assert (act["action"], act["detail"]["people"]) == ("explained", 2)
