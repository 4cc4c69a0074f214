"""Takes a backup: every row of the store as of one moment, and the models that spoke."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, Connection, Table, Text, cast, select

from riskmodel.errors import UsageError
from riskmodel.files import replacing
from riskmodel.registry.champion import versions
from riskmodel.registry.history import POINTER
from riskmodel.registry.verdicts import FOLDER as VERDICTS
from riskmodel.service.store.audit_log import head
from riskmodel.service.store.backup_format import (
    BUNDLE_FILES,
    MANIFEST,
    Manifest,
    TablePart,
    columns_of,
    file_member,
    table_member,
    written_as,
)
from riskmodel.service.store.engine import Store
from riskmodel.service.store.facts import PROGRAMME, read_fact
from riskmodel.service.store.tables import METADATA

ROWS_AT_A_TIME = 500
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def write_backup(store: Store, path: Path, models: Path, programme: str, made_at: dt.datetime) -> Manifest:
    """Write a backup, whole or not at all; only its owner may read it, since it holds what people told.

    Parameters
    ----------
    store : Store
        What is copied, as of one moment; it may be written to meanwhile.
    path : Path
        The tar. One that is there is replaced when the new one is whole.
    models, programme
        Whose pointer, verdicts and bundles go with it.
    made_at : datetime
        Instant, with its time zone.

    Raises
    ------
    UsageError
        If the store holds another programme.

    Notes
    -----
    Memory stays the same however large the store is; the folder of the tar needs room for it and its largest table.
    """
    stamp = made_at.astimezone(dt.UTC)
    with replacing(path) as partial, _opened(partial) as tar, store.reading() as connection:
        _check_programme(connection, programme)
        revision = MigrationContext.configure(connection).get_current_revision()
        last = head(connection)
        parts = {
            table.name: _add_table(_Member(tar, table_member(table.name), stamp), connection, table, path.parent)
            for table in METADATA.sorted_tables
        }
        files = {
            name: _add_file(_Member(tar, file_member(name), stamp), file)
            for name, file in _registry_files(models, programme)
        }
        manifest = Manifest(str(revision), programme, stamp.isoformat(), parts, files, last)
        data = manifest.to_bytes()
        _Member(tar, MANIFEST, stamp).add(BytesIO(data), len(data))
    return manifest


def _check_programme(connection: Connection, programme: str) -> None:
    found = read_fact(connection, PROGRAMME)
    if found not in (None, programme):
        raise UsageError(f"the store holds the programme {found}, not {programme}; set RISKMODEL_PROGRAMME to it")


def _opened(partial: Path) -> tarfile.TarFile:
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return tarfile.open(partial, "w")


class _Member:
    """A member that is to be added to a tar."""

    def __init__(self, tar: tarfile.TarFile, name: str, at: dt.datetime) -> None:
        self.tar, self.info = tar, tarfile.TarInfo(name)
        self.info.mode, self.info.mtime = 0o600, int(at.timestamp())

    def add(self, content: IO[bytes], size: int) -> None:
        content.seek(0)
        self.info.size = size
        self.tar.addfile(self.info, content)


def _add_table(member: _Member, connection: Connection, table: Table, folder: Path) -> TablePart:
    digest, rows = hashlib.sha256(), 0
    # a tar wants to know a member's size before its content
    with tempfile.TemporaryFile(dir=folder) as spool:
        for line in _lines(connection, table):
            digest.update(line)
            spool.write(line)
            rows += 1
        member.add(spool, spool.tell())
    return TablePart(columns_of(table), rows, digest.hexdigest())


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Yield each row as a list in JSON, by the primary key."""
    # JSON is taken as the text that it is: nothing changes on the way, and nothing has to be parsed
    columns = [cast(one, Text) if isinstance(one.type, JSON) else one for one in table.columns]
    converts = [(place, convert) for place, one in enumerate(table.columns) if (convert := written_as(one.type))]
    query = select(*columns).order_by(*table.primary_key)
    for row in connection.execute(query, execution_options={"yield_per": ROWS_AT_A_TIME}):
        values: list[Any] = list(row)
        for place, convert in converts:
            values[place] = convert(values[place])
        yield f"{_to_json(values)}\n".encode()


def _registry_files(models: Path, programme: str) -> Iterator[tuple[str, Path]]:
    """Yield the files of a programme's registry by name; what the pointer names was there before it."""
    folder = models / programme
    if (folder / POINTER).is_file():
        yield POINTER, folder / POINTER
    for verdict in sorted((folder / VERDICTS).glob("[a-z0-9]*.json")):
        yield f"{VERDICTS}/{verdict.name}", verdict
    for version in versions(models, programme):
        for name in sorted(BUNDLE_FILES):
            yield f"{version}/{name}", folder / version / name


def _add_file(member: _Member, path: Path) -> str:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        member.add(file, file.tell())
    return sha256
