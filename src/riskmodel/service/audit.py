"""Who did what, as a chain of hashes: each entry holds the hash of the one before, so that no change goes unseen.

Here acts become entries; :mod:`riskmodel.service.audit_checking` finds what was changed afterwards.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

GENESIS = "0" * 64
"""What the first entry holds as the hash of the one before."""


class Action(StrEnum):
    """What can be done that has to be known afterwards."""

    SCORED = "scored"
    EXPLAINED = "explained"
    VIEWED = "viewed"
    DECIDED = "decided"
    ASSIGNED = "assigned"
    HELP_RECORDED = "help_recorded"
    APPEAL_RECORDED = "appeal_recorded"
    ENDING_RECORDED = "ending_recorded"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    UNMASKED = "unmasked"
    REFUSED = "refused"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    USER_ADDED = "user_added"
    USER_DISABLED = "user_disabled"
    PASSWORD_CHANGED = "password_changed"
    CLIENT_ADDED = "client_added"
    CLIENT_REVOKED = "client_revoked"
    LOADED = "loaded"
    EVENTS_RECEIVED = "events_received"
    RESCORED = "rescored"
    COHORT_SCORED = "cohort_scored"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_DELETED = "webhook_deleted"
    WEBHOOK_REPLAYED = "webhook_replayed"
    WEBHOOK_DISABLED = "webhook_disabled"
    TOLD = "told"
    JOB_SENT = "job_sent"
    JOB_ENDED = "job_ended"
    JOB_CANCELLED = "job_cancelled"
    ERASED = "erased"
    EXPORTED = "exported"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did.

    Attributes
    ----------
    at : datetime
        Instant, with its time zone.
    action : Action
        What was done.
    actor : str
        Who did it, such as ``user:li``, ``client:monitor``, ``operator:root`` or ``anonymous``.
    role : str
        As what; may be empty.
    subject : str
        To whom or what: the pseudonym of a household, a model version, a user's name, or empty. Never a household's id.
    detail : mapping
        JSON values: figures and names of ours.
    request_id : str
        Under which the log knows the request; empty outside of requests.
    """

    at: dt.datetime
    action: Action
    actor: str
    role: str
    subject: str
    detail: Mapping[str, Any]
    request_id: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of an entry but for its number, which is only known in the turn of whoever appends."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry's number and hash: the head, or an anchor. A chain without entries ends at number 0."""

    sequence: int
    hash: str


START = Mark(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Entry:
    """An act in the chain.

    Attributes
    ----------
    sequence : int
        Number, from 1 on without gaps.
    content : str
        Canonical JSON of the act and its number: keys sorted, no spaces. Hashed as it stands.
    previous_hash : str
        Hash of the entry before.
    hash : str
        SHA-256 over the hash before, a line feed and the content.
    """

    sequence: int
    content: str
    previous_hash: str
    hash: str

    @property
    def mark(self) -> Mark:
        """Number and hash."""
        return Mark(self.sequence, self.hash)


canonical_json_text: Callable[[Any], str] = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
"""Writes JSON in the one way that a value has: keys sorted, no spaces."""


def drafted(act: Act) -> Draft:
    """Write an act as an entry's text, all but its number.

    Raises
    ------
    ValueError
        If its instant has no time zone, or a figure of its detail is not finite.
    """
    if act.at.tzinfo is None:
        raise ValueError("an act needs the time zone of its instant")
    before = canonical_json_text(
        {
            "action": act.action,
            "actor": act.actor,
            "at": act.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "detail": act.detail,
            "request_id": act.request_id,
            "role": act.role,
        }
    )
    return Draft(_writable(f'{before[:-1]},"sequence":'), _writable(f',"subject":{canonical_json_text(act.subject)}}}'))


def _writable(text: str) -> str:
    # half of a character can't be stored; as an escape it is the same JSON
    return text.encode("utf-8", "backslashreplace").decode()


def hash_of(previous_hash: str, content: str) -> str:
    """Return the hash of an entry."""
    return hashlib.sha256(f"{previous_hash}\n{content}".encode("utf-8", "surrogatepass")).hexdigest()


def chained(drafts: Iterable[Draft], head: Mark) -> list[Entry]:
    """Return the entries that follow an entry.

    Parameters
    ----------
    drafts : iterable of Draft
        What is to be added, in order.
    head : Mark
        The last entry so far; :data:`START` where there is none.
    """
    entries = []
    sequence, previous_hash = head.sequence, head.hash
    for draft in drafts:
        sequence += 1
        content = f"{draft.before}{sequence}{draft.after}"
        entry = Entry(sequence, content, previous_hash, hash_of(previous_hash, content))
        entries.append(entry)
        previous_hash = entry.hash
    return entries
