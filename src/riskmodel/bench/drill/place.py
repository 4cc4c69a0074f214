"""Where the drill is held: a store that holds a small simulated county, who asks, and the service in two processes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from riskmodel.bench.loading import Target
from riskmodel.bench.servers import add_bench_client, our_server
from riskmodel.bench.snapshots import SEED, champion_snapshots, score_request
from riskmodel.panel.simulated.county import simulate, write_county
from riskmodel.programme.freezing import thaw
from riskmodel.registry.bundle import BundleFiles
from riskmodel.service.access import Role, Scope
from riskmodel.service.browser import cookie_name
from riskmodel.service.passwords import hash_password, new_password
from riskmodel.service.store.accounts import User, add_user
from riskmodel.service.store.engine import Store
from riskmodel.service.store.loading import LoadRequest, load
from riskmodel.service.store.sessions import add_session
from riskmodel.service.tokens import hash_of_secret, new_key, new_session_token

WORKERS, HOUSEHOLDS = 2, 1_000
REVIEWER = "drill"


@dataclass(frozen=True, slots=True)
class Place:
    """The service, and what to ask.

    Attributes
    ----------
    port : int
        Where it listens.
    store_url : str
        Its database.
    key, token : str
        Of a client that may score, and of a reviewer's session.
    households : sequence of str
        Ids in the store.
    score_body : bytes
        A request for one household's score.
    """

    port: int
    store_url: str
    key: str
    token: str
    households: Sequence[str]
    score_body: bytes

    @property
    def score_target(self) -> Target:
        """The request for a score."""
        return Target(self.port, "/v1/scores", self.score_body, self.key)

    def decision(self, number: int) -> bytes:
        """Return a request to keep a decision; its number is its key and its reason, so that it can be found again."""
        body = json.dumps({"outcome": "monitor", "reason": reason_of(number)}).encode()
        household = self.households[number % len(self.households)]
        head = (
            f"POST /v1/households/{household}/decisions HTTP/1.1\r\nhost: 127.0.0.1\r\nsec-fetch-site: same-origin\r\n"
            f"cookie: {cookie_name(False)}={self.token}\r\nidempotency-key: {reason_of(number)}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def reason_of(number: int) -> str:
    """Return the reason that a decision of the drill gives."""
    return f"drill {number}"


@contextmanager
def place(models: Path, bundle: BundleFiles, store_url: str, scratch: Path, now: dt.datetime) -> Iterator[Place]:
    """Fill a store and serve it.

    Parameters
    ----------
    models : Path
        Folder whose champion serves.
    bundle : BundleFiles
        That champion.
    store_url : str
        An empty database.
    scratch : Path
        Folder for files.
    now : datetime
        The present instant.
    """
    known = champion_snapshots(bundle, HOUSEHOLDS)
    key, token = new_key(), new_session_token()
    add_bench_client(store_url, key, Scope.SCORES_FEATURES)
    households = _fill(store_url, bundle, scratch, token, now)
    with our_server(models, store_url, WORKERS) as port:
        yield Place(port, store_url, key, token, households, score_request(known.frame.iloc[:1]))


def _fill(store_url: str, bundle: BundleFiles, scratch: Path, token: str, now: dt.datetime) -> list[str]:
    """Load a county, let a reviewer in, and return the households' ids."""
    county, store = simulate(HOUSEHOLDS, SEED), Store(store_url)
    write_county(county, scratch / "county")
    programme = thaw(bundle.json("programme.json"))
    load(store, LoadRequest(programme, scratch / "county", scratch, "operator:drill", lambda: now))
    user = User(REVIEWER, hash_password(REVIEWER, new_password()), Role.REVIEWER, "", now, None)
    with store.writing() as connection:
        add_user(connection, user)
        add_session(connection, hash_of_secret(token), REVIEWER, now)
    store.close()
    return list(county.tables["households"]["household_id"])
