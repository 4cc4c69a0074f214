"""Models that answer: the champion of the moment, those of the past, and those that are asked for by name."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict

from riskmodel.errors import BundleCorrupt, NotFound
from riskmodel.registry.champion import POINTER, history, live_on, open_champion, open_version
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.errors import NoModelThen
from riskmodel.service.metrics import Metrics
from riskmodel.service.serving import Serving, serving_of
from riskmodel.service.watching import Watched
from riskmodel.settings import Settings

MOST_OLDER = 4
"""Older models that stay in memory; the one asked for longest ago gives way."""


class Versions:
    """The models of one programme; any number of threads may ask.

    Parameters
    ----------
    settings : Settings
        Where bundles are.
    metrics : Metrics
        Where it is told which model serves.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._models, self._programme = settings.models, settings.programme
        self._champion = Watched(settings.models / settings.programme / POINTER, self._load_champion)
        self._metrics = metrics
        self._older: OrderedDict[str, Serving] = OrderedDict()
        self._lock = threading.Lock()

    def champion(self) -> Serving:
        """Return the champion, checked.

        Raises
        ------
        NotReady
            If none is promoted.
        BundleCorrupt
            If it is not what was approved, or its golden rows do not agree.
        """
        return self._champion.get()

    def champion_at_hand(self) -> Serving | None:
        """Return the champion if nothing has to be loaded for it: what may be asked where nobody must wait."""
        return self._champion.now()

    def live_on(self, day: dt.date) -> Serving:
        """Return the model that was live when a day began.

        Raises
        ------
        NoModelThen
            If none was.
        """
        entry = live_on(self._models, self._programme, dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC))
        if entry is None:
            raise NoModelThen("no model served on that date yet; choose one of GET /v1/models by `model`")
        return self.version(entry.version)

    def version(self, version: str) -> Serving:
        """Return a model that was promoted at some time.

        Raises
        ------
        NotFound
            If no such version ever was: what nobody approved answers nothing.
        BundleCorrupt
            If it is not what was approved then.
        """
        champion = self._champion.get()
        if version == champion.scorer.id.version:
            return champion
        approved = {entry.version: entry.digest for entry in history(self._models, self._programme)}
        if version not in approved:
            raise NotFound("no such version was ever promoted; GET /v1/models lists those that were")
        with self._lock:
            return self._older_one(version, approved[version])

    def _older_one(self, version: str, digest: str) -> Serving:
        found = self._older.get(version)
        if found is None or found.scorer.id.digest != digest:
            found = self._older[version] = serving_of(
                Scorer(open_version(self._models, self._programme, version).approved(digest))
            )
            while len(self._older) > MOST_OLDER:
                self._older.popitem(last=False)
        self._older.move_to_end(version)
        return found

    def _load_champion(self) -> Serving:
        try:
            serving = serving_of(Scorer(open_champion(self._models, self._programme)))
        except BundleCorrupt:
            self._metrics.model_refused.inc()
            raise
        serving.warm()
        self._metrics.serves(serving.scorer.id.version, serving.scorer.id.digest)
        return serving
