"""Templates to answers: one environment, escaping on, each page in one language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.language import Language, languages
from riskmodel.programme.programme import Programme
from riskmodel.service.access import Permission, Principal
from riskmodel.service.guarding import PRINCIPAL
from riskmodel.service.pages.choosing import COOKIE, PARAMETER, chosen_language

FOLDER = Path(__file__).parent
YEAR_SECONDS = 365 * 24 * 3600
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
ASSETS: Mapping[str, str] = {
    path.name: MEDIA_TYPES[path.suffix] for path in sorted((FOLDER / "static").iterdir()) if path.suffix in MEDIA_TYPES
}
"""Every file that pages load beside themselves, with its media type."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset_address
    environment.globals["household_address"] = household_address
    return environment


@cache
def asset(name: str) -> bytes:
    """Return the bytes of a file of :data:`ASSETS`."""
    return (FOLDER / "static" / name).read_bytes()


@cache
def asset_address(name: str) -> str:
    """Return an asset's address; it changes with the bytes, so that browsers may keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256(asset(name)).hexdigest()[:12]}"


def programme_words(programme: Programme, language: Language) -> dict[str, Any]:
    """Return what every page says of its programme."""
    return {"title": language.label(programme.file.title), "simulated": programme.file.simulated}


def household_address(household_id: str) -> str:
    """Return the address of a household's page."""
    return f"/review/households/{quote(household_id, safe='')}"


def address(path: str, parameters: Mapping[str, object]) -> str:
    """Return an address with the parameters that are given."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def render(
    request: Request,
    template: str,
    context: Mapping[str, object],
    *,
    path: str,
    parameters: Mapping[str, object] | None = None,
    status: int = 200,
) -> Response:
    """Return a page in the language that the request chose.

    Parameters
    ----------
    request : Request
        Whose language.
    template : str
        Name of the template.
    context : mapping
        What it shows.
    path, parameters
        The page's own address, which the language switch keeps.
    status : int
        HTTP status.
    """
    chosen = chosen_language(request)
    switch = [(one, address(path, {**(parameters or {}), PARAMETER: one.code})) for one in languages()]
    asking = request.scope.get("state", {}).get(PRINCIPAL)
    html = (
        _environment()
        .get_template(template)
        .render(
            _=chosen.gettext,
            language=chosen,
            switch=switch,
            places=places(asking, chosen, path),
            **{"principal": asking, **context},
        )
    )
    answer = Response(html, status, media_type="text/html")
    answer.headers["content-language"] = chosen.tag
    answer.headers["vary"] = "accept-language, cookie"
    if request.query_params.get(PARAMETER) == chosen.code:
        answer.set_cookie(COOKIE, chosen.code, max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return answer


def places(principal: Principal | None, language: Language, path: str) -> list[dict[str, object]]:
    """Return the pages that everybody who may see them is led to, each with whether it is the one that is shown."""
    if principal is None or principal.kind != "user":
        return []
    gettext = language.gettext
    known = [
        ("/review", gettext("Visit list"), Permission.READ_HOUSEHOLDS),
        ("/review/follow-up", gettext("Follow-up"), Permission.READ_HOUSEHOLDS),
        ("/review/area", gettext("Area"), Permission.READ_HOUSEHOLDS),
        ("/review/model", gettext("Model"), Permission.READ_MODELS),
        ("/review/help", gettext("Help"), None),
    ]
    return [
        {"address": there, "label": label, "current": there == path}
        for there, label, needed in known
        if needed is None or needed in principal.permissions
    ]


def language_name(language: Language) -> str:
    """Return a language's own name for itself."""
    return {"en": "English", "zh": "中文"}.get(language.code, language.code)


_environment().globals["language_name"] = language_name
