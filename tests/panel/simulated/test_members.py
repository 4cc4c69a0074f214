"""Members and their sums."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.panel.simulated.members import Members, compose, draw_members, labour_ability

SIZES = np.array([1, 2, 3, 4, 5, 7] * 300)


@pytest.fixture(scope="module")
def members() -> Members:
    return draw_members(SIZES, np.arange(len(SIZES)) % 3 == 0, np.random.default_rng(0))


def test_every_household_has_its_members_and_one_head(members: Members) -> None:
    assert (np.bincount(members.household) == SIZES).all()
    assert (members.order == 0).sum() == len(SIZES)


def test_heads_are_adults(members: Members) -> None:
    assert members.age[members.order == 0].min() >= 18


def test_counts_stay_within_the_household(members: Members) -> None:
    people = compose(members, len(SIZES), years_on=2)
    for name in ("n_children", "n_elderly", "n_labour", "n_chronic", "n_disabled", "n_students", "n_uninsured"):
        assert (getattr(people, name) <= SIZES).all(), name
    assert (people.n_skilled <= people.n_labour).all()
    assert (people.n_severe <= people.n_disabled).all()


def test_people_grow_older(members: Members) -> None:
    now, later = compose(members, len(SIZES), 0), compose(members, len(SIZES), 6)
    assert (later.head_age == now.head_age + 6).all()
    assert (later.n_elderly >= now.n_elderly).all()
    assert (later.n_children <= now.n_children).all()


def test_children_and_severely_disabled_people_do_not_work(members: Members) -> None:
    ability = labour_ability(members, 0)
    assert (ability[members.age < 16] == 4).all()
    assert (ability[members.severe & (members.age >= 23)] >= 3).all()


def test_the_former_poor_are_ill_more_often(members: Members) -> None:
    ex_poor = (members.household % 3) == 0
    assert (members.health[ex_poor] > 0).mean() > (members.health[~ex_poor] > 0).mean()
