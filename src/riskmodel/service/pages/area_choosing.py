"""Which areas a page offers to narrow a list down to."""

from __future__ import annotations

from riskmodel.language import Language
from riskmodel.service.pages.area_names import area_name
from riskmodel.service.state import State
from riskmodel.service.store.area_summaries import choices_below
from riskmodel.service.store.households import area_rows


def area_choices(state: State, own_path: str, path: str, language: Language) -> tuple[tuple[str, str], ...]:
    """Return the areas that can be chosen: those above the chosen one, itself, and those right below.

    Parameters
    ----------
    state : State
        The store.
    own_path, path : str
        The area that whoever looks may see, and the one that is chosen.
    language : Language
        Of the names.
    """
    with state.store.reading() as connection:
        below = choices_below(connection, path)
        own = [code for code in path.split("/") if code and f"/{code}/" not in own_path]
        names = area_rows(connection, own)
    above = tuple((code, area_name(names, code, language)) for code in own)
    return (*above, *((code, language.label(labels) or code) for code, labels in below))
