"""Which language a page is shown in."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from riskmodel.service.pages.choosing import preferred


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB, zh;q=0.9", "en"),
        ("fr, de", "en"),
        ("fr, zh;q=0.1", "zh"),
        ("zh;q=x, en;q=0.2", "en"),
        ("zh;q=0, en;q=0", "en"),
        (",;=," * 1000, "en"),
    ],
)
def test_accept_language(header: str, expected: str) -> None:
    assert preferred(header) == expected


def test_address_before_cookie_before_browser(client: TestClient) -> None:
    client.cookies.clear()
    try:
        chinese = {"accept-language": "zh-CN"}
        assert 'lang="zh-Hans"' in client.get("/review", headers=chinese).text[:60]
        answer = client.get("/review?lang=en", headers=chinese)
        assert '<html lang="en">' in answer.text and answer.headers["content-language"] == "en"
        assert "samesite=lax" in answer.headers["set-cookie"].lower()
        assert '<html lang="en">' in client.get("/review", headers=chinese).text
        assert '<html lang="zh-Hans">' in client.get("/review?lang=zh").text
        assert '<html lang="zh-Hans">' in client.get("/review?lang=xx").text
    finally:
        client.cookies.clear()
