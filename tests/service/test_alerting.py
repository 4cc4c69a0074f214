"""What is told of a household: rules that begin to fire, what people report, and a risk that rose; each trouble once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from conftest import TODAY
from riskmodel.programme.dictionary import How
from riskmodel.programme.measures import Condition, Rule, Threshold
from riskmodel.scoring.inputs import read_inputs
from riskmodel.scoring.rules import Rules
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Origin
from riskmodel.service.alerting import MOST_MOVED, Case, Draft, Standing, Struck, drafts
from riskmodel.service.features import UNKNOWN, packed
from riskmodel.service.store.households import Subject

Matrix = npt.NDArray[np.float64]
AS_OF = dt.date(2021, 6, 2)
HOME = Subject(1, "h0", "p0", "n1", "/n/n1/")
SCREENING, MODEL, SELF, CHECK = (
    Origin.DEPARTMENT_SCREENING, Origin.MODEL, Origin.SELF_REPORT, Origin.OFFICIAL_CHECK,
)  # fmt: skip
STEP = 0.05


@pytest.fixture(scope="module")
def matrix(scorer: Scorer, tiny_snapshot: pd.DataFrame) -> Matrix:
    """Return tinyland's features as they are kept."""
    inputs, bad = read_inputs(scorer.schema, tiny_snapshot, TODAY)
    assert not bad
    return packed(inputs, len(scorer.schema.features))


@pytest.fixture(scope="module")
def rules(scorer: Scorer) -> Rules:
    return rules_of(scorer, scorer.programme.file.rules)


def rules_of(scorer: Scorer, some: Sequence[Rule]) -> Rules:
    return Rules(some, scorer.schema.names, scorer.schema.groups)


def place(scorer: Scorer, feature: str) -> int:
    return scorer.names.features.index(feature)


def household(scorer: Scorer, matrix: Matrix, **values: float) -> Matrix:
    """Return a household far above the line and never ill, with some features set."""
    found = matrix[0].copy()
    for name, value in ({"income_to_line": 3.0, "illness_count_12m": 0.0} | values).items():
        found[place(scorer, name)] = value
    return found


def said(probability: float = 0.1, band: str = "low") -> Standing:
    return Standing(probability, band)


def score(probability: float = 0.1, band: str = "low", reasons: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"probability": probability, "band": band, "reasons": list(reasons)}


def told(found: Sequence[Draft]) -> dict[str, tuple[list[Origin], list[str]]]:
    return {draft.group: (draft.in_order, draft.rules) for draft in found}


