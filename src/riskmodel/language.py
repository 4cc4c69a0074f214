"""Languages of pages and reason texts: messages from babel catalogues, numbers and dates as each language writes them.

Catalogues are kept as text (``locale/<locale>/LC_MESSAGES/messages.po``) and compiled in memory at the first use, so
that what is reviewed is what is shown.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_currency_name
from babel.support import Translations

from riskmodel.errors import NotFound

FOLDER = Path(__file__).parent / "locale"
LOCALES: Mapping[str, str] = {"en": "en", "zh": "zh_Hans_CN"}
"""Language code, as programmes and addresses use it -> locale of its catalogue."""
DEFAULT = "en"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language: its words, numbers and dates.

    Attributes
    ----------
    code : str
        ``en`` or ``zh``: the key of a programme's labels.
    locale : Locale
        How numbers and dates are written.
    translations : Translations
        The compiled catalogue.
    """

    code: str
    locale: Locale
    translations: Translations

    @property
    def tag(self) -> str:
        """The language as HTML's ``lang`` names it."""
        return "zh-Hans" if self.code == "zh" else self.code

    def gettext(self, message: str, **values: object) -> str:
        """Return a message in this language, with ``%(name)s`` filled in."""
        found = str(self.translations.ugettext(message))
        return found % values if values else found

    def ngettext(self, one: str, many: str, count: float, **values: object) -> str:
        """Return the form of a message that fits a count; a fraction takes the form of several."""
        whole = int(count) if count == int(count) else 2
        return str(self.translations.ungettext(one, many, whole)) % values

    def number(self, value: float, most_decimals: int = 2, least_decimals: int = 0) -> str:
        """Write a number, grouped, with at most and at least so many decimals."""
        text = f"{value:,.{most_decimals}f}"
        if most_decimals > least_decimals:
            text = text.rstrip("0").rstrip(".")
        if float(text.replace(",", "")) == 0:
            # a small negative number rounds to 0, not to -0
            text = text.removeprefix("-")
        return text.translate(_signs(self.locale.language))

    def percent(self, share: float) -> str:
        """Write a share of 1 as a percentage; a small one with a decimal."""
        decimals = 0 if abs(share) >= 0.1 or share == 0 else 1
        return f"{self.number(share * 100, decimals)}%"

    def date(self, day: dt.date) -> str:
        """Write a date."""
        return str(format_date(day, "medium", locale=self.locale))

    def currency(self, code: str, count: float) -> str:
        """Return a currency's name as it follows an amount."""
        return str(get_currency_name(code, count=count, locale=self.locale))

    def label(self, labels: Mapping[str, str]) -> str:
        """Return the label in this language, else in English, else in whatever language there is."""
        return labels.get(self.code) or labels.get(DEFAULT) or next(iter(labels.values()), "")


@cache
def _signs(code: str) -> dict[int, str]:
    """Return what a language writes for the signs of a plain number."""
    symbols = Locale(code).number_symbols["latn"]
    return str.maketrans({",": symbols["group"], ".": symbols["decimal"], "-": MINUS})


def catalogue(code: str) -> Path:
    """Return the file of a language's messages."""
    return FOLDER / LOCALES[code] / "LC_MESSAGES" / "messages.po"


@cache
def language(code: str) -> Language:
    """Return a language by its code.

    Raises
    ------
    NotFound
        If there is no catalogue for it.
    """
    if code not in LOCALES:
        raise NotFound(f"no such language; expected one of {', '.join(LOCALES)}")
    compiled = io.BytesIO()
    with catalogue(code).open("rb") as file:
        write_mo(compiled, read_po(file, locale=LOCALES[code]))
    compiled.seek(0)
    return Language(code, Locale.parse(LOCALES[code]), Translations(compiled))


def languages() -> tuple[Language, ...]:
    """Return every language, in the order in which pages offer them."""
    return tuple(language(code) for code in LOCALES)
