"""Problems in words that lead on: who is to be asked has one name, and nobody is told to borrow an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from helpers.accounts import as_user
from riskmodel.language import LOCALES, catalogue
from riskmodel.service.access import Role


@pytest.mark.parametrize(
    ("code", "advice"),
    [("en", "Ask the administrator for access."), ("zh", "如需查看，请联系系统管理员开通权限。")],
)
def test_whoever_may_not_look_is_told_whom_to_ask(
    app: FastAPI, households: list[dict[str, Any]], code: str, advice: str
) -> None:
    headers = {**as_user(Role.ADMIN.value), "accept": "text/html"}
    answer = TestClient(app, headers=headers).get(f"/review/households/{households[0]['household_id']}?lang={code}")
    assert answer.status_code == 403 and advice in answer.text


@pytest.mark.parametrize("code", LOCALES)
def test_one_word_for_one_thing(code: str) -> None:
    """Whoever looks after the service and what a programme is are called the same on every page."""
    text = catalogue(code).read_text(encoding="utf-8")
    assert not re.search("服务运行人员|系统管理人员|本项目", text)
