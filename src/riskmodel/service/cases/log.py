"""A case's entries folded into where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskmodel.service.cases.appeals import Appeal, appeals_of
from riskmodel.service.cases.ending import Proposal, last_proposal
from riskmodel.service.cases.entries import Entry
from riskmodel.service.cases.helping import Help, helps_of


@dataclass(frozen=True, slots=True)
class CaseLog:
    """Where a case stands.

    Attributes
    ----------
    helps : mapping of int to Help
        By number.
    appeals : mapping of int to Appeal
        By number.
    proposal : Proposal or None
        The latest proposal to end the monitoring.
    """

    helps: Mapping[int, Help]
    appeals: Mapping[int, Appeal]
    proposal: Proposal | None


def folded(entries: Sequence[Entry]) -> CaseLog:
    """Return where a case stands after its entries, which are given in order."""
    return CaseLog(helps_of(entries), appeals_of(entries), last_proposal(entries))
