"""Passwords are long enough, kept as argon2id, and told apart from wrong ones; nothing tells whose account there is."""

from __future__ import annotations

import pytest

from helpers.accounts import PASSWORD, password_hash
from riskmodel.service import passwords
from riskmodel.service.passwords import PasswordRefused, hash_password, is_password, new_password


def test_the_right_one_and_no_other() -> None:
    kept = password_hash()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3")
    assert is_password(PASSWORD, kept)
    for wrong in ("", PASSWORD[:-1], PASSWORD.upper(), PASSWORD + " ", "\0", "密码" * 600):
        assert not is_password(wrong, kept)


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert hash_password("li", PASSWORD) != password_hash()


def test_an_account_that_is_not_there_costs_a_check_too(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []

    class Counting:
        def verify(self, password: bytes, kept: str) -> bool:
            checked.append(kept)
            return True

    kept_of_nobody = passwords._of_nobody()
    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert not is_password(PASSWORD, None)
    assert checked == [kept_of_nobody]


@pytest.mark.parametrize(
    "password", ["", "elevenchars", "x" * 1025, "long-name-of-1", "LONG-Name-Of-1", "x" * 12 + "\udc80"]
)
def test_a_bad_one_is_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(PasswordRefused) as raised:
        hash_password("long-name-of-1", password)
    assert not password or password not in str(raised.value)


def test_a_composed_and_a_decomposed_character_are_one() -> None:
    assert is_password("pässword-long", hash_password("li", "pa\u0308ssword-long"))


def test_drawn_ones_are_long_and_never_the_same() -> None:
    drawn = {new_password() for _ in range(1000)}
    assert len(drawn) == 1000
    assert all(len(one) == 20 and set(one) <= set(passwords.ALPHABET) for one in drawn)
