"""Catalogues are whole, and numbers and dates are written as each language writes them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

import riskmodel
from riskmodel.errors import NotFound
from riskmodel.language import FOLDER, LOCALES, catalogue, language, languages

PACKAGE = Path(riskmodel.__file__).parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    """Return every message of the sources and the templates."""
    with (FOLDER / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    for _, _, message, _, _ in extract_from_dir(PACKAGE, methods, options, keywords=KEYWORDS):
        found.add(message)
    return found


def read(code: str) -> Catalog:
    with catalogue(code).open("rb") as file:
        return read_po(file, locale=LOCALES[code])


def ids(messages: Catalog) -> set[object]:
    return {message.id for message in messages if message.id}


class TestCatalogues:
    def test_messages_are_found(self, extracted: Catalog) -> None:
        assert {"Visit list", "raises the risk", ("%(n)s month", "%(n)s months")} <= ids(extracted)

    @pytest.mark.parametrize("code", LOCALES)
    def test_nothing_is_missing_or_left_over(self, code: str, extracted: Catalog) -> None:
        found = read(code)
        assert ids(extracted) - ids(found) == set(), "run `make messages` and translate what is new"
        assert ids(found) - ids(extracted) == set(), "run `make messages`: these are no longer used"
        assert not found.obsolete

    @pytest.mark.parametrize("code", LOCALES)
    def test_nothing_is_untranslated_or_guessed(self, code: str) -> None:
        for message in read(code):
            if message.id:
                texts = message.string if isinstance(message.string, tuple) else (message.string,)
                assert all(texts), f"{message.id} has no translation"
                assert not message.fuzzy, f"{message.id} was guessed"

    @pytest.mark.parametrize("code", LOCALES)
    def test_placeholders_survive_translation(self, code: str) -> None:
        faults = [(message.id, error) for message, errors in read(code).check() for error in errors]
        assert faults == []

    def test_the_template_is_in_step(self, extracted: Catalog) -> None:
        with (FOLDER / "messages.pot").open("rb") as file:
            assert ids(read_po(file)) == ids(extracted), "run `make messages`"


class TestLanguage:
    def test_unknown_one(self) -> None:
        with pytest.raises(NotFound, match="en, zh"):
            language("xx")

    def test_codes_and_tags(self) -> None:
        assert [(one.code, one.tag) for one in languages()] == [("en", "en"), ("zh", "zh-Hans")]

    @pytest.mark.parametrize(
        ("value", "most", "least", "expected"),
        [
            (23400.0, 2, 0, "23,400"),
            (1.5, 2, 0, "1.5"),
            (-1200.126, 2, 0, "\N{MINUS SIGN}1,200.13"),
            (-0.001, 2, 0, "0"),
            (-0.001, 2, 2, "0.00"),
            (1.1, 2, 2, "1.10"),
            (100.0, 0, 0, "100"),
            (10.0, 2, 0, "10"),
            (1e15, 0, 0, "1,000,000,000,000,000"),
        ],
    )
    def test_numbers(self, value: float, most: int, least: int, expected: str) -> None:
        assert language("en").number(value, most, least) == expected
        assert language("zh").number(value, most, least) == expected

    @pytest.mark.parametrize(("share", "expected"), [(0.456, "46%"), (0.004, "0.4%"), (0.0, "0%"), (1.0, "100%")])
    def test_shares(self, share: float, expected: str) -> None:
        assert language("en").percent(share) == expected

    def test_dates(self) -> None:
        day = dt.date(2025, 1, 2)
        assert language("en").date(day) == "Jan 2, 2025"
        assert language("zh").date(day) == "2025年1月2日"

    def test_plurals(self) -> None:
        words = ("%(n)s month", "%(n)s months")
        found = [language("en").ngettext(*words, n, n=n) for n in (0, 1, 1.5, 2)]
        assert found == ["0 months", "1 month", "1.5 months", "2 months"]
        assert language("zh").ngettext(*words, 1, n=1) == "1个月"

    def test_labels_fall_back(self) -> None:
        zh = language("zh")
        assert zh.label({"en": "Income", "zh": "收入"}) == "收入"
        assert zh.label({"en": "Income", "es": "Ingreso"}) == "Income"
        assert zh.label({"es": "Ingreso"}) == "Ingreso"
        assert zh.label({}) == ""
