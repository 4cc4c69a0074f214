"""The pages of the model: what they say is that model's, old versions can be looked at, and looking is written down."""

from __future__ import annotations

import json
import re

import pytest
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import as_client, as_user
from helpers.stores import closing_store
from riskmodel.language import LOCALES
from riskmodel.registry.bundle import BundleFiles
from riskmodel.service.app import create_app
from riskmodel.service.pages.rendering import ASSETS
from riskmodel.service.store.audit_log import page
from riskmodel.settings import Settings

BROWSER = {"accept": "text/html"}
MOST_BYTES = 150_000


def test_the_model_in_plain_words(client: TestClient, tiny_bundle: BundleFiles) -> None:
    text = client.get("/review/model?lang=en").text
    recall = tiny_bundle.json("evaluation.json")["pooled"]["model"]["recall_at_capacity"]
    assert re.search(rf'class="own">\s*<th[^>]*>This model</th>\s*<td[^>]*>{round(100 * recall)}</td>', text)
    assert tiny_bundle.version in text and "A. Tester" in text and "S. Second" in text
    assert "Listed for help" in text and "Woman heads the household" in text
    assert "Serious illnesses in 12 months" in text


@pytest.mark.parametrize("code", LOCALES)
@pytest.mark.parametrize("path", ["/review/model", "/review/help", "/review/area"])
def test_no_makers_words(client: TestClient, path: str, code: str) -> None:
    text = re.sub(r"<[^>]+>", " ", client.get(f"{path}?lang={code}").text)
    assert not re.search(r"\bAUC\b|log-odds|SHAP|average precision", text, re.IGNORECASE)


@pytest.mark.parametrize("path", ["/review/model", "/review/model/card", "/review/help", "/review/area"])
def test_pages_are_light_and_own(client: TestClient, path: str) -> None:
    for code in LOCALES:
        answer = client.get(f"{path}?lang={code}")
        assert answer.status_code == 200
        loaded = [name for name in ASSETS if f"/static/{name}" in answer.text]
        assert len(answer.content) + sum(len(client.get(f"/static/{name}").content) for name in loaded) < MOST_BYTES
        assert not re.search(r'style="|<script|\son\w+="|(href|src)="(https?:)?//', answer.text)


def test_the_full_card(client: TestClient, tiny_bundle: BundleFiles) -> None:
    text = client.get("/review/model/card?lang=zh").text
    first = tiny_bundle.files["card.md"].decode().splitlines()[0].removeprefix("# ")
    assert f"<h2>{first}</h2>" in text and "<table>" in text and 'lang="en"' in text


def test_a_version_by_its_name(client: TestClient, tiny_bundle: BundleFiles) -> None:
    for path in ("/review/model", "/review/model/card"):
        known = client.get(path, params={"version": tiny_bundle.version, "lang": "en"})
        assert known.status_code == 200 and "does not serve any more" not in known.text
        for unknown in ("nothing", "../x", "2020-01-01-00000000"):
            assert client.get(path, params={"version": unknown}, headers=BROWSER).status_code == 404


def test_looking_is_written_down(service_settings: Settings, store_copy: str, tiny_bundle: BundleFiles) -> None:
    settings = service_settings.model_copy(update={"store": store_copy})
    with TestClient(create_app(settings, now=lambda: NOW), headers=as_user("modeller")) as client:
        assert client.get("/review/model").status_code == client.get("/review/model/card").status_code == 200
    with closing_store(store_copy) as store, store.reading() as connection:
        told = [json.loads(entry.content) for entry in page(connection, 0, 1000)[-2:]]
    assert [(one["subject"], one["detail"]["what"]) for one in told] == [
        (tiny_bundle.version, "model"),
        (tiny_bundle.version, "card"),
    ]


def test_texts_of_people_stay_text(service_settings: Settings, store_copy: str, tmp_path: object) -> None:
    settings = service_settings.model_copy(update={"store": store_copy})
    with TestClient(create_app(settings, now=lambda: NOW), headers=as_client("everything")) as client:
        text = client.get("/review/model", params={"version": "<script>"}, headers=BROWSER).text
    assert "<script" not in text
