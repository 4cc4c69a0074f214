"""Commands about the registry of bundles: models, promote, rollback."""

from __future__ import annotations

from typing import Annotated

import typer

from riskmodel.commands.options import Actor, Bundle, Models, Reason, settings
from riskmodel.errors import NotFound


def models(programme: Annotated[str, typer.Option(help="Whose bundles.")] = "", out: Models = None) -> None:
    """List the bundles, which one serves, and which served before."""
    from riskmodel.registry.champion import history, versions

    own = settings()
    folder, name = out or own.models, programme or own.programme
    entries = history(folder, name)
    serving = entries[-1].version if entries else None
    known = versions(folder, name)
    if not known:
        raise NotFound(f"{folder} holds no bundle of {name}; `riskmodel train` makes one")
    for version in known:
        print(f"{name}/{version}{'  <- serves' if version == serving else ''}")
    for entry in entries:
        print(f"{entry.at}  {entry.version}  by {entry.by}: {entry.reason}")


def promote(
    bundle: Bundle,
    by: Actor,
    reason: Reason,
    expected: Annotated[str | None, typer.Option(help="Version that serves now; left out, the one that does.")] = None,
) -> None:
    """Make a bundle the one that serves."""
    from riskmodel.console import now
    from riskmodel.registry.bundle import read_bundle
    from riskmodel.registry.champion import history
    from riskmodel.registry.champion import promote as change
    from riskmodel.scoring.scorer import Scorer

    files = read_bundle(bundle)
    scorer = Scorer(files)
    folder = files.path.resolve().parent.parent
    entries = history(folder, files.programme)
    serving = expected if expected is not None else (entries[-1].version if entries else None)
    simulated = scorer.programme.file.simulated
    entry = change(
        folder,
        files.programme,
        files.version,
        by=by,
        reason=reason,
        at=now(),
        expected_champion=serving,
        simulated=simulated,
    )
    print(f"{files.programme}: {entry.version} serves from {entry.at}")


def rollback(
    by: Actor,
    reason: Reason,
    programme: Annotated[str, typer.Option(help="Whose champion.")] = "",
    out: Models = None,
) -> None:
    """Let the version before serve again."""
    from riskmodel.console import now
    from riskmodel.registry.champion import open_champion
    from riskmodel.registry.champion import rollback as change

    own = settings()
    folder, name = out or own.models, programme or own.programme
    simulated = bool(open_champion(folder, name).manifest.get("simulated", False))
    entry = change(folder, name, by=by, reason=reason, at=now(), simulated=simulated)
    print(f"{name}: {entry.version} serves again from {entry.at}")
