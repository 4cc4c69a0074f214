"""Who may let a bundle serve: names are compared as people would, and nobody agrees with themselves."""

from __future__ import annotations

import unicodedata

from riskmodel.errors import PromotionRefused

DEMO_ACTOR = "demo"
"""The demonstration; it promotes models of simulated data only."""


def same_person(one: str, other: str) -> bool:
    """Tell whether two names are the same but for case, spaces and Unicode's ways to write a letter.

    >>> same_person("A.  Person ", "a. person")
    True
    """
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def refuse_demo(by: str, simulated: bool) -> None:
    """Let the demonstration promote models of simulated data only.

    Raises
    ------
    PromotionRefused
        If it promotes another one.
    """
    if same_person(by, DEMO_ACTOR) and not simulated:
        raise PromotionRefused("the actor `demo` promotes models of simulated data only; name the person who promotes")


def require_second(second: str, by: str, trainer: str, why: str) -> None:
    """Ask for a second person.

    Raises
    ------
    PromotionRefused
        If nobody is named, or somebody who already took part.
    """
    if not second.strip():
        raise PromotionRefused(f"{why}: name a second person who agrees (--second), or judge it on data (--data)")
    if any(same_person(second, other) for other in (by, trainer, DEMO_ACTOR) if other):
        raise PromotionRefused("the second person must be neither the one who promotes nor the one who trained")
