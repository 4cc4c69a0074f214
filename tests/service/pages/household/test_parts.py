"""Parts of the household's page in words: plans, changes, the past and sources, in both languages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from riskmodel.explain.reasons import Driver, Words
from riskmodel.language import language
from riskmodel.programme.programme import Programme
from riskmodel.service.changes import Change, Moved
from riskmodel.service.pages.household.changes_view import change_view
from riskmodel.service.pages.household.departments import department_label, department_language
from riskmodel.service.pages.household.sources import Latest, Sources
from riskmodel.service.pages.household.story_view import FLOOR, LEFT, RIGHT, story_view
from riskmodel.service.store.decisions import Decision, Judgement, Outcome
from riskmodel.service.store.story_rows import Happened, Story


@pytest.fixture
def programme(app: FastAPI) -> Programme:
    found: Programme = app.state.riskmodel.versions.champion().scorer.programme
    return found


class Said:
    """A row of scores, as the store gives it."""

    def __init__(self, as_of: dt.date, probability: float) -> None:
        self.as_of, self.probability, self.band = as_of, probability, "high"
        self.low, self.high = probability / 2, min(1.0, probability * 2)


def story(*days: str) -> Story:
    said = tuple(Said(dt.date.fromisoformat(day), 0.1 * (place + 1)) for place, day in enumerate(days))
    happened = Happened("illness", dt.date(2020, 6, 1), dt.date(2020, 6, 9), 20.0)
    at = dt.datetime(2020, 8, 1, 12, tzinfo=dt.UTC)
    decided = Decision(7, at, "li", "reviewer", Judgement(Outcome.MONITOR, "x"))
    return Story(said, (happened,), (decided,))  # type: ignore[arg-type]


class TestThePast:
    def test_scores_stand_in_order_and_nothing_leaves_the_chart(self, programme: Programme) -> None:
        told = story("2021-01-01", "2020-10-01", "2020-01-01", "2020-10-01")
        view = story_view(programme, told, {7: dt.date(2020, 8, 1)}, language("en"))
        xs = [one.x for one in view.points]
        assert xs == sorted(xs) and len(xs) == 3
        for one in (*view.points, *view.marks):
            assert LEFT <= one.x <= RIGHT
        for point in view.points:
            assert 0 <= point.y_high <= point.y <= point.y_low <= FLOOR
        assert {one.kind for one in view.marks} == {"event", "decision"}

    def test_the_table_tells_the_same_the_newest_first(self, programme: Programme) -> None:
        view = story_view(programme, story("2021-01-01", "2020-01-01"), {7: dt.date(2020, 8, 1)}, language("zh"))
        assert [one.kind for one in view.lines] == ["score", "decision", "event", "score"]
        assert view.lines[1].what == "研判结果：纳入监测"
        assert "获知" in view.lines[2].detail

    def test_nothing_at_all(self, programme: Programme) -> None:
        view = story_view(programme, Story((), (), ()), {}, language("en"))
        assert (view.points, view.marks, view.lines, view.first) == ((), (), (), "")


def changed(**values: Any) -> Change:
    usual = {"as_of": dt.date(2020, 1, 1), "version": "v", "probability": 0.1, "band": "high", "same_model": True}
    return Change(**{**usual, "data_part": 0.8, "model_part": 0.0, "moved": (), **values})


class TestChanges:
    def test_whose_doing_it_is(self, programme: Programme) -> None:
        words = Words(programme, language("en"))
        assert change_view(None, words) is None
        same = change_view(changed(), words)
        assert same is not None
        assert same.lead == "Last time, with data until Dec 31, 2019: about 10 of 100."
        assert same.because == "The model is the same. The change in the data raises the risk strongly."
        other = change_view(changed(same_model=False, data_part=0.01, model_part=-0.3), words)
        assert other is not None
        assert (
            other.because
            == "The change in the data hardly moves the risk. The model is another one, which lowers the risk."
        )
        gone = change_view(changed(same_model=False, data_part=None, model_part=None), words)
        assert gone is not None
        assert gone.because == "The model is another one and can't be run on last time's data."

    def test_what_moved(self, programme: Programme) -> None:
        before, after = (Driver("persons", "people", log_odds, value=value) for log_odds, value in ((0.1, 3), (0.9, 5)))
        view = change_view(changed(moved=(Moved(before, after),)), Words(programme, language("zh")))
        assert view is not None
        assert (view.moved[0].before, view.moved[0].after, view.moved[0].direction) == ("3人", "5人", "up")


class TestSources:
    def test_who_and_when_and_what_is_too_old(self, programme: Programme) -> None:
        table = next(name for name, one in programme.file.tables.items() if one.kind == "observations")
        feature = next(one for one in programme.features if one.origin.startswith(f"{table}."))
        latest = {table: Latest(dt.date(2019, 12, 31), dt.date(2020, 1, 5))}
        fresh = Sources(programme, latest, dt.date(2020, 2, 1))
        assert "2019" in fresh.text(feature.name, language("en"))
        assert fresh.stale(language("en")) == ()
        old = Sources(programme, latest, dt.date(2023, 2, 1))
        assert "2019" in old.stale(language("zh"))[0]
        assert fresh.text("no feature", language("en")) == ""

    def test_departments(self) -> None:
        assert department_label(language("zh"), "civil_affairs") == "民政部门"
        assert department_label(language("en"), "Ministerio_de Trabajo") == "Ministerio de Trabajo"
        assert department_label(language("zh"), "INDEC") == "阿根廷国家统计局（INDEC）"

    def test_a_name_in_another_language_says_so(self) -> None:
        """What reads aloud has to know that a Spanish name on a Chinese page is Spanish."""
        assert department_language(language("zh"), "Ministerio_de Trabajo", "es") == "es"
        assert department_language(language("zh"), "civil_affairs", "es") == ""
        assert department_language(language("zh"), "Ministerio_de Trabajo", "") == ""


def test_the_page_has_all_of_it(client: TestClient, households: list[dict[str, Any]]) -> None:
    for code, words in (
        ("en", ("Why, at a glance", "Help that fits", "What happened so far")),
        ("zh", ("原因概览", "历史情况")),
    ):
        page = client.get(f"/review/households/{households[0]['household_id']}?lang={code}").text
        assert all(one in page for one in words)
        assert f"/review/households/{households[0]['household_id']}/case" in page
