"""Every error has one shape, none is a 5xx for what a caller sent, and nothing that came in goes out."""

from __future__ import annotations

import json
import pickle
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from riskmodel.errors import BundleCorrupt, Fault, NotReady, RiskError, StoreUnavailable, ValuesInvalid
from riskmodel.service.errors import CODES, MEDIA_TYPE, MOST_FAULTS, BodyTooLarge, Overloaded, headers_of, problem_of
from riskmodel.service.refusals import TooManyRequests

SECRET = "110101199003078888"
KEYS = ["type", "title", "status", "code", "detail", "instance", "errors"]


def check_problem(answer: Any, status: int | None = None) -> dict[str, Any]:
    """Return a problem document after checking its shape."""
    assert 400 <= answer.status_code < 500, answer.text
    assert status in (None, answer.status_code), answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    found = answer.json()
    assert list(found) == KEYS
    assert found["status"] == answer.status_code
    assert found["type"] == f"urn:riskmodel:problem:{found['code']}"
    assert found["title"] == CODES[found["code"]]
    assert found["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
    assert uuid.UUID(answer.headers["x-request-id"])
    assert found["detail"]
    assert all(set(fault) == {"where", "rule", "message"} for fault in found["errors"])
    assert SECRET not in answer.text
    return found


def sound(households: list[dict[str, Any]]) -> str:
    return json.dumps({"households": [{**households[0], "household_id": SECRET}]})


def hostile(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that break a parser, a checker or an encoder, made from a sound one."""
    value = '"income_to_line": '
    start = text.index(value) + len(value)
    end = text.index(",", start)

    def with_value(written: str) -> bytes:
        return (text[:start] + written + text[end:]).encode("utf-8", "surrogatepass")

    for written in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", '"1.5"', "true", "[[[]]]", "{}", "1" * 4000):
        yield f"value {written[:12]}", with_value(written)
    for written in ('"\\ud800"', '"\\u0000"', f'"{SECRET}"', '"\u202e\u200b"', '"\uff11"', "1\u0663", '"{{7*7}}"'):
        yield f"value {written[:12]!r}", with_value(written)
    yield "id with half a character", text.replace(SECRET, "\\ud800").encode()
    yield "id with nul", text.replace(SECRET, "a\\u0000b").encode()
    yield "id as a number", text.replace(f'"{SECRET}"', SECRET).encode()
    yield "unknown feature", text.replace('"income_to_line"', f'"{SECRET}"').encode()
    yield "unknown key", text.replace('"as_of"', f'"{SECRET}"').encode()
    yield "repeated key", text.replace('"as_of":', f'"as_of": "{SECRET}", "as_of":').encode()
    yield "future", text.replace("2021-01-01", "2999-01-01").encode()
    yield "long number", b'{"households": ' + b"1" * 5_000 + b"}"
    yield "deep", b'{"households": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    yield "million keys", ("{" + ",".join(f'"{n}":0' for n in range(300_000)) + "}").encode()
    yield "empty", b""
    yield "null", b"null"
    yield "text", b'"all"'
    yield "cut short", text[:-3].encode()
    yield "mark", b"\xef\xbb\xbf" + text.encode()
    yield "utf-16", text.encode("utf-16")
    yield "gbk", text.replace(SECRET, "农户").encode("gbk")
    yield "raw surrogate", text.replace(SECRET, "\ud800").encode("utf-8", "surrogatepass")
    yield "binary", bytes(range(256)) * 10
    yield "sql", b"'; DROP TABLE households; --"
    yield "html", b"<script>alert(1)</script>"


class TestHostile:
    @pytest.mark.parametrize("media_type", ["application/json", "application/vnd.riskmodel+json; charset=utf-8"])
    def test_bodies(self, client: TestClient, households: list[dict[str, Any]], media_type: str) -> None:
        for name, raw in hostile(sound(households)):
            answer = client.post("/v1/scores", content=raw, headers={"content-type": media_type})
            found = check_problem(answer)
            assert found["code"] in {"invalid_json", "values_invalid"}, name
        assert client.get("/readyz").status_code == 200

    @pytest.mark.parametrize(
        "media_type",
        [
            None,
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/octet-stream",
            "application/xml",
            "json",
            "\xff",
        ],
    )
    def test_other_media_types(
        self, client: TestClient, households: list[dict[str, Any]], media_type: str | None
    ) -> None:
        headers = {} if media_type is None else {"content-type": media_type.encode("latin-1")}
        answer = client.post("/v1/scores", content=sound(households).encode(), headers=headers)
        assert check_problem(answer, 415)["code"] == "unsupported_media_type"

    @pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b'{"a": NaN}', b"[" * 10_000])
    def test_bodies_where_none_is_expected(self, client: TestClient, raw: bytes) -> None:
        for path in ("/healthz", "/v1/queue", "/v1/models", "/review"):
            answer = client.request("GET", path, content=raw, headers={"content-type": "application/json"})
            assert answer.status_code == 200

    def test_faults_are_named(self, client: TestClient, body: dict[str, Any]) -> None:
        body["households"][1]["features"]["persons"] = 99
        found = check_problem(client.post("/v1/scores", json=body), 422)
        assert [(one["where"], one["rule"]) for one in found["errors"]] == [("households[1].features.persons", "range")]

    def test_not_a_number_is_named(self, client: TestClient, body: dict[str, Any]) -> None:
        raw = json.dumps(body).replace('"persons": ', '"persons": NaN, "x": ', 1).encode()
        found = check_problem(client.post("/v1/scores", content=raw, headers={"content-type": "application/json"}), 422)
        assert [one["where"] for one in found["errors"]] == ["households[0].features"]

    def test_many_faults_are_cut(self, client: TestClient) -> None:
        found = check_problem(client.post("/v1/scores", json={"households": [0] * 5_000}), 422)
        assert len(found["errors"]) == MOST_FAULTS
        assert "5000 faults" in found["detail"]


ADDRESSES = [
    ("GET", f"/{SECRET}", 404, "not_found"),
    ("GET", "/v1/scores/", 404, "not_found"),
    ("GET", "/static/../app.py", 404, "not_found"),
    ("GET", "/static/app.py", 404, "not_found"),
    ("GET", "/static/%2e%2e%2froutes.py", 404, "not_found"),
    ("PUT", "/v1/scores", 405, "method_not_allowed"),
    ("DELETE", "/v1/models", 405, "method_not_allowed"),
    ("BREW", "/healthz", 405, "method_not_allowed"),
    ("GET", f"/v1/households/{SECRET}/score", 404, "not_found"),
    ("GET", f"/v1/queue?capacity={SECRET}x", 422, "invalid_request"),
    ("GET", f"/v1/queue?area={SECRET * 5}", 422, "invalid_request"),
    ("GET", f"/review?page={SECRET}x", 422, "invalid_request"),
    ("GET", f"/review/households/{SECRET}", 404, "not_found"),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), ADDRESSES)
def test_one_shape_everywhere(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    assert check_problem(client.request(method, path), status)["code"] == code


def test_allowed_methods_are_told(client: TestClient) -> None:
    assert client.put("/v1/scores").headers["allow"] == "GET, POST"
    assert client.delete("/v1/models").headers["allow"] == "GET"


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large(client: TestClient, chunked: bool) -> None:
    size = 5 * 1024 * 1024
    content = (b"x" * 65536 for _ in range(size // 65536)) if chunked else b"x" * size
    answer = client.post("/v1/scores", content=content, headers={"content-type": "application/json"})
    assert check_problem(answer, 413)["code"] == "body_too_large"


class TestFailure:
    @pytest.fixture
    def failing(self, app: FastAPI) -> Iterator[None]:
        routes = list(app.router.routes)

        @app.get("/failing", include_in_schema=False)
        def failing() -> None:
            raise ValueError(f"household {SECRET} of /a/folder")

        yield
        app.router.routes[:] = routes

    def test_what_nobody_foresaw(self, client: TestClient, failing: None, capsys: pytest.CaptureFixture[str]) -> None:
        answer = client.get("/failing")
        assert answer.status_code == 500
        found = answer.json()
        assert list(found) == KEYS
        assert found["code"] == "internal"
        assert SECRET not in answer.text and "folder" not in answer.text
        assert answer.headers["content-security-policy"]
        logged = capsys.readouterr()
        assert SECRET not in logged.out + logged.err
        assert "ValueError" in logged.out + logged.err


class TestProblemOf:
    @pytest.mark.parametrize("error", [NotReady("in /srv/models"), BundleCorrupt("in /srv/models"), RiskError("/srv")])
    def test_folders_of_the_server_stay_inside(self, error: RiskError) -> None:
        problem = problem_of(error)
        assert problem.status == error.status
        assert "/srv" not in json.dumps(problem.document("0"))

    def test_faults_are_kept(self) -> None:
        faults = [Fault("a", "b", "c")]
        assert problem_of(ValuesInvalid("request", faults)).faults == tuple(faults)

    @pytest.mark.parametrize("error", [NotReady(""), BundleCorrupt(""), StoreUnavailable(""), Overloaded("")])
    def test_what_passes_says_when_to_ask_again(self, error: RiskError) -> None:
        assert headers_of(error)["retry-after"] == "1"

    def test_other_errors_keep_their_own_headers(self) -> None:
        assert headers_of(TooManyRequests(7)) == {"retry-after": "7"}
        assert headers_of(RiskError("")) == headers_of(ValueError()) == {}
        kept = pickle.loads(pickle.dumps(BodyTooLarge(5)))
        assert (kept.most_bytes, str(kept)) == (5, str(BodyTooLarge(5)))
