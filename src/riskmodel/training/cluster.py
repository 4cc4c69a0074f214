"""Trees grown by many processes on one machine or several, with LightGBM's own Dask estimator.

Each worker bins its share of the rows and counts it; the counts are added up, so every split is chosen on all rows. Bounds
of bins are drawn from shares, and sums run in another order than in one process: models agree in figures, not to the byte.
"""

from __future__ import annotations

import io
import logging
import os
import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np

from riskmodel.errors import NotReady, UsageError
from riskmodel.training.growing import Grower, Seedbed

if TYPE_CHECKING:
    from distributed import Client

ATTEMPTS = 4
"""How often trees are grown anew when a worker is lost: what they had counted together is lost with it, the rows are not."""
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 60
"""How long to wait for a first worker."""
ANSWER_SECONDS, RETURN_SECONDS = 5, 20
"""How long a worker has to answer after another was lost, and how long those that are gone have to come back."""
SILENCE_MINUTES = 10
"""How long a worker waits for another before it gives up."""
LOCK = "riskmodel-growing-trees"
ALONE = {
    **dict.fromkeys(("linear_tree", "linear_trees"), "linear leaves are fitted by one process"),
    "forcedsplits_filename": "forced splits are known to one process",
    **dict.fromkeys(("machines", "num_machines", "local_listen_port"), "the cluster says which machines take part"),
}
"""Parameters that LightGBM refuses, or takes silently for something else, when several processes grow a tree."""
ONLY = {
    **dict.fromkeys(("monotone_constraints_method", "monotone_constraining_method", "mc_method"), ("basic",)),
    **dict.fromkeys(("tree_learner", "tree", "tree_type", "tree_learner_type"), ("data", "voting")),
}
"""Parameters with the values that several processes can follow."""


def cluster_grower(client: Client) -> Grower:
    """Return what grows trees on a cluster.

    Parameters
    ----------
    client : Client
        A connected cluster; workers must reach one another over TCP.
    """

    def grow(options: Mapping[str, Any], rounds: int, bed: Seedbed) -> lgb.Booster:
        check_options(options)
        return _grow(client, options, rounds, bed)

    return grow


def check_options(options: Mapping[str, Any]) -> None:
    """Raise UsageError if the options ask for what several processes can't do."""
    for name, value in options.items():
        if name in ALONE:
            raise UsageError(
                f"the engine dask can't train with {name}: {ALONE[name]}; leave it out or train with local"
            )
        if name in ONLY and value not in ONLY[name]:
            raise UsageError(
                f"the engine dask trains with {name} {' or '.join(ONLY[name])} alone; leave it out or train with local"
            )


def _grow(client: Client, options: Mapping[str, Any], rounds: int, bed: Seedbed) -> lgb.Booster:
    from distributed import Lock

    # two trainings at once on the same workers would each wait for what the other holds
    with client.as_current(), Lock(LOCK):
        for attempt in range(1, ATTEMPTS + 1):
            workers: list[str] = []
            try:
                client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
                workers = sorted(client.nthreads())
                return _attempt(client, workers, options, rounds, bed)
            except _lost() as error:
                if attempt == ATTEMPTS:
                    raise NotReady(
                        f"trees could not be grown in {ATTEMPTS} attempts ({_first_line(error)}); "
                        "expected workers that stay and reach one another over TCP, and settings that LightGBM takes"
                    ) from None
                if workers:
                    _free(client, workers)
    raise AssertionError("the loop returns or raises")


def _free(client: Client, workers: list[str]) -> None:
    """Take the workers that are left off LightGBM's broken network, and wait until as many as before are there.

    One that does not answer still waits inside LightGBM for the lost one. It is ended: whatever started it (its nanny, or
    what keeps the machines) starts it again, as it does with the lost one.
    """
    from distributed import wait

    left = sorted(client.nthreads().keys() & set(workers))
    asked = {worker: client.submit(leave_network, workers=[worker], pure=False) for worker in left}
    with suppress(TimeoutError):
        wait(list(asked.values()), timeout=ANSWER_SECONDS)
    silent = [worker for worker, answer in asked.items() if not answer.done() and worker in client.nthreads()]
    if silent:
        client.run(os._exit, 1, workers=silent, on_error="ignore")
    # those that stay away are done without
    with suppress(TimeoutError):
        client.wait_for_workers(len(workers), timeout=RETURN_SECONDS)


