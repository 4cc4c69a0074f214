"""An area in words: known answers, and nothing said of too few."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from helpers.county import county
from riskmodel.language import LOCALES, language
from riskmodel.service.area_counting import AreaCounts, Progress, list_counts
from riskmodel.service.income_growth import YearGrowth
from riskmodel.service.pages.area.below_view import MOST_ROWS, below_view
from riskmodel.service.pages.area.chance import after_shock
from riskmodel.service.pages.area.falls_view import falls_view
from riskmodel.service.pages.area.growth_view import growth_view
from riskmodel.service.pages.area.list_view import departing_rows, progress_rows, reason_rows
from riskmodel.service.pages.area.view import area_view
from riskmodel.service.store.area_counts import ListPart
from riskmodel.service.store.area_figures import AreaFigures, Risk
from riskmodel.service.store.area_trees import WHOLE, AreaTree, Named

EN = language("en")
NOW = dt.datetime(2026, 3, 1, 2, tzinfo=dt.UTC)
AS_OF = dt.date(2026, 1, 1)
GROWTH = (YearGrowth(2023, 900, 0.06, 0.07), YearGrowth(2024, 900, 0.0512, 0.04), YearGrowth(2025, 12, None, None))
PARTS = (
    ListPart("/c/a/", "medical", 30, 10, 4, 20, 3),
    ListPart("/c/a/x/", "income", 9, 5, 0, 0, 0),
    ListPart("/c/b/", "", 1, 0, 0, 0, 0),
)
VISITS, NOBODY = list_counts(PARTS, "/c/"), list_counts((), "/c/")
TREE = AreaTree(
    Named("c", "/c/", {"en": "County", "zh": "县"}),
    (),
    tuple(Named(code, f"/c/{code}/", {"en": code.upper()}) for code in ("a", "ab", "b", "d")),
    (Named("x", "/c/a/x/", {"en": "X"}), Named("y", "/c/b/y/", {})),
)
BELOW = {"a": Risk(400, 10.0, 9.0), "ab": Risk(29, 20.0, 1.0), "b": Risk(100, 5.0, 4.0), "x": Risk(50, 1.0, 1.0)}


def counts(**progress: object) -> AreaCounts:
    known = {"counted_at": NOW, "visits": VISITS, "visited": 12, "fallen": 7, "fallen_below": {"a": 4, "x": 1}}
    known |= {"decisions": {}, **progress}
    figures = AreaFigures(AS_OF, NOW, Risk(800, 40.0, 36.0), 5, 10, GROWTH)
    return AreaCounts(figures, BELOW, Progress(**known))  # type: ignore[arg-type]


def test_falls_expected_and_seen() -> None:
    view = falls_view(county(), counts(), dt.date(2026, 2, 28), EN)
    assert (view.expected, view.range, view.seen, view.months) == ("40", "between 28 and 52", "7", 12)
    assert (view.since, view.gone) == ("Jan 1, 2026", "1 of 12 months have passed")
    assert "about 3.3 would be expected by now" in view.by_now
    # a rate of 5 %, whose odds the county's shock raises by half in logs
    assert "would make it at most about 64." in view.shock
    late = falls_view(county(), counts(), dt.date(2028, 1, 1), EN)
    assert late.gone == "12 of 12 months have passed" and "about 40 would" in late.by_now
    assert falls_view(county(), counts(), AS_OF, EN).by_now == "", "of no month that has passed nothing is expected"


def test_where_no_event_tells_nothing_is_seen_and_without_a_shock_none_is_told() -> None:
    calm = replace(county(), file=county().file.model_copy(update={"shock": None}))
    view = falls_view(calm, counts(fallen=None), dt.date(2026, 6, 1), EN)
    assert (view.seen, view.by_now, view.shock) == ("", "", "")


def test_the_shock_is_an_upper_end() -> None:
    """A shock to each household's own odds makes fewer fall than one to their mean's, which the page tells."""
    own = [0.001] * 300 + [0.2] * 60
    shifted = sum(after_shock(one, 0.5) for one in own)
    assert shifted < after_shock(sum(own) / len(own), 0.5) * len(own)


def test_progress_and_reasons() -> None:
    visits = progress_rows(counts().progress, 15, EN)
    assert [(row.code, row.count, row.share) for row in visits] == [
        ("visited", "12", "30%"),
        ("decided", "15", "38%"),
        ("planned", "4", "10%"),
        ("assigned", "20", "50%"),
        ("overdue", "3", "7.5%"),
    ]
    assert [row.width for row in visits] == [30.0, 37.5, 10.0, 50.0, 7.5]
    assert "15 days" in visits[4].label
    untold = counts(visited=None).progress
    assert [row.code for row in progress_rows(untold, None, EN)] == ["decided", "planned", "assigned"]
    assert {row.share for row in progress_rows(counts(visits=NOBODY, visited=0).progress, None, EN)} == {"0%"}
    reasons = reason_rows(county(), VISITS, EN)
    assert [(row.code, row.label, row.count) for row in reasons] == [
        ("medical", "Illness and medical cost", "30"),
        ("income", "Income", "9"),
        ("", "Nothing raises the risk.", "1"),
    ]
    # as long as the share itself, so that a bar of all the line is all of the list
    assert [row.width for row in reasons] == [75.0, 22.5, 2.5]
    assert reason_rows(county(), NOBODY, EN) == ()


def test_decisions_that_depart() -> None:
    made = {("not_now", True): 15, ("not_now", False): 5, ("monitor", False): 19, ("wrong_data", False): 4}
    rows = departing_rows(made, EN)
    assert [(row.label, row.count, row.departing, row.share, row.range) for row in rows] == [
        ("Monitor", "19", "0", "too few", ""),
        ("Needs a visit", "0", "0", "too few", ""),
        ("Not now", "20", "15", "75%", "53 to 89%"),
        ("All decisions", "39", "15", "38%", "25 to 54%"),
    ]
    assert departing_rows({("monitor", None): 3, ("wrong_data", False): 30}, EN) == ()
    assert departing_rows({}, EN) == ()


def test_areas_compared() -> None:
    view = below_view(TREE, counts(), EN)
    assert [(row.code, row.households, row.rate, row.range) for row in view.rows] == [
        ("b", "100", "5.0", "1.1 to 8.9"),
        ("a", "400", "2.5", "1.0 to 4.0"),
        ("ab", "29", "too few", ""),
        ("d", "0", "too few", ""),
    ]
    # everyone below an area counts there, and no neighbour whose code begins alike
    assert [(row.listed, row.share, row.decided) for row in view.rows] == [
        ("1", "1.0%", "0"),
        ("39", "9.8%", "15"),
        ("0", "0.0%", "0"),
        ("0", "0.0%", "0"),
    ]
    assert (view.scale, view.left_out) == ("9", 0)
    assert [(row.seen, row.expected) for row in view.rows] == [("0", "5"), ("4", "10"), ("0", ""), ("0", "")]
    assert {row.seen for row in below_view(TREE, counts(fallen=None), EN).rows} == {""}
    assert [row.enough for row in view.rows] == [True, True, False, False]
    for row in view.rows:
        assert 0 <= row.low <= row.point <= row.high <= 100


def test_areas_two_levels_below() -> None:
    near, far = below_view(TREE, counts(), EN), below_view(TREE, counts(), EN, 2)
    assert (near.deeper, near.other, far.deeper, far.other) == (False, 2, True, 1)
    assert {row.wider for row in near.rows} == {""}
    assert [(row.label, row.wider, row.households, row.listed, row.seen) for row in far.rows] == [
        ("X", "A", "50", "9", "1"),
        ("y", "B", "0", "0", "0"),
    ]
    flat = replace(TREE, deeper=())
    assert below_view(flat, counts(), EN, 2) == replace(near, other=0), "too many, or none, are not offered"


def test_of_very_many_areas_the_highest_are_shown() -> None:
    many = tuple(Named(f"v{place}", f"/c/v{place}/", {}) for place in range(MOST_ROWS + 5))
    risks = {f"v{place}": Risk(100, float(place % 90), 1.0) for place in range(len(many))}
    view = below_view(AreaTree(TREE.own, (), many), replace(counts(), below=risks), EN)
    assert (len(view.rows), view.left_out, view.rows[0].label) == (MOST_ROWS, 5, "v89")
    assert view.scale == "100"


def test_growth_beside_the_references() -> None:
    view = growth_view(county(), GROWTH, EN)
    assert view is not None
    assert [(row.year, row.mean, row.median) for row in view.rows] == [
        ("2025", "too few", "too few"),
        ("2024", "5.1%", "4.0%"),
        ("2023", "6.0%", "7.0%"),
    ]
    assert [(one.growth, one.verdict, one.sign) for one in view.rows[1].against] == [
        ("5.0%", "exceeded", "above"),
        ("4.6%", "exceeded", "above"),
        ("6.6%", "not exceeded", "below"),
    ]
    assert {one.verdict for one in view.rows[0].against} == {"no figure"}
    assert view.references[0] == "Gross domestic product (real)" and view.references[1].endswith("income (nominal)")
    assert view.note == "Gross domestic product: real growth; incomes: nominal growth. For orientation only."
    assert view.summary == "In 2024 incomes grew by 5.1%, and exceeded 2 of 3 references."
    assert growth_view(county(), (), EN).summary == ""  # type: ignore[union-attr]
    few = growth_view(county(), (YearGrowth(2024, 3, None, None),), EN)
    assert few is not None and few.summary == "" and {one.verdict for one in few.rows[0].against} == {""}


def test_references_and_sources_are_in_the_reader_s_language() -> None:
    view = growth_view(county(), GROWTH, language("zh"))
    assert view is not None and view.note == "国内生产总值为不变价增速，收入为名义增速，仅供参考。"
    assert [one.startswith("国家统计局") for one in view.sources] == [True]


def test_a_programme_that_holds_incomes_against_nothing() -> None:
    reviewing = county().file.reviewing.model_copy(update={"income_growth": None})
    programme = replace(county(), file=county().file.model_copy(update={"reviewing": reviewing}))
    assert growth_view(programme, GROWTH, EN) is None


@pytest.mark.parametrize("code", LOCALES)
def test_the_whole_page(code: str) -> None:
    told = language(code)
    view = area_view(county(), TREE, counts(decisions={("monitor", None): 2, ("wrong_data", None): 9}), told)
    assert (view.label, view.code, view.listed, view.without_score) == (told.label(TREE.own.names), "c", "40", "2")
    # where the programme is at home, it is ten in the morning
    assert view.counted_at.endswith("10:00")
    whole = area_view(county(), replace(TREE, own=WHOLE), counts(), told)
    assert whole.code is None and whole.label == told.gettext("All areas")
