"""CloudEvents 1.0 are read as its specification writes them, and what is not one is refused by its position."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import DATA
from helpers.reports import cloud_event
from riskmodel.errors import Fault
from riskmodel.programme.loading import load_programme
from riskmodel.service.access import Feed, Origin
from riskmodel.service.cloud_events import BATCH, MOST_EVENTS, SINGLE, read_events
from riskmodel.service.errors import RequestInvalid
from riskmodel.service.json_body import parse_json
from riskmodel.service.reports import Reading, Report

JSON = "application/json"
READING = Reading(
    load_programme(DATA / "tiny" / "tiny.yaml"),
    Feed(frozenset({"illness"}), Origin.SELF_REPORT),
    dt.date(2021, 6, 1),
)
EXAMPLE = """{
    "specversion" : "1.0",
    "type" : "com.example.illness",
    "source" : "/mycontext",
    "subject": "larger-context",
    "id" : "A234-1234-1234",
    "time" : "2018-04-05T17:31:00Z",
    "comexampleextension1" : "value",
    "comexampleothervalue" : 5,
    "unsetextension" : null,
    "datacontenttype" : "application/json",
    "dataschema" : "https://example.com/schema",
    "data" : %s
}"""
"""The example of the specification's JSON format, section 3.2, with a kind of event of ours."""


def one(event: Any) -> Report | Fault:
    [(place, found)], batch = read_events(event, SINGLE, READING)
    assert (place, batch) == (0, False)
    return found


def test_the_specification_s_example() -> None:
    assert one(parse_json((EXAMPLE % '{"amount": 3}').encode())) == Report(
        "A234-1234-1234", "/mycontext", "larger-context", "illness", dt.date(2018, 4, 5), 3.0, None
    )


@pytest.mark.parametrize("data", ["null", "{}"])
def test_data_may_say_nothing(data: str) -> None:
    found = one(parse_json((EXAMPLE % data).encode()))
    assert isinstance(found, Report) and found.amount is None
    assert one({key: value for key, value in cloud_event().items() if key != "data"}) == one(cloud_event(data=None))


@pytest.mark.parametrize("data", ['"<much wow=\\"xml\\"/>"', "[1]", "3", "true", '""', "0", "false", "[]"])
def test_data_of_another_form_is_refused(data: str) -> None:
    found = one(parse_json((EXAMPLE % data).encode()))
    assert isinstance(found, Fault) and (found.where, found.rule) == ("data", "object")


def test_binary_data_is_refused() -> None:
    event = cloud_event(data_base64="eyJhbW91bnQiOjF9")
    del event["data"]
    found = one(event)
    assert isinstance(found, Fault) and (found.where, found.rule) == ("data", "object")


def test_the_forms_single_and_batch() -> None:
    for form in (SINGLE, JSON):
        assert read_events(cloud_event(), form, READING) == ([(0, one(cloud_event()))], False)
    both = [cloud_event("1"), cloud_event("2")]
    for form in (BATCH, JSON):
        found, batch = read_events(both, form, READING)
        assert batch and found == [(0, one(both[0])), (1, one(both[1]))]


