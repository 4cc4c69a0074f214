"""Numbers with their units in words. A unit that no language knows is shown as the dictionary writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from riskmodel.language import Language

PER_PERSON = "_per_capita_year"
PLAIN = ("", "count", "ratio", "index", "level", "grade")
Wording = Callable[[Language, float, str], str]
"""Language, number and the number as written -> words."""

WORDINGS: Mapping[str, Wording] = {
    "months": lambda t, n, text: t.ngettext("%(n)s month", "%(n)s months", n, n=text),
    "years": lambda t, n, text: t.ngettext("%(n)s year", "%(n)s years", n, n=text),
    "years_old": lambda t, n, text: t.ngettext("%(n)s year old", "%(n)s years old", n, n=text),
    "days": lambda t, n, text: t.ngettext("%(n)s day", "%(n)s days", n, n=text),
    "persons": lambda t, n, text: t.ngettext("%(n)s person", "%(n)s persons", n, n=text),
    "rooms": lambda t, n, text: t.ngettext("%(n)s room", "%(n)s rooms", n, n=text),
    "hours": lambda t, n, text: t.ngettext("%(n)s hour", "%(n)s hours", n, n=text),
    "events": lambda t, n, text: t.ngettext("%(n)s time", "%(n)s times", n, n=text),
    "mu": lambda t, _n, text: t.gettext("%(n)s mu", n=text),
    "km": lambda t, _n, text: t.gettext("%(n)s km", n=text),
    "sqm": lambda t, _n, text: t.gettext("%(n)s m²", n=text),
}


def quantity_text(language: Language, number: float, unit: str, currency: str, *, countable: bool = False) -> str:
    """Return a number with its unit.

    Parameters
    ----------
    language : Language
        Language of the words.
    number : float
        The number, in ``unit``.
    unit : str
        A key of the dictionary, such as ``share``, ``months`` or a currency's code in lower case.
    currency : str
        ISO code of the programme's currency.
    countable : bool
        Whether 0 reads better as *none*.

    Examples
    --------
    >>> from riskmodel.language import language
    >>> quantity_text(language("en"), 23400.0, "cny", "CNY")
    '23,400 yuan'
    """
    if countable and number == 0:
        return language.gettext("none")
    if unit == "share":
        return language.percent(number)
    if unit == "year":
        return str(round(number))
    money = unit.removesuffix(PER_PERSON)
    if money == currency.lower():
        amount = _amount(language, number, currency)
        return language.gettext("%(amount)s per person a year", amount=amount) if money != unit else amount
    written = language.number(number, 2 if abs(number) < 10 else 1)
    if unit in PLAIN:
        return written
    wording = WORDINGS.get(unit)
    return wording(language, number, written) if wording else f"{written} {unit}"


def change_text(language: Language, number: float, unit: str, currency: str) -> str:
    """Return a difference in words: up, down, or no change."""
    if number == 0:
        return language.gettext("no change")
    amount = quantity_text(language, abs(number), unit, currency)
    if number > 0:
        return language.gettext("up by %(amount)s", amount=amount)
    return language.gettext("down by %(amount)s", amount=amount)


def _amount(language: Language, number: float, currency: str) -> str:
    """Write an amount: whole units where it is large, hundredths where they matter."""
    written = language.number(number, 0 if abs(number) >= 100 else 2)
    if currency == "CNY":
        return language.gettext("%(amount)s yuan", amount=written)
    if currency == "ARS":
        return language.ngettext("%(amount)s peso", "%(amount)s pesos", abs(number), amount=written)
    name = language.currency(currency, abs(number))
    return language.gettext("%(amount)s %(currency)s", amount=written, currency=name)
