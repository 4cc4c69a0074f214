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
    data_until, version : str
        Last day of the data, and the model.
    notice : str
        That the model is an older one; empty where it is the one that serves.
    """

    household_id: str
    place: str
    sentence: str
    level: int
    band_label: str
    data_until: str
    version: str
    notice: str


def heading(
    serving: Serving,
    subject: Subject,
    score: Mapping[str, Any],
    areas: Mapping[str, AreaRow],
    language: Language,
    notice: str = "",
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
    notice : str, optional
        What :func:`older_model` says.
    """
    programme = serving.scorer.programme
    return Heading(
        subject.household_id,
        area_name(areas, subject.area_code, language),
        sentences.score_sentence(language, score),
        band_level(programme, score["band"]),
        band_label(programme, score["band"], language),
        sentences.last_day(language, dt.date.fromisoformat(score["as_of"])),
        score["model"]["version"],
        notice,
    )


def older_model(language: Language, listed: str, champion: str) -> str:
    """Return what is said where the list was ordered by another model than the one that serves; else nothing.

    Parameters
    ----------
    language : Language
        Of the words.
    listed, champion : str
        Version that gave the standing score, and the one that serves.
    """
    if listed == champion:
        return ""
    return language.gettext(
        "The list was ordered by version %(listed)s; version %(champion)s has not scored everyone yet.",
        listed=listed,
        champion=champion,
    )
