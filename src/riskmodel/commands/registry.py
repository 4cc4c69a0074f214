"""Commands about the registry of bundles: models, promote, rollback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.commands.options import Actor, Bundle, Models, Reason, date_of, settings
from riskmodel.errors import NotFound, PromotionRefused, RiskError

if TYPE_CHECKING:
    from riskmodel.registry.bundle import BundleFiles
    from riskmodel.registry.history import Promotion
    from riskmodel.registry.verdicts import Kept
    from riskmodel.service.audit import Action

Whose = Annotated[str, typer.Option("--programme", help="Whose bundles; RISKMODEL_PROGRAMME if left out.")]
Later = Annotated[Path | None, typer.Option("--data", help="Judge it on this data first, and keep the verdict.")]
Second = Annotated[str, typer.Option("--second", help="Who agrees, where no verdict passes.")]
Expected = Annotated[str | None, typer.Option(help="Version that serves now; left out, the one that does.")]
First = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First test date; the later cut-off.")]
Last = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last test date.")]
Pair = Annotated[tuple[str, str] | None, typer.Option("--compare", metavar="A B", help="Two versions side by side.")]
Sync = Annotated[bool, typer.Option("--sync", help="Let MLflow's aliases follow the champion.")]


def models(programme: Whose = "", compare: Pair = None, sync: Sync = False, out: Models = None) -> None:
    """List the bundles, which one serves, and which served before; or compare two of them."""
    own = settings()
    folder, name = out or own.models, programme or own.programme
    if compare is not None:
        _compare(folder, name, compare)
        return
    _list(folder, name)
    if sync:
        _move_aliases(folder, name)


def _list(folder: Path, name: str) -> None:
    from riskmodel.commands.printing import history_line
    from riskmodel.registry.champion import versions
    from riskmodel.registry.history import entries

    past, known = entries(folder, name), versions(folder, name)
    if not known:
        raise NotFound(f"{folder} holds no bundle of {name}; `riskmodel train` makes one")
    for version in known:
        print(f"{name}/{version}{'  <- serves' if past and version == past[-1].promotion.version else ''}")
    for entry in past:
        print(history_line(entry))


def _compare(folder: Path, name: str, pair: tuple[str, str]) -> None:
    from riskmodel.commands.comparing import comparison_text
    from riskmodel.registry.champion import open_version
    from riskmodel.training.comparison import compare_bundles

    print(comparison_text(compare_bundles(*(open_version(folder, name, version) for version in pair))))


def promote(
    bundle: Bundle,
    by: Actor,
    reason: Reason,
    data: Later = None,
    second: Second = "",
    expected: Expected = None,
    first: First = None,
    last: Last = None,
) -> None:
    """Make a bundle the one that serves: with a verdict that passes, or with a second person."""
    from riskmodel.console import now
    from riskmodel.registry.bundle import read_bundle
    from riskmodel.registry.champion import promote as change
    from riskmodel.registry.history import entries
    from riskmodel.scoring.scorer import Scorer
    from riskmodel.service.audit import Action

    files = read_bundle(bundle)
    simulated = Scorer(files).programme.file.simulated
    folder = files.path.resolve().parent.parent
    past = entries(folder, files.programme)
    serving = past[-1].promotion.version if past else None
    if expected is not None and expected != serving:
        # before anything is judged: that takes a while
        raise PromotionRefused(f"expected the champion to be {expected}, found {serving}; look at what changed")
    gate = _verdict(files, folder, data, (first, last))
    entry = change(
        folder,
        files.programme,
        files.version,
        by=by,
        reason=reason,
        at=now(),
        expected_champion=serving,
        simulated=simulated,
        gate=gate,
        second=second,
    )
    _note(Action.PROMOTED, entry, second)
    print(f"{files.programme}: {entry.version} serves from {entry.at}")
    _move_aliases(folder, files.programme)


def _verdict(
    files: BundleFiles, folder: Path, data: Path | None, between: tuple[str | None, str | None]
) -> Kept | None:
    """Judge a candidate against the champion and keep the verdict; without data, find the latest one that is kept."""
    from riskmodel.commands.printing import print_verdict
    from riskmodel.console import now, step
    from riskmodel.evaluation.gates import Party
    from riskmodel.registry.champion import history, open_champion
    from riskmodel.registry.verdicts import keep_verdict, latest_verdict

    past = history(folder, files.programme)
    if data is None:
        own = Party(files.version, files.digest)
        return latest_verdict(folder, files.programme, own, past[-1].party if past else None)
    from riskmodel.training.promotion import judge_candidate

    champion = open_champion(folder, files.programme) if past else None
    step(f"judging {files.version} against {champion.version if champion else 'the best baseline'}")
    days = (date_of(between[0], "--from"), date_of(between[1], "--to"))
    kept = keep_verdict(folder, judge_candidate(files, champion, data, *days, now().date()))
    print_verdict(kept)
    return kept


def rollback(by: Actor, reason: Reason, programme: Whose = "", out: Models = None) -> None:
    """Let the version before serve again."""
    from riskmodel.console import now
    from riskmodel.registry.champion import rollback as change
    from riskmodel.service.audit import Action

    own = settings()
    folder, name = out or own.models, programme or own.programme
    entry = change(folder, name, by=by, reason=reason, at=now())
    _note(Action.ROLLED_BACK, entry)
    print(f"{name}: {entry.version} serves again from {entry.at}")
    _move_aliases(folder, name)


def _note(action: Action, entry: Promotion, second: str = "") -> None:
    """Tell the audit; the names are those of people who answer for it, not of households."""
    from riskmodel.commands.operating import note_if_there_is_a_store
    from riskmodel.console import now

    detail = {"digest": entry.digest, "by": entry.by, "second": second}
    note_if_there_is_a_store(now(), action, entry.version, detail)


def _move_aliases(folder: Path, name: str) -> None:
    """Let MLflow follow; what it lacks is said and nothing more, since the pointer is the truth."""
    from riskmodel.registry.champion import before, history, open_version
    from riskmodel.training.tracking import CHAMPION, PREVIOUS, move_aliases

    own = settings()
    past, earlier = history(folder, name), before(folder, name)
    wanted: dict[str, BundleFiles | None] = {}
    for alias, promotion in ((CHAMPION, past[-1] if past else None), (PREVIOUS, earlier)):
        try:
            wanted[alias] = open_version(folder, name, promotion.version) if promotion else None
        except RiskError:
            # a bundle that is gone or damaged carries no alias
            wanted[alias] = None
    for line in move_aliases(own.work, name, wanted, own.tracking_uri):
        print(f"note: {line}")
