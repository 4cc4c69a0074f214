"""The champion: which bundle serves, who may change that and on what grounds, and which served before."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from riskmodel.errors import NotFound, NotReady, PromotionRefused
from riskmodel.evaluation.gates import Party
from riskmodel.files import held
from riskmodel.registry.bundle import MANIFEST, NAME, BundleFiles, read_bundle
from riskmodel.registry.history import POINTER, Entry, Gate, Grounds, Promotion, append, entries, history, standing
from riskmodel.registry.people import DEMO_ACTOR, refuse_demo, require_second, same_person
from riskmodel.registry.verdicts import Kept

NO_VERDICT = "no verdict about it against the present champion is at hand that was not used before"

__all__ = [
    "DEMO_ACTOR",
    "POINTER",
    "Gate",
    "Grounds",
    "Promotion",
    "approved",
    "before",
    "champion",
    "history",
    "live_on",
    "open_champion",
    "open_version",
    "promote",
    "promote_demonstration",
    "rollback",
    "versions",
]


def champion(models: Path, programme: str) -> Promotion:
    """Return the promotion in force.

    Raises
    ------
    NotReady
        If none is.
    """
    past = history(models, programme)
    if not past:
        raise NotReady(
            f"no model of {programme} is promoted in {models}; run `riskmodel train` and `riskmodel promote`"
        )
    return past[-1]


def live_on(models: Path, programme: str, instant: dt.datetime) -> Promotion | None:
    """Return the promotion that was in force at an instant, or None before the first."""
    stamp = instant.astimezone(dt.UTC).isoformat(timespec="seconds")
    return next((entry for entry in reversed(history(models, programme)) if entry.at <= stamp), None)


def open_champion(models: Path, programme: str) -> BundleFiles:
    """Read the champion's bundle and check that it is the one that was promoted."""
    entry = champion(models, programme)
    return open_version(models, programme, entry.version).approved(entry.digest)


def open_version(models: Path, programme: str, version: str) -> BundleFiles:
    """Read one bundle of a programme by its version."""
    if not NAME.match(version):
        raise NotFound("no such version; `riskmodel models` lists them")
    return read_bundle(models / programme / version)


def approved(models: Path, bundle: BundleFiles) -> BundleFiles:
    """Return a bundle if it is one that was promoted at some time, to the byte.

    Raises
    ------
    PromotionRefused
        If nobody ever approved it.
    """
    if Party(bundle.version, bundle.digest) not in {entry.party for entry in history(models, bundle.programme)}:
        raise PromotionRefused(f"{bundle.version} was never promoted; `riskmodel promote` it first")
    return bundle


def versions(models: Path, programme: str) -> tuple[str, ...]:
    """Return the versions of a programme's bundles, oldest first."""
    folder = models / programme
    if not NAME.match(programme) or not folder.is_dir():
        return ()
    return tuple(
        sorted(entry.name for entry in folder.iterdir() if NAME.match(entry.name) and (entry / MANIFEST).is_file())
    )


