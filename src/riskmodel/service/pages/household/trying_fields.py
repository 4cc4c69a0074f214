"""The fields in which other figures are tried out: what they show, and what was typed into them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskmodel.explain.reasons import Words
from riskmodel.explain.units import quantity_text
from riskmodel.language import Language
from riskmodel.programme.dictionary import Kind
from riskmodel.scoring.inputs import Inputs
from riskmodel.scoring.whatif import SHARE, Trial

MOST_CHARACTERS = 40
"""Longer than any number that people type."""
OWN_SIGNS = (SHARE, "year")
"""Units whose numbers are written in a way of their own."""
NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TryField:
    """One field of the form.

    Attributes
    ----------
    name, label : str
        The feature, and what it is called.
    now : str
        The household's own value.
    seen : str
        The range that may be tried; empty where it is chosen and not typed.
    choices : tuple of (str, str)
        What can be chosen, with its words; nothing where it is typed.
    typed : str
        What was typed, or chosen.
    fault : str
        What is wrong with that; empty where nothing is.
    """

    name: str
    label: str
    now: str
    seen: str
    choices: tuple[tuple[str, str], ...]
    typed: str
    fault: str


def typed_of(trials: Sequence[Trial], query: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed into the form; fields that were left empty, and all else in the query, are left out."""
    typed = {trial.feature.name: query.get(trial.feature.name, "").strip() for trial in trials}
    return {name: text[: MOST_CHARACTERS + 1] for name, text in typed.items() if text}


def read_values(
    trials: Sequence[Trial], typed: Mapping[str, str], words: Words, currency: str
) -> tuple[dict[str, float], dict[str, str]]:
    """Read what was typed.

    Parameters
    ----------
    trials : sequence of Trial
        What may be tried out.
    typed : mapping of str to str
        Feature -> what was typed.
    words : Words
        Of the programme.
    currency : str
        The programme's.

    Returns
    -------
    dict of str to float
        Values by feature.
    dict of str to str
        What is wrong, by feature.
    """
    values, faults = {}, {}
    for trial in trials:
        name = trial.feature.name
        if name not in typed:
            continue
        value = number_of(typed[name], share=trial.feature.column.unit == SHARE)
        rule = "finite" if value is None else trial.rule_broken(value)
        if value is None or rule:
            faults[name] = _advice(rule, trial, words, currency)
        else:
            values[name] = value
    return values, faults


def number_of(typed: str, *, share: bool) -> float | None:
    """Return what was typed as a number; shares are written in percent. None where it is none.

    >>> number_of("1,200", share=False), number_of("25%", share=True), number_of("１２", share=False)
    (1200.0, 0.25, 12.0)
    >>> number_of("nan", share=False)
    """
    if len(typed) > MOST_CHARACTERS:
        return None
    # full-width digits, as Chinese keyboards type them
    plain = unicodedata.normalize("NFKC", typed).replace("\N{MINUS SIGN}", "-").replace(" ", "")
    if share:
        plain = plain.removesuffix("%")
    if not NUMBER.fullmatch(plain):
        return None
    number = float(plain.replace(",", ""))
    return number / 100 if share else number


def fields_of(
    trials: Sequence[Trial],
    inputs: Inputs,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
    words: Words,
    currency: str,
) -> tuple[TryField, ...]:
    """Return the fields of the form.

    Parameters
    ----------
    trials : sequence of Trial
        What may be tried out.
    inputs : Inputs
        The household, one row.
    typed, faults : mapping of str to str
        What was typed, and what is wrong with it.
    words : Words
        Of the programme.
    currency : str
        The programme's.
    """
    return tuple(
        TryField(
            trial.feature.name,
            words.feature(trial.feature.name),
            value_text(trial, float(inputs.matrix[0, trial.place]), words),
            "" if chosen(trial) else seen_text(trial, words.language, currency),
            _choices(trial, words) if chosen(trial) else (),
            typed.get(trial.feature.name, ""),
            faults.get(trial.feature.name, ""),
        )
        for trial in trials
    )


def chosen(trial: Trial) -> bool:
    """Tell whether a value is chosen and not typed: yes or no, or a level by its name."""
    return trial.feature.column.kind is Kind.BOOLEAN or bool(trial.feature.column.categories)


def _choices(trial: Trial, words: Words) -> tuple[tuple[str, str], ...]:
    levels = [code for code in trial.feature.column.categories if trial.low <= float(code) <= trial.top]
    return tuple((one, value_text(trial, float(one), words)) for one in levels or ("1", "0"))


def value_text(trial: Trial, value: float, words: Words) -> str:
    """Return a value in words."""
    return words.value(trial.feature.name, None if math.isnan(value) else value)


def seen_text(trial: Trial, language: Language, currency: str) -> str:
    """Return the range that may be tried, with its unit once where that reads well."""
    unit = trial.feature.column.unit
    low, high = language.number(trial.low), language.number(trial.top)
    before, number, after = quantity_text(language, trial.top, unit, currency).partition(high)
    if number and unit not in OWN_SIGNS:
        return before + language.gettext("%(low)s to %(high)s", low=low, high=high) + after
    texts = [quantity_text(language, end, unit, currency) for end in (trial.low, trial.top)]
    return language.gettext("%(low)s to %(high)s", low=texts[0], high=texts[1])


def _advice(rule: str, trial: Trial, words: Words, currency: str) -> str:
    language, gettext = words.language, words.language.gettext
    if rule == "boolean":
        return gettext("Please choose yes or no.")
    if rule == "integer":
        return gettext("Please type a whole number.")
    if rule == "limit" and trial.limit is not None:
        label, value = words.feature(trial.limit.name), words.value(trial.limit.name, trial.most)
        return gettext("More than this household has (%(label)s: %(value)s).", label=label, value=value)
    if rule == "range":
        return gettext(
            "Please stay within what is usual among other households: %(range)s.",
            range=seen_text(trial, language, currency),
        )
    return gettext("Please type a number, such as %(example)s.", example=_example(trial, language))


def _example(trial: Trial, language: Language) -> str:
    share = trial.feature.column.unit == SHARE
    return language.percent(trial.top) if share else language.number(trial.top)
