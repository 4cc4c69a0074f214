"""Households: who lives where is told anew by each file, codes that no database holds are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from conftest import DATA
from helpers.loading import load_folder, stand, write_folder
from helpers.tinyland import Words, altered, households, observations
from riskmodel.errors import ValuesInvalid
from riskmodel.programme.loading import load_programme
from riskmodel.service.store import keys
from riskmodel.service.store.engine import Store
from riskmodel.service.store.loads import Counts
from riskmodel.service.store.tables import areas, household_audit, standings
from riskmodel.service.store.tables import households as stored

DAY = "2019-12-31"
SEEN = observations(("1", DAY, DAY, 100, 1, None))
TINY = load_programme(DATA / "tiny" / "tiny.yaml")


def test_facts_protected_columns_and_pseudonyms_stand_apart(store: Store, tmp_path: Path) -> None:
    people = households(("1", "n1"), ("2", "s1"), female=["1", None], home=["mud", None])
    load_folder(store, TINY, write_folder(tmp_path / "data", {"households": people, "observations": SEEN}))
    with store.reading() as connection:
        rows = {row.household_id: row for row in connection.execute(select(stored))}
        audit = dict(connection.execute(select(household_audit.c.household, household_audit.c.facts)).all())
    assert rows["1"].facts == {"home": "mud", "settled_on": "2010-05-01"}
    assert rows["2"].facts["home"] is None
    assert audit == {rows["1"].household: {"head_female": 1}, rows["2"].household: {"head_female": None}}
    with store.writing() as connection:
        key = keys.pseudonym_key(store, connection)
    assert {row.pseudonym for row in rows.values()} == {keys.pseudonym(key, one) for one in ("1", "2")}


def test_a_household_keeps_its_number_and_pseudonym_when_it_changes(store: Store, tmp_path: Path) -> None:
    found = []
    for home in ("mud", "brick"):
        people = households(("1", "n1"), ("2", "n1"), home=[home, "tent"])
        folder = write_folder(tmp_path / home, {"households": people, "observations": SEEN})
        result = load_folder(store, TINY, folder)
        with store.reading() as connection:
            found.append({row.household_id: row for row in connection.execute(select(stored))})
    assert result.tables[0].counts == Counts(accepted=1, known=1)
    for one in ("1", "2"):
        assert found[0][one][:3] == found[1][one][:3]
    assert found[1]["1"].facts["home"] == "brick"


def test_the_list_follows_a_household_that_moves(store: Store, tmp_path: Path) -> None:
    for area, path in (("n1", "/north/n1/"), ("s2", "/south/s2/")):
        people = households(("1", area), ("2", "n1"))
        load_folder(store, TINY, write_folder(tmp_path / area, {"households": people, "observations": SEEN}))
        with store.writing() as connection:
            numbers = dict(connection.execute(select(stored.c.household_id, stored.c.household)).all())
            if area == "n1":
                for number in numbers.values():
                    stand(connection, number, path)
            paths = dict(connection.execute(select(standings.c.household, standings.c.area_path)).all())
        assert paths == {numbers["1"]: path, numbers["2"]: "/north/n1/"}


@pytest.mark.parametrize("wrong", ["1" * 65, "甲" * 65])
def test_ids_that_are_too_long_are_refused(store: Store, tmp_path: Path, wrong: str) -> None:
    people = households(("1", "n1"), (wrong, "n1"), (wrong[1:], "n1"))
    rows = observations(("1", DAY, DAY, 1, 1, None), (wrong, DAY, DAY, 1, 1, None))
    result = load_folder(store, TINY, write_folder(tmp_path / "data", {"households": people, "observations": rows}))
    assert [table.counts for table in result.tables] == [Counts(2, 0, 1), Counts(1, 0, 1)]
    named = result.refused.named()
    assert named[["table", "row", "rule"]].to_numpy().tolist() == [
        ["households", 2, "too_long"],
        ["observations", 2, "too_long"],
    ]


def test_without_a_table_of_areas_those_that_households_name_are_all(store: Store, tmp_path: Path) -> None:
    def edit(words: Words) -> None:
        words["areas"] = {"levels": ["village"]}

    lines = "area_code,period,line\n" + "".join(f"{one},{year},100\n" for one in "ab" for year in range(2013, 2022))
    change = {"village_illness": {"of": "village"}}
    programme = load_programme(altered(tmp_path / "programme", edit, change=change, files={"lines.csv": lines}))
    folder = {"households": households(("1", "a"), ("2", "b")), "observations": SEEN}
    load_folder(store, programme, write_folder(tmp_path / "data", folder))
    with store.reading() as connection:
        found = sorted(connection.execute(select(areas.c.area_code, areas.c.path, areas.c.level)).all())
    assert found == [("a", "/a/", "village"), ("b", "/b/", "village")]
    stranger = write_folder(tmp_path / "more", {"households": households(("3", "c")), "observations": SEEN})
    with pytest.raises(ValuesInvalid, match="area c and all above it have no line"):
        load_folder(store, programme, stranger)
