"""Names, id numbers and telephone numbers stay in one table: not in logs, errors, pages, files, metrics or the audit."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from conftest import AS_OF, NOW, TODAY
from helpers.accounts import EVERYTHING, add_everyone, as_client, as_user
from helpers.canaries import (
    PEOPLE,
    canary_folder,
    canary_programme,
    found_in,
    id_number_of,
    name_of,
    phone_of,
    texts_of,
)
from helpers.filled_store import every_row
from helpers.reports import cloud_event
from helpers.stores import closing_store
from helpers.tiny_store import score
from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import timeline
from riskmodel.panel.panel import read_panel
from riskmodel.scoring.batch import BatchRequest, score_file
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import POLICY, Role
from riskmodel.service.app import create_app
from riskmodel.service.logs import configure_logs
from riskmodel.service.store.loading import LoadRequest, load
from riskmodel.service.store.migrating import migrate
from riskmodel.settings import Settings

pytestmark = pytest.mark.slow

HOUSEHOLD = "000000000000000012"
WHO: Mapping[str, Mapping[str, str]] = {
    "nobody": {},
    EVERYTHING: as_client(EVERYTHING),
    **{role: as_user(role) for role in Role},
}
TEXT = {"accept": "text/html"}


@dataclass(frozen=True)
class Seen:
    """All that came out: answers by what was asked, output of the process, rows of the store, and files."""

    answers: list[tuple[str, int, str]]
    unmasked: list[str]
    output: str
    rows: Mapping[str, list[Any]]
    folder: Path


def requests_of(canary: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield requests of every route, with a canary wherever one may be put by mistake."""
    values = {
        "household_id": canary,
        "version": canary,
        "code": canary,
        "name": canary,
        "webhook": canary,
        "job": canary,
    }
    for method, path in POLICY:
        yield method, path.format(**values), {"json": {canary: canary}}
        yield (
            method,
            path.format(**{**values, "household_id": HOUSEHOLD}),
            {"params": {"as_of": canary, "limit": canary}},
        )
    decisions = f"/v1/households/{HOUSEHOLD}/decisions"
    yield "POST", decisions, {"json": {"outcome": canary, "reason": 1, "version": canary, "as_of": canary}}
    yield "POST", "/v1/scores", {"json": {"household_ids": [canary], "as_of": "2021-01-01", "model": canary}}
    yield "POST", "/v1/scores", {"json": {"households": [{"household_id": HOUSEHOLD, "features": {canary: canary}}]}}
    events = [{key: canary} for key in ("id", "subject", "type", "time", "specversion", "data", canary)]
    events += [{"data": {key: canary}} for key in ("occurred_on", "amount", "cause", canary)]
    yield "POST", "/v1/events", {"json": [cloud_event("1", HOUSEHOLD) | changes for changes in events]}
    for changes in events:
        yield "POST", "/v1/events", {"json": cloud_event("1", HOUSEHOLD) | changes}
    case = f"/review/households/{HOUSEHOLD}"
    for path in ("decide", "help", "appeals", "ending"):
        names = (
            "outcome",
            "measure",
            "kind",
            "score",
            "about",
            "step",
            "act",
            "decision",
            "next_on",
            "on",
            "received_on",
        )
        yield "POST", f"{case}/{path}", {"data": dict.fromkeys(names, canary)}
    yield "POST", "/review/sign-in", {"data": {"name": canary, "password": canary, "next": "/review"}}


@contextmanager
def kept_logging() -> Iterator[None]:
    """Let the service write its log as it does, and leave logging as it was."""
    root, access = logging.getLogger(), logging.getLogger("uvicorn.access")
    before = root.handlers, root.level, access.handlers, access.propagate
    try:
        yield
    finally:
        root.handlers, root.level, access.handlers, access.propagate = before
        structlog.reset_defaults()


