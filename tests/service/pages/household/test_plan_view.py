"""The plan of help in words: what it promises is what it offers, and why not is said with the household's own figures."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from riskmodel.explain.reasons import Driver, Words
from riskmodel.language import language
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.service.pages.household.plan_view import PlanView, plan_view
from riskmodel.settings import CHECKOUT


@pytest.fixture(scope="module")
def county() -> Programme:
    return load_programme(Path(CHECKOUT / "configs" / "china-county.yaml"))


def told(county: Programme, code: str, groups: dict[str, float], **values: float) -> PlanView:
    drivers = {
        name: Driver(name, "x", 0.1, value=None if math.isnan(value) else value) for name, value in values.items()
    }
    return plan_view(county, Words(county, language(code)), groups, drivers, values)


def test_one_reason_one_measure(county: Programme) -> None:
    view = told(county, "en", {"medical": 3.0, "work": 0.1}, n_labour=2.0)
    assert view.lead == "One reason leads, so one measure comes first."
    assert [one.department for one in view.offers] == ["Medical insurance"]
    assert view.offers[0].why == "because of: Illness and medical cost, 97% of all that raises the risk"


def test_several_reasons_are_not_promised_several_measures_where_one_fits(county: Programme) -> None:
    view = told(county, "en", {"medical": 1.0, "debt": 1.0}, n_labour=2.0)
    assert len(view.offers) == 1
    assert view.lead == "Several reasons come together; measures of the programme fit one of them."


def test_what_was_made_for_this_household_comes_first_and_the_rest_beside_it(county: Programme) -> None:
    view = told(county, "zh", {"medical": 3.0}, n_labour=2.0, self_pay_12m=6000.0, n_chronic=1.0)
    assert [one.label for one in view.offers] == ["医疗救助或防贫保险补偿"]
    assert [one.label for one in view.also] == ["慢性病家庭医生签约服务", "核查基本医保、大病保险、医疗救助三重保障"]
    assert view.also[0].facts
    assert view.also[0].why == "针对：疾病与医疗负担，占推高风险因素的100%"
    shown = {one.label for one in (*view.offers, *view.also)}
    assert shown.isdisjoint(one.label for one in view.misses)


def test_whether_anybody_can_work_has_to_be_asked_where_it_is_not_known(county: Programme) -> None:
    view = told(county, "en", {"work": 2.0}, n_labour=math.nan)
    assert view.ask == "It is not recorded whether anybody in the household can work: ask on the visit."
    assert view.lead == "Until that is known, the safety net comes first."
    assert view.offers[0].label.startswith("Safety net first")
    assert view.offers[0].why == "because perhaps nobody can work"
    assert view.offers[0].facts == ("Members able to work: not recorded",)
    assert told(county, "zh", {"work": 2.0}, n_labour=math.nan).ask == "该户有无劳动力未记录，请走访时核实。"
    assert told(county, "en", {"work": 2.0}, n_labour=1.0).ask == ""


def test_where_nobody_can_work_the_safety_net_comes_first(county: Programme) -> None:
    view = told(county, "zh", {"work": 2.0, "labour": 0.5}, n_labour=0.0, n_disabled=0.0)
    assert view.offers[0].label == "优先落实兜底保障（低保、特困供养）"
    jobs = next(one for one in view.misses if one.label == "岗位推送、技能培训与交通补贴")
    assert jobs.why_not == "劳动力人数：无；需满足：不低于1人"


def test_what_is_not_recorded_is_said(county: Programme) -> None:
    view = told(county, "en", {"work": 2.0}, n_labour=math.nan)
    jobs = next(one for one in view.misses if one.label.startswith("Job offers"))
    assert jobs.why_not == "not recorded: Members able to work"


def test_a_department_named_in_the_surveys_language_says_so() -> None:
    argentina = load_programme(Path(CHECKOUT / "configs" / "argentina-eph.yaml"))
    for code in ("en", "zh"):
        view = told(argentina, code, {"housing": 3.0}, working_age=2.0)
        assert [(one.department, one.department_language) for one in view.offers] == [("Vivienda", "es")]
