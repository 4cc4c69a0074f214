"""One household's explanation in words, for `riskmodel explain`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from riskmodel.errors import NotFound, ValuesInvalid
from riskmodel.explain.reasons import Driver, DriverGroup, Words, split_drivers
from riskmodel.features.cohort import cohort
from riskmodel.features.encode import HORIZON_GROUP
from riskmodel.features.making import Knowledge
from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import timeline
from riskmodel.language import language
from riskmodel.panel.panel import read_panel
from riskmodel.registry.bundle import read_bundle
from riskmodel.scoring.inputs import fault_of
from riskmodel.scoring.scorer import Scorer
from riskmodel.training.plan import cutoff_of


def explain_household(
    bundle: Path, data: Path, household_id: str, as_of: dt.date | None, language_code: str, today: dt.date
) -> str:
    """Return a household's score and what drives it, as lines of text.

    Parameters
    ----------
    bundle, data : Path
        Folder of the bundle, and of the programme's tables.
    household_id : str
        Whom to explain.
    as_of : date or None
        Only what was recorded before it is seen; the latest date of the panel's grid where None.
    language_code : str
        ``en`` or ``zh``.
    today : date
        No record can be later.

    Raises
    ------
    NotFound
        If the household is not in the panel; the message does not repeat the id.
    """
    scorer = Scorer(read_bundle(bundle))
    programme = scorer.programme
    words = Words(programme, language(language_code))
    line = timeline(read_panel(programme, data, today), programme)
    day = as_of or cutoff_of(programme, line, None)
    position = np.flatnonzero(line.household_ids == household_id)
    if not len(position):
        raise NotFound(f"no such household in {data}; ids are text and must match to the character")
    snapshot = build_snapshot(programme, line, day, position)
    table, bad = scorer.score(snapshot, today, reasons=len(programme.features))
    if bad:
        raise ValuesInvalid("the household can't be scored", [fault_of(cell, cell.column) for cell in bad])
    at_risk = position[0] in cohort(programme, Knowledge(line, programme.dictionary, day))
    return "\n".join(_lines(scorer, words, table, at_risk=bool(at_risk)))


def _lines(scorer: Scorer, words: Words, table: pa.Table, *, at_risk: bool) -> Iterator[str]:
    row, gettext = table.to_pylist()[0], words.language.gettext
    band = next(one for one in scorer.programme.file.bands if one.code == row["band"])
    if scorer.programme.file.simulated:
        yield gettext("Simulated data: no real household is shown.")
    yield gettext(
        "Risk within %(months)s months: %(probability)s (between %(low)s and %(high)s), band: %(band)s",
        months=row["horizon_months"],
        probability=f"{row['probability']:.1%}",
        low=f"{row['interval']['low']:.1%}",
        high=f"{row['interval']['high']:.1%}",
        band=words.language.label(band.label),
    )
    yield gettext(
        "Data before %(day)s; model %(version)s", day=words.language.date(row["as_of"]), version=scorer.id.version
    )
    if not at_risk:
        yield gettext("On this date the household is not among those at risk; the score is for comparison only.")
    split = split_drivers(Driver.of(reason) for reason in row["reasons"])
    yield from _groups(gettext("What raises the risk"), split.up, words)
    yield from _groups(gettext("What lowers the risk"), split.down, words)
    # the months ahead are no factor of the household: they belong to where every household starts
    ahead = sum(group["log_odds"] for group in row["groups"] if group["group"] == HORIZON_GROUP)
    yield gettext(
        "Starting point %(start)s and all contributions add up to the log-odds %(log_odds)s.",
        start=f"{row['base_log_odds'] + ahead:+.4f}",
        log_odds=f"{row['log_odds']:+.4f}",
    )


def _groups(title: str, groups: tuple[DriverGroup, ...], words: Words) -> Iterator[str]:
    yield ""
    yield title
    for group in groups:
        yield f"  {group.log_odds:+.3f}  {words.group(group.group)}"
        for driver in group.drivers:
            yield f"    {driver.log_odds:+.3f}  {words.fact(driver)}"
