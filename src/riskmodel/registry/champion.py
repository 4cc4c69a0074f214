"""The champion: which bundle serves, since when, by whom, and which served before."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from riskmodel.errors import BundleCorrupt, NotFound, NotReady, PromotionRefused
from riskmodel.files import replacing
from riskmodel.registry.bundle import MANIFEST, NAME, BundleFiles, canonical_json, read_bundle

POINTER = "CHAMPION.json"
DEMO_ACTOR = "demo"


@dataclass(frozen=True, slots=True)
class Promotion:
    """One entry of the history: from ``at`` on, ``version`` served."""

    version: str
    digest: str
    at: str
    by: str
    reason: str


def history(models: Path, programme: str) -> tuple[Promotion, ...]:
    """Return every promotion, oldest first; none where nothing was promoted.

    Raises
    ------
    BundleCorrupt
        If the pointer is not what this module writes.
    """
    path = models / programme / POINTER
    if not path.is_file():
        return ()
    try:
        return tuple(Promotion(**entry) for entry in json.loads(path.read_bytes())["history"])
    except (ValueError, KeyError, TypeError):
        raise BundleCorrupt(f"{path.name} of {programme} is not a champion pointer; restore it from a backup") from None


def champion(models: Path, programme: str) -> Promotion:
    """Return the promotion in force.

    Raises
    ------
    NotReady
        If none is.
    """
    entries = history(models, programme)
    if not entries:
        raise NotReady(
            f"no model of {programme} is promoted in {models}; run `riskmodel train` and `riskmodel promote`"
        )
    return entries[-1]


def live_on(models: Path, programme: str, instant: dt.datetime) -> Promotion | None:
    """Return the promotion that was in force at an instant, or None before the first."""
    stamp = instant.astimezone(dt.UTC).isoformat(timespec="seconds")
    return next((entry for entry in reversed(history(models, programme)) if entry.at <= stamp), None)


def open_champion(models: Path, programme: str) -> BundleFiles:
    """Read the champion's bundle and check that it is the one that was promoted."""
    entry = champion(models, programme)
    bundle = open_version(models, programme, entry.version)
    if bundle.digest != entry.digest:
        raise BundleCorrupt(f"{entry.version} is not the bundle that was promoted; roll back or promote again")
    return bundle


def open_version(models: Path, programme: str, version: str) -> BundleFiles:
    """Read one bundle of a programme by its version."""
    if not NAME.match(version):
        raise NotFound("no such version; `riskmodel models` lists them")
    return read_bundle(models / programme / version)


def versions(models: Path, programme: str) -> tuple[str, ...]:
    """Return the versions of a programme's bundles, oldest first."""
    folder = models / programme
    if not NAME.match(programme) or not folder.is_dir():
        return ()
    return tuple(
        sorted(entry.name for entry in folder.iterdir() if NAME.match(entry.name) and (entry / MANIFEST).is_file())
    )


def promote(
    models: Path,
    programme: str,
    version: str,
    *,
    by: str,
    reason: str,
    at: dt.datetime,
    expected_champion: str | None,
    simulated: bool,
) -> Promotion:
    """Make a bundle the champion.

    Parameters
    ----------
    models, programme, version
        Which bundle; its bytes are checked first.
    by, reason : str
        Who promotes, and why.
    at : datetime
        Instant, with its time zone.
    expected_champion : str or None
        Version that the caller believes to serve now; None where there is none. If another serves, somebody was
        faster and nothing is changed.
    simulated : bool
        Whether the programme's data are simulated; only there may the demonstration promote.

    Raises
    ------
    PromotionRefused
        If another champion serves than expected, ``by`` or ``reason`` is empty, or the actor may not promote this.
    """
    if by == DEMO_ACTOR and not simulated:
        raise PromotionRefused("the actor `demo` promotes models of simulated data only; name the person who promotes")
    if not by.strip() or not reason.strip():
        raise PromotionRefused("a promotion needs the name of a person and a reason")
    bundle = open_version(models, programme, version)
    with _lock(models / programme):
        entries = history(models, programme)
        serving = entries[-1].version if entries else None
        if serving != expected_champion:
            raise PromotionRefused(
                f"expected the champion to be {expected_champion}, found {serving}; look at what changed and promote again"
            )
        entry = Promotion(version, bundle.digest, at.astimezone(dt.UTC).isoformat(timespec="seconds"), by, reason)
        _write(models / programme / POINTER, (*entries, entry))
    return entry


def promote_demonstration(models: Path, bundle: BundleFiles, *, reason: str, at: dt.datetime) -> None:
    """Let a bundle of simulated data serve, as the demonstration's own act; nothing happens if it serves already.

    Raises
    ------
    PromotionRefused
        If its data are not simulated.
    """
    entries = history(models, bundle.programme)
    serving = entries[-1].version if entries else None
    if serving != bundle.version:
        promote(
            models,
            bundle.programme,
            bundle.version,
            by=DEMO_ACTOR,
            reason=reason,
            at=at,
            expected_champion=serving,
            simulated=bool(bundle.manifest["simulated"]),
        )


def rollback(models: Path, programme: str, *, by: str, reason: str, at: dt.datetime, simulated: bool) -> Promotion:
    """Promote the version that served before the present one.

    Raises
    ------
    PromotionRefused
        If there was none.
    """
    entries = history(models, programme)
    serving = entries[-1].version if entries else None
    before = next((entry.version for entry in reversed(entries) if entry.version != serving), None)
    if before is None:
        raise PromotionRefused(f"no version of {programme} served before; there is nothing to roll back to")
    return promote(
        models, programme, before, by=by, reason=reason, at=at, expected_champion=serving, simulated=simulated
    )


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the programme's lock; the system frees it if the process dies."""
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(path: Path, entries: tuple[Promotion, ...]) -> None:
    """Replace the pointer: a reader sees the old one or the new one."""
    pointer = {"champion": entries[-1].version, "history": [asdict(entry) for entry in entries]}
    with replacing(path) as partial:
        partial.write_bytes(canonical_json(pointer))
