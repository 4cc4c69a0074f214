"""Secrets can't be guessed, and what is kept of them gives nothing away."""

from __future__ import annotations

import hashlib
import re

from riskmodel.service.tokens import hash_of_secret, new_key, new_session_token


def test_keys_and_tokens_hold_256_bits() -> None:
    assert re.fullmatch(r"rk_[A-Za-z0-9_-]{43}", new_key())
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", new_session_token())
    assert len({new_key() for _ in range(1000)} | {new_session_token() for _ in range(1000)}) == 2000


def test_only_the_hash_is_kept() -> None:
    key = new_key()
    assert hash_of_secret(key) == hashlib.sha256(key.encode()).hexdigest()
    assert hash_of_secret(key) != hash_of_secret(key[:-1])


def test_what_is_no_text_has_a_hash_too() -> None:
    assert len(hash_of_secret("rk_\udc80\xff")) == 64