def before(models: Path, programme: str) -> Promotion | None:
    """Return the promotion that a rollback returns to; None where there is none."""
    stack = standing(entries(models, programme))
    return stack[-2] if len(stack) > 1 else None


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
    gate: Kept | None = None,
    second: str = "",
) -> Promotion:
    """Make a bundle the champion.

    Parameters
    ----------
    models, programme, version
        Which bundle; its bytes are checked first.
    by, reason : str
        Who promotes, and why. Not the one who trained it, where the manifest's ``trained_by`` tells who that was.
    at : datetime
        Instant, with its time zone.
    expected_champion : str or None
        Version that the caller believes to serve now; None where there is none. If another serves, somebody was
        faster and nothing is changed.
    simulated : bool
        Whether the programme's data are simulated; only there may the demonstration promote.
    gate : Kept or None
        The latest verdict about this bundle against the champion that serves. Any other counts as none.
    second : str
        Who agrees, where no verdict passes: another person than the one who promotes and the one who trained.

    Raises
    ------
    PromotionRefused
        If another champion serves than expected, ``by`` or ``reason`` is empty, or the actor may not promote this.
    """
    refuse_demo(by, simulated)
    if not by.strip() or not reason.strip():
        raise PromotionRefused("a promotion needs the name of a person and a reason")
    bundle = open_version(models, programme, version)
    trainer = str(bundle.manifest.get("trained_by") or "")
    demonstration = same_person(by, DEMO_ACTOR)
    if trainer and same_person(by, trainer) and not demonstration:
        raise PromotionRefused(f"{version} was trained by the same person; somebody else promotes it")
    with held(models / programme, wait=True):
        past = entries(models, programme)
        _expect(past, expected_champion)
        found = _grounds(bundle, past, gate, second)
        if demonstration:
            found = Grounds(Gate.DEMONSTRATION)
        elif found.gate != Gate.PASSED:
            require_second(second, by, trainer, "its verdict does not pass" if found.verdict else NO_VERDICT)
        return append(models / programme / POINTER, past, _promotion(bundle, at, by, reason), found)


def _expect(past: tuple[Entry, ...], expected: str | None) -> None:
    serving = past[-1].promotion.version if past else None
    if serving != expected:
        raise PromotionRefused(
            f"expected the champion to be {expected}, found {serving}; look at what changed and promote again"
        )


def _grounds(bundle: BundleFiles, past: tuple[Entry, ...], gate: Kept | None, second: str) -> Grounds:
    """Tell what a verdict is worth: only one about these very bytes against the champion of this moment counts.

    It counts once. After a step back the verdict that let the bundle through stands refuted, and a new one is needed.
    """
    about = (Party(bundle.version, bundle.digest), past[-1].promotion.party if past else None)
    used = {entry.grounds.verdict for entry in past}
    if gate is None or (gate.verdict.candidate, gate.verdict.champion) != about or gate.name in used:
        return Grounds(Gate.NONE, "", second.strip())
    return Grounds(Gate.PASSED if gate.verdict.passes else Gate.OVERRIDDEN, gate.name, second.strip())


def promote_demonstration(models: Path, bundle: BundleFiles, *, reason: str, at: dt.datetime) -> None:
    """Let a bundle of simulated data serve, as the demonstration's own act; nothing happens if it serves already.

    Raises
    ------
    PromotionRefused
        If its data are not simulated.
    """
    past = history(models, bundle.programme)
    serving = past[-1].version if past else None
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


def rollback(models: Path, programme: str, *, by: str, reason: str, at: dt.datetime) -> Promotion:
    """Let the version serve again that served before the present one was promoted; see :func:`standing`.

    One person is enough, also the one who trained: stepping back must never wait.

    Raises
    ------
    PromotionRefused
        If there was none, or ``by`` or ``reason`` is empty.
    BundleCorrupt
        If the version to return to is not what was promoted then.
    """
    if not by.strip() or not reason.strip() or same_person(by, DEMO_ACTOR):
        raise PromotionRefused("a rollback needs the name of a person and a reason")
    if not history(models, programme):
        raise PromotionRefused(f"no version of {programme} serves; there is nothing to roll back")
    with held(models / programme, wait=True):
        past = entries(models, programme)
        stack = standing(past)
        if len(stack) < 2:
            raise PromotionRefused(
                f"no version of {programme} stood before {stack[-1].version}; there is nothing to roll back to. "
                "`riskmodel promote` goes on to another version"
            )
        bundle = open_version(models, programme, stack[-2].version).approved(stack[-2].digest)
        entry = _promotion(bundle, at, by, reason)
        return append(models / programme / POINTER, past, entry, Grounds(Gate.ROLLBACK))


def _promotion(bundle: BundleFiles, at: dt.datetime, by: str, reason: str) -> Promotion:
    stamp = at.astimezone(dt.UTC).isoformat(timespec="seconds")
    return Promotion(bundle.version, bundle.digest, stamp, by.strip(), reason.strip())
