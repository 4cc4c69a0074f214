"""A problem as a page, where a browser asked for one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from riskmodel.language import Language
from riskmodel.service.errors import Problem
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.rendering import render


def problem_page(request: Request, problem: Problem) -> Response | None:
    """Return the page of a problem under ``/review``; None where a program asked."""
    if not request.url.path.startswith("/review") or "text/html" not in request.headers.get("accept", ""):
        return None
    title, advice = _words(problem.code, chosen_language(request))
    context = {"title": title, "advice": advice, "request_id": request.state.request_id, "programme": None}
    return render(request, "problem.html", context, path="/review", status=problem.status)


def _words(code: str, language: Language) -> tuple[str, str]:
    """Return a title and what to do, for people."""
    gettext = language.gettext
    match code:
        case "not_found":
            return gettext("Nothing is here"), gettext(
                "This household is not in the visit list's data, or the address is wrong."
            )
        case "not_ready" | "bundle_corrupt":
            return gettext("No model serves yet"), gettext("Ask whoever runs the service to promote a model.")
        case "no_cohort":
            return gettext("No households are loaded"), gettext("Ask whoever runs the service to load a cohort.")
        case "invalid_request":
            return gettext("The address is not as expected"), gettext(
                "Go back to the visit list and choose from there."
            )
    return gettext("Something went wrong"), gettext(
        "Try again; if it stays, tell this number to whoever runs the service."
    )
