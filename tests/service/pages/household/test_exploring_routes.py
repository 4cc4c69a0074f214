"""Exploring one household: what the pages say is the model's, who may see it, and that it is written down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select
from starlette.testclient import TestClient

from conftest import NOW
from helpers.offices import Office, told_apart
from helpers.stores import closing_store
from riskmodel.explain.neighbours import most_alike
from riskmodel.language import LOCALES
from riskmodel.scoring.scorer import Scorer
from riskmodel.scoring.whatif import trials, with_values
from riskmodel.service.access import Role
from riskmodel.service.app import create_app
from riskmodel.service.asking import Question, ask_one
from riskmodel.service.pages.sentences import of_hundred
from riskmodel.service.serving import Serving
from riskmodel.service.store.tables import areas, standings
from riskmodel.settings import Settings


@pytest.fixture
def ids(households: list[dict[str, Any]]) -> list[str]:
    return [one["household_id"] for one in households]


@pytest.fixture
def serving(app: FastAPI) -> Serving:
    return app.state.riskmodel.versions.champion()  # type: ignore[no-any-return]


def address(household: str, page: str, **query: str) -> str:
    given = "&".join(f"{name}={value}" for name, value in {"lang": "en", **query}.items())
    return f"/review/households/{household}/{page}?{given}"


class TestSimilar:
    def test_the_counts_are_those_of_the_most_similar(
        self, app: FastAPI, client: TestClient, ids: list[str], serving: Serving
    ) -> None:
        scorer = serving.scorer
        for one in ids[:10]:
            found = ask_one(app.state.riskmodel, Question((one,), None, None, ""))
            alike = most_alike(scorer.neighbours, scorer.leaves(found.inputs.matrix)[0], 50, one)
            text = client.get(address(one, "similar")).text
            assert text.count('class="fell"') - 1 == alike.fell.sum()
            assert text.count('class="kept-up"') - 1 == (~alike.fell).sum()
            assert "This is memory, not a prediction for this household." in text
            assert "households like this fell into poverty" in text, "the score's own sentence stands beside it"

    def test_a_bundle_that_remembers_nobody_says_so(
        self, client: TestClient, ids: list[str], serving: Serving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earlier = serving.scorer.neighbours
        rows = ("as_of", "fell", "cause", "leading", "marks", "leaves")
        nobody = replace(earlier, **{name: getattr(earlier, name)[:0] for name in rows})
        monkeypatch.setitem(serving.scorer.__dict__, "neighbours", nobody)
        answer = client.get(address(ids[0], "similar"))
        assert answer.status_code == 200 and "keeps no earlier households in mind" in answer.text

    def test_a_household_unlike_all_is_marked(
        self, client: TestClient, ids: list[str], serving: Serving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earlier = serving.scorer.neighbours
        strangers = replace(earlier, leaves=np.full_like(earlier.leaves, 60_000))
        monkeypatch.setitem(serving.scorer.__dict__, "neighbours", strangers)
        assert "No earlier household is much like this one." in client.get(address(ids[0], "similar")).text

    def test_the_month_and_the_main_reasons_are_told_and_trees_only_where_it_is_counted(
        self, client: TestClient, ids: list[str]
    ) -> None:
        text = client.get(address(ids[0], "similar")).text
        assert "Scored as of: Jan 1, 2020: 50 households." in text
        assert "What raised their risk most" in text and '<th scope="row" class="reason">' in text
        main, _, counted = text.partition("<details>")
        assert "tree" not in main.partition("<main")[2] and "decision trees" in counted


class TestCompare:
    def test_both_stand_side_by_side(self, client: TestClient, ids: list[str]) -> None:
        text = client.get(address(ids[0], "compare", **{"with": f"%20{ids[1]}%20"})).text
        assert re.findall(r'scope="col" class="id">(\d+)<', text)[:2] == [ids[0], ids[1]]
        assert text.count('class="sentence"') == 2

    def test_without_another_one_it_asks(self, client: TestClient, ids: list[str]) -> None:
        answer = client.get(address(ids[0], "compare"))
        assert answer.status_code == 200
        assert 'name="with"' in answer.text and 'class="faults"' not in answer.text

    @pytest.mark.parametrize("other", ["nobody", "9" * 65, "%00", "%ED%A0%80"])
    def test_one_that_does_not_exist(self, client: TestClient, ids: list[str], other: str) -> None:
        answer = client.get(address(ids[0], "compare", **{"with": other}))
        assert answer.status_code == 422
        assert "No such household is in your area." in answer.text

    def test_a_number_that_is_too_long_is_not_cut_to_somebody_elses(self, client: TestClient, ids: list[str]) -> None:
        assert client.get(address(ids[0], "compare", **{"with": ids[1] + "0" * 60})).status_code == 422

    def test_with_itself(self, client: TestClient, ids: list[str]) -> None:
        answer = client.get(address(ids[0], "compare", **{"with": ids[0]}))
        assert answer.status_code == 422 and "That is this household." in answer.text

    def test_what_was_typed_stays_text(self, client: TestClient, ids: list[str]) -> None:
        answer = client.get(address(ids[0], "compare", **{"with": '"><script>alert(1)</script>'}))
        assert "<script" not in answer.text and "&#34;&gt;&lt;script&gt;" in answer.text


class TestWhatIf:
    def test_it_says_what_the_model_says(
        self, app: FastAPI, client: TestClient, ids: list[str], serving: Serving
    ) -> None:
        scorer = serving.scorer
        for one in ids[:10]:
            inputs = ask_one(app.state.riskmodel, Question((one,), None, None, "")).inputs
            other = with_values(scorer, inputs, {"income_to_line": 2.0, "land": 1.0})
            now, then = (
                of_hundred(serving.words["en"].language, scorer.score_rows(each, 1)[0]["probability"])
                for each in (inputs, other)
            )
            text = client.get(address(one, "what-if", income_to_line="2", land="1")).text
            said = f"would say much the same: {now}." if now == then else f"would say: {then} instead of {now}."
            assert said in text
            assert "Model behaviour, not advice" in text

    def test_the_form_offers_each_figure_with_its_value_and_range(
        self, app: FastAPI, client: TestClient, ids: list[str], scorer: Scorer
    ) -> None:
        offered = trials(scorer, ask_one(app.state.riskmodel, Question((ids[0],), None, None, "")).inputs)
        answer = client.get(address(ids[0], "what-if"))
        assert answer.status_code == 200 and 'class="said outcome"' not in answer.text
        for trial in offered:
            assert re.search(rf'(input|select) id="try-{trial.feature.name}"', answer.text)
        assert answer.text.count("Now: ") == len(offered)
        # one is chosen and not typed
        assert answer.text.count("May be tried: ") == len(offered) - 1

    @pytest.mark.parametrize("typed", ["x", "1e9", "-99999999", "nan", "<script>alert(1)</script>", "9" * 5000])
    def test_what_can_not_be_tried_is_said_at_the_field(self, client: TestClient, ids: list[str], typed: str) -> None:
        answer = client.get(address(ids[0], "what-if", income_to_line=typed, persons="3"))
        assert answer.status_code == 422
        assert 'id="try-income_to_line-fault"' in answer.text and 'class="said outcome"' not in answer.text
        assert 'name="persons" type="text" inputmode="decimal" value="3"' in answer.text
        assert "<script>" not in answer.text and len(answer.content) < 60_000

    def test_other_features_are_not_changed(self, client: TestClient, ids: list[str]) -> None:
        plain = client.get(address(ids[0], "what-if")).text
        text = client.get(address(ids[0], "what-if", poor_before_count="3", home_kind="mud")).text
        assert plain == text

    def test_a_programme_that_names_nothing_has_no_such_page(
        self, client: TestClient, ids: list[str], serving: Serving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        programme = serving.scorer.programme
        reviewing = programme.file.reviewing.model_copy(update={"try_out": ()})
        file = programme.file.model_copy(update={"reviewing": reviewing})
        monkeypatch.setattr(serving.scorer, "programme", replace(programme, file=file))
        answer = client.get(address(ids[0], "what-if"))
        assert answer.status_code == 404 and "no such page" in answer.text
        assert (
            "/what-if" not in client.get(address(ids[0], "similar")).text.partition("</nav>")[2].partition("</ul>")[0]
        )


@pytest.mark.parametrize("code", LOCALES)
def test_every_word_is_in_the_pages_language(client: TestClient, ids: list[str], code: str) -> None:
    pages = [
        address(ids[0], "similar", lang=code),
        address(ids[0], "compare", lang=code, **{"with": ids[1]}),
        address(ids[0], "compare", lang=code, **{"with": "0"}),
        address(ids[0], "what-if", lang=code, income_to_line="2"),
        address(ids[0], "what-if", lang=code, persons="many", land="9"),
    ]
    for page in pages:
        text = client.get(page).text
        main = re.sub(r"<[^>]+>", " ", "<main" + text.partition("<main")[2].partition("</main>")[0])
        if code == "zh":
            assert not re.search("[A-Za-z]{3,}", main.replace("TIN", "").replace("many", "")), page
        else:
            assert not re.search(r"[\u4e00-\u9fff]", main), page


@pytest.fixture
def place(service_settings: Settings, store_copy: str) -> Iterator[Office]:
    """Return a service of its own over tinyland's store, so that its audit holds nothing else."""
    settings = service_settings.model_copy(update={"store": store_copy})
    with (
        closing_store(store_copy) as store,
        TestClient(create_app(settings, now=lambda: NOW), raise_server_exceptions=False) as web,
    ):
        yield Office(web, store, ())


