"""Departments that records come from and that give help: which, and in words; one not known here stays as it is written."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.language import Language
from riskmodel.programme.dictionary import Feature
from riskmodel.programme.programme import Programme


def department_label(language: Language, code: str) -> str:
    """Return a department's name."""
    return _known(language).get(code) or code.replace("_", " ")


def department_language(language: Language, code: str, own: str) -> str:
    """Return in which language a department's name is, where the page speaks another one; else nothing.

    Parameters
    ----------
    language : Language
        Of the page.
    code : str
        The department.
    own : str
        The survey's own language, in which names stand that are not known here; empty where the pages speak it.
    """
    return "" if code in _known(language) else own


def _known(language: Language) -> Mapping[str, str]:
    gettext = language.gettext
    return {
        "agriculture_rural_affairs": gettext("Agriculture and rural affairs"),
        "INDEC": gettext("INDEC (statistics institute)"),
        "bank": gettext("Bank"),
        "civil_affairs": gettext("Civil affairs"),
        "disabled_persons_federation": gettext("Disabled persons' federation"),
        "education": gettext("Education"),
        "emergency_management": gettext("Emergency management"),
        "finance": gettext("Finance"),
        "health": gettext("Health"),
        "housing": gettext("Housing"),
        "human_resources": gettext("Human resources"),
        "medical_insurance": gettext("Medical insurance"),
        "public_security": gettext("Public security"),
        "village": gettext("Village committee"),
        "water": gettext("Water"),
    }


def recording_department(programme: Programme, feature: Feature) -> str:
    """Return who records what a feature is made of; of welfare beside the line, whoever records welfare."""
    table, _, name = feature.origin.partition(".")
    welfare = programme.file.welfare
    origin = welfare.column if table == welfare.table and name in welfare.labels else feature.origin
    column = programme.dictionary.column(origin)
    return feature.column.source or (column.source if column is not None else "")
