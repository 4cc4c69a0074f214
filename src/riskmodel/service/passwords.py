"""Passwords: how long they have to be, and how they are kept (argon2id, 64 MiB and three passes each)."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from pwdlib import PasswordHash

from riskmodel.errors import InputError

LEAST_CHARACTERS, MOST_CHARACTERS = 12, 1024
DRAWN_CHARACTERS = 20
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
"""What passwords are drawn from: nothing that is mistaken for another character on paper."""

_hasher = PasswordHash.recommended()


class PasswordRefused(InputError):
    """A new password is too easy to guess, or no text."""

    code = "password_refused"


def new_password() -> str:
    """Draw a password of 116 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(DRAWN_CHARACTERS))


def hash_password(name: str, password: str) -> str:
    """Return what is kept of a new password.

    Parameters
    ----------
    name : str
        Whose; a password may not be the name.
    password : str
        What was chosen.

    Raises
    ------
    PasswordRefused
        If it is too short, too long, the account's name, or no text.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise PasswordRefused(
            f"the password has {len(password)} characters; expected {LEAST_CHARACTERS} to {MOST_CHARACTERS}"
        )
    if password.casefold() == name.casefold():
        raise PasswordRefused("the password is the account's name; choose another one")
    return _hasher.hash(_bytes(password))


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether a password is the one whose hash is kept.

    Where none is kept, since there is no such account, this takes the same time as for a wrong password.
    """
    matches = _hasher.verify(_bytes(password), password_hash or _of_nobody())
    return matches and password_hash is not None


def prepare() -> None:
    """Do what the first check would do once, so that its time tells nothing about an account."""
    _of_nobody()


@cache
def _of_nobody() -> str:
    return _hasher.hash(secrets.token_bytes(32))


def _bytes(password: str) -> bytes:
    """Return the bytes that are hashed: the same whichever way a keyboard composes a character."""
    try:
        return unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError:
        raise PasswordRefused("the password is no text; expected UTF-8") from None
