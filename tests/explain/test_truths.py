"""Yes and no read naturally: a label that denies something is never answered by another denial."""

from __future__ import annotations

import pytest

from riskmodel.explain.reasons import Words
from riskmodel.explain.truths import DENIALS, truth_text
from riskmodel.language import LOCALES, language
from riskmodel.programme.dictionary import Kind
from riskmodel.programme.loading import load_programme
from riskmodel.settings import CHECKOUT

TRUTHS = [
    ("en", "Owns land", True, "yes"),
    ("en", "Owns land", False, "no"),
    ("en", "No toilet", True, "this is so"),
    ("en", "No toilet", False, "this is not so"),
    ("en", "Toilet without flush", False, "this is not so"),
    ("en", "Noted by the north office", False, "no"),
    ("zh", "享受低保", True, "是"),
    ("zh", "享受低保", False, "否"),
    ("zh", "整户无劳动能力", True, "属实"),
    ("zh", "饮水不安全", False, "不属实"),
]


@pytest.mark.parametrize(("code", "label", "holds", "text"), TRUTHS)
def test_known_answers(code: str, label: str, holds: bool, text: str) -> None:
    assert truth_text(language(code), label, holds=holds) == text


def test_every_language_of_pages_knows_its_denials() -> None:
    assert set(DENIALS) == set(LOCALES)


@pytest.mark.parametrize("name", ["china-county", "argentina-eph"])
def test_no_shipped_label_is_denied_twice(name: str) -> None:
    programme = load_programme(CHECKOUT / "configs" / f"{name}.yaml")
    denying = 0
    for code in LOCALES:
        words = Words(programme, language(code))
        for feature in programme.features:
            if feature.column.kind is Kind.BOOLEAN and DENIALS[code].search(words.feature(feature.name)):
                denying += 1
                assert words.value(feature.name, 0.0) not in ("no", "否"), feature.name
    assert denying
