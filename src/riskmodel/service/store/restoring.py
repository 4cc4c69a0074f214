"""Restores a backup into an empty store: all of it, checked, or nothing."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Table, func, literal_column, select
from sqlalchemy.exc import DBAPIError

from riskmodel.errors import UsageError
from riskmodel.service.audit import Act
from riskmodel.service.store.audit_log import append, verified_head
from riskmodel.service.store.backup_format import (
    MANIFEST,
    BackupUnusable,
    Manifest,
    columns_of,
    file_member,
    read_as,
    read_manifest,
    table_member,
)
from riskmodel.service.store.bulk import add_rows
from riskmodel.service.store.engine import POSTGRES, Store, StoreRefused
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.restored_models import restore_models
from riskmodel.service.store.tables import METADATA

ROWS_AT_A_TIME = 500
MANIFEST_MOST_BYTES = 64 * 1024 * 1024


def restore_backup(
    store: Store, path: Path, models: Path, programme: str, recorded_as: Callable[[Manifest], Act]
) -> Manifest:
    """Restore a backup; where anything is wrong with it, nothing is changed.

    Parameters
    ----------
    store : Store
        Where to. It is brought to the newest shape first, and must not hold a row.
    path : Path
        The tar.
    models, programme
        Where the models go: bundles and verdicts that are missing there, and the pointer if there is none.
    recorded_as : callable
        Returns what the audit, once it is whole again, says of the restoring.

    Raises
    ------
    BackupUnusable
        If it is no backup, a damaged one, or of another shape.
    AuditBroken
        If its log of who did what is not whole.
    UsageError
        If the store is not empty, or the backup is that of another programme.
    """
    with _backup(path) as backup:
        manifest = backup.manifest
        if manifest.programme != programme:
            raise UsageError(
                f"the backup is of the programme {manifest.programme}, not {programme}; set RISKMODEL_PROGRAMME to it"
            )
        backup.check()
        migrate(store)
        with store.writing() as connection:
            _check_place(connection, manifest)
            for table in METADATA.sorted_tables:
                _fill(connection, table, backup.open(table_member(table.name)))
            if verified_head(connection) != manifest.head:
                raise BackupUnusable("the audit does not end where the backup says; take another backup")
            append(store, connection, [recorded_as(manifest)])
            # last, so that nothing is left of them where the store refuses its part
            restore_models(models / programme, manifest.files, lambda name: backup.read(file_member(name)))
    return manifest


class _Backup:
    """A tar that holds what a backup may hold, and nothing else."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        members = tar.getmembers()
        self._tar, self._members = tar, {member.name: member for member in members}
        if len(self._members) != len(members) or not all(member.isreg() and not member.sparse for member in members):
            raise BackupUnusable(
                "the backup holds something that is not a plain file, or one twice; take another backup"
            )
        if MANIFEST not in self._members or self._members[MANIFEST].size > MANIFEST_MOST_BYTES:
            raise BackupUnusable(f"the file has no {MANIFEST}: it is no backup, or was cut off; take another backup")
        self.manifest = read_manifest(self.read(MANIFEST))
        if set(self._members) != {MANIFEST, *self.manifest.members}:
            raise BackupUnusable(f"the backup holds more or less than its {MANIFEST} lists; take another backup")

    def open(self, name: str) -> IO[bytes]:
        """Open a member."""
        file = self._tar.extractfile(self._members[name])
        assert file is not None, "it is a plain file"
        return file

    def read(self, name: str) -> bytes:
        """Return a member's bytes."""
        return self.open(name).read()

    def check(self) -> None:
        """Check the bytes of every member before any of them is used."""
        for name, sha256 in self.manifest.members.items():
            if hashlib.file_digest(self.open(name), "sha256").hexdigest() != sha256:  # type: ignore[arg-type]
                raise BackupUnusable(f"{name} in the backup is not what was written; take another backup")
        for name, part in self.manifest.tables.items():
            if sum(1 for _ in self.open(table_member(name))) != part.rows:
                raise BackupUnusable(f"table {name} in the backup has other rows than it says; take another backup")


@contextmanager
def _backup(path: Path) -> Iterator[_Backup]:
    """Open a backup.

    Raises
    ------
    BackupUnusable
        If it can't be read, now or later.
    """
    try:
        # without compression: what is small on the disk stays small
        with tarfile.open(path, "r:") as tar:
            yield _Backup(tar)
    except (tarfile.TarError, EOFError) as error:
        raise BackupUnusable(
            f"{path.name}: not a whole tar file ({type(error).__name__}); take another backup"
        ) from None


def _check_place(connection: Connection, manifest: Manifest) -> None:
    """Check that the store has the backup's shape, and no row."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision != manifest.revision:
        raise BackupUnusable(
            f"the backup is of shape {manifest.revision}, this version has {revision}; restore it with the one that made it"
        )
    for table in METADATA.sorted_tables:
        if connection.execute(select(literal_column("1")).select_from(table).limit(1)).first() is not None:
            raise UsageError(
                f"the store is not empty: {table.name} has rows; set RISKMODEL_STORE to a new database and restore there"
            )


def _fill(connection: Connection, table: Table, lines: IO[bytes]) -> None:
    """Add the rows of a table."""
    rows = _rows(table, lines)
    try:
        while some := list(islice(rows, ROWS_AT_A_TIME)):
            add_rows(connection, table, columns_of(table), some)
    except (ValueError, TypeError, RecursionError, DBAPIError, StoreRefused) as error:
        # the error's own text holds values
        raise BackupUnusable(
            f"table {table.name} in the backup holds rows that the store does not take ({type(error).__name__})"
        ) from None
    if connection.dialect.name == POSTGRES:
        _count_on(connection, table)


def _rows(table: Table, lines: IO[bytes]) -> Iterator[tuple[Any, ...]]:
    reads = [read_as(column.type) for column in table.columns]
    for line in lines:
        values: Sequence[Any] = json.loads(line)
        yield tuple(read(value) for read, value in zip(reads, values, strict=True))


def _count_on(connection: Connection, table: Table) -> None:
    """Let PostgreSQL give numbers beyond those that were restored; SQLite sees to that itself."""
    counted = table.autoincrement_column
    if counted is None:
        return
    highest = connection.execute(select(func.max(counted))).scalar_one()
    sequence = func.pg_get_serial_sequence(table.name, counted.name)
    if highest is not None:
        connection.execute(select(func.setval(sequence, highest)))
