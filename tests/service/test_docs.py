"""What the documentation tells of the service is true: every error code with its status, every setting, every command."""

from __future__ import annotations

import re

from riskmodel.service.access import Role, Scope
from riskmodel.service.errors import CODES
from riskmodel.settings import CHECKOUT, Settings

PAGE = (CHECKOUT / "docs" / "service.md").read_text(encoding="utf-8")


def test_every_code_is_in_the_table_once() -> None:
    listed = re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", PAGE, re.MULTILINE)
    assert sorted(code for code, _ in listed) == sorted(CODES)


def test_every_role_and_scope_is_told() -> None:
    for role in Role:
        assert f"| {role.value} |" in PAGE
    for scope in Scope:
        assert f"`{scope.value}`" in PAGE


def test_settings_and_their_defaults() -> None:
    told = dict(re.findall(r"^\| `RISKMODEL_([A-Z_]+)` \| `?([^`|]+?)`? \|", PAGE, re.MULTILINE))
    fields = Settings.model_fields
    for name, default in told.items():
        found = fields[name.lower()].default
        shown = {"32 MiB": 32 * 1024 * 1024, "1 GiB": 1024**3, "true": True, "false": False}.get(default, default)
        assert str(found).endswith(str(shown)), name
    assert {"STORE", "COOKIE_SECURE", "MOST_WAITING", "MAX_BODY_BYTES", "REQUESTS_PER_SECOND"} <= set(told)
