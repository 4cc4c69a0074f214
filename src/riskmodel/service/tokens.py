"""Secrets that are handed out once: keys of clients and tokens of sessions, of 256 bits each.

The store knows their hashes alone. A plain hash is enough: nobody guesses 256 bits, however fast the guessing; and since
what is looked up is a hash, the time that it takes tells nothing about the secret.
"""

from __future__ import annotations

import hashlib
import secrets

KEY_PREFIX = "rk_"
"""Tells a key in a file or a log for what it is."""
SECRET_BYTES = 32


def new_key() -> str:
    """Draw the key of a client: ``rk_`` and 43 characters."""
    return KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def new_session_token() -> str:
    """Draw the token of a session: 43 characters."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hash_of_secret(secret: str) -> str:
    """Return what the store knows of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
