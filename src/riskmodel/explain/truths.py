"""Yes and no in words. A label that denies something is not answered by *no*: nobody can read *No toilet: no*."""

from __future__ import annotations

import re
from collections.abc import Mapping

from riskmodel.language import Language

DENIALS: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:no|nobody|not|never|without)\b", re.IGNORECASE),
    "zh": re.compile("[无未不没]"),
}
"""What makes a label deny something, by language."""


def truth_text(language: Language, label: str, *, holds: bool) -> str:
    """Return whether what a label says holds.

    Parameters
    ----------
    language : Language
        Language of the label and of the words.
    label : str
        What is asked.
    holds : bool
        Whether it is so.

    Examples
    --------
    >>> from riskmodel.language import language
    >>> truth_text(language("en"), "Owns land", holds=False), truth_text(language("en"), "No toilet", holds=False)
    ('no', 'this is not so')
    """
    gettext, denial = language.gettext, DENIALS.get(language.code)
    if denial is not None and denial.search(label):
        return gettext("this is so") if holds else gettext("this is not so")
    return gettext("yes") if holds else gettext("no")
