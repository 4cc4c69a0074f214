"""Figures for Prometheus: of this process, or of all worker processes of the service together.

Where ``PROMETHEUS_MULTIPROC_DIR`` names a folder before the first import of prometheus_client, each process keeps its
figures in files there, and whichever is asked adds all of them up. ``riskmodel serve`` sees to that.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.values import MutexValue, ValueClass

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """What one application counts.

    Attributes
    ----------
    requests : Counter
        Requests answered, by method, route and status.
    seconds : Histogram
        Time until the answer was sent, by route.
    scores : Counter
        Households scored by request.
    model_info : Gauge
        1 for the model that serves, 0 for those that did before; see :meth:`serves`.
    model_refused : Counter
        Champions that could not be loaded, so that the one before went on.
    waiting : Gauge
        Requests that are worked on or wait.
    audit_sequence : Gauge
        Number of the last entry of the audit.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._folder = shared_folder()
        own = self._registry = CollectorRegistry()
        if self._folder is None:
            ProcessCollector(registry=own)
        self.requests = Counter("riskmodel_requests", "Requests answered.", ["method", "route", "status"], registry=own)
        self.seconds = Histogram(
            "riskmodel_request_seconds", "Time until the answer was sent.", ["route"], registry=own
        )
        self.scores = Counter("riskmodel_scores", "Households scored by request.", registry=own)
        # gauges of processes that ended must not be added up for ever: those are the ones called live
        self.model_info = Gauge(
            "riskmodel_model_info",
            "1 for the model that serves.",
            ["version", "digest"],
            registry=own,
            multiprocess_mode="livemax",
        )
        self.model_refused = Counter("riskmodel_model_refused", "Champions that could not be loaded.", registry=own)
        self.waiting = Gauge(
            "riskmodel_waiting", "Requests that are worked on or wait.", registry=own, multiprocess_mode="livesum"
        )
        self.audit_sequence = Gauge(
            "riskmodel_audit_sequence", "Last entry of the audit.", registry=own, multiprocess_mode="max"
        )
        self._model: tuple[str, str] | None = None

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Parameters
        ----------
        method : str
            One of :data:`METHODS`, or :data:`OTHER` for one that HTTP does not know.
        route : str
            Template of the route, never the path: paths hold ids.
        status : int
            HTTP status of the answer.
        seconds : float
            Time until it was sent.
        """
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def serves(self, version: str, digest: str) -> None:
        """Tell which model serves from now on."""
        model = (version, digest)
        if model == self._model:
            return
        if self._model is not None:
            self.model_info.labels(*self._model).set(0)
        self.model_info.labels(*model).set(1)
        self._model = model

    def text(self) -> bytes:
        """Return all figures in the text format of Prometheus; those of all workers together."""
        if self._folder is None:
            return generate_latest(self._registry)
        _forget_ended(self._folder)
        together = CollectorRegistry()
        MultiProcessCollector(together, str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(together)


def shared_folder() -> Path | None:
    """Return the folder where worker processes keep their figures; None where there is one process."""
    # prometheus_client chose when it was imported; what the environment says later changes nothing
    if ValueClass is MutexValue:
        return None
    folder = Path(os.environ[FOLDER])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _forget_ended(folder: Path) -> None:
    """Drop the gauges of workers that ended, however they did; their counters stay, since those never go down."""
    for path in folder.glob("gauge_live*_*.db"):
        process = path.stem.rpartition("_")[2]
        if not _runs(int(process)):
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def counted_together(workers: int) -> Iterator[None]:
    """Let the worker processes that are started in the block add their figures up.

    Each start begins at zero. A folder that ``PROMETHEUS_MULTIPROC_DIR`` names is emptied of earlier figures; without
    one, a temporary folder is taken.
    """
    if workers == 1 and FOLDER not in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="riskmodel-metrics-") as temporary:
        folder = Path(os.environ.setdefault(FOLDER, temporary))
        for stale in folder.glob("*.db"):
            stale.unlink()
        try:
            yield
        finally:
            if folder == Path(temporary):
                del os.environ[FOLDER]
