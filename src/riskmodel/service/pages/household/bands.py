"""Bands in words, and how they are marked."""

from __future__ import annotations

from riskmodel.language import Language
from riskmodel.programme.programme import Programme


def band_label(programme: Programme, code: str, language: Language) -> str:
    """Return a band's label; the code itself where the programme no longer knows it."""
    labels = {band.code: band.label for band in programme.file.bands}
    return language.label(labels[code]) if code in labels else code


def band_level(programme: Programme, code: str) -> int:
    """Return a band's place from the top, 1 for the highest; the lowest one is 0: it needs no mark."""
    codes = [band.code for band in programme.file.bands]
    place = codes.index(code) + 1
    return 0 if place == len(codes) else place
