"""What every page about one household begins with: who, where, and the score as a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskmodel.language import Language
from riskmodel.programme.programme import AreaRow
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area_names import area_name
from riskmodel.service.pages.household.bands import band_label, band_level
from riskmodel.service.serving import Serving
from riskmodel.service.store.households import Subject


@dataclass(frozen=True, slots=True)
class Heading:
    """A household and its score, in words.

    Attributes
    ----------
    household_id, place : str
        Who, and where.
    sentence : str
        The score.
    level, band_label : int, str
        The band's place from the top, and its name.
    as_of, version : str
        Date of the data, and the model.
    """

    household_id: str
    place: str
    sentence: str
    level: int
    band_label: str
    as_of: str
    version: str


def heading(
    serving: Serving, subject: Subject, score: Mapping[str, Any], areas: Mapping[str, AreaRow], language: Language
) -> Heading:
    """Return what a page about a household begins with.

    Parameters
    ----------
    serving : Serving
        The model that said it.
    subject : Subject
        The household.
    score : mapping
        What was said.
    areas : mapping of str to AreaRow
        The area where it lives, and the one above.
    language : Language
        Of the words.
    """
    programme = serving.scorer.programme
    return Heading(
        subject.household_id,
        area_name(areas, subject.area_code, language),
        sentences.score_sentence(language, score),
        band_level(programme, score["band"]),
        band_label(programme, score["band"], language),
        language.date(dt.date.fromisoformat(score["as_of"])),
        score["model"]["version"],
    )