def leave_network() -> None:
    """Forget on a worker the machines of a fit that broke: every later fit of the process would ask for them and fail."""
    # what a booster's free_network() calls; a fit that broke leaves no booster
    lgb.basic._LIB.LGBM_NetworkFree()


def _lost() -> tuple[type[Exception], ...]:
    """Return what is raised when a worker goes away in the middle."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    return CancelledError, KilledWorker, OSError, TimeoutError, lgb.basic.LightGBMError


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _attempt(client: Client, workers: list[str], options: Mapping[str, Any], rounds: int, bed: Seedbed) -> lgb.Booster:
    """Grow the trees over a connection of its own: closed when a worker is lost, it ends all that was asked over it."""
    from distributed import Client

    with (
        Client(client.scheduler.address, security=client.security, set_as_default=False) as own,
        _closed_if_lost(client, own, workers),
    ):
        own.gather([own.submit(log_quietly, workers=[worker], pure=False) for worker in workers])
        matrix, target, weight = _spread(own, workers, bed)
        model = _estimator(own, options, rounds)
        with _quiet():
            model.fit(matrix, target, sample_weight=weight, **bed.described)
    return without_addresses(model.booster_)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep LightGBM's news of ports off the output, and a warning that it gives of every fit, whatever was asked for."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.filterwarnings("ignore", "Parameter n_jobs will be ignored", UserWarning)
        yield


def log_quietly() -> None:
    """Keep LightGBM's news on a worker off the standard output, which a local worker shares with the command.

    It logs what it would print, but for a line that its listening thread writes past Python: that goes to the errors.
    """
    lgb.register_logger(logging.getLogger("lightgbm"))
    os.dup2(2, 1)


def _estimator(client: Client, options: Mapping[str, Any], rounds: int) -> lgb.DaskLGBMRegressor:
    """Return an estimator with no settings but ours.

    A regressor takes any objective and any target. Its own defaults are emptied: LightGBM would prefer them to ours
    wherever ours have another of its names for the same. Threads are each worker's own.
    """
    unset = dict.fromkeys(lgb.DaskLGBMRegressor().get_params())
    given = {name: value for name, value in options.items() if name != "num_threads"}
    return lgb.DaskLGBMRegressor(
        **{
            **unset,
            "time_out": SILENCE_MINUTES,
            **given,
            "n_estimators": rounds,
            "importance_type": "split",
            "client": client,
        }
    )


def _spread(client: Client, workers: list[str], bed: Seedbed) -> tuple[Any, Any, Any]:
    """Put a share of the rows on each worker; return matrix, target and weight as Dask arrays, a block a worker.

    Rows are ordered by date, so that every so-maniest row goes to a worker: each sees the same mixture of dates, and
    bins it alike. The shares lie on their workers before anything is counted.
    """
    shares = max(1, min(len(workers), len(bed.target)))
    weight = None if bed.weight is None else _blocks(client, workers[:shares], bed.weight)
    return _blocks(client, workers[:shares], bed.matrix), _blocks(client, workers[:shares], bed.target), weight


def _blocks(client: Client, workers: list[str], values: np.ndarray) -> Any:
    import dask.array as da
    from dask import delayed

    blocks = []
    for place, worker in enumerate(workers):
        share = np.ascontiguousarray(values[place :: len(workers)])
        held = client.scatter(share, workers=[worker], hash=False)
        blocks.append(da.from_delayed(delayed(held), share.shape, share.dtype))
    return da.concatenate(blocks)


@contextmanager
def _closed_if_lost(client: Client, own: Client, workers: list[str]) -> Iterator[None]:
    """Look after the workers in the background, and close ``own`` when one of them is gone.

    LightGBM's tasks may run nowhere but where their rows lie, so those of a lost worker would wait for ever.
    """
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_SECONDS):
            if not set(workers) <= client.nthreads().keys():
                own.close()
                return

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def without_addresses(booster: lgb.Booster) -> lgb.Booster:
    """Return the trees without the addresses and ports of the machines that grew them: nobody's business later."""
    text = booster.model_to_string()
    text = re.sub(r"\[machines: [^\]]*\]", "[machines: ]", text)
    text = re.sub(r"\[local_listen_port: \d+\]", "[local_listen_port: 12400]", text)
    return lgb.Booster(model_str=text)
