"""What the page of help shows, ready for its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.programme import Capacity, Programme
from riskmodel.service.access import ROLE_PERMISSIONS, Permission, Role
from riskmodel.service.pages.household.bands import band_label, band_level


@dataclass(frozen=True, slots=True)
class BandHelp:
    """A band, and what it means."""

    level: int
    label: str
    meaning: str


@dataclass(frozen=True, slots=True)
class RoleHelp:
    """A role, and what it may do."""

    label: str
    own: bool
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HelpView:
    """The page of help.

    Attributes
    ----------
    months : int
        How far scores look ahead.
    bands : tuple of BandHelp
        The highest first.
    capacity : str
        How long the visit list is.
    deadlines : tuple of str
        How long there is for what; none where the programme does not say.
    roles : tuple of RoleHelp
        Who may do what.
    """

    months: int
    bands: tuple[BandHelp, ...]
    capacity: str
    deadlines: tuple[str, ...]
    roles: tuple[RoleHelp, ...]


def help_view(programme: Programme, role: Role | None, language: Language) -> HelpView:
    """Return what the page shows to somebody of a role.

    Parameters
    ----------
    programme : Programme
        Of the model that serves.
    role : Role or None
        Of whoever looks.
    language : Language
        Of the words.
    """
    return HelpView(
        programme.main_horizon,
        _bands(programme, language),
        _capacity(programme.file.capacity, language),
        _deadlines(programme, language),
        tuple(RoleHelp(role_name(language, one), one is role, _may(ROLE_PERMISSIONS[one], language)) for one in Role),
    )


def _bands(programme: Programme, language: Language) -> tuple[BandHelp, ...]:
    found, above = [], 0.0
    for band in programme.file.bands:
        label = band_label(programme, band.code, language)
        found.append(BandHelp(band_level(programme, band.code), label, _meaning(above, band.top_share, language)))
        above = band.top_share
    return tuple(found)


def _meaning(above: float, below: float, language: Language) -> str:
    gettext = language.gettext
    first, last = language.number(above * 100, 1), language.number(below * 100, 1)
    if not above:
        return gettext("the %(last)s of 100 households with the highest risk", last=last)
    if below >= 1:
        return gettext("all others")
    return gettext("the next ones, up to %(last)s of 100 (after the first %(first)s)", first=first, last=last)


def _capacity(capacity: Capacity, language: Language) -> str:
    gettext = language.gettext
    if capacity.share is not None:
        share = language.number(capacity.share * 100, 1)
        return gettext("The visit list holds %(share)s of 100 households: as many as can be visited.", share=share)
    count = language.number(capacity.households or 0, 0)
    return gettext("The visit list holds %(count)s households: as many as can be visited.", count=count)


def _deadlines(programme: Programme, language: Language) -> tuple[str, ...]:
    gettext, reviewing = language.gettext, programme.file.reviewing
    found = []
    if reviewing.decide_within_days is not None:
        found.append(
            gettext(
                "Decide within %(days)s days of the first sign: an alert, a report by the household, an official's check.",
                days=reviewing.decide_within_days,
            )
        )
    if reviewing.answer_within_days is not None:
        found.append(
            gettext(
                "Answer an appeal, or a correction of the records, within %(days)s days; somebody else than whoever "
                "decided answers.",
                days=reviewing.answer_within_days,
            )
        )
    if reviewing.ending is not None:
        found.append(gettext("Two people end the monitoring of a household; nothing does it by itself."))
    return tuple(found)


def role_name(language: Language, role: Role) -> str:
    """Return what a role is called."""
    gettext = language.gettext
    return {
        Role.VIEWER: gettext("viewer"),
        Role.REVIEWER: gettext("reviewer"),
        Role.SUPERVISOR: gettext("supervisor"),
        Role.MODELLER: gettext("modeller"),
        Role.AUDITOR: gettext("auditor"),
        Role.ADMIN: gettext("administrator"),
    }[role]


def _may(permissions: frozenset[Permission], language: Language) -> tuple[str, ...]:
    words = permission_words(language)
    return tuple(words[one] for one in Permission if one in permissions)


def permission_words(language: Language) -> Mapping[Permission, str]:
    """Return what each permission lets somebody do."""
    gettext = language.gettext
    return {
        Permission.SCORE: gettext("have households scored by their features"),
        Permission.READ_HOUSEHOLDS: gettext("see the households of the own area"),
        Permission.CHANGES: gettext("be told of changes"),
        Permission.DECIDE: gettext("decide about households"),
        Permission.ASSIGN: gettext("hand households to colleagues"),
        Permission.READ_MODELS: gettext("see the model"),
        Permission.PROMOTE: gettext("let another model serve"),
        Permission.UNMASK: gettext("see names and addresses, with a purpose that is written down"),
        Permission.READ_AUDIT: gettext("read the log of who did what"),
        Permission.MANAGE_ACCESS: gettext("hand out accounts"),
        Permission.SEND_EVENTS: gettext("send events"),
        Permission.WEBHOOKS: gettext("have other systems told"),
        Permission.RUN_JOBS: gettext("have files worked on in the background"),
        Permission.METRICS: gettext("read the service's own figures"),
    }
