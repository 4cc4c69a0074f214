"""Turns what pydantic found wrong into our faults: a path in the file, a rule, a sentence."""

from __future__ import annotations

from pydantic import ValidationError

from riskmodel.errors import Fault

RULES = {
    "extra_forbidden": ("unknown_key", "unknown key; take it out or correct its spelling"),
    "missing": ("missing_key", "this key is required and is missing"),
}


def faults_of(error: ValidationError, where: str) -> list[Fault]:
    """List every fault in ``error``, each with its path below ``where``."""
    faults = []
    for detail in error.errors(include_url=False, include_context=False):
        path = ".".join(str(part) for part in detail["loc"])
        rule, message = RULES.get(detail["type"], (detail["type"], detail["msg"]))
        faults.append(Fault(f"{where}: {path}" if path else where, rule, message))
    return faults
