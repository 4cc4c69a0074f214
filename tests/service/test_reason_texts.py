"""Prepared texts are word for word those that `Words` writes."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmodel.explain.reasons import Driver, Words
from riskmodel.language import languages
from riskmodel.programme.dictionary import Kind
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.reason_texts import ReasonTexts

EFFECTS = [-1.5, -0.0, 0.0, 1e-300, 2.0]


@hypothesis_settings(max_examples=200)
@given(st.data())
def test_texts_are_those_of_words(scorer: Scorer, data: st.DataObject) -> None:
    names = scorer.names
    place = data.draw(st.integers(0, len(names.features) - 1))
    kind = scorer.schema.features[place].column.kind
    typical = names.typical[place]
    numbers = st.floats(-1e9, 1e9, allow_nan=False) | st.integers(-3, 3).map(float)
    reason: dict[str, Any] = {
        "feature": names.features[place],
        "group": names.feature_groups[place],
        "log_odds": data.draw(st.sampled_from(EFFECTS)),
        "value": None,
        "category": None,
        "typical": typical,
        "typical_category": names.codes[names.typical_code[place]],
    }
    if kind is Kind.CATEGORY:
        reason["category"] = data.draw(st.none() | st.sampled_from(scorer.schema.features[place].column.categories))
    elif kind is Kind.BOOLEAN:
        reason["value"] = data.draw(st.sampled_from([None, 0.0, 1.0]))
    else:
        known = [None] if typical is None else [None, typical, math.nextafter(typical, math.inf)]
        reason["value"] = data.draw(numbers | st.sampled_from(known))
    driver = Driver.of(reason)
    ReasonTexts(scorer.programme, names, languages()).add([{"reasons": [reason]}])
    assert reason["text"] == {one.code: Words(scorer.programme, one).reason(driver) for one in languages()}
