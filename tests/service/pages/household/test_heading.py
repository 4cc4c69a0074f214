"""What every page about one household begins with is its own score, place and date."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from riskmodel.language import language
from riskmodel.service.asking import Question, areas_of, ask_one
from riskmodel.service.pages.household.bands import band_level
from riskmodel.service.pages.household.heading import heading
from riskmodel.service.pages.sentences import score_sentence


@pytest.mark.parametrize(("code", "as_of"), [("en", "Jan 1, 2021"), ("zh", "2021年1月1日")])
def test_a_heading_is_the_households_own(app: FastAPI, households: list[dict[str, Any]], code: str, as_of: str) -> None:
    state = app.state.riskmodel
    for one in households[:10]:
        found = ask_one(state, Question((one["household_id"],), None, None, ""))
        score = found.serving.score(found.inputs, 1)[0]
        said = heading(found.serving, found.subjects[0], score, areas_of(state, found.subjects), language(code))
        assert said.household_id == one["household_id"] and said.as_of == as_of
        assert said.sentence == score_sentence(language(code), score)
        assert said.level == band_level(found.serving.scorer.programme, score["band"])
        assert said.version == found.serving.scorer.id.version
        assert said.place and found.subjects[0].area_code not in said.place
