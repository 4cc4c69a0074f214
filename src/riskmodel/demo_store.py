"""The demonstration's store: the simulated county, scored, with an account for every role. Secrets are drawn anew."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from riskmodel.programme.dictionary import EVENTS
from riskmodel.programme.programme import Programme
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Origin, Role, Scope
from riskmodel.service.audit import Act, Action
from riskmodel.service.cohorts import score_cohort
from riskmodel.service.passwords import hash_password, new_password
from riskmodel.service.store.accounts import Client, User, add_client, add_user
from riskmodel.service.store.audit_log import append
from riskmodel.service.store.engine import Store
from riskmodel.service.store.loading import LoadRequest, load
from riskmodel.service.store.migrating import migrate
from riskmodel.service.tokens import hash_of_secret, new_key

CLIENT = "monitor"
ACTOR = "operator:demo"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the demonstration shows once.

    Attributes
    ----------
    passwords : mapping of role to str
        Of the user who is named like the role.
    key : str
        Of the client, which may do whatever a program may.
    """

    passwords: Mapping[Role, str]
    key: str


def fill_demo_store(
    folder: Path, programme: Programme, data: Path, scorer: Scorer, as_of: dt.date, now: Callable[[], dt.datetime]
) -> tuple[str, Secrets]:
    """Make the store anew.

    Parameters
    ----------
    folder : Path
        Where the store's file goes.
    programme, data
        What is loaded.
    scorer : Scorer
        The model that scores the cohort.
    as_of : date
        Of the cohort.
    now : callable
        Gives the present instant.

    Returns
    -------
    str
        The store's URL.
    Secrets
        Of its accounts.
    """
    place = folder / "store"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    url = f"sqlite:///{place / 'store.db'}"
    store = Store(url)
    try:
        migrate(store)
        load(store, LoadRequest(programme, data, place, ACTOR, now))
        version = scorer.id.version
        score_cohort(
            store,
            scorer,
            as_of,
            now(),
            lambda scored: Act(now(), Action.COHORT_SCORED, ACTOR, "operator", version, asdict(scored), ""),
        )
        kinds = tuple(column.name for column in programme.dictionary.table(EVENTS))
        return url, _accounts(store, kinds, now())
    finally:
        store.close()


def _accounts(store: Store, event_kinds: tuple[str, ...], now: dt.datetime) -> Secrets:
    secrets = Secrets({role: new_password() for role in Role}, new_key())
    with store.writing() as connection:
        for role, password in secrets.passwords.items():
            name = role.value
            add_user(connection, User(name, hash_password(name, password), role, "", now, None))
        key = hash_of_secret(secrets.key)
        origin = Origin.DEPARTMENT_SCREENING
        add_client(connection, Client(CLIENT, key, tuple(Scope), "", now, event_kinds=event_kinds, origin=origin))
        acts = [Act(now, Action.USER_ADDED, ACTOR, "operator", role.value, {"role": role.value}, "") for role in Role]
        append(store, connection, [*acts, Act(now, Action.CLIENT_ADDED, ACTOR, "operator", CLIENT, {}, "")])
    return secrets
