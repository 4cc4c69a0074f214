"""The whole application: many at once, and as a real process."""

from __future__ import annotations

import json
import random
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pandas as pd
import pytest
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import as_client
from helpers.acts import acts_of
from helpers.server import running, running_process
from helpers.stores import closing_store
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.app import create_app
from riskmodel.service.store.audit_log import page
from riskmodel.settings import Settings


def test_32_threads_each_get_the_household_they_asked_for(
    client: TestClient, households: list[dict[str, Any]], scorer: Scorer, tiny_snapshot: pd.DataFrame
) -> None:
    table, _ = scorer.score(tiny_snapshot, pd.Timestamp("2021-06-01").date())
    expected = dict(zip(table["household_id"].to_pylist(), table["log_odds"].to_pylist(), strict=True))

    def ask(seed: int) -> list[bool]:
        rng, found = random.Random(seed), []
        for _ in range(6):
            some = rng.sample(households, rng.randint(1, 5))
            answer = client.post("/v1/scores", json={"households": some}).json()["scores"]
            found.append([row["household_id"] for row in answer] == [one["household_id"] for one in some])
            found += [row["log_odds"] == expected[row["household_id"]] for row in answer]
            one = rng.choice(households)["household_id"]
            row = client.get(f"/v1/households/{one}/explanation").json()
            found.append((row["household_id"], row["log_odds"]) == (one, expected[one]))
            page = client.get(f"/review/households/{one}?lang={rng.choice(['en', 'zh'])}").text
            found.append(f'data-score-log-odds="{expected[one]!r}"' in page and one in page)
        return found

    with ThreadPoolExecutor(32) as pool:
        assert all(all(found) for found in pool.map(ask, range(32)))


@pytest.fixture(scope="module")
def server(service_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Start the service as a process of its own; return its address and its log."""
    log = tmp_path_factory.mktemp("server") / "log"
    with running(service_settings.model_copy(update={"max_body_bytes": 1024 * 1024}), log) as address:
        yield address, log


class TestRealProcess:
    def test_scores_pages_and_figures(
        self, server: tuple[str, Path], households: list[dict[str, Any]], client: TestClient
    ) -> None:
        address, log = server
        asked = {"households": households[:50]}
        answer = httpx2.post(f"{address}/v1/scores", json=asked, headers=as_client("everything"))
        assert answer.status_code == 200
        assert answer.json() == client.post("/v1/scores", json=asked).json()
        page = httpx2.get(f"{address}/review?lang=zh", headers=as_client("everything"))
        assert page.status_code == 200 and "走访名单" in page.text
        assert (
            'route="/v1/scores",status="200"' in httpx2.get(f"{address}/metrics", headers=as_client("everything")).text
        )
        written = log.read_text()
        assert not any(one["household_id"] in written for one in households)

    def test_a_body_without_an_end_is_cut_off(self, server: tuple[str, Path]) -> None:
        address, _ = server
        host, port = re.fullmatch(r"http://(.*):(\d+)", address).groups()
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            head = "POST /v1/scores HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n"
            connection.sendall(f"{head}authorization: {as_client('everything')['authorization']}\r\n\r\n".encode())
            try:
                for _ in range(1000):
                    connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            except OSError:
                pass
            try:
                reply = connection.recv(65536)
            except ConnectionResetError:
                reply = b""
        assert reply == b"" or b" 413 " in reply
        assert httpx2.get(f"{address}/readyz").status_code == 200

    def test_it_logs_json_only(self, server: tuple[str, Path]) -> None:
        address, log = server
        httpx2.get(f"{address}/healthz")
        time.sleep(0.2)
        lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
        assert any(json.loads(line).get("route") == "/healthz" for line in lines)


def test_told_to_end_it_answers_what_it_began_and_writes_it_down(
    service_settings: Settings, store_copy: str, households: list[dict[str, Any]], tmp_path: Path
) -> None:
    many = [{**one, "household_id": f"{turn}-{one['household_id']}"} for turn in range(15) for one in households]
    own = service_settings.model_copy(update={"store": store_copy, "max_body_bytes": 64 * 1024 * 1024})
    with running_process(own, tmp_path / "log") as (address, process), ThreadPoolExecutor(1) as pool:
        headers = as_client("everything")
        asked = pool.submit(httpx2.post, f"{address}/v1/scores", json={"households": many}, headers=headers, timeout=60)
        waiting = "riskmodel_waiting 2.0"
        while waiting not in httpx2.get(f"{address}/metrics", headers=headers).text and not asked.done():
            pass
        assert not asked.done(), "it was to be told while it worked"
        process.send_signal(signal.SIGTERM)
        answer = asked.result(60)
        assert (answer.status_code, len(answer.json()["scores"])) == (200, len(many))
        assert process.wait(30) in (0, -signal.SIGTERM)
    with closing_store(store_copy) as store, store.reading() as connection:
        assert json.loads(page(connection, 0, 100)[-1].content)["detail"]["households"] == len(many)


def test_whoever_asks_without_a_key_fills_no_log(service_settings: Settings, store_copy: str) -> None:
    """Ten by themselves, and when the service ends the sum of the rest, that none is lost."""
    own = service_settings.model_copy(update={"store": store_copy})
    with closing_store(store_copy) as store:
        before = len(acts_of(store))
        with TestClient(create_app(own, now=lambda: NOW)) as web:
            assert {web.get("/v1/queue").status_code for _ in range(30)} == {401}
        details = [act["detail"] for act in acts_of(store)[before:]]
    assert details[:10] == [{"code": "unauthenticated", "method": "GET", "route": "/v1/queue"}] * 10
    assert details[10:] == [{"code": "unauthenticated", "more": 20}]
