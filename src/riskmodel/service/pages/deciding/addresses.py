"""Addresses of the pages about a household's case."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.service.pages.rendering import address, household_address


def decide_address(household_id: str, corrects: int | None = None) -> str:
    """Return where one decides about a household, or corrects a decision."""
    return address(f"{household_address(household_id)}/decide", {"corrects": corrects})


def case_address(household_id: str, kept: str | None = None) -> str:
    """Return where a household's case stands; ``kept`` names what was kept just now."""
    return address(f"{household_address(household_id)}/case", {"kept": kept})


def ending_address(household_id: str) -> str:
    """Return where the end of a household's monitoring is proposed."""
    return f"{household_address(household_id)}/ending"


def addresses(household_id: str) -> Mapping[str, str]:
    """Return what the templates of a case link and send to."""
    base = household_address(household_id)
    names = ("decide", "case", "ending", "appeals", "help")
    return {"household": base, **{name: f"{base}/{name}" for name in names}}
