"""Follows one simulated county and tallies its alerts, raised in every way."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from riskmodel.bench.alerts.judging import Tally, days_of_warning, per_household
from riskmodel.bench.alerts.months import Falls, Month, follow
from riskmodel.bench.alerts.raising import WAYS, Raised, raise_alerts
from riskmodel.errors import UsageError
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.panel.panel import read_panel
from riskmodel.panel.reading import folder_digest
from riskmodel.panel.simulated.county import simulate, write_county
from riskmodel.programme.programme import Programme
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.scorer import Scorer

Told = Callable[[str], None]


def unseen_seeds(bundle: BundleFiles, counties: int) -> tuple[int, ...]:
    """Return seeds of counties that come after the one that the bundle names."""
    first = int(bundle.manifest["seed"]) + 1
    return tuple(range(first, first + counties))


def tally_county(
    programme: Programme, bundle: BundleFiles, households: int, seed: int, today: dt.date, tell: Told
) -> Tally:
    """Simulate a county, follow it month by month, and hold the alerts of every way against its falls.

    Parameters
    ----------
    programme : Programme
        Its rules, with the thresholds of today.
    bundle : BundleFiles
        The model.
    households, seed : int
        Which county.
    today : date
        Day of reading.
    tell : callable
        Told what is being done.

    Raises
    ------
    UsageError
        If the model was trained on this very county.
    """
    tell(f"simulating {households:,} households, seed {seed}")
    line = _unseen_county(programme, bundle, households, seed, today)
    months, falls = follow(programme, Scorer(bundle), line, tell)
    lots = np.random.default_rng([seed, len(months)])
    alerts = raise_alerts(months, line.size, programme.file.alerts.cooldown_days, lots)
    return tally(seed, line.size, months, falls, [alerts[way] for way in WAYS])


def _unseen_county(programme: Programme, bundle: BundleFiles, households: int, seed: int, today: dt.date) -> Timeline:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_county(simulate(households, seed), folder)
        if folder_digest(folder) == bundle.manifest["data_digest"]:
            raise UsageError(f"model {bundle.version} was trained on the county of seed {seed}; expected another one")
        return timeline(read_panel(programme, folder, today), programme)


def tally(seed: int, households: int, months: Sequence[Month], falls: Falls, alerts: Sequence[Raised]) -> Tally:
    """Count one county's alerts, given in the order of the ways, and hold them against its falls."""
    outcomes = np.concatenate([month.outcome for month in months if month.counts])
    pairs = [per_household(raised, households) for raised in alerts]
    counted = [raised.household[raised.counts] for raised in alerts]
    return Tally(
        seed,
        households,
        int((~np.isnan(outcomes)).sum()),
        int(np.nansum(outcomes)),
        {way: len(who) for way, who in zip(WAYS, counted, strict=True)},
        {way: int(np.isnan(one.outcome[one.counts]).sum()) for way, one in zip(WAYS, alerts, strict=True)},
        {way: _again(one) for way, one in zip(WAYS, alerts, strict=True)},
        {way: len(np.unique(who)) for way, who in zip(WAYS, counted, strict=True)},
        np.column_stack([known for known, _ in pairs]),
        np.column_stack([hits for _, hits in pairs]),
        falls.household[falls.counts],
        falls.cause[falls.counts],
        np.column_stack([days_of_warning(raised, falls) for raised in alerts])[falls.counts],
    )


def _again(raised: Raised) -> int:
    """Count alerts that count of a household that has another one of the same day."""
    keys = np.column_stack([raised.household, raised.day.astype("int64")])[raised.counts]
    return len(keys) - len(np.unique(keys, axis=0))
