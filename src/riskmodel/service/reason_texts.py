"""Reasons as :class:`riskmodel.explain.reasons.Words` writes them, with all that is known beforehand written once.

Label, typical value and effect are the same in every reason of a feature: only the household's value is put in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from riskmodel.explain.reasons import Driver, Words
from riskmodel.language import Language
from riskmodel.programme.dictionary import Feature, Kind
from riskmodel.programme.programme import Programme
from riskmodel.scoring.figures import Names
from riskmodel.scoring.rows import Row

MARK = "\x00"
"""Stands where the household's value belongs; no label holds it."""
EFFECTS = (0, 1, -1)
"""Signs of a contribution, so that each is at its own index, the last one from the end."""


class ReasonTexts:
    """Writes the reasons of scores in words; holds nothing that changes.

    Parameters
    ----------
    programme : Programme
        Whose labels they are.
    names : Names
        Typical values, and what codes stand for.
    languages : sequence of Language
        Languages of the texts.
    """

    def __init__(self, programme: Programme, names: Names, languages: Sequence[Language]) -> None:
        drivers = [
            Driver(name, group, 0.0, typical=typical, typical_category=names.codes[code])
            for name, group, typical, code in zip(
                names.features, names.feature_groups, names.typical, names.typical_code, strict=True
            )
        ]
        self._features = {
            feature.name: [_prepared(programme, language, feature, driver) for language in languages]
            for feature, driver in zip(programme.features, drivers, strict=True)
        }

    def add(self, rows: list[Row]) -> list[Row]:
        """Give every reason of some scores its ``text``, in place, and return the scores."""
        for row in rows:
            for reason in row["reasons"]:
                reason["text"] = self._text(reason)
        return rows

    def _text(self, reason: Row) -> dict[str, str]:
        """Return one reason in words, by language."""
        name, log_odds, value, category = reason["feature"], reason["log_odds"], reason["value"], reason["category"]
        effect, listed = (log_odds > 0) - (log_odds < 0), category if value is None else value
        texts = {}
        for one in self._features[name]:
            text = one.known.get(listed)
            if text is None:
                text = one.words.value(name, value, category)
            texts[one.language] = text.join((one.as_typical if text == one.typical else one.usual)[effect])
        return texts


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is known beforehand of one feature's reasons in one language.

    Attributes
    ----------
    language : str
        The language's code.
    words : Words
        Writes the values that can't be listed: numbers.
    known : mapping of value to str
        Those that can: missing, a category's code, yes and no.
    typical : str
        The typical value.
    usual, as_typical : sequence of sequence of str
        What stands around the household's value for each effect: where it is another one, where it is the typical one.
    """

    language: str
    words: Words
    known: Mapping[float | str | None, str]
    typical: str
    usual: Sequence[Sequence[str]]
    as_typical: Sequence[Sequence[str]]


def _prepared(programme: Programme, language: Language, feature: Feature, driver: Driver) -> _Prepared:
    words = Words(programme, language)
    return _Prepared(
        language.code,
        words,
        _known(words, feature),
        words.typical_value(driver),
        _parts(_Blank(programme, language), driver),
        _parts(_BlankAsTypical(programme, language), driver),
    )


def _known(words: Words, feature: Feature) -> dict[float | str | None, str]:
    known: dict[float | str | None, str] = {None: words.value(feature.name, None)}
    if feature.column.kind is Kind.CATEGORY:
        known |= {code: words.value(feature.name, None, code) for code in feature.column.categories}
    elif feature.column.kind is Kind.BOOLEAN:
        known |= {number: words.value(feature.name, number) for number in (0.0, 1.0)}
    return known


class _Blank(Words):
    """Words with a mark in place of the household's value."""

    def household_value(self, driver: Driver) -> str:
        return MARK


class _BlankAsTypical(_Blank):
    """The same where the household's value is the typical one."""

    def typical_value(self, driver: Driver) -> str:
        return MARK


def _parts(blank: Words, driver: Driver) -> list[list[str]]:
    """Return what stands around the household's value, for each effect."""
    return [blank.reason(replace(driver, log_odds=float(effect))).split(MARK) for effect in EFFECTS]
