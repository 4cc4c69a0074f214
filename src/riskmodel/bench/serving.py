"""One worker of ours beside one of ``mlflow models serve``, and a large request beside pandas in process, in turns."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import tempfile
import warnings
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import pandas as pd

from riskmodel.bench.invented import SIZES
from riskmodel.bench.large_bundle import large_bundle
from riskmodel.bench.loading import LOOPBACK, PATIENCE_SECONDS, Served, Target, ask_for
from riskmodel.bench.measuring import ratios, seconds_in_turns, spread
from riskmodel.bench.pandas_way import pandas_scores
from riskmodel.bench.report import Bar, Figure, at_least, at_most
from riskmodel.bench.servers import add_bench_client, ending_when_told, mlflow_server, our_server
from riskmodel.bench.snapshots import Snapshots, champion_snapshots, score_request
from riskmodel.errors import RiskError
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.champion import promote_demonstration
from riskmodel.service.access import Scope
from riskmodel.service.tokens import hash_of_secret, new_key

Told = Callable[[str], None]
CLIENT_TIMES = {1: 8, 16: 10}
"""Clients -> how many times mlflow's requests a second are asked, with access and audit on our side."""

WARM_SECONDS = 1.0
INLINE_HOUSEHOLDS, INLINE_TIMES = 1_000, 50
MOST_P99_MS = 60
LARGE = SIZES[1]
OURS, THEIRS, UNCHECKED = "ours", "`mlflow models serve`", "`mlflow models serve` without a signature"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """The model and the rows that both sides are asked about."""

    booster: lgb.Booster
    known: Snapshots
    key: str

    def rows(self, count: int) -> pd.DataFrame:
        """Return so many rows, repeated if need be, each with an id of its own."""
        frame = self.known.frame
        rows = frame.iloc[[place % len(frame) for place in range(count)]].copy()
        rows["household_id"] = pd.array([f"B{place:06d}" for place in range(count)], dtype="str")
        return rows

    def for_us(self, port: int, count: int) -> Target:
        """Return our request."""
        return Target(port, "/v1/scores", score_request(self.rows(count)), self.key)

    def for_mlflow(self, port: int) -> Target:
        """Return mlflow's request for one household: NaN for what is missing, since it takes null for text."""
        data = self.known.encoded(self.rows(1)).tolist()
        body = {"dataframe_split": {"columns": list(self.known.schema.names), "data": data}}
        return Target(port, "/invocations", json.dumps(body).encode())


def serving_figures(
    models: Path, bundle: BundleFiles, trees: int, seconds: float, rounds: int, tell: Told
) -> tuple[Figure, ...]:
    """Measure our server and mlflow's.

    Parameters
    ----------
    models : Path
        Folder whose champion our server serves.
    bundle : BundleFiles
        That champion.
    trees : int
        Trees of the large model that answers many households at once.
    seconds : float
        How long each server is asked each time.
    rounds : int
        Repetitions.
    tell : callable
        Told what is being done.
    """
    booster = lgb.Booster(model_str=bundle.files["model.txt"].decode())
    question = Question(booster, champion_snapshots(bundle), new_key())
    with ending_when_told(), tempfile.TemporaryDirectory() as scratch:
        checked, unchecked = Path(scratch) / "checked", Path(scratch) / "unchecked"
        _save(question, checked, signed=True)
        _save(question, unchecked, signed=False)
        tell("starting the servers")
        store = _store(Path(scratch), question.key)
        with (
            our_server(models, store) as our_port,
            mlflow_server(checked) as port,
            mlflow_server(unchecked) as other_port,
        ):
            targets = {
                OURS: question.for_us(our_port, 1),
                THEIRS: question.for_mlflow(port),
                UNCHECKED: question.for_mlflow(other_port),
            }
            figures: list[Figure] = []
            for clients, times in CLIENT_TIMES.items():
                tell(f"asking each, clients: {clients}")
                figures += _side_by_side(_in_turns(targets, clients, seconds, rounds), clients, times)
            tell(f"asking for {INLINE_HOUSEHOLDS:,} households at once")
            figures += _inline(question, our_port, rounds, "shipped model", None)
        tell(f"growing {trees} trees of {LARGE.name}")
        return (*figures, *_inline_large(bundle, question.known, trees, rounds, Path(scratch)))


def _store(folder: Path, key: str) -> str:
    """Make a store whose one client shows a key; return its URL."""
    # keys are drawn anew for each question, so that a name after the key is one that no store has
    url = f"sqlite:///{folder / hash_of_secret(key)[:16]}.db"
    add_bench_client(url, key, Scope.SCORES_FEATURES)
    return url


