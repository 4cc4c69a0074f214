"""People who exist nowhere: names, id numbers and telephone numbers that are looked for afterwards, where they must not be."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from conftest import make_tiny_tables
from helpers.tinyland import altered
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme

PEOPLE = 200
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
DIGITS = "10X98765432"
NAMES = re.compile("欧阳探[一-鿿]{2}")
ID_NUMBERS = re.compile(r"990101\d{11}[\dX]")
PHONES = re.compile(r"1990000\d{4}")
NEEDLES = (NAMES, ID_NUMBERS, PHONES)


def name_of(number: int) -> str:
    """Return a name that nobody has."""
    return f"欧阳探{chr(0x4E00 + 100 + number)}{chr(0x5000 + number)}"


def id_number_of(number: int) -> str:
    """Return an id number of a county that does not exist, with the check digit that it must have.

    >>> id_number_of(1)
    '990101197001010013'
    """
    first = f"990101{1970 + number % 40}{1 + number % 12:02d}01{number:03d}" if number > 1 else "99010119700101001"
    return first + DIGITS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first, strict=True)) % 11]


def phone_of(number: int) -> str:
    """Return a telephone number that nobody has."""
    return f"1990000{number:04d}"


def canary_programme(folder: Path) -> Programme:
    """Return tinyland with personal columns of households and of members."""

    def edit(words: dict[str, Any]) -> None:
        words["tables"]["members"] = {"kind": "members", "optional": True}

    personal = {"type": "text", "privacy": "personal"}
    columns = [("households", "head_name"), ("households", "phone"), ("members", "name"), ("members", "id_number")]
    return load_programme(
        altered(folder, edit, add=[{"name": name, "table": table, **personal} for table, name in columns])
    )


def canary_folder(folder: Path) -> Path:
    """Write tinyland with a canary in each household, and in cells where something else is expected."""
    tables = make_tiny_tables(PEOPLE)
    people = tables["households"]
    people["head_name"] = [name_of(number) for number in range(PEOPLE)]
    people["phone"] = [phone_of(number) for number in range(PEOPLE)]
    # what is typed into the wrong field is refused, and must not be repeated
    people.loc[3, "settled_on"], people.loc[4, "home"], people.loc[5, "female"] = name_of(3), name_of(4), phone_of(5)
    tables["observations"]["inc"] = tables["observations"]["inc"].astype(object)
    tables["observations"].loc[7, "inc"] = phone_of(7)
    tables["events"].loc[2, "kind"] = name_of(2)
    tables["members"] = pd.DataFrame(
        {
            "household_id": people["hhid"],
            "member_id": "1",
            "name": [name_of(number) for number in range(PEOPLE)],
            "id_number": [id_number_of(number) for number in range(PEOPLE)],
        }
    )
    folder.mkdir(parents=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def found_in(text: str) -> list[str]:
    """Return the kinds of canaries that a text holds."""
    return [needle.pattern for needle in NEEDLES if needle.search(text)]


def texts_of(path: Path) -> Iterator[str]:
    """Yield what a file says, however it is packed."""
    raw = path.read_bytes()
    if raw.startswith(b"PAR1"):
        yield str(pq.read_table(io.BytesIO(raw)).to_pylist())
    elif raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            for name in packed.namelist():
                yield packed.read(name).decode("utf-8", "replace")
    else:
        yield raw.decode("utf-8", "replace")
        yield raw.decode("gb18030", "replace")
