"""A route that will go says so in the headers that programs know."""

from __future__ import annotations

import datetime as dt

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from riskmodel.service import deprecation
from riskmodel.service.deprecation import DEPRECATED, Deprecation, deprecation_headers

LEAVING = Deprecation(dt.date(2026, 1, 1), dt.date(2026, 9, 1), "/v1/scores")


def test_headers() -> None:
    assert deprecation_headers("GET", "/v1/old", {("GET", "/v1/old"): LEAVING}) == [
        (b"deprecation", b"@1767225600"),
        (b"sunset", b"Tue, 01 Sep 2026 00:00:00 GMT"),
        (b"link", b'</v1/scores>; rel="successor-version"'),
    ]
    assert deprecation_headers("POST", "/v1/old", {("GET", "/v1/old"): LEAVING}) == []


def test_answers_carry_them(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "deprecation" not in client.get("/v1/models").headers
    monkeypatch.setitem(DEPRECATED, ("GET", "/v1/models"), LEAVING)
    assert client.get("/v1/models").headers["deprecation"] == "@1767225600"


def test_what_goes_is_there_and_stays_half_a_year(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    for (method, route), found in deprecation.DEPRECATED.items():
        assert method.lower() in paths[route] and found.instead in paths
        assert found.until - found.since >= dt.timedelta(days=180)
