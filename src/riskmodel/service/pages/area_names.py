"""What an area is called, with the one above it."""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.language import Language
from riskmodel.programme.programme import AreaRow


def area_name(areas: Mapping[str, AreaRow], code: str | None, language: Language) -> str:
    """Return an area's name with that of the one above it; the code where no name is known.

    Parameters
    ----------
    areas : mapping of str to AreaRow
        Areas by code.
    code : str or None
        Which one.
    language : Language
        Of the name.
    """
    area = areas.get(code or "")
    if area is None:
        return code or ""
    above = areas.get(area.parent)
    names = [language.label(one.names) for one in (above, area) if one is not None and one.names]
    if not names:
        return area.code
    # Chinese writes the wider area first, without a mark between
    return "".join(names) if language.code == "zh" else ", ".join(reversed(names))
