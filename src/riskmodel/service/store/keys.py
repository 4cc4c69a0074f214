"""Pseudonyms: names of households that tell nothing without the store's key, and stay when a household is erased."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from sqlalchemy import Connection

from riskmodel.service.store.engine import Store
from riskmodel.service.store.facts import read_fact
from riskmodel.service.store.tables import facts

PSEUDONYM_KEY = "pseudonym_key"
KEY_BYTES = 32
PSEUDONYM_DIGITS = 32


def pseudonym(key: bytes, household_id: str) -> str:
    """Return a household's pseudonym: the first 128 bits of HMAC-SHA256, as hexadecimal digits."""
    return hmac.digest(key, household_id.encode(), "sha256").hex()[:PSEUDONYM_DIGITS]


def pseudonym_key(
    store: Store, connection: Connection, random_bytes: Callable[[int], bytes] = secrets.token_bytes
) -> bytes:
    """Return the store's key; made at the first call, and never again.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction that writes.
    random_bytes : callable
        Where a new key is from.
    """
    insert = store.insert(facts).values(name=PSEUDONYM_KEY, value=random_bytes(KEY_BYTES).hex())
    connection.execute(insert.on_conflict_do_nothing())
    found = read_fact(connection, PSEUDONYM_KEY)
    assert found is not None, "it was written just now"
    return bytes.fromhex(found)
