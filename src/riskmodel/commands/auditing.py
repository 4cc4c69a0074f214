"""Commands about the log of who did what: audit verify, audit anchor."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.commands.operating import opened_store
from riskmodel.errors import NotFound, NotReady

if TYPE_CHECKING:
    from riskmodel.service.audit import Mark
    from riskmodel.service.store.engine import Store

app = typer.Typer(no_args_is_help=True, help="The log of who did what: check it, and note where it stands.")

Anchors = Annotated[
    Path | None, typer.Option("--anchors", metavar="FILE", help="What `riskmodel audit anchor` noted, kept elsewhere.")
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to add a line to; keep a copy elsewhere.")]


@app.command()
def verify(anchors: Anchors = None) -> None:
    """Check that nothing in the log was altered, taken out, put in or moved.

    A log that was written anew from some entry on, or cut off together with the row that names its last entry, looks
    whole by itself: only anchors that are kept elsewhere show it.
    """
    noted = [] if anchors is None else _noted(anchors)
    with opened_store(as_it_is=True) as store:
        last = _verified(store, noted)
    against = f", {len(noted):,} anchors agree" if noted else ""
    print(f"{last.sequence:,} entries, the chain is whole{against}, last hash {last.hash}")


@app.command()
def anchor(out: Out) -> None:
    """Note the log's last entry in a file, after checking the whole log against what is noted there already."""
    from riskmodel.console import now
    from riskmodel.service.audit_checking import anchor_line

    with opened_store(as_it_is=True) as store:
        last = _verified(store, _noted(out) if out.exists() else [])
    if last.sequence == 0:
        raise NotReady("the log has no entry yet, so there is nothing to anchor; come back after the first one")
    _add_line(out, anchor_line(last, now()))
    print(f"entry {last.sequence:,} is anchored in {out}; keep a copy where nobody who runs the store can write")


def _verified(store: Store, noted: list[Mark]) -> Mark:
    from riskmodel.service.store.audit_log import verified_head

    with store.reading() as connection:
        return verified_head(connection, noted)


def _noted(path: Path) -> list[Mark]:
    from riskmodel.service.audit_checking import read_anchors

    if not path.is_file():
        raise NotFound(f"{path} is not a file; `riskmodel audit anchor --out` writes one")
    return read_anchors(path.read_text(encoding="utf-8", errors="replace").splitlines(), path.name)


def _add_line(path: Path, line: str) -> None:
    """Add a line to a file and wait until it is on the disk."""
    from riskmodel.files import sync_folder

    with path.open("ab+") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            # a line that was cut short, or lost its end on the way, stays a line of its own
            line = line if file.read(1) == b"\n" else f"\n{line}"
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.resolve().parent)
