"""Commands that take personal data out of the store: erase, retention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.commands.operating import opened_store
from riskmodel.commands.options import settings
from riskmodel.errors import UsageError

if TYPE_CHECKING:
    from riskmodel.service.store.engine import Store
    from riskmodel.service.store.retention import Retention

HouseholdId = Annotated[str, typer.Argument(metavar="HOUSEHOLD_ID", help="Id of the household, as the data has it.")]
Why = Annotated[str, typer.Option("--reason", help="Why; its digest is kept in the audit, not its words.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would go, and change nothing.")]
Rewrite = Annotated[bool, typer.Option("--rewrite", help="Write SQLite's file anew, whatever went.")]
REMAINS = (
    "note: the store is in use or the disk full, so its file may hold remains of what was deleted; run `riskmodel "
    "retention --rewrite` when nothing else uses it"
)


def erase(household_id: HouseholdId, reason: Why, yes: Yes = False) -> None:
    """Take a household out of the store: what it told, what was said of it, and what was decided.

    Its pseudonym stays in the audit. Models that learned of it are listed. A later load of a file that still holds it
    brings it back, and so does an older backup.
    """
    if not reason.strip():
        raise UsageError("--reason: expected why the household is erased")
    if not yes:
        typer.confirm("Take this household out of the store for good?", abort=True)
    with opened_store(as_it_is=True) as store:
        rows = _erase(store, household_id, reason)
        rewritten = _rewritten(store)
    print(f"erased: {_counted(rows)}")
    if not rewritten:
        print(REMAINS)
    _name_models()


def _erase(store: Store, household_id: str, reason: str) -> Mapping[str, int]:
    from riskmodel.commands.operating import operator_act
    from riskmodel.console import now
    from riskmodel.service.audit import Action
    from riskmodel.service.digests import sha256_of
    from riskmodel.service.store import audit_log, erasure

    with store.writing() as connection:
        found = erasure.erase(store, connection, household_id)
        detail = {"rows": found.rows, "reason_sha256": sha256_of(reason)}
        audit_log.append(store, connection, [operator_act(now(), Action.ERASED, found.pseudonym, detail)])
    return found.rows


def _name_models() -> None:
    """List the models that may have learned of the household: a bundle names nobody, so that each of them may."""
    from riskmodel.registry.champion import versions

    own = settings()
    known = versions(own.models, own.programme)
    if known:
        print("these models may have learned of it, since a bundle does not tell of whom; train again to be sure:")
    for version in known:
        print(f"  {own.programme}/{version}")


def retention(dry_run: DryRun = False, rewrite: Rewrite = False) -> None:
    """Delete what has had its time: sessions, kept answers, and by the settings people and snapshots."""
    from riskmodel.console import now
    from riskmodel.service.store import retention as keeping

    own = settings()
    asked = keeping.Retention(own.retention_months_persons, own.retention_months_snapshots)
    with opened_store(as_it_is=True) as store:
        if dry_run:
            with store.reading() as connection:
                print(f"would go: {_counted(keeping.overdue(connection, asked, now()))}")
            return
        rows = _expire(store, asked)
        print(f"went: {_counted(rows)}")
        # pages with people on them are not left to chance
        if (rewrite or rows.get("persons")) and not _rewritten(store):
            print(REMAINS)


def _expire(store: Store, asked: Retention) -> Mapping[str, int]:
    from riskmodel.commands.operating import operator_act
    from riskmodel.console import now
    from riskmodel.service.audit import Action
    from riskmodel.service.store import audit_log
    from riskmodel.service.store.retention import expire

    at = now()
    with store.writing() as connection:
        rows = expire(store, connection, asked, at)
        audit_log.append(store, connection, [operator_act(at, Action.ERASED, "", {"what": "retention", "rows": rows})])
    return rows


def _rewritten(store: Store) -> bool:
    from riskmodel.service.store.erasure import rewrite

    return rewrite(store)


def _counted(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(rows.items()))
