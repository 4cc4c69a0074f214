"""Events: the same one told twice is one, two equal ones of a file are two."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from conftest import DATA
from helpers.loading import load_folder, whole_panel, write_folder
from helpers.tinyland import events, households, observations
from riskmodel.programme.loading import load_programme
from riskmodel.service.store.engine import Store
from riskmodel.service.store.event_rows import fingerprint
from riskmodel.service.store.loads import Counts
from riskmodel.service.store.tables import events as stored

DAY = "2019-12-31"
TINY = load_programme(DATA / "tiny" / "tiny.yaml")
ILL = ("1", "illness", DAY, DAY, 12.5)


def test_each_event_once_but_those_that_repeat_in_a_file(store: Store, tmp_path: Path) -> None:
    base = {
        "households": households(("1", "n1"), ("2", "n1")),
        "observations": observations(("1", DAY, DAY, 1, 1, None)),
    }
    other = ("2", "illness", DAY, DAY, None)
    files = [events(ILL, other, ILL), events(other, ILL), events(ILL, ILL, ILL, other, ("9", *ILL[1:]))]
    found = []
    for number, table in enumerate(files):
        result = load_folder(store, TINY, write_folder(tmp_path / str(number), {**base, "events": table}))
        found.append(result.tables[-1].counts)
    assert found == [Counts(3, 0, 0), Counts(0, 2, 0), Counts(1, 3, 1)]
    assert whole_panel(store, TINY).events["household_id"].tolist() == ["1", "1", "1", "2"]
    with store.reading() as connection:
        rows = connection.execute(select(stored).order_by(stored.c.event)).all()
    prints = {fingerprint("1", "illness", DAY, DAY, 12.5, None, earlier) for earlier in range(3)}
    prints.add(fingerprint("2", "illness", DAY, DAY, None, None))
    assert {row.fingerprint for row in rows} == prints
    assert {row.source for row in rows} == {"events.csv"}


def test_causes_come_back(store: Store, tmp_path: Path) -> None:
    table = events(ILL, ("1", "listed", DAY, DAY, None))
    table["cause"] = [None, "illness"]
    base = {"households": households(("1", "n1")), "observations": observations(("1", DAY, DAY, 1, 1, None))}
    load_folder(store, TINY, write_folder(tmp_path / "data", {**base, "events": table}))
    found = whole_panel(store, TINY).events
    assert found["cause"].fillna("-").tolist() == ["-", "illness"]


def test_a_fingerprint_tells_every_part() -> None:
    """Fixed for ever: what was loaded with it has to be known again."""
    base = ("1", "illness", DAY, DAY, 1.0, "x", 0)
    assert fingerprint(*base) == "831749564e542eac0d2c4d99468e2495"
    others = [("2", "flood", "2019-12-30", "2020-01-01", 1.5, "y", 1)[place] for place in range(7)]
    changed = {fingerprint(*base[:place], value, *base[place + 1 :]) for place, value in enumerate(others)}  # type: ignore[arg-type]
    assert len({*changed, fingerprint(*base)}) == 8
    assert fingerprint("12", "x", DAY, DAY, None, None) != fingerprint("1", "2x", DAY, DAY, None, None)
