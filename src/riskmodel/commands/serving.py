"""Commands that serve: serve, demo."""

from __future__ import annotations

from typing import Annotated

import typer

from riskmodel.commands.options import Port, Seed


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    working: Annotated[
        bool, typer.Option("--work/--no-work", help="Also do what goes on in the background, as `riskmodel work` does.")
    ] = True,
) -> None:
    """Serve scores at /v1 and the reviewers' pages at /review."""
    from riskmodel.demo import serve_app

    serve_app(host, port, workers, working=working)


def demo(
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve when done.")] = True,
    households: Annotated[int, typer.Option(min=1000, help="How many households to simulate.")] = 20_000,
    seed: Seed = 0,
    port: Port = 8000,
) -> None:
    """Run the embedded default, end to end: simulate, train, promote, evaluate, serve."""
    from riskmodel.demo import run_demo

    run_demo(households=households, seed=seed, port=port, serving=serving)
