"""What every page about one household begins with is its own score, place and date."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from riskmodel.language import language
from riskmodel.service.asking import Question, areas_of, ask_one
from riskmodel.service.pages.household.bands import band_level
from riskmodel.service.pages.household.heading import heading, older_model
from riskmodel.service.pages.sentences import score_sentence


@pytest.mark.parametrize(("code", "until"), [("en", "Dec 31, 2020"), ("zh", "2020年12月31日")])
def test_a_heading_is_the_households_own(app: FastAPI, households: list[dict[str, Any]], code: str, until: str) -> None:
    state = app.state.riskmodel
    for one in households[:10]:
        found = ask_one(state, Question((one["household_id"],), None, None, ""))
        score = found.serving.score(found.inputs, 1)[0]
        said = heading(found.serving, found.subjects[0], score, areas_of(state, found.subjects), language(code))
        assert said.household_id == one["household_id"] and said.data_until == until
        assert said.sentence == score_sentence(language(code), score)
        assert said.level == band_level(found.serving.scorer.programme, score["band"])
        assert said.version == found.serving.scorer.id.version
        assert said.place and found.subjects[0].area_code not in said.place


def test_an_older_model_is_told_and_only_that() -> None:
    assert older_model(language("en"), "a", "a") == ""
    assert older_model(language("en"), "a", "b") == (
        "The list was ordered by version a; version b has not scored everyone yet."
    )
    assert older_model(language("zh"), "a", "b") == "名单按旧版本a排列，现用版本b尚未全体评分。"
