"""The checklist reads what was recorded by each date, for households at risk or not, exactly as the features do."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np
import pytest

from conftest import AS_OF, NOW, Tiny
from helpers.stores import closing_store
from riskmodel.features.snapshot import build_snapshot
from riskmodel.programme.dictionary import How
from riskmodel.service.cases.checklist import Shown
from riskmodel.service.ending_records import months_back, read_records, records_on
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import find


@pytest.fixture
def store(store_copy: str) -> Iterator[Store]:
    with closing_store(store_copy) as store:
        yield store


def test_months_back() -> None:
    assert months_back(dt.date(2021, 3, 31), 2) == [dt.date(2021, 3, 31), dt.date(2021, 2, 28), dt.date(2021, 1, 31)]


def test_the_values_are_those_of_the_snapshot(store: Store, tiny: Tiny) -> None:
    whole = build_snapshot(tiny.programme, tiny.line, AS_OF).set_index("household_id")
    since = {one.name for one in tiny.programme.features if one.how is How.MONTHS_SINCE}
    with store.reading() as connection:
        for one in whole.index[:20]:
            found = records_on(connection, tiny.programme, find(connection, [one])[one], [AS_OF])[AS_OF]
            assert found is not None
            # what looks at the neighbours is not told
            assert math.isnan(found.pop("village_illness"))
            # what never happened is as long ago as can be
            never = {name for name, value in found.items() if math.isinf(value)}
            assert never <= since and all(math.isnan(whole.loc[one, name]) for name in never)
            known = {name: value for name, value in found.items() if name not in never}
            assert known == pytest.approx({name: whole.loc[one, name] for name in known}, nan_ok=True)
            assert not any(math.isnan(found[name]) for name in since)


def test_before_anything_was_recorded_nothing_is_known(store: Store, tiny: Tiny) -> None:
    early = dt.date(2013, 1, 1)
    with store.reading() as connection:
        [subject] = find(connection, ["000000000000000001"]).values()
        assert records_on(connection, tiny.programme, subject, [early]) == {early: None}
        records = read_records(connection, tiny.programme, subject, early)
    assert records.without_labour is None
    assert [*records.checklist()] == ["able_to_work", "income", "health", "gone"]
    ending = tiny.programme.file.reviewing.ending
    assert ending is not None
    assert [records.shown(check) for check in ending.checks] == [Shown.UNKNOWN, Shown.UNKNOWN, Shown.PEOPLE]


def test_a_household_that_is_poor_has_records_too(store: Store, tiny: Tiny) -> None:
    """Whoever is below the line is in no cohort; that is just when the records must speak against an end."""
    everyone = build_snapshot(tiny.programme, tiny.line, AS_OF, np.arange(tiny.line.size)).set_index("household_id")
    poor = everyone.index[everyone["income_to_line"] < 1]
    ending = tiny.programme.file.reviewing.ending
    assert ending is not None and len(poor) > 10
    with store.reading() as connection:
        for one in poor[:10]:
            records = read_records(connection, tiny.programme, find(connection, [one])[one], NOW.date())
            assert records.shown(ending.checks[0]) is Shown.NO
