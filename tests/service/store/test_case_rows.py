"""What waits for a decision waits since its first sign, and nobody notes anything between a look and a decision."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor, wait

from helpers.population import settle
from riskmodel.service.store.case_rows import cases_of, hold_case, note, note_signs
from riskmodel.service.store.engine import Store

AT = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def stands(store: Store, household: int) -> tuple[dt.datetime | None, str | None]:
    with store.reading() as connection:
        row = cases_of(connection, [household])[household]
    return row.waiting_since, row.origin


def test_the_first_sign_counts_among_those_of_a_moment_and_among_all(store: Store) -> None:
    first, second = settle(store, ["c1a", "c1b"])
    with store.writing() as connection:
        signs = [(first, "model", AT), (second, "model", AT), (first, "self_report", AT - DAY), (second, "other", AT)]
        note_signs(store, connection, signs)
        note_signs(store, connection, [(first, "official_check", AT + DAY)])
        note_signs(store, connection, [])
    assert stands(store, first) == (AT - DAY, "self_report")
    assert stands(store, second) == (AT, "model")


def test_holding_changes_nothing_and_lets_nobody_else_note(store: Store) -> None:
    new, known = settle(store, ["c1a", "c1b"])
    with store.writing() as connection:
        note(store, connection, known, assignee="li")

    def sign(household: int) -> None:
        with store.writing() as connection:
            note_signs(store, connection, [(household, "model", AT)])

    for household, assignee in ((new, None), (known, "li")):
        with ThreadPoolExecutor(1) as pool:
            with store.writing() as connection:
                hold_case(store, connection, household)
                noted = pool.submit(sign, household)
                assert not wait([noted], 0.2).done
                note(store, connection, household, waiting_since=None, outcome="monitor")
            noted.result(20)
        assert stands(store, household) == (AT, "model")
        with store.reading() as connection:
            row = cases_of(connection, [household])[household]
        assert (row.assignee, row.outcome) == (assignee, "monitor")
