"""Who may ask for what: roles of people, scopes of programs, and what each route needs. What is not listed is refused.

::

    user   -- role --> permissions ─┐
                                    ├─> principal ── has what the route's rule in POLICY names?
    client -- scopes -> permissions ┘             └─ may see the household's area?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from riskmodel.errors import RiskError


class Permission(StrEnum):
    """One thing that somebody may do."""

    SCORE = "score"
    READ_HOUSEHOLDS = "read_households"
    CHANGES = "changes"
    DECIDE = "decide"
    ASSIGN = "assign"
    READ_MODELS = "read_models"
    PROMOTE = "promote"
    UNMASK = "unmask"
    READ_AUDIT = "read_audit"
    MANAGE_ACCESS = "manage_access"
    SEND_EVENTS = "send_events"
    WEBHOOKS = "webhooks"
    RUN_JOBS = "run_jobs"
    METRICS = "metrics"


class Role(StrEnum):
    """What a person is here for."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    MODELLER = "modeller"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a program is here for."""

    SCORES_FEATURES = "scores:features"
    SCORES_HOUSEHOLDS = "scores:households"
    CHANGES = "changes"
    EVENTS = "events"
    JOBS = "jobs"
    WEBHOOKS = "webhooks"
    MODELS = "models"
    METRICS = "metrics"


_VIEWER = frozenset({Permission.READ_HOUSEHOLDS, Permission.READ_MODELS})
_REVIEWER = _VIEWER | {Permission.DECIDE, Permission.UNMASK}

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.REVIEWER: _REVIEWER,
    Role.SUPERVISOR: _REVIEWER | {Permission.ASSIGN},
    # whoever makes models, looks after the log or hands out accounts sees no household: duties are kept apart
    Role.MODELLER: frozenset({Permission.READ_MODELS, Permission.SCORE, Permission.PROMOTE, Permission.RUN_JOBS}),
    Role.AUDITOR: frozenset({Permission.READ_AUDIT, Permission.READ_MODELS}),
    Role.ADMIN: frozenset({Permission.MANAGE_ACCESS, Permission.METRICS}),
}

SCOPE_PERMISSIONS: Mapping[Scope, frozenset[Permission]] = {
    Scope.SCORES_FEATURES: frozenset({Permission.SCORE}),
    Scope.SCORES_HOUSEHOLDS: frozenset({Permission.SCORE, Permission.READ_HOUSEHOLDS}),
    Scope.CHANGES: frozenset({Permission.CHANGES}),
    Scope.EVENTS: frozenset({Permission.SEND_EVENTS}),
    Scope.JOBS: frozenset({Permission.RUN_JOBS}),
    # what a webhook is told, its owner could ask for
    Scope.WEBHOOKS: frozenset({Permission.WEBHOOKS, Permission.CHANGES}),
    Scope.MODELS: frozenset({Permission.READ_MODELS}),
    Scope.METRICS: frozenset({Permission.METRICS}),
}


LIMITED_BY_AREA = frozenset({Permission.READ_HOUSEHOLDS, Permission.CHANGES, Permission.SEND_EVENTS})
"""What an account's area limits; other things are the same everywhere."""


class Public(StrEnum):
    """What is answered without asking who asks."""

    ALWAYS = "always"
    """Even while nobody can sign in yet."""
    ANYONE = "anyone"


class SignedIn(StrEnum):
    """What any user and any client gets."""

    ANY = "any"


Rule = Permission | Public | SignedIn

