"""Keeps events: each known by a fingerprint, so that no file and no department tells one twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from riskmodel.service.store.bulk import Row, add_missing_rows
from riskmodel.service.store.keeping import Kept, Loading, sound_codes, with_household
from riskmodel.service.store.records import HOUSEHOLD
from riskmodel.service.store.tables import events

FINGERPRINT_DIGITS = 32
WHAT = ["household_id", "kind", "occurred_on", "recorded_on", "amount", "cause"]
COLUMNS = (
    "household", "kind", "occurred_on", "recorded_on", "amount", "cause", "fingerprint", "source", "load",
)  # fmt: skip


def fingerprint(
    household_id: str,
    kind: str,
    occurred_on: str,
    recorded_on: str,
    amount: float | None,
    cause: str | None,
    earlier: int = 0,
) -> str:
    """Return what tells an event from the household's others.

    Parameters
    ----------
    household_id, kind, occurred_on, recorded_on, amount, cause
        What was reported; dates as ``YYYY-MM-DD``.
    earlier : int
        How many events that are equal in all of these come before it in the same file: some do happen twice.
    """
    told = (household_id, kind, occurred_on, recorded_on, repr(amount), cause or "", str(earlier))
    # a character that no text of the store holds
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:FINGERPRINT_DIGITS]


def keep_events(loading: Loading, rows: pd.DataFrame) -> Kept:
    """Keep events of a part; those that are stored already add nothing."""
    rows = rows.assign(**{name: missing for name, missing in (("amount", np.nan), ("cause", None)) if name not in rows})
    rows, unsound = sound_codes(rows.astype({"cause": "str"}), ["cause"])
    rows, strange = with_household(loading.connection, rows)
    ordered = rows.sort_values(HOUSEHOLD, kind="stable")
    added = add_missing_rows(loading.connection, events, COLUMNS, _rows(loading, ordered))
    return Kept(added, len(rows) - added, (*unsound, *strange))


def _rows(loading: Loading, rows: pd.DataFrame) -> Iterable[Row]:
    days = [rows[name].dt.strftime("%Y-%m-%d").tolist() for name in ("occurred_on", "recorded_on")]
    amount, cause = (rows[name].astype(object).where(rows[name].notna(), None).tolist() for name in ("amount", "cause"))
    told = [rows["kind"].tolist(), *days, amount, cause]
    names = zip(rows["household_id"].tolist(), *told, _earlier(rows), strict=True)
    fingerprints = [fingerprint(*name) for name in names]
    for household, *what in zip(rows[HOUSEHOLD].tolist(), *told, fingerprints, strict=True):
        yield (household, *what, loading.source, loading.load)


def _earlier(rows: pd.DataFrame) -> list[int]:
    """Count for each event those before it that are equal to it."""
    counts = np.zeros(len(rows), dtype="int64")
    repeated = rows.duplicated(WHAT, keep=False).to_numpy()
    counts[repeated] = rows[repeated].groupby(WHAT, dropna=False).cumcount()
    return [int(count) for count in counts]