@pytest.fixture
def homes(place: Office) -> dict[str, str]:
    """Return a household of each province, by the province's code."""
    query = select(areas.c.path, standings.c.household_id).join(areas, areas.c.path == standings.c.area_path)
    with place.store.reading() as connection:
        return {row.path.split("/")[1]: row.household_id for row in connection.execute(query.order_by(areas.c.path))}


@pytest.mark.parametrize("page", ["similar", "compare", "what-if"])
def test_a_household_elsewhere_is_answered_like_one_that_does_not_exist(
    place: Office, homes: dict[str, str], page: str
) -> None:
    own, elsewhere = homes.values()
    li = place.user("li", Role.VIEWER, next(iter(homes)))
    answers = [place.web.get(address(one, page), headers=li) for one in (elsewhere, "nobody")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert told_apart(answers[0].content) == told_apart(answers[1].content)
    assert place.acts("explained") == []
    assert place.web.get(address(own, page), headers=li).status_code == 200


def test_another_one_elsewhere_is_compared_like_one_that_does_not_exist(place: Office, homes: dict[str, str]) -> None:
    own, elsewhere = homes.values()
    li = place.user("li", Role.VIEWER, next(iter(homes)))
    pages = [
        place.web.get(address(own, "compare", **{"with": one}), headers=li) for one in (elsewhere, "0" * len(elsewhere))
    ]
    assert [page.status_code for page in pages] == [422, 422]
    assert pages[0].text.replace(elsewhere, "0" * len(elsewhere)) == pages[1].text
    # only the household that was shown was seen
    assert len({act["subject"] for act in place.acts("explained")}) == 1
    # whoever guesses ids is seen afterwards
    assert [act["detail"]["code"] for act in place.acts("refused")] == ["not_found"] * 2


def test_neither_is_known_to_whoever_may_see_neither(place: Office, homes: dict[str, str]) -> None:
    own, elsewhere = homes.values()
    li = place.user("li", Role.VIEWER, next(iter(homes)))
    answers = [place.web.get(address(elsewhere, "compare", **{"with": one}), headers=li) for one in (own, "nobody")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert place.acts("explained") == []


def test_every_view_is_written_down_with_names_of_features_and_no_value(place: Office, homes: dict[str, str]) -> None:
    one, other = homes.values()
    li = place.user("li", Role.VIEWER)
    for page in (
        address(one, "similar"),
        address(one, "compare"),
        address(one, "compare", **{"with": other}),
        address(one, "what-if", income_to_line="1.2345", persons="77"),
    ):
        assert place.web.get(page, headers=li).status_code in (200, 422)
    acts = place.acts("explained")
    assert [act["detail"]["what"] for act in acts] == ["similar", "compare", "compare", "compare", "what_if"]
    assert len({act["subject"] for act in acts}) == 2 and acts[2]["subject"] != acts[3]["subject"]
    assert acts[4]["detail"]["features"] == ["income_to_line", "persons"]
    assert all(act["actor"] == "user:li" for act in acts)
    assert not re.search(r"1\.2345|77\b", json.dumps([act["detail"]["features"] for act in acts[4:]]))
    assert one not in json.dumps(acts, default=str) and other not in json.dumps(acts, default=str)


def test_a_household_that_has_no_score_now_is_not_compared(place: Office, homes: dict[str, str]) -> None:
    one, other = homes.values()
    with place.store.writing() as connection:
        connection.execute(delete(standings).where(standings.c.household_id == other))
    li = place.user("li", Role.VIEWER)
    answer = place.web.get(address(one, "compare", **{"with": other}), headers=li)
    assert answer.status_code == 422 and "That household has no score now" in answer.text