POLICY: Mapping[tuple[str, str], Rule] = {
    ("GET", "/healthz"): Public.ALWAYS,
    ("GET", "/readyz"): Public.ANYONE,
    ("GET", "/metrics"): Permission.METRICS,
    # these describe routes, and hold nothing of households, models or people
    ("GET", "/openapi.json"): SignedIn.ANY,
    ("GET", "/docs"): SignedIn.ANY,
    ("GET", "/static/{name}"): Public.ANYONE,
    ("GET", "/"): Permission.READ_HOUSEHOLDS,
    ("GET", "/review"): Permission.READ_HOUSEHOLDS,
    ("GET", "/review/search"): Permission.READ_HOUSEHOLDS,
    ("GET", "/review/export"): Permission.READ_HOUSEHOLDS,
    ("GET", "/review/follow-up"): Permission.READ_HOUSEHOLDS,
    ("POST", "/review/assignments"): Permission.DECIDE,
    ("GET", "/review/households/{household_id}"): Permission.READ_HOUSEHOLDS,
    ("POST", "/review/households/{household_id}/people"): Permission.UNMASK,
    ("GET", "/review/households/{household_id}/similar"): Permission.READ_HOUSEHOLDS,
    ("GET", "/review/households/{household_id}/compare"): Permission.READ_HOUSEHOLDS,
    ("GET", "/review/households/{household_id}/what-if"): Permission.READ_HOUSEHOLDS,
    ("GET", "/review/households/{household_id}/case"): Permission.READ_HOUSEHOLDS,
    ("GET", "/review/households/{household_id}/decide"): Permission.DECIDE,
    ("POST", "/review/households/{household_id}/decide"): Permission.DECIDE,
    ("POST", "/review/households/{household_id}/appeals"): Permission.DECIDE,
    ("POST", "/review/households/{household_id}/help"): Permission.DECIDE,
    ("GET", "/review/households/{household_id}/ending"): Permission.DECIDE,
    ("POST", "/review/households/{household_id}/ending"): Permission.DECIDE,
    ("GET", "/review/area"): Permission.READ_HOUSEHOLDS,
    ("GET", "/review/model"): Permission.READ_MODELS,
    ("GET", "/review/model/card"): Permission.READ_MODELS,
    ("GET", "/review/help"): SignedIn.ANY,
    ("GET", "/review/sign-in"): Public.ANYONE,
    ("POST", "/review/sign-in"): Public.ANYONE,
    ("POST", "/review/sign-out"): SignedIn.ANY,
    ("POST", "/v1/scores"): Permission.SCORE,
    ("GET", "/v1/scores"): Permission.CHANGES,
    ("GET", "/v1/households/{household_id}/score"): Permission.READ_HOUSEHOLDS,
    ("GET", "/v1/households/{household_id}/explanation"): Permission.READ_HOUSEHOLDS,
    ("GET", "/v1/households/{household_id}/history"): Permission.READ_HOUSEHOLDS,
    ("GET", "/v1/households/{household_id}/decisions"): Permission.READ_HOUSEHOLDS,
    ("POST", "/v1/households/{household_id}/decisions"): Permission.DECIDE,
    ("GET", "/v1/households/{household_id}/people"): Permission.READ_HOUSEHOLDS,
    ("POST", "/v1/households/{household_id}/unmasking"): Permission.UNMASK,
    ("POST", "/v1/events"): Permission.SEND_EVENTS,
    ("GET", "/v1/alerts"): Permission.CHANGES,
    ("GET", "/v1/webhooks"): Permission.WEBHOOKS,
    ("POST", "/v1/webhooks"): Permission.WEBHOOKS,
    ("GET", "/v1/webhooks/{webhook}"): Permission.WEBHOOKS,
    ("DELETE", "/v1/webhooks/{webhook}"): Permission.WEBHOOKS,
    ("GET", "/v1/webhooks/{webhook}/deliveries"): Permission.WEBHOOKS,
    ("POST", "/v1/webhooks/{webhook}/replay"): Permission.WEBHOOKS,
    ("GET", "/v1/jobs"): Permission.RUN_JOBS,
    ("POST", "/v1/jobs"): Permission.RUN_JOBS,
    ("GET", "/v1/jobs/{job}"): Permission.RUN_JOBS,
    ("DELETE", "/v1/jobs/{job}"): Permission.RUN_JOBS,
    ("GET", "/v1/jobs/{job}/result"): Permission.RUN_JOBS,
    ("GET", "/v1/queue"): Permission.READ_HOUSEHOLDS,
    ("GET", "/v1/models"): Permission.READ_MODELS,
    ("POST", "/v1/models/{version}/promotion"): Permission.PROMOTE,
    ("GET", "/v1/areas/{code}"): Permission.READ_HOUSEHOLDS,
    ("GET", "/v1/audit"): Permission.READ_AUDIT,
}
"""(method, template of the route) -> what it needs."""


class UnlistedRoute(RiskError):
    """A route is built that the policy does not list."""


def rule_of(method: str, path: str) -> Rule:
    """Return what a route needs.

    Raises
    ------
    UnlistedRoute
        If the policy does not list it.
    """
    rule = POLICY.get((method, path))
    if rule is None:
        raise UnlistedRoute(f"{method} {path} is not in the access policy; list it in service/access.py")
    return rule


def methods_of(path: str) -> tuple[str, ...]:
    """Return the methods that a route's template knows."""
    return tuple(sorted(method for method, listed in POLICY if listed == path))


class Origin(StrEnum):
    """Who noticed: the ways by which a household comes to be looked at are counted apart."""

    SELF_REPORT = "self_report"
    OFFICIAL_CHECK = "official_check"
    DEPARTMENT_SCREENING = "department_screening"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Feed:
    """What events a program may send.

    Attributes
    ----------
    kinds : frozenset of str
        Kinds of events, as the programme's dictionary names them.
    origin : Origin
        What kind of source it is.
    """

    kinds: frozenset[str]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as far as is proven.

    Attributes
    ----------
    kind : str
        ``user`` or ``client``.
    name : str
        Name of the account.
    role : Role or None
        Of a user.
    permissions : frozenset of Permission
        What it may do.
    area_code : str
        The area that it is limited to, with all below it; empty for everything.
    feed : Feed or None
        What events it may send; none of a person.
    """

    kind: Literal["user", "client"]
    name: str
    role: Role | None
    permissions: frozenset[Permission]
    area_code: str
    feed: Feed | None = None

    @property
    def actor(self) -> str:
        """Kind and name, such as ``user:li``."""
        return f"{self.kind}:{self.name}"


def allows(principal: Principal, rule: Rule) -> bool:
    """Tell whether a principal has what a rule asks for."""
    return not isinstance(rule, Permission) or rule in principal.permissions
