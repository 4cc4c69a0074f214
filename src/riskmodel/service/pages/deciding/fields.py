"""Reads a form's fields: what is sound as values, what is not as a sentence beside the field."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from riskmodel.language import Language
from riskmodel.scoring.cells import day_of
from riskmodel.service.pages.forms import read_form
from riskmodel.service.store.tables import LONGEST_CODE

MOST_CHARACTERS = 2000
MOST_BYTES = 160 * 1024
"""Of a form with some texts of so many characters, which take 12 bytes each where escaped."""
MOST_NUMBER = 2**62
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_KEY = re.compile(rf"[ -~]{{1,{LONGEST_CODE}}}")
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
Choice = TypeVar("Choice", bound=StrEnum)


async def _form(request: Request) -> Mapping[str, str]:
    return await read_form(request, MOST_BYTES)


FormOf = Annotated[Mapping[str, str], Depends(_form)]
"""The fields of a form, read before the route's own thread begins."""


def new_key() -> str:
    """Draw the key that stands for one sending of a form, however often its button is pressed."""
    return secrets.token_urlsafe(24)


class Fields:
    """A form that was sent.

    Parameters
    ----------
    sent : mapping of str to str
        As it came.
    language : Language
        Of the sentences.

    Attributes
    ----------
    faults : dict of str to str
        What is wrong, by field.
    """

    def __init__(self, sent: Mapping[str, str], language: Language) -> None:
        self.sent, self._language = sent, language
        self.faults: dict[str, str] = {}

    @property
    def key(self) -> str | None:
        """What stands for this sending."""
        key = self.sent.get("key", "")
        return key if _KEY.fullmatch(key) else None

    def plain(self, name: str) -> str:
        """Return what was typed, with plain line ends: browsers send two characters for one that they count."""
        return self.sent.get(name, "").replace("\r\n", "\n").replace("\r", "\n")

    def raw(self, name: str) -> str:
        """Return what was typed, cut to what a field may hold."""
        return self.plain(name)[:MOST_CHARACTERS]

    def text(self, name: str, *, required: bool = False, most_characters: int = MOST_CHARACTERS) -> str:
        """Return words, without the blanks around them."""
        gettext = self._language.gettext
        value = self.plain(name).strip()
        if _UNPRINTABLE.search(value):
            self.faults[name] = gettext("This holds a character that can't be kept; type it anew.")
        elif len(value) > most_characters:
            self.faults[name] = gettext("This is too long; at most %(most)s characters.", most=most_characters)
        elif required and not value:
            self.faults[name] = gettext("Please write something here.")
        return value

    def choice(self, name: str, choices: type[Choice]) -> Choice | None:
        """Return which of some words was chosen; None, and a fault, where none was."""
        value = self.sent.get(name, "")
        if value in set(choices):
            return choices(value)
        self.fault_of_choice(name)
        return None

    def fault_of_choice(self, name: str) -> None:
        """Note that nothing was chosen that there is."""
        self.faults[name] = self._language.gettext("Please choose one.")

    def day(self, name: str, first: dt.date, last: dt.date, *, required: bool = False) -> dt.date | None:
        """Return a date from ``first`` to ``last``; None where it was left empty or is none of those."""
        gettext, value = self._language.gettext, self.sent.get(name, "").strip()
        if not value:
            if required:
                self.faults[name] = gettext("Please give a date.")
            return None
        day = day_of(value)
        if day is None:
            self.faults[name] = gettext("Please give a date as YYYY-MM-DD.")
        elif not first <= day <= last:
            self.faults[name] = gettext(
                "Please give a date from %(first)s to %(last)s.",
                first=self._language.date(first),
                last=self._language.date(last),
            )
        else:
            return day
        return None

    def number(self, name: str) -> int | None:
        """Return the number of a record; None where there is none."""
        value = self.sent.get(name, "")
        return min(int(value), MOST_NUMBER) if _NUMBER.fullmatch(value) else None
