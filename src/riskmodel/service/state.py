"""What the service answers with: the champion's scorer, and the cohort of households that it knows by id."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import structlog

from riskmodel.errors import InputError
from riskmodel.registry.champion import POINTER, open_champion
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.cohort import Cohort, CohortSource, read_cohort, score_cohort
from riskmodel.service.errors import NoCohort
from riskmodel.service.serving import Serving, serving_of
from riskmodel.service.watching import Watched
from riskmodel.settings import Settings

Today = Callable[[], dt.date]


class State:
    """Everything that requests share; stateless between requests but for what was read from files.

    Parameters
    ----------
    settings : Settings
        Where bundles and the cohort are.
    today : callable
        Returns the present date; no household may be as of a later one.
    """

    def __init__(self, settings: Settings, today: Today) -> None:
        self.settings = settings
        self.today = today
        self._champion = Watched(settings.models / settings.programme / POINTER, self._load_champion)
        self._source = Watched(settings.cohort, self._load_source) if settings.cohort else None
        self._cohort: tuple[Serving, CohortSource, Cohort] | None = None
        self._lock = threading.Lock()

    def serving(self) -> Serving:
        """Return the champion, checked.

        Raises
        ------
        NotReady
            If none is promoted.
        BundleCorrupt
            If it is not what was approved, or its golden rows do not agree.
        """
        return self._champion.get()

    def serving_now(self) -> Serving | None:
        """Return the champion if nothing has to be loaded for it: what may be asked where nobody must wait."""
        return self._champion.now()

    def cohort(self) -> Cohort:
        """Return the cohort, scored by the champion of this moment.

        Raises
        ------
        NotReady
            If no model serves.
        NoCohort
            If none is configured, or the file is no snapshot of the champion's programme.
        """
        if self._source is None:
            raise NoCohort("no cohort is loaded; write one with `riskmodel snapshot` and set RISKMODEL_COHORT to it")
        serving = self.serving()
        try:
            return self._scored(serving, self._source.get())
        except InputError as error:
            # the caller did nothing wrong, and the message names a file of the server
            structlog.get_logger().error("cohort_unusable", code=error.code, reason=str(error))
            raise NoCohort(
                "the cohort's file is not a snapshot of the programme that serves; write it again with `riskmodel snapshot`"
            ) from None

    @property
    def has_cohort(self) -> bool:
        """Whether a cohort is configured at all."""
        return self._source is not None

    def _scored(self, serving: Serving, source: CohortSource) -> Cohort:
        cached = self._cohort
        if cached is not None and cached[0] is serving and cached[1] is source:
            return cached[2]
        with self._lock:
            cached = self._cohort
            if cached is None or cached[0] is not serving or cached[1] is not source:
                scored = score_cohort(serving, source, self.today())
                self._cohort = cached = (serving, source, scored)
        return cached[2]

    def _load_champion(self) -> Serving:
        serving = serving_of(Scorer(open_champion(self.settings.models, self.settings.programme)))
        serving.warm()
        return serving

    def _load_source(self) -> CohortSource:
        assert self.settings.cohort is not None
        return read_cohort(self.settings.cohort)