@pytest.fixture(scope="module")
def seen(
    models_dir: Path,
    scorer: Scorer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Seen]:
    """Load, score, explain, export and ask, with canaries everywhere, and keep all that came out."""
    folder, source = tmp_path_factory.mktemp("canaries"), tmp_path_factory.mktemp("source")
    data, programme = canary_folder(source / "data"), canary_programme(source / "programme")
    (folder / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as patch, kept_logging():
        patch.setenv("TMPDIR", str(folder / "tmp"))
        patch.setattr(tempfile, "tempdir", str(folder / "tmp"))
        log = (folder / "log").open("w", encoding="utf-8")
        patch.setattr("sys.stderr", log)
        # the test's own client, which is no part of the service
        patch.setattr(logging.getLogger("httpx2"), "disabled", True)
        configure_logs()
        url = f"sqlite:///{source / 'store.db'}"
        with closing_store(url) as store:
            migrate(store)
            add_everyone(store)
            result = load(store, LoadRequest(programme, data, folder / "work", "operator:test", lambda: NOW))
            (folder / "refused.txt").write_text(result.refused.named().to_string(), encoding="utf-8")
            score(store, scorer, AS_OF, NOW)
        _export(programme, data, scorer, folder)
        answers, unmasked = _ask(models_dir, url)
        with closing_store(url) as store:
            rows = every_row(store)
        log.close()
    yield Seen(answers, unmasked, (folder / "log").read_text(encoding="utf-8"), rows, folder)


def _export(programme: Any, data: Path, scorer: Scorer, folder: Path) -> None:
    snapshot = build_snapshot(programme, timeline(read_panel(programme, data, TODAY), programme), AS_OF)
    snapshot.to_parquet(folder / "snapshot.parquet")
    for ending in ("parquet", "csv", "xlsx"):
        score_file(scorer, BatchRequest(folder / "snapshot.parquet", folder / f"scores.{ending}", TODAY))


def _ask(models: Path, url: str) -> tuple[list[tuple[str, int, str]], list[str]]:
    settings = Settings(models=models, programme="tinyland", store=url, cookie_secure=False)
    app, answers, unmasked = create_app(settings, now=lambda: NOW), [], []

    @app.get("/v1/failing", include_in_schema=False)
    def failing() -> None:
        raise ValueError(f"{name_of(1)} {id_number_of(1)} {phone_of(1)}")

    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as web:
        for who, headers in WHO.items():
            for method, path in POLICY:
                if path in ("/review/sign-out",):
                    continue
                sound = path.format(
                    household_id=HOUSEHOLD, version="v", code="n1", name="base.css", webhook="1", job="0" * 32
                )
                for more in ({}, TEXT):
                    answer = web.request(method, sound, headers={**headers, **more}, json={"purpose": "visit"})
                    kept = unmasked if path.endswith("/unmasking") and answer.status_code == 200 else None
                    if kept is None:
                        answers.append((f"{who} {method} {path}", answer.status_code, f"{answer.headers}{answer.text}"))
                    else:
                        kept.append(answer.text)
            answers.append((f"{who} GET failing", 500, web.get("/v1/failing", headers=headers).text))
        for canary in (name_of(8), id_number_of(8), phone_of(8)):
            for method, path, what in requests_of(canary):
                for headers in (as_client(EVERYTHING), as_user(Role.REVIEWER)):
                    answer = web.request(method, path, headers=headers, **what)
                    answers.append((f"{method} {path}", answer.status_code, f"{answer.headers}{answer.text}"))
    return answers, unmasked


def test_the_canaries_are_in_the_table_of_people_and_are_told_for_a_purpose(seen: Seen) -> None:
    assert sum("head_name" in json.dumps(row, default=str) for row in seen.rows["persons"]) >= PEOPLE - 10
    assert len(found_in(str(seen.rows["persons"]))) == 3
    assert seen.unmasked and all(len(found_in(one)) == 3 for one in seen.unmasked)


def test_no_other_table_holds_one(seen: Seen) -> None:
    assert {
        name: found_in(str(rows)) for name, rows in seen.rows.items() if name != "persons" and found_in(str(rows))
    } == {}
    assert len(seen.rows["audit_entries"]) > 100


def test_no_answer_holds_one_but_where_it_was_typed_in(seen: Seen) -> None:
    # the form of the sign-in page comes back with the name that was typed
    told = [(what, status) for what, status, text in seen.answers if found_in(text) and "/review/sign-in" not in what]
    assert told == []
    assert {200, 401, 403, 404, 422} <= {status for _, status, _ in seen.answers}


def test_no_log_holds_one(seen: Seen) -> None:
    assert found_in(seen.output) == []
    assert "request_failed" in seen.output and seen.output.count("\n") > 500


def test_no_file_holds_one(seen: Seen) -> None:
    files = [path for path in seen.folder.rglob("*") if path.is_file()]
    assert {"scores.parquet", "scores.csv", "scores.xlsx", "refused.txt"} <= {path.name for path in files}
    assert {path.name for path in files for text in texts_of(path) if found_in(text)} == set()


def test_a_canary_would_be_seen(tmp_path: Path) -> None:
    import pandas as pd

    table = pd.DataFrame({"a": [name_of(0)], "b": [phone_of(0)], "c": [id_number_of(0)]})
    table.to_parquet(tmp_path / "a.parquet")
    table.to_excel(tmp_path / "a.xlsx")
    table.to_csv(tmp_path / "a.csv", encoding="gb18030")
    for path in tmp_path.iterdir():
        assert {kind for text in texts_of(path) for kind in found_in(text)} == set(found_in(table.to_string())), path
