"""Which language a page is shown in: what its address asks for, else what was chosen before, else the browser's."""

from __future__ import annotations

from starlette.requests import Request

from riskmodel.language import DEFAULT, LOCALES, Language, language

COOKIE = "lang"
PARAMETER = "lang"


def chosen_language(request: Request) -> Language:
    """Return the language of a page."""
    for code in (request.query_params.get(PARAMETER), request.cookies.get(COOKIE)):
        if code in LOCALES:
            return language(str(code))
    return language(preferred(request.headers.get("accept-language", "")))


def preferred(header: str) -> str:
    """Return the language code that an ``Accept-Language`` header likes best.

    >>> preferred("fr, zh-CN;q=0.9, en;q=0.5")
    'zh'
    """
    best, best_weight = DEFAULT, 0.0
    for entry in header.split(",")[:50]:
        tag, _, quality = entry.strip().partition(";q=")
        code = tag.strip().lower().partition("-")[0]
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if code in LOCALES and weight > best_weight:
            best, best_weight = code, weight
    return best
