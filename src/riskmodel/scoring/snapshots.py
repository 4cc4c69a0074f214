"""A snapshot made by many processes with Dask: the same frame as one process makes.

Shares are features, not households: a feature is made for all households at once, since rates of areas look at everyone,
so that a share of the households would cost as much as all of them. Each worker reads the data folder once, under the
path that whoever asks sees it, and keeps it for later dates.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from riskmodel.errors import RiskError, UsageError
from riskmodel.features.snapshot import ID_COLUMNS, build_snapshot
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.panel.panel import read_panel
from riskmodel.panel.reading import folder_digest
from riskmodel.programme.freezing import freeze, thaw
from riskmodel.programme.programme import Programme
from riskmodel.scoring.cluster import RETRIES

if TYPE_CHECKING:
    from distributed import Client

Source = tuple[str, str, str, dt.date]
"""A frozen programme, its data folder, the folder's digest, and the day of reading: what a worker keeps a panel by."""
Piece = tuple[pd.DataFrame, pd.DataFrame]
"""Some features of the cohort, and the rows of the data that were refused."""


def snapshot_on_cluster(client: Client, programme: Programme, folder: Path, as_of: dt.date, today: dt.date) -> Piece:
    """Make every feature of the cohort as known on a date.

    Parameters
    ----------
    client : Client
        A connected cluster.
    programme : Programme
        Its dictionary says which features, and how.
    folder : Path
        The data folder, as workers see it.
    as_of : date
        Cut-off, exclusive.
    today : date
        Day of reading; rows recorded later are refused.

    Returns
    -------
    DataFrame
        As :func:`riskmodel.features.snapshot.build_snapshot` returns it.
    DataFrame
        Rows of the data that were refused.

    Raises
    ------
    InputError
        If the data can't be used.
    UsageError
        If a worker sees no data folder there, or another one.
    """
    place = folder.resolve()
    digest = folder_digest(place) if place.is_dir() else ""
    source = (json.dumps(freeze(programme)), str(place), digest, today)
    names = [feature.name for feature in programme.features]
    shares = max(1, min(len(client.nthreads()), len(names)))
    # every so-maniest feature, since those that cost much stand together
    futures = [
        client.submit(make_share, source, as_of, tuple(names[share::shares]), pure=False, retries=RETRIES)
        for share in range(shares)
    ]
    pieces = []
    for piece, error in client.gather(futures):
        if error is not None:
            raise error
        pieces.append(piece)
    return _together([frame for frame, _ in pieces], names), pieces[0][1]


def _together(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """Put the columns of all shares beside one another, in the dictionary's order."""
    first, *others = frames
    whole = pd.concat([first, *(frame.drop(columns=list(ID_COLUMNS)) for frame in others)], axis=1)
    return whole[[*ID_COLUMNS, *names]]


def make_share(source: Source, as_of: dt.date, names: tuple[str, ...]) -> tuple[Piece | None, RiskError | None]:
    """Make some features of the cohort on a worker.

    Parameters
    ----------
    source : tuple
        What to make them from.
    as_of : date
        Cut-off, exclusive.
    names : tuple of str
        Which features.

    Returns
    -------
    tuple of DataFrame, or None
        The features beside ids, and the rows of the data that were refused.
    RiskError or None
        What is wrong: an answer, since trying again would come to the same.
    """
    try:
        programme, line, rejected = _read(source)
    except RiskError as error:
        return None, error
    chosen = tuple(feature for feature in programme.features if feature.name in names)
    own = replace(programme, dictionary=replace(programme.dictionary, features=chosen))
    return (build_snapshot(own, line, as_of), rejected), None


@lru_cache(maxsize=1)
def _read(source: Source) -> tuple[Programme, Timeline, pd.DataFrame]:
    words, folder, digest, today = source
    place = Path(folder)
    if digest and not (place.is_dir() and folder_digest(place) == digest):
        raise UsageError(
            f"{folder}: a worker sees no such data there, or other data; every worker must see the folder under that path"
        )
    programme = thaw(json.loads(words))
    panel = read_panel(programme, place, today)
    return programme, timeline(panel, programme), panel.rejected
