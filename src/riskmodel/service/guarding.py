"""The route class that asks who asks, before anything else of the route is done.

A router is guarded by one line: ``APIRouter(route_class=GuardedRoute)``. A route that the policy does not list can't be
built.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.responses import RedirectResponse, Response

from riskmodel.service.access import POLICY, Principal, rule_of
from riskmodel.service.authenticating import Access
from riskmodel.service.browser import sign_in_address, wants_page
from riskmodel.service.refusals import Unauthenticated

PRINCIPAL = "principal"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that answers only whom the policy lets ask.

    Raises
    ------
    UnlistedRoute
        If the policy does not list the route; when it is built, not when it is asked for.
    """

    def get_route_handler(self) -> Handler:
        """Return what answers: the route's own handler, behind the guard."""
        rules = {method: rule_of(method, self.path) for method in self.methods or ()}
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                principal = await access_of(request).admit(request, rules[request.method])
            except Unauthenticated:
                if wants_page(request):
                    return RedirectResponse(sign_in_address(request), status_code=303)
                raise
            if principal is not None:
                request.scope.setdefault("state", {})[PRINCIPAL] = principal
            return await handler(request)

        return guarded


def access_of(request: Request) -> Access:
    """Return what decides about the requests of an app."""
    access = request.app.state.access
    assert isinstance(access, Access)
    return access


def principal_of(request: Request) -> Principal:
    """Return who asks, on a route that is not public."""
    principal = request.scope["state"][PRINCIPAL]
    assert isinstance(principal, Principal)
    return principal


def routes_of(app: FastAPI) -> Iterator[tuple[str, str, bool]]:
    """Yield each method and path that an app answers, and whether it is guarded as the policy lists it."""
    for found in iter_route_contexts(app.routes):
        path = getattr(found, "path", "")
        methods = getattr(found, "methods", None) or {"*"}
        for method in sorted(methods):
            yield method, path, isinstance(found.original_route, GuardedRoute) and (method, path) in POLICY


def unguarded(app: FastAPI) -> list[str]:
    """Return what an app answers without the guard: for a test that this is nothing."""
    return [f"{method} {path}" for method, path, guarded in routes_of(app) if not guarded]
