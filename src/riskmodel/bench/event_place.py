"""Where events are measured: a store that holds a scored county, served with its worker, and who asks."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sqlalchemy import select

from riskmodel.bench.child import measured
from riskmodel.bench.event_load import KIND, Clients
from riskmodel.bench.servers import our_server
from riskmodel.service.access import Origin, Scope
from riskmodel.service.store.accounts import Client, add_client
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import standings
from riskmodel.service.tokens import hash_of_secret, new_key

Told = Callable[[str], None]
PROGRAMME, SEED = "china-county", 0
IN_FILES = "inpatient"


@dataclass(frozen=True, slots=True)
class Place:
    """A store that holds a scored county, and who may ask.

    Attributes
    ----------
    models : Path
        Folder whose champion scores.
    store_url : str
        The store.
    reporting, watching : str
        Keys of the client that sends events and of the one that asks for alerts.
    households : sequence of str
        Ids of everyone at risk, in the order in which they are struck.
    day : date
        Up to which everything in the store is known.
    """

    models: Path
    store_url: str
    reporting: str
    watching: str
    households: Sequence[str]
    day: dt.date

    @contextmanager
    def served(self) -> Iterator[Clients]:
        """Serve it, with the worker beside."""
        with our_server(self.models, self.store_url) as port:
            yield Clients(port, self.reporting, self.watching)


def filled(models: Path, store_url: str, folder: Path, day: dt.date, tell: Told) -> Place:
    """Load a county into a store, score it, and let two clients in.

    Parameters
    ----------
    models : Path
        Folder whose champion scores.
    store_url : str
        An empty database.
    folder : Path
        Holds the county in ``data``.
    day : date
        As of when it is scored.
    tell : callable
        Told what is being done.
    """
    own = {
        "RISKMODEL_STORE": store_url,
        "RISKMODEL_MODELS": str(models.resolve()),
        "RISKMODEL_WORK": str(folder / "work"),
    }
    tell("loading and scoring it")
    run_command("load", PROGRAMME, "--data", str(folder / "data"), **own)
    run_command("score", "--store", "--as-of", day.isoformat(), **own)
    reporting, watching = new_key(), new_key()
    with closing(Store(store_url)) as store, store.writing() as connection:
        now, kinds = dt.datetime.now(dt.UTC), (KIND, IN_FILES)
        sender = Client("reporting", hash_of_secret(reporting), (Scope.EVENTS,), "", now)
        add_client(connection, replace(sender, event_kinds=kinds, origin=Origin.DEPARTMENT_SCREENING))
        add_client(connection, Client("watching", hash_of_secret(watching), (Scope.CHANGES,), "", now))
        ids = sorted(connection.execute(select(standings.c.household_id)).scalars())
    order = np.random.default_rng(SEED).permutation(len(ids))
    return Place(models, store_url, reporting, watching, [ids[place] for place in order], day)


def run_command(*words: str, **environment: str) -> None:
    """Run one of the program's own commands.

    Raises
    ------
    RiskError
        If it fails.
    """
    measured([sys.executable, "-m", "riskmodel.cli", *words], {**os.environ, **environment})