class TestRules:
    def test_one_that_begins_to_fire(self, scorer: Scorer, matrix: Matrix, rules: Rules) -> None:
        before, after = household(scorer, matrix), household(scorer, matrix, illness_count_12m=1)
        case = Case(HOME, [Struck(7, "health", SCREENING)], before, after, said(), score())
        [draft] = drafts([case], rules, scorer, AS_OF)
        assert (draft.group, draft.in_order, draft.rules, draft.events) == ("health", [SCREENING], ["ill"], [7])

    def test_one_that_fired_before_is_no_news(self, scorer: Scorer, matrix: Matrix, rules: Rules) -> None:
        before, after = (household(scorer, matrix, illness_count_12m=count) for count in (1, 2))
        assert drafts([Case(HOME, [], before, after, said(), score())], rules, scorer, AS_OF) == []

    def test_one_that_fires_still_is_news_to_whom_it_looks_for_strikes_again(
        self, scorer: Scorer, matrix: Matrix, rules: Rules
    ) -> None:
        """Else a second illness would be told of only once the first one is forgotten."""
        before, after = (household(scorer, matrix, illness_count_12m=count) for count in (1, 2))
        again, other = (Struck(7, "health", SCREENING, kind) for kind in ("illness", "listed"))
        cases = [Case(HOME, [one], before, after, said(), score()) for one in (other, again)]
        [draft] = drafts(cases, rules, scorer, AS_OF)
        assert (draft.case, draft.in_order, draft.rules, draft.events) == (cases[1], [SCREENING], ["ill"], [7])
        healed = Case(HOME, [again], before, household(scorer, matrix, illness_count_12m=0), said(), score())
        assert drafts([healed], rules, scorer, AS_OF) == []

    def test_a_rate_of_the_area_is_not_the_household_s_own(self, scorer: Scorer, matrix: Matrix) -> None:
        [rate] = [one.name for one in scorer.programme.features if one.how is How.AREA_RATE][:1]
        rule = Rule(code="around", label={"en": "x"}, when=(Condition(feature=rate, at_least=0.0),))
        same = household(scorer, matrix, **{rate: 0.5})
        struck = Struck(7, "health", SCREENING, "illness")
        assert (
            drafts([Case(HOME, [struck], same, same, said(), score())], rules_of(scorer, [rule]), scorer, AS_OF) == []
        )

    def test_one_that_fires_no_more_is_none(self, scorer: Scorer, matrix: Matrix, rules: Rules) -> None:
        before, after = (household(scorer, matrix, illness_count_12m=count) for count in (1, 0))
        assert drafts([Case(HOME, [], before, after, said(), score())], rules, scorer, AS_OF) == []

    def test_of_whom_nothing_was_known_all_that_fires_is_news(
        self, scorer: Scorer, matrix: Matrix, rules: Rules
    ) -> None:
        after = household(scorer, matrix, illness_count_12m=1, income_to_line=1.2)
        found = drafts([Case(HOME, [], None, after, None, score())], rules, scorer, AS_OF)
        assert told(found) == {"income": ([SCREENING], ["near_line"]), "health": ([SCREENING], ["ill"])}
        assert all(draft.moved == [] for draft in found)

    def test_whoever_is_not_at_risk_is_not_screened(self, scorer: Scorer, matrix: Matrix, rules: Rules) -> None:
        before = household(scorer, matrix)
        other = Case(HOME, [], None, household(scorer, matrix, illness_count_12m=1), None, score())
        found = drafts([Case(HOME, [], before, None, said(), None), other], rules, scorer, AS_OF)
        assert [draft.case for draft in found] == [other]

    def test_two_of_a_group_are_one_alert(self, scorer: Scorer, matrix: Matrix) -> None:
        label = {"en": "x"}
        both = [
            Rule(code=f"r{count}", label=label, when=(Condition(feature="illness_count_12m", at_least=count),))
            for count in (1, 2, 3)
        ]
        case = Case(
            HOME, [], household(scorer, matrix), household(scorer, matrix, illness_count_12m=2), said(), score()
        )
        assert told(drafts([case], rules_of(scorer, both), scorer, AS_OF)) == {"health": ([SCREENING], ["r1", "r2"])}

    def test_thresholds_of_the_place_and_the_day(self, scorer: Scorer, matrix: Matrix) -> None:
        by = (Threshold(area="n", **{"from": AS_OF}, at_most=2.0),)
        rule = Rule(code="near", label={"en": "x"}, when=(Condition(feature="income_to_line", at_most=1.0, by=by),))
        before, after = household(scorer, matrix), household(scorer, matrix, income_to_line=1.9)
        cases = [
            Case(HOME, [], before, after, said(), score()),
            Case(replace(HOME, household=2, area_path="/s/s1/"), [], before, after, said(), score()),
        ]
        found = rules_of(scorer, [rule])
        assert [draft.case for draft in drafts(cases, found, scorer, AS_OF)] == cases[:1]
        assert drafts(cases, found, scorer, AS_OF - dt.timedelta(days=1)) == []

    def test_an_unknown_category_passes_no_bound(self, scorer: Scorer, matrix: Matrix) -> None:
        rule = Rule(code="home", label={"en": "x"}, when=(Condition(feature="home_kind", at_least=0),))
        before = household(scorer, matrix, home_kind=np.nan)
        case = Case(HOME, [], before, household(scorer, matrix, home_kind=UNKNOWN), said(), score())
        assert drafts([case], rules_of(scorer, [rule]), scorer, AS_OF) == []

    def test_a_programme_without_rules(self, scorer: Scorer, matrix: Matrix) -> None:
        case = Case(HOME, [], None, matrix[0], None, score())
        assert drafts([case], rules_of(scorer, []), scorer, AS_OF) == []


