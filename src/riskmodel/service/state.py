"""Everything that requests share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from riskmodel.service.audit_writer import AuditWriter
from riskmodel.service.metrics import Metrics
from riskmodel.service.places import Places
from riskmodel.service.recent import Recent
from riskmodel.service.store.engine import Store
from riskmodel.service.versions import Versions
from riskmodel.settings import Settings

Now = Callable[[], dt.datetime]
PLACES, PATIENCE_SECONDS = 2, 5.0
COUNTS_STAY_SECONDS, COUNTS_OLD_SECONDS = 300, 3600


class State:
    """Models, the store and the audit.

    Parameters
    ----------
    settings : Settings
        Where bundles and the store are.
    now : callable
        Returns the present instant, with its time zone.
    metrics : Metrics
        Where it is counted what serves and what was written down.

    Attributes
    ----------
    versions : Versions
        The models that answer.
    store : Store
        Households, and what was said of them.
    audit : AuditWriter
        Where acts are written down before their answers leave.
    places : Places
        Where features are made that are not kept.
    counts : Recent
        What was counted lately of areas with very many households.
    """

    def __init__(self, settings: Settings, now: Now, metrics: Metrics) -> None:
        self.settings = settings
        self.now = now
        self.versions = Versions(settings, metrics)
        self.store = Store(settings.store)
        self.places = Places(PLACES, PATIENCE_SECONDS)
        self.counts = Recent(COUNTS_STAY_SECONDS, COUNTS_OLD_SECONDS)
        # a connection of its own: what others do must not keep an act from being written down
        self._audit_store = Store(settings.store, connections=1)
        self.audit = AuditWriter(self._audit_store, appended=metrics.audit_sequence.set)

    def today(self) -> dt.date:
        """Return the present date where the champion's programme is at home; no features may be as of a later one.

        Raises
        ------
        NotReady
            If no model serves, so that nobody knows where that is.
        """
        return self.versions.champion().scorer.programme.day_of(self.now())

    def latest_as_of(self) -> dt.date:
        """Return the latest date that the store may be asked about: tomorrow, which knows what came today so far."""
        return self.today() + dt.timedelta(days=1)

    def close(self) -> None:
        """Write down what waits, and let go of the store."""
        self.counts.close()
        self.audit.close()
        self._audit_store.close()
        self.store.close()
