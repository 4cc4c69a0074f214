"""Each entry's text and hash follow from the act and the entry before, whatever the act holds."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.acts import AT, act
from riskmodel.service.audit import GENESIS, START, Act, Action, chained, drafted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_text_and_hash_are_known() -> None:
    entries = chained([drafted(act("农户", Action.DECIDED, outcome="visit")), drafted(act())], START)
    assert entries[0].content == (
        '{"action":"decided","actor":"user:li","at":"2025-03-01T12:30:00.000000+00:00","detail":{"outcome":"visit"},'
        '"request_id":"7f0c","role":"reviewer","sequence":1,"subject":"农户"}'
    )
    assert entries[0].previous_hash == GENESIS == "0" * 64
    assert entries[0].hash == hashlib.sha256(f"{GENESIS}\n{entries[0].content}".encode()).hexdigest()
    assert (entries[1].sequence, entries[1].previous_hash) == (2, entries[0].hash)


@given(st.text(), st.text(), st.dictionaries(st.text(), JSON, max_size=4))
def test_any_act_becomes_canonical_text_that_can_be_stored(actor: str, subject: str, detail: dict[str, object]) -> None:
    one = Act(AT, Action.VIEWED, actor, "", subject, detail, "")
    content = chained([drafted(one)], START)[0].content
    found = json.loads(content)
    assert (found["actor"], found["subject"], found["detail"], found["sequence"]) == (actor, subject, detail, 1)
    assert list(found) == sorted(found)
    assert "\0" not in content and content.encode()


def test_halves_of_characters_are_written_as_escapes() -> None:
    content = chained([drafted(act("\ud800"))], START)[0].content
    assert '"subject":"\\ud800"' in content and json.loads(content)["subject"] == "\ud800"


def test_instants_need_a_zone_and_are_written_in_utc() -> None:
    with pytest.raises(ValueError, match="time zone"):
        drafted(replace(act(), at=AT.replace(tzinfo=None)))
    shanghai = replace(act(), at=AT.astimezone(dt.timezone(dt.timedelta(hours=8))))
    assert drafted(shanghai) == drafted(act())


def test_figures_that_json_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        drafted(act(figure=float("nan")))
