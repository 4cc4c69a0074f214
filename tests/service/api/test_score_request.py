"""A request is read strictly: each fault is named by place and rule, and nothing that came in is repeated."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskmodel.errors import ValuesInvalid
from riskmodel.scoring.inputs import read_inputs
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.api.score_request import ScoreRequest, read_score_request
from riskmodel.service.json_body import parse_quickly

TODAY = dt.date(2021, 6, 1)
SECRET = "110101199003078888"


def read(raw: bytes, scorer: Scorer) -> ScoreRequest:
    return read_score_request(parse_quickly(raw), raw, scorer.cells, TODAY)


def faults(scorer: Scorer, body: Any) -> list[tuple[str, str]]:
    """Return place and rule of each fault, after checking that no message repeats a value."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(ValuesInvalid) as error:
        read(raw, scorer)
    for fault in error.value.faults:
        assert SECRET not in str(fault)
    return [(fault.where, fault.rule) for fault in error.value.faults]


FEATURES = "households[1].features"
CELLS = [
    ("income_to_line", "1.5", "number"),
    ("income_to_line", SECRET, "number"),
    ("income_to_line", True, "number"),
    ("income_to_line", [1.5], "number"),
    ("income_to_line", {"a": 1}, "number"),
    ("income_to_line", math.nan, "finite"),
    ("income_to_line", math.inf, "finite"),
    ("income_to_line", -math.inf, "finite"),
    ("income_to_line", 10**400, "finite"),
    ("persons", 2.5, "integer"),
    ("persons", 99, "range"),
    ("persons", -1, "range"),
    ("persons", 2**63, "range"),
    ("land", 2, "boolean"),
    ("land", "true", "boolean"),
    ("home_kind", 3, "text"),
    ("home_kind", True, "text"),
    ("home_kind", "\ud800", "unicode"),
    ("home_kind", "a\x00b", "unicode"),
]


@pytest.mark.parametrize(("name", "value", "rule"), CELLS)
def test_values(scorer: Scorer, body: dict[str, Any], name: str, value: Any, rule: str) -> None:
    body["households"][1]["features"][name] = value
    assert faults(scorer, body) == [(f"{FEATURES}.{name}", rule)]


def test_numbers_beyond_floats(scorer: Scorer, body: dict[str, Any]) -> None:
    body["households"][1]["features"]["income_to_line"] = 0.125
    raw = json.dumps(body).replace("0.125", "1e999").encode()
    assert faults(scorer, raw) == [(f"{FEATURES}.income_to_line", "finite")]


IDS = [
    ("household_id", 42, "text"),
    ("household_id", None, "text"),
    ("household_id", "", "required"),
    ("household_id", "x" * 65, "too_long"),
    ("household_id", "\udfff", "unicode"),
    ("household_id", "a\nb", "unicode"),
    ("as_of", "2021-06-02", "future"),
    ("as_of", "9999-12-31", "future"),
    ("as_of", "2021-02-30", "date"),
    ("as_of", "2021-1-1", "date"),
    ("as_of", "2021-01-01T00:00:00", "date"),
    ("as_of", "2\u0660\u0662\u0661-01-01", "date"),
    ("as_of", 20210101, "date"),
    ("as_of", None, "date"),
]


@pytest.mark.parametrize(("name", "value", "rule"), IDS)
def test_ids_and_dates(scorer: Scorer, body: dict[str, Any], name: str, value: Any, rule: str) -> None:
    body["households"][1][name] = value
    assert (f"households[1].{name}", rule) in faults(scorer, body)


def test_names(scorer: Scorer, body: dict[str, Any]) -> None:
    first, second = body["households"]
    first["features"]["incom_to_line"] = first["features"].pop("income_to_line")
    second[SECRET] = 1
    del second["as_of"]
    assert faults(scorer, body) == [
        ("households[0].features.income_to_line", "required"),
        ("households[0].features", "unknown_feature"),
        ("households[1].as_of", "required"),
        ("households[1]", "unknown_key"),
    ]


def test_several_faults_come_together_and_in_order(scorer: Scorer, body: dict[str, Any]) -> None:
    body["households"][1]["features"] |= {"persons": 99, "land": "yes", "income_to_line": None}
    body["households"][0]["as_of"] = "soon"
    assert faults(scorer, body) == [
        ("households[0].as_of", "date"),
        (f"{FEATURES}.land", "boolean"),
        (f"{FEATURES}.persons", "range"),
    ]