@pytest.mark.parametrize(
    ("document", "form", "rule"),
    [
        (cloud_event(), BATCH, "form"),
        ([cloud_event()], SINGLE, "form"),
        ("text", BATCH, "form"),
        ([], BATCH, "count"),
        ([{}] * (MOST_EVENTS + 1), BATCH, "count"),
    ],
)
def test_a_body_of_another_form(document: Any, form: str, rule: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        read_events(document, form, READING)
    assert [fault.rule for fault in refused.value.faults] == [rule]


@pytest.mark.parametrize("document", [None, "text", 3, True])
def test_a_body_that_is_no_object(document: Any) -> None:
    found = one(document)
    assert isinstance(found, Fault) and (found.where, found.rule) == ("event", "object")


@pytest.mark.parametrize(
    ("changes", "where", "rule"),
    [
        *(({"specversion": version}, "specversion", "version") for version in (None, "0.3", "1.1", 1.0, 1)),
        *(({name: value}, name, "required") for name in ("id", "source", "type") for value in (None, "", 3, ["a"])),
        ({"subject": None}, "subject", "required"),
        ({"subject": ""}, "subject", "required"),
        ({"subject": 7}, "subject", "text"),
        ({"id": "a\0"}, "id", "unicode"),
        ({"source": "a\0"}, "source", "unicode"),
        ({"type": "example.health."}, "type", "unknown_kind"),
        ({"type": "illness.example"}, "type", "unknown_kind"),
        ({"type": "example.listed"}, "type", "not_allowed"),
        *(
            ({"time": time}, "time", "time")
            for time in ("2021-05-03", "2021-05-03 08:00:00Z", "2021-05-03T08:00Z", "2021-05-03T08:00:00", 7, "", [])
        ),
        ({"time": None}, "data.occurred_on", "date"),
        ({"time": "2021-02-30T00:00:00Z"}, "data.occurred_on", "date"),
        *(
            ({"data": {"occurred_on": day}}, "data.occurred_on", "date")
            for day in ("2021-05-03T08:00:00Z", "", 0, False, [], {}, 20210503)
        ),
        ({"data": {"occurred_on": "2021-06-02"}}, "data.occurred_on", "future"),
        ({"data": {"amount": "20"}}, "data.amount", "number"),
        ({"data": {"amount": ""}}, "data.amount", "number"),
        ({"data": {"amount": True}}, "data.amount", "number"),
        ({"data": {"amount": -1}}, "data.amount", "range"),
        ({"data": {"cause": "luck"}}, "data.cause", "unknown_cause"),
        ({"data": {"recorded_on": "2020-01-01"}}, "data", "unknown_key"),
        ({"data": {"household_id": "h1"}}, "data", "unknown_key"),
    ],
)
def test_every_fault_is_named_as_the_event_has_it(changes: dict[str, Any], where: str, rule: str) -> None:
    found = one(cloud_event(**changes))
    assert isinstance(found, Fault)
    assert (found.where, found.rule) == (where, rule)


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2021-05-03T00:00:00Z", dt.date(2021, 5, 3)),
        ("2021-05-03t23:59:59.123456789z", dt.date(2021, 5, 3)),
        # in UTC it is the day before; whoever reports means the day where it happened
        ("2021-05-03T06:30:00+08:00", dt.date(2021, 5, 3)),
        ("2021-05-03T23:30:00-11:00", dt.date(2021, 5, 3)),
    ],
)
def test_the_day_is_that_of_the_sender(time: str, day: dt.date) -> None:
    found = one(cloud_event(time=time))
    assert isinstance(found, Report) and found.occurred_on == day


def test_data_says_better_than_time_when_it_happened() -> None:
    found = one(cloud_event(data={"occurred_on": "2020-12-24"}))
    assert isinstance(found, Report) and found.occurred_on == dt.date(2020, 12, 24)


@pytest.mark.parametrize("kind", ["illness", "example.illness", "cn.gov.example.health.v2.illness"])
def test_the_kind_is_the_last_part_of_the_type(kind: str) -> None:
    found = one(cloud_event(type=kind))
    assert isinstance(found, Report) and found.kind == "illness"


def test_extensions_are_let_pass() -> None:
    assert one(cloud_event(traceparent="00-1-2-01", recorded_on="2020-01-01")) == one(cloud_event())


def test_a_key_that_stands_twice_is_refused_and_the_others_count() -> None:
    sound, nested = json.dumps(cloud_event()), json.dumps(cloud_event(data="PLACE"))
    outer = sound[:-1] + ', "id": "2"}'
    inner = nested.replace('"PLACE"', '{"amount": 1, "amount": 2}')
    found, _ = read_events(parse_json(f"[{outer}, {sound}, {inner}]".encode()), BATCH, READING)
    assert [getattr(what, "rule", "sound") for _, what in found] == ["repeated_key", "sound", "repeated_key"]


MARK = "q7zx9mark"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text().map(lambda text: MARK + text),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(key=st.sampled_from([*cloud_event(), "data_base64"]), value=VALUES)
def test_any_value_anywhere_is_read_or_refused_and_not_repeated(key: str, value: Any) -> None:
    found = one(cloud_event(**{key: value}))
    assert isinstance(found, Report) or MARK not in str(found)


@given(event=VALUES.filter(lambda value: not isinstance(value, list)))
def test_any_document_is_read_or_refused_and_not_repeated(event: Any) -> None:
    assert MARK not in str(one(event))


@given(data=st.dictionaries(st.sampled_from(["occurred_on", "amount", "cause"]), VALUES))
def test_any_data_is_read_or_refused_and_not_repeated(data: dict[str, Any]) -> None:
    assert MARK not in str(one(cloud_event(data=data)))
