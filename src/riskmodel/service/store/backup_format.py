"""What a backup is: a tar with one file of JSON lines a table, the registry's files, and a manifest of all of them.

It says nothing of the database that it came from, so that one of SQLite can be restored into PostgreSQL and back.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Float, Integer, LargeBinary, String, Table
from sqlalchemy.types import TypeEngine

from riskmodel.errors import InputError
from riskmodel.registry.bundle import FILES
from riskmodel.registry.bundle import MANIFEST as BUNDLE_MANIFEST
from riskmodel.registry.history import POINTER
from riskmodel.registry.verdicts import FOLDER as VERDICTS
from riskmodel.service.audit import Mark
from riskmodel.service.store.tables import METADATA, Instant

FORMAT = 1
MANIFEST = "manifest.json"
BUNDLE_FILES = frozenset({*FILES, BUNDLE_MANIFEST})
_VERDICT = re.compile(rf"{VERDICTS}/[a-z0-9][a-z0-9.-]{{0,200}}\.json")
_BUNDLE_FILE = re.compile(r"([a-z0-9][a-z0-9.-]{0,63})/([A-Za-z.]+)")

Convert = Callable[[Any], Any]


class BackupUnusable(InputError):
    """A file that is no backup, a damaged one, or one of another shape."""

    code = "backup_unusable"


@dataclass(frozen=True, slots=True)
class TablePart:
    """What a backup says of one table.

    Attributes
    ----------
    columns : tuple of str
        In the order in which each line gives their values.
    rows : int
        How many lines.
    sha256 : str
        Of the lines.
    """

    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    Attributes
    ----------
    revision : str
        Shape of the store.
    programme : str
        Whose models are in it.
    made_at : str
        Instant, in UTC.
    tables : mapping of str to TablePart
        Every table of the store.
    files : mapping of str to str
        SHA-256 of each file of the registry, by its name below ``models/<programme>``.
    head : Mark
        Last entry of the audit.
    """

    revision: str
    programme: str
    made_at: str
    tables: Mapping[str, TablePart]
    files: Mapping[str, str]
    head: Mark

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(part.rows for part in self.tables.values())

    @property
    def members(self) -> dict[str, str]:
        """SHA-256 of every member of the tar but the manifest, by name."""
        tables = {table_member(name): part.sha256 for name, part in self.tables.items()}
        return tables | {file_member(name): sha256 for name, sha256 in self.files.items()}

    def to_bytes(self) -> bytes:
        """Return the manifest's file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1).encode()


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest's file.

    Raises
    ------
    BackupUnusable
        If it is none, or not of the format and tables that this version writes.
    """
    try:
        found = json.loads(data)
        if found.pop("format") != FORMAT:
            raise BackupUnusable(f"the backup is not of format {FORMAT}; restore it with the version that made it")
        parts = {name: TablePart(tuple(part.pop("columns")), **part) for name, part in found.pop("tables").items()}
        manifest = Manifest(tables=parts, head=Mark(**found.pop("head")), **found)
        sound = {name: _is_registry_file(name) for name in manifest.files}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BackupUnusable(f"{MANIFEST} of the backup is not a manifest; take another backup") from None
    expected = {name: columns_of(table) for name, table in METADATA.tables.items()}
    if {name: part.columns for name, part in parts.items()} != expected or not all(sound.values()):
        raise BackupUnusable(
            "the backup holds other tables or files than this version; restore it with the one that made it"
        )
    return manifest


def columns_of(table: Table) -> tuple[str, ...]:
    """Return the names of a table's columns, in order."""
    return tuple(column.name for column in table.columns)


def table_member(name: str) -> str:
    """Return the name of a table's file in the tar."""
    return f"tables/{name}.jsonl"


def file_member(name: str) -> str:
    """Return the name of a registry's file in the tar."""
    return f"models/{name}"


def version_of_file(name: str) -> str | None:
    """Return the version of the bundle that a file of the registry belongs to; None for the pointer and verdicts."""
    found = _BUNDLE_FILE.fullmatch(name)
    return found[1] if found is not None and found[2] in BUNDLE_FILES else None


def _is_registry_file(name: str) -> bool:
    return name == POINTER or _VERDICT.fullmatch(name) is not None or version_of_file(name) is not None


def written_as(kind: TypeEngine[Any]) -> Convert | None:
    """Return what makes a value of a column one of JSON; None where it is one. JSON columns are read as text."""
    if isinstance(kind, LargeBinary):
        return _optional(lambda value: base64.b64encode(value).decode())
    if isinstance(kind, Date | Instant):
        return _optional(lambda value: value.isoformat())
    return None


def read_as(kind: TypeEngine[Any]) -> Convert:
    """Return what makes a value of JSON one that the database takes; it raises ValueError for one of another kind."""
    return _optional(next(convert for kinds, convert in _READ_AS if isinstance(kind, kinds)))


def _optional(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _a(kind: type | tuple[type, ...], value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError("a value is of another kind")
    return value


def _utc(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


_READ_AS: tuple[tuple[tuple[type, ...], Convert], ...] = (
    ((LargeBinary,), lambda value: base64.b64decode(_a(str, value), validate=True)),
    ((Instant,), lambda value: _utc(dt.datetime.fromisoformat(_a(str, value)))),
    ((Date,), lambda value: dt.date.fromisoformat(_a(str, value)).isoformat()),
    ((Boolean,), lambda value: _a(bool, value)),
    ((Integer,), lambda value: _a(int, value)),
    ((Float,), lambda value: float(_a((int, float), value))),
    # JSON goes in as it came out, as text
    ((String, JSON), lambda value: _a(str, value)),
)
