"""Pseudonyms: the same for ever in one store, another in every other, and told to nobody without the key."""

from __future__ import annotations

from riskmodel.service.store.engine import Store
from riskmodel.service.store.keys import pseudonym, pseudonym_key


def test_known_answer() -> None:
    assert pseudonym(b"Jefe", "what do ya want for nothing?") == "5bdcc146bf60754e6a042426089575c7"
    assert len({pseudonym(key, one) for key in (b"a", b"b") for one in ("1", "01", "甲")}) == 6


def test_the_key_is_made_once(store: Store) -> None:
    with store.writing() as connection:
        first = pseudonym_key(store, connection)
    with store.writing() as connection:
        assert pseudonym_key(store, connection, bytes) == first
    assert len(first) == 32 and any(first)
