"""The page of an area: its figures are those of the store, within what somebody may see, and looking is written down."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import delete, func, select, update
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import as_client, as_user
from helpers.stores import closing_store
from riskmodel.service import area_counting
from riskmodel.service.app import create_app
from riskmodel.service.store.audit_log import page
from riskmodel.service.store.tables import area_figures, areas, facts, standings, users
from riskmodel.settings import Settings

BROWSER = {"accept": "text/html"}


def text_of(client: TestClient, area: str | None = None, code: str = "en") -> str:
    answer = client.get("/review/area", params={"lang": code} | ({"area": area} if area else {}))
    assert answer.status_code == 200
    return answer.text


def open_store(service_settings: Settings, url: str) -> TestClient:
    settings = service_settings.model_copy(update={"store": url})
    return TestClient(create_app(settings, now=lambda: NOW), headers=as_client("everything"))


def test_the_figures_are_those_of_the_store(client: TestClient, service_settings: Settings) -> None:
    with closing_store(service_settings.store) as store, store.reading() as connection:
        path = connection.execute(select(areas.c.path).where(areas.c.area_code == "north")).scalar_one()
        own = standings.c.area_path.startswith(path)
        sums = select(func.count(), func.sum(standings.c.probability)).where(own)
        households, expected = connection.execute(sums).one()
    text = text_of(client, "north")
    assert f"{households:,} households here" in text
    assert f"<strong>{expected:,.0f}</strong>" in text
    assert f"{round(0.2 * households)} households are on this period" in text
    assert "at the next interview" in text, "tinyland has no event that tells"


def test_ways_up_and_down(client: TestClient) -> None:
    widest, north = text_of(client), text_of(client, "north")
    below = re.findall(r'href="/review/area\?area=(\w+)"', widest)
    assert {"north", "south"} <= set(below)
    village = next(code for code in re.findall(r'href="/review/area\?area=(n\d)"', north))
    assert f'href="/review?area={village}"' in north
    assert re.search(r'class="trail".*?area=north"', text_of(client, village), re.DOTALL)
    assert "Areas compared" not in text_of(client, village)


def test_villages_are_compared_from_the_widest_area_on(client: TestClient) -> None:
    near = text_of(client)
    assert re.search(r'href="/review/area\?(area=\w+&amp;)?level=2"', near)
    answer = client.get("/review/area", params={"lang": "en", "level": 2})
    villages = re.findall(r'class="name"><a href="/review/area\?area=(\w+)">', answer.text)
    assert len(villages) > 2 and {one[0] for one in villages} == {"n", "s"} and "north" not in villages
    assert '<span class="soft wider">North</span>' in answer.text and "Compare the areas right below" in answer.text
    assert "level=2" not in text_of(client, villages[0])
    assert client.get("/review/area", params={"level": 3}, headers=BROWSER).status_code == 422


def test_incomes_beside_the_reference(client: TestClient) -> None:
    text = text_of(client)
    assert "All incomes" in text and text.count('class="verdict above"') == 2 and text.count("not exceeded") == 1


@pytest.mark.parametrize("area", ["atlantis", "a\x00b", "north/", "' OR 1=1", "%", "x" * 64])
def test_an_area_that_does_not_exist(client: TestClient, area: str) -> None:
    assert client.get("/review/area", params={"area": area}, headers=BROWSER).status_code == 404
    assert client.get("/review/area", params={"area": "x" * 65}, headers=BROWSER).status_code == 422


def test_who_is_limited_to_a_province(service_settings: Settings, store_copy: str) -> None:
    with closing_store(store_copy) as store, store.writing() as connection:
        connection.execute(update(users).where(users.c.name == "viewer").values(area_code="north"))
    with open_store(service_settings, store_copy) as client:
        client.headers = as_user("viewer")  # type: ignore[assignment]
        assert "<h1>North</h1>" in text_of(client) and "area=south" not in text_of(client)
        answers = [client.get("/review/area", params={"area": one}) for one in ("south", "s1", "atlantis")]
        assert {one.status_code for one in answers} == {404}
        assert len({re.sub(r"urn:uuid:[0-9a-f-]+", "", one.text) for one in answers}) == 1
    with closing_store(store_copy) as store, store.reading() as connection:
        told = [json.loads(one.content) for one in page(connection, 0, 1000)]
    # asking for the areas of others is seen afterwards, but not which
    refused = {"code": "not_found", "method": "GET", "route": "/review/area"}
    assert [act["detail"] for act in told if act["action"] == "refused"] == [refused] * 3


def test_looking_is_written_down(service_settings: Settings, store_copy: str) -> None:
    with open_store(service_settings, store_copy) as client:
        text_of(client, "north")
    with closing_store(store_copy) as store, store.reading() as connection:
        last = json.loads(page(connection, 0, 1000)[-1].content)
    assert (last["action"], last["detail"], last["subject"]) == ("viewed", {"what": "area", "area": "north"}, "")


def test_a_store_where_nobody_has_a_score(service_settings: Settings, store_copy: str) -> None:
    with closing_store(store_copy) as store, store.writing() as connection:
        connection.execute(delete(area_figures))
        connection.execute(delete(standings))
        connection.execute(delete(facts).where(facts.c.name == "latest_cohort"))
    with open_store(service_settings, store_copy) as client:
        assert "No household has a score yet." in text_of(client)


def test_a_store_that_was_scored_before_figures_were_kept(
    client: TestClient, service_settings: Settings, store_copy: str
) -> None:
    with closing_store(store_copy) as store, store.writing() as connection:
        connection.execute(delete(area_figures))
    with open_store(service_settings, store_copy) as other:
        ours, theirs = text_of(client, "north"), text_of(other, "north")
    falls = re.compile(r'<dl class="tiles">.*?</dl>', re.DOTALL)
    assert falls.findall(ours) == falls.findall(theirs) != []
    assert "No incomes of two years are at hand" in theirs


def test_of_very_many_households_what_was_counted_lately_is_taken(
    service_settings: Settings, store_copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(service_settings, store_copy) as client:
        before = text_of(client)
        monkeypatch.setattr(area_counting, "MOST_COUNTED_ANEW", 100)
        kept = text_of(client)
        with closing_store(store_copy) as store, store.writing() as connection:
            connection.execute(update(standings).values(leading_group=""))
        assert text_of(client) == kept == before
        monkeypatch.setattr(area_counting, "MOST_COUNTED_ANEW", 10_000)
        assert text_of(client) != kept
