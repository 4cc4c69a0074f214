"""Help for a household, from the proposal to its result: proposed, started, and finished or stopped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from riskmodel.service.cases.entries import Entry, EntryKind, Rule, StepRefused


class HelpState(StrEnum):
    """Where help stands."""

    PROPOSED = "proposed"
    STARTED = "started"
    FINISHED = "finished"
    STOPPED = "stopped"


class HelpResult(StrEnum):
    """What came of help that is finished."""

    HELPED = "helped"
    DID_NOT = "did_not"
    UNCLEAR = "unclear"


STATE_OF: Mapping[str, HelpState] = {
    EntryKind.HELP_PROPOSED: HelpState.PROPOSED,
    EntryKind.HELP_STARTED: HelpState.STARTED,
    EntryKind.HELP_FINISHED: HelpState.FINISHED,
    EntryKind.HELP_STOPPED: HelpState.STOPPED,
}
NEXT_STEPS: Mapping[HelpState, tuple[EntryKind, ...]] = {
    HelpState.PROPOSED: (EntryKind.HELP_STARTED, EntryKind.HELP_STOPPED),
    HelpState.STARTED: (EntryKind.HELP_FINISHED, EntryKind.HELP_STOPPED),
    HelpState.FINISHED: (),
    HelpState.STOPPED: (),
}


@dataclass(frozen=True, slots=True)
class Help:
    """One measure for a household.

    Attributes
    ----------
    number : int
        Number of the entry that proposed it.
    measure, group : str
        Code of the programme's measure, and the factor group that it answers.
    state : HelpState
        Where it stands.
    steps : tuple of Entry
        From the proposal on.
    """

    number: int
    measure: str
    group: str
    state: HelpState
    steps: tuple[Entry, ...]

    @property
    def states(self) -> tuple[HelpState, ...]:
        """Where it stood after each step."""
        return tuple(STATE_OF[step.kind] for step in self.steps)

    @property
    def last_on(self) -> dt.date:
        """Date of the latest step."""
        return day_of_step(self.steps[-1])


def day_of_step(entry: Entry) -> dt.date:
    """Return the date on which a step was taken, which may be before it was written down."""
    return dt.date.fromisoformat(entry.content["on"])


def helps_of(entries: Sequence[Entry]) -> dict[int, Help]:
    """Return a household's help by number, in the order in which it was proposed.

    Parameters
    ----------
    entries : sequence of Entry
        The household's, in order.
    """
    found: dict[int, Help] = {}
    for entry in entries:
        if entry.kind == EntryKind.HELP_PROPOSED:
            content = entry.content
            found[entry.entry] = Help(entry.entry, content["measure"], content["group"], HelpState.PROPOSED, (entry,))
        elif entry.kind in STATE_OF and entry.about in found:
            before = found[entry.about]
            found[entry.about] = replace(before, state=STATE_OF[entry.kind], steps=(*before.steps, entry))
    return found


def open_since(helps: Iterable[Help]) -> dt.datetime | None:
    """Return when the first help was written down that is neither finished nor stopped; None where there is none."""
    return min((one.steps[0].at for one in helps if NEXT_STEPS[one.state]), default=None)


def check_step(entries: Sequence[Entry], about: int | None, kind: EntryKind, on: dt.date) -> None:
    """Check that help can go on by a step.

    Raises
    ------
    StepRefused
        If there is no such help, it stands elsewhere, or the date is before its latest step.
    """
    known = helps_of(entries).get(about or 0)
    if known is None:
        raise StepRefused(Rule.NO_SUCH_ENTRY)
    if kind not in NEXT_STEPS[known.state]:
        raise StepRefused(Rule.NOT_THE_NEXT_STEP)
    if on < known.last_on:
        raise StepRefused(Rule.TOO_EARLY)