def _inline_large(shipped: BundleFiles, known: Snapshots, trees: int, rounds: int, scratch: Path) -> list[Figure]:
    """Ask a server of large trees for many households at once: the size that the bar was set for."""
    large = large_bundle(shipped, known, LARGE, trees, scratch)
    at = dt.datetime.combine(dt.date.fromisoformat(str(shipped.manifest["cutoff"])), dt.time(), dt.UTC)
    promote_demonstration(scratch, large, reason="to be measured", at=at)
    question = Question(lgb.Booster(model_str=large.files["model.txt"].decode()), known, new_key())
    with our_server(scratch, _store(scratch, question.key)) as port:
        return _inline(question, port, rounds, LARGE.name, at_least(INLINE_TIMES))


def _save(question: Question, target: Path, *, signed: bool) -> None:
    """Save the booster as ``mlflow.lightgbm.log_model`` does, without a tracking database around it."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    frame = pd.DataFrame(question.known.encoded(question.rows(100)), columns=list(question.known.schema.names))
    with warnings.catch_warnings():
        # about its own types, and about models that are saved as these are
        warnings.simplefilter("ignore")
        import mlflow.lightgbm
        from mlflow.models import infer_signature

        signature = infer_signature(frame, question.booster.predict(frame)) if signed else None
        # named requirements: MLflow would otherwise start a process to find them out
        mlflow.lightgbm.save_model(question.booster, str(target), pip_requirements=["lightgbm"], signature=signature)


def _in_turns(targets: dict[str, Target], clients: int, seconds: float, rounds: int) -> dict[str, list[Served]]:
    for target in targets.values():
        ask_for(target, clients, min(seconds, WARM_SECONDS))
    served: dict[str, list[Served]] = {name: [] for name in targets}
    for turn in range(rounds):
        for name in targets if turn % 2 == 0 else reversed(targets):
            served[name].append(ask_for(targets[name], clients, seconds))
    return served


def _side_by_side(served: dict[str, list[Served]], clients: int, times: float) -> list[Figure]:
    rates = {name: [one.a_second for one in found] for name, found in served.items()}
    words = f"{clients} client{'s' if clients > 1 else ''}"
    figures = [
        Figure(
            f"one household with reasons, {words}, times the requests a second of {name} with a score only",
            "x",
            ratios(rates[OURS], rates[name]),
            at_least(times) if name == THEIRS else None,
        )
        for name in (THEIRS, UNCHECKED)
    ]
    for name, found in served.items():
        figures += [
            Figure(f"{name}, {words}", "requests/s", spread(rates[name])),
            Figure(f"{name}, {words}, half answered within", "ms", spread([one.p50_ms for one in found])),
            Figure(
                f"{name}, {words}, 99 % answered within",
                "ms",
                spread([one.p99_ms for one in found]),
                at_most(MOST_P99_MS) if name == OURS else None,
            ),
        ]
    return figures


def _inline(question: Question, port: int, rounds: int, model: str, bar: Bar | None) -> list[Figure]:
    """Hold one large request over HTTP against pandas and ``pred_contrib`` without any."""
    target = question.for_us(port, INLINE_HOUSEHOLDS)

    def ours() -> None:
        # a connection of its own: the server closes one that waits for as long as the other side may take
        with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=2 * PATIENCE_SECONDS)) as connection:
            connection.request("POST", target.path, target.body, target.headers())
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != 200:
            raise RiskError(f"the server answered {answer.status}: {body[:200].decode(errors='replace')}")

    def theirs() -> None:
        asked = json.loads(target.body)["households"]
        frame = pd.DataFrame([one["features"] for one in asked])
        frame.insert(0, "household_id", [one["household_id"] for one in asked])
        pandas_scores(question.booster, question.known, frame).to_json(orient="records")

    ours()
    seconds = seconds_in_turns({"ours": ours, "theirs": theirs}, rounds)
    name = f"{INLINE_HOUSEHOLDS:,} households in one request; {model}"
    return [
        Figure(
            f"{name}, times as fast as pandas and `pred_contrib`", "x", ratios(seconds["theirs"], seconds["ours"]), bar
        ),
        Figure(f"{name}, ours", "ms", spread([1000 * one for one in seconds["ours"]])),
        Figure(f"{name}, pandas and `pred_contrib`", "ms", spread([1000 * one for one in seconds["theirs"]])),
    ]
