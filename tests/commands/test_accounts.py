"""Accounts are handed out and taken back from the command line; a secret is shown once and kept nowhere."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from riskmodel.cli import app
from riskmodel.errors import RiskError
from riskmodel.service.access import Feed, Origin, Role, Scope
from riskmodel.service.passwords import is_password
from riskmodel.service.store.accounts import find_client, list_clients, list_users
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import audit_entries
from riskmodel.service.tokens import hash_of_secret

EVENTS = ("--scope", "events")
FEED = (*EVENTS, "--event", "serious_illness", "--event", "death", "--origin", "department_screening")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "store.db"
    monkeypatch.setenv("RISKMODEL_STORE", f"sqlite:///{path}")
    return path


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{file}")
    yield store
    store.close()


def run(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, words, input=stdin)


def done(*words: str, stdin: str | None = None) -> str:
    result = run(*words, stdin=stdin)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: str, stdin: str | None = None) -> str:
    error = run(*words, stdin=stdin).exception
    assert isinstance(error, RiskError), error
    return str(error)


def audited(store: Store) -> list[tuple[str, str, dict[str, object]]]:
    with store.reading() as connection:
        query = select(audit_entries.c.content).order_by(audit_entries.c.sequence)
        entries = [json.loads(content) for content in connection.execute(query).scalars()]
    assert all(entry["actor"].startswith("operator:") for entry in entries)
    return [(entry["action"], entry["subject"], entry["detail"]) for entry in entries]


def test_a_person_from_the_first_to_the_last_day(store: Store, file: Path) -> None:
    told = done("user", "add", "li", "--role", "reviewer", "--area", "9901")
    first = re.fullmatch(r"li: reviewer, area 9901\npassword: (\S{20})\n", told)
    assert first
    second = re.search(r"password: (\S{20})", done("user", "password", "li"))
    assert second
    with store.reading() as connection:
        (one,) = list_users(connection)
    assert (one.role, one.area_code, one.disabled_at) == (Role.REVIEWER, "9901", None)
    assert is_password(second[1], one.password_hash) and not is_password(first[1], one.password_hash)
    assert done("user", "list") == "li: reviewer, area 9901\n"
    done("user", "disable", "li")
    assert "disabled since" in done("user", "list")
    assert audited(store) == [
        ("user_added", "li", {"role": "reviewer", "area": "9901"}),
        ("password_changed", "li", {}),
        ("user_disabled", "li", {}),
    ]
    kept = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert first[1].encode() not in kept and second[1].encode() not in kept


def test_a_given_password_is_read_and_not_shown(store: Store) -> None:
    told = done("user", "add", "li", "--role", "viewer", "--password-stdin", stdin="correct horse battery\nmore\n")
    assert told == "li: viewer, all areas\n"
    with store.reading() as connection:
        assert is_password("correct horse battery", list_users(connection)[0].password_hash)


def test_a_program_from_the_first_to_the_last_day(store: Store, file: Path) -> None:
    words = (*FEED, "--scope", "scores:features", *EVENTS, "--expires", "2999-01-01")
    told = re.fullmatch(
        r"mon: events scores:features, all areas\nkey: (rk_[\w-]{43})\n", done("client", "add", "mon", *words)
    )
    assert told
    with store.reading() as connection:
        found = find_client(connection, hash_of_secret(told[1]))
    assert found is not None
    assert (found.event_kinds, found.origin) == (("serious_illness", "death"), Origin.DEPARTMENT_SCREENING)
    assert (found.scopes, found.expires_at) == (
        (Scope.EVENTS, Scope.SCORES_FEATURES),
        dt.datetime(2999, 1, 1, tzinfo=dt.UTC),
    )
    assert "refused from 2999-01-01" in done("client", "list")
    done("client", "revoke", "mon")
    assert "revoked on" in done("client", "list")
    assert [(action, subject) for action, subject, _ in audited(store)] == [
        ("client_added", "mon"),
        ("client_revoked", "mon"),
    ]
    assert told[1].encode() not in b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_what_a_department_may_send(store: Store) -> None:
    told = done("client", "add", "health", *FEED, "--event", "death", "--area", "9901")
    key = re.search(r"key: (rk_[\w-]{43})\n", told)
    assert key
    with store.reading() as connection:
        found = find_client(connection, hash_of_secret(key[1]))
    assert found is not None
    assert found.principal.feed == Feed(frozenset({"serious_illness", "death"}), Origin.DEPARTMENT_SCREENING)
    [(action, subject, detail)] = audited(store)
    assert (action, subject) == ("client_added", "health")
    assert (detail["events"], detail["origin"]) == (["serious_illness", "death"], "department_screening")


@pytest.mark.parametrize(
    "words",
    [
        *(("user", "add", "li", "--role", role) for role in ("viewer", "reviewer", "supervisor")),
        *(("client", "add", "mon", "--scope", scope) for scope in ("scores:households", "changes", "webhooks")),
        ("client", "add", "mon", *FEED),
        ("client", "add", "mon", "--scope", "models", "--scope", "changes"),
    ],
)
def test_an_area_limits_whoever_sees_households(store: Store, words: tuple[str, ...]) -> None:
    assert ", area 9901" in done(*words, "--area", "9901")


@pytest.mark.parametrize(
    ("words", "stdin", "message"),
    [
        (("user", "add", "Li", "--role", "viewer"), None, "not one for an account"),
        (("user", "add", "li", "--role", "viewer", "--password-stdin"), "short\n", "expected 12 to 1024"),
        (("user", "add", "li", "--role", "viewer", "--password-stdin"), "", "expected 12 to 1024"),
        (("user", "disable", "li"), None, "no user of this name"),
        (("user", "password", "li"), None, "no user of this name"),
        (("client", "revoke", "mon"), None, "no client of this name"),
        *(
            (("user", "add", "li", "--role", role, "--area", "9901"), None, f"the role {role} shows none")
            for role in ("modeller", "auditor", "admin")
        ),
        *(
            (("client", "add", "mon", "--scope", scope, "--area", "9901"), None, f"the scopes {scope} show none")
            for scope in ("scores:features", "jobs", "models", "metrics")
        ),
        (("client", "add", "mon", "--scope", "changes", "--expires", "soon"), None, "YYYY-MM-DD"),
        (("client", "add", "mon", "--scope", "changes", "--expires", "2020-01-01"), None, "in the future"),
        # what a program may send belongs to the scope events, and the scope to it
        (("client", "add", "mon", "--scope", "changes", "--event", "death"), None, "--scope events"),
        (("client", "add", "mon", "--scope", "jobs", "--origin", "self_report"), None, "--scope events"),
        (("client", "add", "mon", "--scope", "events"), None, "--event KIND"),
        (("client", "add", "mon", "--scope", "events", "--event", "death"), None, "--origin"),
        (("client", "add", "mon", "--scope", "events", "--origin", "self_report"), None, "--event KIND"),
        (("client", "add", "mon", *EVENTS, "--event", "death", "--origin", "model"), None, "department_screening"),
        (("client", "add", "mon", *EVENTS, "--event", "deth", "--origin", "self_report"), None, "one of accident, "),
        (("client", "add", "mon", *EVENTS, "--event", "income", "--origin", "self_report"), None, "--event income"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    store: Store, words: tuple[str, ...], stdin: str | None, message: str
) -> None:
    done("user", "list")
    assert message in refused(*words, stdin=stdin)
    with store.reading() as connection:
        assert list_users(connection) == [] and list_clients(connection) == []
    assert audited(store) == []


@pytest.mark.parametrize(
    "words",
    [
        ("user", "add", "li", "--role", "king"),
        ("user", "add", "li"),
        ("client", "add", "mon"),
        ("client", "add", "m", "--scope", "x"),
        ("client", "add", "m", *FEED[:-1], "x"),
    ],
)
def test_bad_usage(file: Path, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
    assert not file.exists()
