"""Help says what the programme and the access rules say, for every role and in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from helpers.accounts import as_user
from helpers.county import county
from riskmodel.language import LOCALES, language
from riskmodel.programme.programme import Capacity
from riskmodel.programme.reviewing import Reviewing
from riskmodel.service.access import ROLE_PERMISSIONS, Permission, Role
from riskmodel.service.pages.helping.view import help_view, permission_words, role_name

EN = language("en")


def test_bands_capacity_and_deadlines_are_the_programmes() -> None:
    view = help_view(county(), Role.REVIEWER, EN)
    assert [(band.label, band.meaning) for band in view.bands] == [
        ("High", "the 2 of 100 households with the highest risk"),
        ("Elevated", "the next ones, up to 5 of 100 (after the first 2)"),
        ("Watch", "the next ones, up to 15 of 100 (after the first 5)"),
        ("Low", "all others"),
    ]
    assert "holds 5 of 100 households" in view.capacity
    assert [text for text in view.deadlines if "15 days" in text] == list(view.deadlines[:2])
    assert len(view.deadlines) == 3


def test_what_a_programme_leaves_out_is_not_told() -> None:
    file = county().file.model_copy(update={"reviewing": Reviewing(), "capacity": Capacity(households=1200)})
    view = help_view(replace(county(), file=file), None, EN)
    assert view.deadlines == () and "holds 1,200 households" in view.capacity
    assert not any(role.own for role in view.roles)


@pytest.mark.parametrize("code", LOCALES)
def test_every_role_and_permission_has_words(code: str) -> None:
    told = language(code)
    assert set(permission_words(told)) == set(Permission)
    assert len({role_name(told, role) for role in Role}) == len(Role)
    for role, shown in zip(Role, help_view(county(), Role.AUDITOR, told).roles, strict=True):
        assert len(shown.may) == len(ROLE_PERMISSIONS[role])
        assert shown.own is (role is Role.AUDITOR)


@pytest.mark.parametrize("role", Role)
def test_everyone_who_is_signed_in_gets_help(app: FastAPI, role: Role) -> None:
    answer = TestClient(app, headers=as_user(role)).get("/review/help?lang=en")
    assert answer.status_code == 200
    assert f'<dt>{role_name(EN, role)} <span class="you">' in answer.text
