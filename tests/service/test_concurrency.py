"""Many clients at once, several processes: each answer is the asked household's, and the one that it gets alone."""

from __future__ import annotations

import http.client
import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from conftest import TODAY
from helpers.accounts import as_client
from helpers.server import running
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.api import scores as route
from riskmodel.service.reply import json_response
from riskmodel.service.serving import Serving, serving_of
from riskmodel.service.versions import Versions
from riskmodel.settings import Settings

CLIENTS, REQUESTS = 32, 25


@pytest.fixture(scope="module")
def alone(scorer: Scorer, households: list[dict[str, Any]]) -> dict[str, Any]:
    """Return each household's answer, made one by one by one thread."""
    serving, answers = serving_of(scorer), {}
    for one in households:
        inputs, bad = scorer.cells.read([one["household_id"]], [one["as_of"]], [one["features"]], TODAY)
        assert not bad
        answers[one["household_id"]] = json.loads(json_response(serving.score(inputs)).body)
    return answers


@pytest.fixture(scope="module")
def server(service_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the service with two worker processes; return its address."""
    with running(service_settings, tmp_path_factory.mktemp("server") / "log", workers=2) as address:
        yield address


def answers_to(address: str, households: list[dict[str, Any]]) -> list[tuple[str, int, Any]]:
    """Ask for one household after another on one connection; return what was asked, the status and the answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    found = []
    for one in households:
        body = json.dumps({"households": [one]})
        connection.request("POST", "/v1/scores", body, {"content-type": "application/json", **as_client("everything")})
        answer = connection.getresponse()
        found.append((one["household_id"], answer.status, json.loads(answer.read())))
    connection.close()
    return found


@pytest.mark.slow
def test_32_clients_of_2_processes_get_what_each_household_gets_alone(
    server: str, households: list[dict[str, Any]], alone: dict[str, Any]
) -> None:
    asked = [random.Random(client).sample(households, REQUESTS) for client in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        found = [one for answers in pool.map(answers_to, [server] * CLIENTS, asked) for one in answers]
    assert len(found) == CLIENTS * REQUESTS
    for household_id, status, answer in found:
        assert (status, answer) == (200, {"scores": alone[household_id]})


def test_threads_share_a_scorer(app: FastAPI, households: list[dict[str, Any]], alone: dict[str, Any]) -> None:
    serving: Serving = app.state.riskmodel.versions.champion()

    def ask(seed: int) -> bool:
        some = random.Random(seed).sample(households, 40)
        found = []
        for one in some:
            inputs, _ = serving.scorer.cells.read([one["household_id"]], [one["as_of"]], [one["features"]], TODAY)
            found += serving.score(inputs)
        return found == [row for one in some for row in alone[one["household_id"]]]

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert all(pool.map(ask, range(CLIENTS)))


def test_only_small_requests_are_answered_by_the_thread_that_serves_them_all(
    client: TestClient, households: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    answer = route._by_features

    def noted(*arguments: Any) -> Any:
        seen.append(threading.get_ident())
        return answer(*arguments)

    monkeypatch.setattr(route, "_by_features", noted)
    for count in (1, 200, 1):
        assert client.post("/v1/scores", json={"households": households[:count]}).status_code == 200
    assert seen[0] == seen[2] != seen[1]


def test_nobody_waits_while_a_model_is_loaded(
    app: FastAPI, client: TestClient, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    serving = app.state.riskmodel.versions.champion()

    def slow(_: Versions) -> Serving:
        seen.append(threading.get_ident())
        return serving

    assert app.state.riskmodel.versions.champion_at_hand() is serving
    monkeypatch.setattr(Versions, "champion_at_hand", lambda _: None)
    monkeypatch.setattr(Versions, "champion", slow)
    assert client.post("/v1/scores", json=body).status_code == 200
    assert seen and seen[0] != threading.get_ident()