class TestReports:
    @pytest.mark.parametrize(("origin", "is_told"), [(SELF, True), (CHECK, True), (SCREENING, False), (None, False)])
    def test_people_are_listened_to_whatever_rules_and_model_say(
        self, scorer: Scorer, matrix: Matrix, rules: Rules, origin: Origin | None, is_told: bool
    ) -> None:
        same = household(scorer, matrix)
        case = Case(HOME, [Struck(7, "income", origin)], same, same, said(), score())
        found = drafts([case], rules, scorer, AS_OF)
        assert told(found) == ({"income": ([origin], [])} if is_told else {})

    def test_also_of_a_household_that_is_not_at_risk(self, scorer: Scorer, rules: Rules) -> None:
        [draft] = drafts([Case(HOME, [Struck(7, "health", SELF)], None, None, None, None)], rules, scorer, AS_OF)
        assert (draft.group, draft.in_order, draft.events, draft.moved) == ("health", [SELF], [7], [])

    def test_what_several_notice_at_once_is_one_alert(self, scorer: Scorer, matrix: Matrix, rules: Rules) -> None:
        before, after = household(scorer, matrix), household(scorer, matrix, illness_count_12m=1)
        struck = [
            Struck(7, "health", CHECK),
            Struck(8, "health", SELF),
            Struck(9, "health", SCREENING),
            Struck(10, "income", None),
        ]
        found = drafts([Case(HOME, struck, before, after, said(), score())], rules, scorer, AS_OF)
        assert told(found) == {"health": ([SELF, CHECK, SCREENING], ["ill"])}
        assert found[0].events == [7, 8, 9]

    def test_each_group_is_an_alert_of_its_own(self, scorer: Scorer, matrix: Matrix, rules: Rules) -> None:
        same = household(scorer, matrix)
        struck = [Struck(7, "health", SELF), Struck(8, "income", CHECK)]
        found = drafts([Case(HOME, struck, same, same, said(), score())], rules, scorer, AS_OF)
        assert told(found) == {"health": ([SELF], []), "income": ([CHECK], [])}

    def test_an_alert_of_a_group_that_no_event_is_of_names_all(
        self, scorer: Scorer, matrix: Matrix, rules: Rules
    ) -> None:
        before, after = household(scorer, matrix), household(scorer, matrix, income_to_line=1.1)
        struck = [Struck(7, "health", SCREENING), Struck(8, "household", SCREENING)]
        [draft] = drafts([Case(HOME, struck, before, after, said(), score())], rules, scorer, AS_OF)
        assert (draft.group, draft.events) == ("income", [7, 8])


