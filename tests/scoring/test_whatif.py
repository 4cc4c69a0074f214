"""What the model would say with other figures: only what may be tried out, within what was seen, and by the dictionary's directions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import AS_OF
from riskmodel.errors import ValuesInvalid
from riskmodel.programme.dictionary import Kind
from riskmodel.scoring.inputs import Inputs, read_inputs
from riskmodel.scoring.reference import QUANTILES, summarise
from riskmodel.scoring.scorer import Scorer
from riskmodel.scoring.whatif import Trial, trials, with_values


@pytest.fixture(scope="module")
def inputs(scorer: Scorer, tiny_snapshot: pd.DataFrame) -> Inputs:
    return read_inputs(scorer.schema, tiny_snapshot, AS_OF)[0]


@pytest.fixture(scope="module")
def offered(scorer: Scorer, inputs: Inputs) -> dict[str, Trial]:
    return {trial.feature.name: trial for trial in trials(scorer, one(inputs, 0))}


def one(inputs: Inputs, row: int) -> Inputs:
    place = row % len(inputs.as_of)
    own = inputs.where(slice(place, place + 1))
    return dataclasses.replace(own, matrix=own.matrix.copy())


def test_what_the_programme_names_is_offered_in_its_order(scorer: Scorer, offered: dict[str, Trial]) -> None:
    assert tuple(offered) == scorer.programme.file.reviewing.try_out
    assert {trial.place for trial in offered.values()} == {scorer.schema.names.index(name) for name in offered}


def with_seen(scorer: Scorer, feature: str, seen: tuple[float, ...]) -> Scorer:
    """Return a scorer whose reference cohort had other values of a feature."""
    reference, place = scorer.reference, scorer.schema.names.index(feature)
    quantiles = (*reference.quantiles[:place], seen, *reference.quantiles[place + 1 :])
    return altered(scorer, reference=dataclasses.replace(reference, quantiles=quantiles))


def with_limit(scorer: Scorer, feature: str, limiting: str) -> Scorer:
    """Return a scorer whose programme lets nobody try more of a feature than a household has of another one."""
    programme = scorer.programme
    reviewing = programme.file.reviewing.model_copy(update={"try_out_at_most": {feature: limiting}})
    file = programme.file.model_copy(update={"reviewing": reviewing})
    return altered(scorer, programme=dataclasses.replace(programme, file=file))


def altered(scorer: Scorer, **parts: object) -> Scorer:
    other = object.__new__(Scorer)
    other.__dict__ |= {**scorer.__dict__, **parts}
    return other


def test_what_never_varied_is_not_offered(scorer: Scorer, inputs: Inputs) -> None:
    for seen in ((), (1.0,) * len(QUANTILES)):
        found = trials(with_seen(scorer, "land", seen), one(inputs, 0))
        assert "land" not in {trial.feature.name for trial in found}


def test_ends_are_as_people_write_them_and_never_beyond_what_is_usual(
    scorer: Scorer, offered: dict[str, Trial]
) -> None:
    for trial in offered.values():
        seen = scorer.reference.quantiles[trial.place]
        usual = (seen[1], seen[-2]) if trial.feature.name == "income_to_line" else (seen[0], seen[-1])
        assert usual[0] <= trial.low < trial.high <= usual[1]
        assert trial.low == round(trial.low, 2) and trial.high == round(trial.high, 2)
        assert not trial.rule_broken(trial.low) and not trial.rule_broken(trial.high)


def test_extremes_of_a_few_households_can_not_be_tried(scorer: Scorer, inputs: Inputs) -> None:
    """One household in a thousand with twenty persons makes twenty no figure to try."""
    matrix = np.repeat(inputs.matrix[:1], 1000, axis=0)
    place = scorer.schema.names.index("persons")
    matrix[:, place] = np.arange(1000) % 6 + 1
    matrix[0, place] = 20
    reference = summarise(scorer.schema, matrix, np.zeros(1000), "2021-01-01")
    found = trials(altered(scorer, reference=reference), one(inputs, 0))
    persons = next(trial for trial in found if trial.feature.name == "persons")
    assert (persons.low, persons.high) == (1.0, 6.0)
    assert reference.quantiles[place][-1] == 20.0


def test_what_few_have_can_be_tried_where_all_others_have_the_same(scorer: Scorer, inputs: Inputs) -> None:
    rare = (0.0,) * (len(QUANTILES) - 1) + (2.0,)
    found = trials(with_seen(scorer, "illness_count_12m", rare), one(inputs, 0))
    assert next(trial for trial in found if trial.feature.name == "illness_count_12m").top == 2.0


def test_no_more_than_the_household_has(scorer: Scorer, inputs: Inputs) -> None:
    """As no more people work in a household than can: whatever is usual elsewhere."""
    limited = with_limit(scorer, "income_to_line", "persons")

    def household(persons: float) -> Inputs:
        own = one(inputs, 0)
        own.matrix[0, scorer.schema.names.index("persons")] = persons
        return own

    def top(persons: float) -> float | None:
        found = {trial.feature.name: trial.top for trial in trials(limited, household(persons))}
        return found.get("income_to_line")

    usual = top(100.0)
    assert usual is not None and usual > 2.0
    assert top(2.0) == 2.0
    # not known, so no limit; and where there is none at all, nothing is to be tried
    assert top(np.nan) == usual
    assert top(0.0) is None
    assert with_values(limited, household(2.0), {"income_to_line": 2.0}) is not None
    with pytest.raises(ValuesInvalid) as refused:
        with_values(limited, household(2.0), {"income_to_line": 2.01})
    assert [(fault.where, fault.rule) for fault in refused.value.faults] == [("income_to_line", "limit")]


@pytest.mark.parametrize(
    ("feature", "value", "rule"),
    [
        ("income_to_line", -1e9, "range"),
        ("income_to_line", float("nan"), "finite"),
        ("income_to_line", float("inf"), "finite"),
        ("persons", 2.5, "integer"),
        ("persons", 1000.0, "range"),
        ("illness_count_12m", 0.5, "integer"),
        ("land", 0.5, "boolean"),
        ("land", 2.0, "boolean"),
        ("poor_before_count", 1.0, "unknown_feature"),
        ("nonsense", 1.0, "unknown_feature"),
    ],
)
def test_all_else_is_refused(scorer: Scorer, inputs: Inputs, feature: str, value: float, rule: str) -> None:
    with pytest.raises(ValuesInvalid) as refused:
        with_values(scorer, one(inputs, 0), {feature: value})
    assert [(fault.where, fault.rule) for fault in refused.value.faults] == [(feature, rule)]


def test_only_the_figures_that_were_named_change(scorer: Scorer, inputs: Inputs) -> None:
    own = one(inputs, 3)
    before = own.matrix.copy()
    other = with_values(scorer, own, {"persons": 2.0, "land": -0.0})
    changed = {scorer.schema.names.index(name) for name in ("persons", "land")}
    kept = [place for place in range(own.matrix.shape[1]) if place not in changed]
    np.testing.assert_array_equal(other.matrix[:, kept], before[:, kept])
    assert other.matrix[0, scorer.schema.names.index("persons")] == 2.0
    assert not np.signbit(other.matrix[0, scorer.schema.names.index("land")])
    np.testing.assert_array_equal(own.matrix, before)


def test_a_households_own_figures_change_nothing(scorer: Scorer, inputs: Inputs, offered: dict[str, Trial]) -> None:
    for row in range(20):
        own = one(inputs, row)
        told = {name: float(own.matrix[0, trial.place]) for name, trial in offered.items()}
        sound = {name: value for name, value in told.items() if not offered[name].rule_broken(value)}
        assert scorer.score_rows(with_values(scorer, own, sound)) == scorer.score_rows(own)


@given(row=st.integers(0, 10_000), shares=st.tuples(st.floats(0, 1), st.floats(0, 1)), data=st.data())
def test_the_dictionarys_direction_holds(
    scorer: Scorer,
    inputs: Inputs,
    offered: dict[str, Trial],
    row: int,
    shares: tuple[float, float],
    data: st.DataObject,
) -> None:
    """More of what is more risk never lowers the probability, and more of what is less risk never raises it."""
    held = [trial for trial in offered.values() if scorer.schema.monotone[trial.place]]
    trial = data.draw(st.sampled_from(held))
    low, high = sorted(_within(trial, share) for share in shares)
    own = one(inputs, row)
    less, more = (
        scorer.figures(with_values(scorer, own, {trial.feature.name: value})).probability[0] for value in (low, high)
    )
    rises = scorer.schema.monotone[trial.place] > 0
    assert (less <= more).all() if rises else (less >= more).all()


def _within(trial: Trial, share: float) -> float:
    value = trial.low + share * (trial.high - trial.low)
    whole = trial.rule_broken(trial.low + 0.5) in ("integer", "boolean")
    return float(round(value)) if whole else min(max(value, trial.low), trial.high)


def test_constrained_features_of_both_directions_can_be_tried(scorer: Scorer, offered: dict[str, Trial]) -> None:
    assert {scorer.schema.monotone[trial.place] for trial in offered.values()} >= {1, -1}
    assert {trial.feature.column.kind for trial in offered.values()} == {Kind.BOOLEAN, Kind.INTEGER, Kind.NUMBER}