def test_the_same_household_twice(scorer: Scorer, body: dict[str, Any]) -> None:
    body["households"][1] = body["households"][0]
    assert faults(scorer, body) == [("households[1].household_id", "duplicate_key")]


REPEATED = [
    (b'{"households": [], "households": []}', ("households", "repeated_key")),
    (b'{"households": [{"household_id": "a", "household_id": "b"}]}', ("households[0].household_id", "repeated_key")),
    (
        b'{"households": [{"features": {"persons": 1, "persons": 2}}]}',
        ("households[0].features.persons", "repeated_key"),
    ),
    (b'{"households": [{"features": {"zz": 1, "zz": 2}}]}', ("households[0].features", "repeated_key")),
]


@pytest.mark.parametrize(("raw", "expected"), REPEATED)
def test_repeated_keys(scorer: Scorer, raw: bytes, expected: tuple[str, str]) -> None:
    assert expected in faults(scorer, raw)


def test_a_key_that_stands_twice_in_an_otherwise_sound_request(scorer: Scorer, body: dict[str, Any]) -> None:
    raw = json.dumps(body)
    persons = raw.index('"persons":')
    twice = raw[:persons] + '"persons": 3, ' + raw[persons:]
    assert faults(scorer, twice.encode()) == [("households[0].features.persons", "repeated_key")]
    reasons = raw[:-1] + ', "reasons": 4}'
    assert faults(scorer, reasons.encode()) == [("reasons", "repeated_key")]


@pytest.mark.parametrize("one", ["a:b", 'a":"b', "::::", "\u003a"])
def test_colons_in_an_id(scorer: Scorer, body: dict[str, Any], one: str) -> None:
    body["households"][0]["household_id"] = one
    for escaped in (True, False):
        request = read(json.dumps(body, ensure_ascii=escaped).encode(), scorer)
        assert request.inputs.household_id[0] == one


DOCUMENTS = [
    ([], [("body", "object")]),
    (None, [("body", "object")]),
    ({}, [("households", "required")]),
    ({"households": []}, [("households", "list")]),
    ({"households": "all"}, [("households", "list")]),
    ({"households": [1]}, [("households[0]", "object")]),
    ({"households": [[]]}, [("households[0]", "object")]),
    (
        {"households": [{"household_id": "1", "as_of": "2021-01-01", "features": []}]},
        [("households[0].features", "object")],
    ),
    ({"households": [{}], SECRET: 1}, [("body", "unknown_key")]),
]


@pytest.mark.parametrize(("document", "expected"), DOCUMENTS)
def test_documents(scorer: Scorer, document: Any, expected: list[tuple[str, str]]) -> None:
    assert faults(scorer, document) == expected


@pytest.mark.parametrize("reasons", [-1, 51, 1.5, "3", True, None, math.nan])
def test_reasons(scorer: Scorer, body: dict[str, Any], reasons: Any) -> None:
    assert faults(scorer, {**body, "reasons": reasons}) == [("reasons", "reasons")]


def test_too_many(scorer: Scorer) -> None:
    assert faults(scorer, {"households": [0] * 10_001}) == [("households", "list")]


def test_what_is_read_is_what_the_batch_reads(
    scorer: Scorer, households: list[dict[str, Any]], tiny_snapshot: pd.DataFrame
) -> None:
    request = read(json.dumps({"households": households}).encode(), scorer)
    expected, _ = read_inputs(scorer.schema, tiny_snapshot, TODAY)
    assert list(request.inputs.household_id) == list(expected.household_id)
    assert np.array_equal(request.inputs.as_of.astype("datetime64[D]"), expected.as_of.astype("datetime64[D]"))
    assert request.inputs.matrix.tobytes() == expected.matrix.tobytes()


def test_order_of_keys_and_kinds_of_numbers_do_not_matter(scorer: Scorer, body: dict[str, Any]) -> None:
    plain = read(json.dumps(body).encode(), scorer)
    for one in body["households"]:
        one["features"] = dict(reversed(one["features"].items()))
        one["features"]["land"] = bool(one["features"]["land"])
        one["features"]["persons"] = int(one["features"]["persons"])
    again = read(json.dumps(body, sort_keys=True).encode(), scorer)
    assert again.inputs.matrix.tobytes() == plain.inputs.matrix.tobytes()
