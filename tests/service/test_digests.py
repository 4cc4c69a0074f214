"""The digest of words is the one that any tool computes, or nothing could be proven by it."""

from __future__ import annotations

from riskmodel.service.digests import sha256_of


def test_known_answers() -> None:
    assert sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    # as of `printf 房 | sha256sum`
    assert sha256_of("房") == "a50a43ec0839c07bde75943d137477e36b7dddc62237340945a6cd4f92c4c0a6"