class TestModel:
    @pytest.mark.parametrize(
        ("before", "after", "rose"),
        [
            (said(0.1), score(0.1 + STEP), True),
            # what is written as 0.05 may miss it by the last bit
            (said(0.3), score(0.35), True),
            (said(0.1), score(0.1 + STEP - 1e-6), False),
            (said(0.1, "low"), score(0.1, "watch"), True),
            (said(0.1, "watch"), score(0.1, "high"), True),
            (said(0.1, "high"), score(0.1, "watch"), False),
            (said(0.5, "high"), score(0.1, "low"), False),
            (said(0.1, "a band of another model"), score(0.1, "low"), False),
            (None, score(0.9, "high"), False),
            (said(0.1), None, False),
        ],
    )
    def test_a_step_or_a_band_up(
        self,
        scorer: Scorer,
        matrix: Matrix,
        rules: Rules,
        before: Standing | None,
        after: dict[str, Any] | None,
        rose: bool,
    ) -> None:
        first, second = (household(scorer, matrix, months_since_illness=months) for months in (40, 1))
        case = Case(HOME, [], first, second if after else None, before, after)
        assert any(MODEL in draft.origins for draft in drafts([case], rules, scorer, AS_OF)) is rose
        assert scorer.programme.file.change_step == STEP

    def test_the_group_is_the_one_that_raised_it_most(self, scorer: Scorer, matrix: Matrix, rules: Rules) -> None:
        groups = dict(zip(scorer.names.features, scorer.names.feature_groups, strict=True))
        # whoever of tinyland differs most from the first one
        for row in matrix[1:]:
            case = Case(HOME, [], matrix[0], row, said(0.0), score(0.9))
            change = difference(scorer, matrix[0], row)
            sums = dict.fromkeys(set(groups.values()), 0.0)
            for feature, by in zip(scorer.names.features, change, strict=True):
                sums[groups[feature]] += by
            raised = [draft for draft in drafts([case], rules, scorer, AS_OF) if MODEL in draft.origins]
            if max(sums.values()) > 1e-9:
                assert [draft.group for draft in raised] == [max(sums, key=lambda name: sums[name])]

    def test_the_strongest_reason_names_it_where_nothing_was_known(
        self, scorer: Scorer, matrix: Matrix, rules: Rules
    ) -> None:
        reasons = [
            {"group": "area", "log_odds": -0.9},
            {"group": "household", "log_odds": 0.4},
            {"group": "income", "log_odds": 0.2},
        ]
        after = household(scorer, matrix)
        case = Case(HOME, [], None, after, said(0.0), score(0.9, "high", reasons))
        assert told(drafts([case], rules, scorer, AS_OF)) == {"household": ([MODEL], [])}

    def test_it_joins_those_who_noticed_the_same(self, scorer: Scorer, matrix: Matrix, rules: Rules) -> None:
        reasons = [{"group": "health", "log_odds": 0.4}]
        after = household(scorer, matrix, illness_count_12m=1)
        case = Case(HOME, [Struck(7, "health", SELF)], None, after, said(0.0), score(0.9, "high", reasons))
        assert told(drafts([case], rules, scorer, AS_OF)) == {"health": ([SELF, SCREENING, MODEL], ["ill"])}


def contributions(scorer: Scorer, features: Matrix) -> Matrix:
    """Return each feature's part of the log-odds, a row a household."""
    matrix = np.full((len(features), len(scorer.schema.names)), np.nan)
    matrix[:, : features.shape[1]] = np.where(features == UNKNOWN, np.nan, features)
    return scorer.contributions(matrix)[:, : features.shape[1]]


def difference(scorer: Scorer, before: Matrix, after: Matrix) -> Matrix:
    """Return by how much each feature's contribution moved."""
    first, second = contributions(scorer, np.stack([before, after]))
    moved: Matrix = second - first
    return moved


class TestMoved:
    def test_is_the_difference_of_the_contributions_to_the_bit(
        self, scorer: Scorer, matrix: Matrix, rules: Rules
    ) -> None:
        every = matrix[:60].copy()
        every[7, place(scorer, "home_kind")] = UNKNOWN
        cases = [
            Case(HOME, [Struck(1, "health", SELF)], before, after, None, None) for before, after in pairwise(every)
        ]
        found = drafts(cases, rules, scorer, AS_OF)
        own = [draft for draft in found if draft.group == "health"]
        assert len(own) == len(cases)
        # asked for all at once, as they are there: rows asked one by one may differ by the last bit
        parts = [contributions(scorer, some) for some in (every[:-1], every[1:])]
        for draft, before, after, change in zip(own, every[:-1], every[1:], parts[1] - parts[0], strict=True):
            names = scorer.names.features
            order = sorted(np.flatnonzero(change), key=lambda column: (-abs(change[column]), column))[:MOST_MOVED]
            assert [one[0] for one in draft.moved] == [names[column] for column in order]
            assert [one[2] - one[1] for one in draft.moved] == [change[column] for column in order]
            for (_, _, _, first, second), column in zip(draft.moved, order, strict=True):
                for value, true in ((first, before[column]), (second, after[column])):
                    assert value == (true if np.isfinite(true) else None)

    def test_nothing_moved(self, scorer: Scorer, matrix: Matrix, rules: Rules) -> None:
        [draft] = drafts(
            [Case(HOME, [Struck(1, "health", SELF)], matrix[0], matrix[0], None, None)], rules, scorer, AS_OF
        )
        assert draft.moved == []


def test_nobody(scorer: Scorer, rules: Rules) -> None:
    assert drafts([], rules, scorer, AS_OF) == []
