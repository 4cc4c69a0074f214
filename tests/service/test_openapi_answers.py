"""Every operation says who may ask, with which headers it answers, and which errors it has."""

from __future__ import annotations

from starlette.testclient import TestClient

from riskmodel.service.access import POLICY, Public
from riskmodel.service.errors import MEDIA_TYPE
from riskmodel.service.openapi_answers import security_schemes

PUBLIC = {"/healthz", "/readyz"}


def test_who_may_ask_is_said_and_is_what_the_policy_says(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["components"]["securitySchemes"]) == {"key", "session"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            public = isinstance(POLICY[method.upper(), path], Public)
            assert public == (path in PUBLIC)
            assert operation["security"] == ([] if public else [{"key": []}, {"session": []}])
            assert ({"401", "403", "429"} <= set(operation["responses"])) is not public


def test_errors_are_problems_and_those_that_pass_say_when(client: TestClient) -> None:
    for operations in client.get("/openapi.json").json()["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                assert "x-request-id" in answer["headers"]
                if status == "default" or int(status) >= 400:
                    assert list(answer["content"]) == [MEDIA_TYPE]
                assert ("retry-after" in answer["headers"]) == (status in ("429", "503"))
            assert ("415" in operation["responses"]) == ("requestBody" in operation)


def test_the_cookie_is_the_one_that_is_set() -> None:
    assert security_schemes(secure_cookie=True)["session"]["name"] == "__Host-session"
    assert security_schemes(secure_cookie=False)["session"]["name"] == "session"
