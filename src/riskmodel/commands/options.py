"""Options that several commands share, and how their texts become values."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.errors import UsageError

if TYPE_CHECKING:
    from riskmodel.programme.programme import Programme
    from riskmodel.settings import Settings

ProgrammeName = Annotated[str, typer.Argument(metavar="PROGRAMME", help="Name in configs/, or path of a YAML file.")]
Data = Annotated[Path, typer.Option("--data", help="Folder with the programme's tables.")]
Models = Annotated[Path | None, typer.Option("--out", help="Folder of the bundles; RISKMODEL_MODELS or models/.")]
Bundle = Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder of the bundle.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port.")]
Actor = Annotated[str, typer.Option("--by", help="Who does this; it is kept in the history.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the history.")]


class EngineName(StrEnum):
    """What does the work."""

    LOCAL = "local"
    DASK = "dask"


Scheduler = Annotated[
    str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://10.0.0.5:8786.")
]
Workers = Annotated[int, typer.Option("--workers", min=0, help="Processes of a local Dask cluster; 0 for one a core.")]


def settings() -> Settings:
    """Return the installation's settings."""
    from riskmodel.settings import Settings

    return Settings()


def programme_of(name: str) -> Programme:
    """Return the programme of a name in ``configs/`` or a path."""
    from riskmodel.programme.loading import find_programme, load_programme

    return load_programme(find_programme(name, settings().configs))


def date_of(text: str | None, option: str) -> dt.date | None:
    """Return the date that an option gives, or None where it was left out.

    Raises
    ------
    UsageError
        If it is no date.
    """
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: expected a date as YYYY-MM-DD") from None
