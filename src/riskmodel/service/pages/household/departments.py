"""Departments that records come from and that give help, in words; one that is not known here stays as it is written."""

from __future__ import annotations

from riskmodel.language import Language


def department_label(language: Language, code: str) -> str:
    """Return a department's name."""
    gettext = language.gettext
    known = {
        "agriculture_rural_affairs": gettext("Agriculture and rural affairs"),
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
    return known.get(code) or code.replace("_", " ")
