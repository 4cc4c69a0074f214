"""A worker process of an installation knows every kind of work, and refuses a store of another shape."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import select

from conftest import NOW
from helpers.accounts import Clock, settings
from helpers.reports import report, sender
from helpers.stores import closing_store
from riskmodel.errors import RiskError
from riskmodel.service.access import Origin
from riskmodel.service.store.alert_rows import alerts_after
from riskmodel.service.store.report_rows import keep_reports
from riskmodel.service.store.tables import standings, waiting
from riskmodel.service.work.running import steps


def test_an_event_is_worked_on(models_dir: Path, store_copy: str) -> None:
    clock = Clock(NOW)
    with closing_store(store_copy) as store:
        who = sender(store, "village", Origin.SELF_REPORT)
        with store.writing() as connection:
            struck = connection.execute(select(standings.c.household_id).limit(1)).scalar_one()
            keep_reports(store, connection, who, [(0, report("1", struck))], clock(), clock().date())
        with steps(settings(models=models_dir, programme="tinyland", store=store_copy), clock) as kinds:
            assert "events" in kinds
            assert kinds["events"]() and not kinds["events"]()
        with store.reading() as connection:
            assert connection.execute(select(waiting)).all() == []
            [alert] = alerts_after(connection, "", 0, 10)
    assert (alert.household_id, alert.raised_at, alert.as_of) == (struck, NOW, NOW.date() + dt.timedelta(days=1))


def test_two_workers_have_two_names(models_dir: Path, store_copy: str) -> None:
    given = settings(models=models_dir, programme="tinyland", store=store_copy)
    with steps(given, Clock()) as one, steps(given, Clock()) as other:
        assert one["events"].worker != other["events"].worker  # type: ignore[attr-defined]


def test_a_store_that_is_not_there_yet(models_dir: Path, tmp_path: Path) -> None:
    given = settings(models=models_dir, programme="tinyland", store=f"sqlite:///{tmp_path / 'store.db'}")
    with pytest.raises(RiskError, match="riskmodel"), steps(given, Clock()):
        pass
