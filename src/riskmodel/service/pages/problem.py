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
    no_model = gettext("No model serves yet"), gettext("Ask the administrator to promote a model.")
    words = {
        "not_found": (
            gettext("Nothing is here"),
            gettext("No such household is in your area, or the address is wrong."),
        ),
        "not_ready": no_model,
        "bundle_corrupt": no_model,
        "not_at_risk": (
            gettext("No score on this date"),
            gettext("The household is not among those at risk: it may be monitored already, or have moved away."),
        ),
        "forbidden": (
            gettext("This account may not see this"),
            gettext("Ask the administrator for access."),
        ),
        "no_credentials": (
            gettext("Nobody can sign in yet"),
            gettext("Ask the administrator to add a user."),
        ),
        "invalid_request": (
            gettext("The address is not as expected"),
            gettext("Go back to the visit list and choose from there."),
        ),
    }
    busy = gettext("The service is busy"), gettext("Wait a moment, then open the page again.")
    words |= dict.fromkeys(("too_many_requests", "overloaded", "store_unavailable"), busy)
    anything_else = (
        gettext("Something went wrong"),
        gettext("Try again; if it stays, tell this number to the administrator."),
    )
    return words.get(code, anything_else)
