"""A model in plain words: known answers out of its papers, in both languages, without the words of its makers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from helpers.county import county
from riskmodel.language import LOCALES, language
from riskmodel.programme.dictionary import Direction
from riskmodel.programme.programme import AuditGroup
from riskmodel.registry.history import Entry, Gate, Grounds, Promotion
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.pages.model.features_view import direction_label, feature_blocks, not_used
from riskmodel.service.pages.model.history_view import grounds_label, live_rows
from riskmodel.service.pages.model.papers import Papers
from riskmodel.service.pages.model.quality_view import quality_view
from riskmodel.service.pages.model.view import model_view, question
from riskmodel.service.pages.model.weak_view import value_label, weak_view

EN, ZH = language("en"), language("zh")


def figure(recall: float | None, low: float = 0.1, high: float = 0.5) -> dict[str, Any]:
    ends = [low, high] if recall is not None else [None, None]
    known = {"recall_at_capacity": recall, "recall_at_capacity_interval": ends, "precision_at_capacity": 0.063}
    return {**known, "n": 18723, "events": 187}


def group(name: str, value: str, recall: float | None, **more: Any) -> dict[str, Any]:
    return {"group": {name: value}, "too_few": recall is None, **figure(recall), **more}


EVALUATION: dict[str, Any] = {
    "pooled": {
        "model": figure(0.3155, 0.2499, 0.3772),
        "logistic_regression": figure(0.29),
        "department_rules": figure(0.211),
        "last_status": figure(0.0793, 0.0479, 0.1091),
    },
    "folds": [
        {"as_of": "2024-01-01", "model": figure(0.4)},
        {"as_of": "2025-01-01", "model": figure(0.3)},
    ],
    "calibration": {
        "by_period": {
            "2024-01-01": {"n": 4770, "predicted": 0.0053, "observed": 0.0101, "observed_interval": [0.007, 0.013]},
            "2025-01-01": {"n": 4602, "predicted": 0.0093, "observed": 0.0072, "observed_interval": [0.005, 0.01]},
            "2025-06-01": {"n": 10, "predicted": 0.02, "observed": 0.0, "observed_interval": [0.0, 0.01]},
            "2025-07-01": {"n": 10, "predicted": None, "observed": None},
        }
    },
    "groups": {
        "groups": [
            group("ex_poor", "no", 0.1),
            group("ex_poor", "yes", 0.44),
            group("disability", "< 0.5", 0.2),
            group("remoteness", "1.5 to 5", 0.3),
            group("relocated", "yes", None),
            {"group": {"ex_poor": "no", "relocated": "no"}, "too_few": False, **figure(0.01)},
        ]
    },
    "causes": {
        "disaster": {"events": 16, "recall_at_capacity": 0.125},
        "illness": {"events": 79, "recall_at_capacity": 0.37},
        "accident": {"events": 6, "recall_at_capacity": 0.0},
    },
    "unknown": {"unknown": {"n": 188}},
    "ranges": {"share": 0.2, "share_with_chance": 0.7},
    "ages": {
        "2025-01-01": [
            {"months_old": 12, "recall_at_capacity": 0.25},
            {"months_old": 24, "recall_at_capacity": 0.01},
        ]
    },
}


def test_how_good_it_was() -> None:
    view = quality_view(EVALUATION, 0.05, EN)
    assert view is not None
    assert (
        view.tested
        == "Tested on Jan 1, 2024, Jan 1, 2025: 18,723 households, counted anew at each date, of which 187 fell."
    )
    assert [(row.label, row.found, row.range, row.own) for row in view.found] == [
        ("This model", "32", "25 to 38", True),
        ("The departments' warning rules", "21", "10 to 50", False),
        ("Whoever was poor before", "7.9", "4.8 to 11", False),
        ("By lot", "5.0", "", False),
    ]
    assert view.found[0].width == pytest.approx(31.6, abs=0.06) and view.visited == "6.3"
    assert [(row.said, row.seen, row.verdict) for row in view.held] == [
        ("2.0", "0.0", "said too much"),
        ("0.9", "0.7", "held, within chance"),
        ("0.5", "1.0", "said too little"),
    ]


@pytest.mark.parametrize("evaluation", [{}, {"pooled": {}}, {"pooled": {"model": figure(None)}}])
def test_a_model_that_was_never_tested(evaluation: dict[str, Any]) -> None:
    assert quality_view(evaluation, 0.05, EN) is None
    assert weak_view(county(), evaluation, EN) is None


def test_where_it_is_weak() -> None:
    view = weak_view(county(), EVALUATION, EN)
    assert view is not None and view.overall == "32"
    # 30 of 100 are nearly as many as 32, and what two traits make together is for the full card
    assert [(row.label, row.found) for row in view.groups] == [
        ("Lifted out of registered poverty: no", "10"),
        ("Members with a disability: none", "20"),
    ]
    assert [(row.label, row.found) for row in view.causes] == [("Natural disasters", "12")]
    told = " ".join(view.limits)
    assert "Of 188 more households" in told and "20% of the parts that were checked; in 70% where chance" in told
    assert "a year old found 25 of 100 that fell, and a new one 30." in told
    bare = weak_view(county(), {"pooled": EVALUATION["pooled"]}, EN)
    assert bare is not None and (bare.groups, bare.causes, len(bare.limits)) == ((), (), 2)


@pytest.mark.parametrize(
    ("column", "cuts", "value", "words"),
    [
        ("n_disabled", (0.5,), "< 0.5", "none"),
        ("n_disabled", (0.5,), ">= 0.5", "1 or more"),
        ("n_disabled", (2.5,), "< 2.5", "at most 2"),
        ("n_disabled", (0.5, 2.5), "0.5 to 2.5", "1 to 2"),
        ("road_km", (1.5,), "< 1.5", "below 1.5"),
        ("road_km", (1.5, 5), "1.5 to 5", "1.5 to 5"),
        ("road_km", (5,), ">= 5", "5 or more"),
        ("households.head_sex", (), "female", "Female"),
        ("households.ethnic_minority", (), "yes", "yes"),
        ("households.unheard_of", (), "x", "x"),
    ],
)
def test_groups_in_words(column: str, cuts: tuple[float, ...], value: str, words: str) -> None:
    one = AuditGroup(name="one", label={"en": "One"}, column=column, cuts=cuts)
    assert value_label(county(), one, value, EN).lower() == words.lower()


@pytest.mark.parametrize("code", LOCALES)
def test_every_feature_has_its_row(code: str) -> None:
    programme, told = county(), language(code)
    blocks = feature_blocks(programme, told)
    rows = [row for block in blocks for row in block.rows]
    assert len(rows) == len(programme.features)
    assert all(row.label and row.direction and row.source for row in rows)
    assert len({direction_label(told, one) for one in Direction}) == 3


def test_what_is_never_looked_at() -> None:
    found = not_used(county(), EN)
    assert len(found) == 3
    leaks, protected, personal = (set(one.labels) for one in found)
    assert {"Visited", "Monitoring category"} & leaks or leaks
    used = {row.label for block in feature_blocks(county(), EN) for row in block.rows}
    assert not leaks & used
    by_key = {column.key: EN.label(column.labels) for column in county().dictionary.columns}
    assert {by_key[key] for key in county().file.leaks} <= leaks
    assert by_key["households.head_sex"] in protected and by_key["members.health"] in personal


def promoted(version: str, at: str, gate: Gate, second: str = "") -> Entry:
    return Entry(Promotion(version, "d", at, "li", "better"), Grounds(gate, "", second))


def test_which_was_live_when() -> None:
    past = (
        promoted("a", "2026-01-01T00:00:00+00:00", Gate.PASSED),
        promoted("b", "2026-02-01T00:00:00+00:00", Gate.NONE, "wang"),
    )
    rows = live_rows(past, EN, "Asia/Shanghai")
    assert [(row.version, row.since, row.until, row.second) for row in rows] == [
        ("b", "Feb 1, 2026 08:00", "", "wang"),
        ("a", "Jan 1, 2026 08:00", "Feb 1, 2026 08:00", ""),
    ]
    assert live_rows((), EN, "UTC") == ()
    assert len({grounds_label(ZH, gate) for gate in Gate}) == len(Gate)


def test_what_it_answers(scorer: Scorer) -> None:
    assert question(county(), EN).startswith("How likely is it that this is recorded of a household within 12 months: ")
    assert "poor when it is asked again 12 months on" in question(scorer.programme, EN)


@pytest.mark.parametrize("code", LOCALES)
def test_makers_words_stay_in_the_full_card(scorer: Scorer, code: str) -> None:
    notes = {"a": "Of incomes nobody asks.", "b": "Differs by 0.005 AUC.", "c": "SHAP values"}
    programme = replace(scorer.programme, file=scorer.programme.file.model_copy(update={"notes": notes}))
    fake = Scorer.__new__(Scorer)
    fake.__dict__ = {**scorer.__dict__, "programme": programme}
    view = model_view(fake, Papers(EVALUATION, "", "2021-01-01"), (), language(code))
    assert view.notes == ("Of incomes nobody asks.",) and not view.serves
    assert view.cutoff == language(code).date(dt.date(2021, 1, 1))
