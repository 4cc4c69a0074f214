"""Commands that keep what there is: backup, restore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.commands.options import settings

if TYPE_CHECKING:
    from riskmodel.service.audit import Act
    from riskmodel.service.store.backup_format import Manifest
    from riskmodel.service.store.engine import Store

Target = Annotated[Path, typer.Argument(metavar="FILE", help="The tar to write; it holds personal data.")]
Source = Annotated[Path, typer.Argument(metavar="FILE", help="What `riskmodel backup` wrote.")]


def backup(target: Target) -> None:
    """Copy the store and the models into one file, as of one moment; the service may go on meanwhile."""
    from riskmodel.console import now
    from riskmodel.service.store.backup import write_backup
    from riskmodel.service.store.migrating import check_current

    own = settings()
    with _store(own.store) as store:
        check_current(store)
        # first, so that the copy itself says that it was taken
        _note_export(store)
        manifest = write_backup(store, target, own.models, own.programme, now())
    print(f"{_content(manifest)} are in {target}; it holds personal data: encrypt it before it leaves this machine")


def restore(source: Source) -> None:
    """Put a backup into an empty store, SQLite or PostgreSQL, and its models where there are none yet."""
    from riskmodel.errors import NotFound
    from riskmodel.service.store.restoring import restore_backup

    if not source.is_file():
        raise NotFound(f"{source} is not a file; `riskmodel backup` writes one")
    own = settings()
    with _store(own.store) as store:
        manifest = restore_backup(store, source, own.models, own.programme, _restoring)
    print(f"{_content(manifest)} are restored as of {manifest.made_at}, and the chain is whole")


@contextmanager
def _store(url: str) -> Iterator[Store]:
    from riskmodel.service.store.engine import Store

    store = Store(url)
    try:
        yield store
    finally:
        store.close()


def _content(manifest: Manifest) -> str:
    return (
        f"{manifest.rows:,} rows of {len(manifest.tables)} tables, {len(manifest.files):,} files of models, "
        f"{manifest.head.sequence:,} entries of the audit"
    )


def _note_export(store: Store) -> None:
    from riskmodel.commands.operating import operator_act
    from riskmodel.console import now
    from riskmodel.service.audit import Action
    from riskmodel.service.store.audit_log import append

    with store.writing() as connection:
        append(store, connection, [operator_act(now(), Action.EXPORTED, "", {"what": "backup"})])


def _restoring(manifest: Manifest) -> Act:
    from riskmodel.commands.operating import operator_act
    from riskmodel.console import now
    from riskmodel.service.audit import Action

    detail = {"made_at": manifest.made_at, "rows": manifest.rows, "up_to": manifest.head.sequence}
    return operator_act(now(), Action.RESTORED, "", detail)
