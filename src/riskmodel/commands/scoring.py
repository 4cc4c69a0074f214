"""Commands that score and explain households: score, explain."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from riskmodel.commands.options import Bundle, Data, date_of


def score(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Snapshot rows: Parquet or CSV.")],
    target: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Parquet file to write.")],
    bundle: Annotated[Path, typer.Option("--bundle", help="Folder of the bundle.")],
    reasons: Annotated[int, typer.Option(min=0, max=50, help="Reasons per household.")] = 5,
    skip_bad_rows: Annotated[bool, typer.Option(help="Score the sound rows and name the others.")] = False,
) -> None:
    """Score snapshot rows: probability, range, reasons and all else that a score carries."""
    from riskmodel.console import now
    from riskmodel.registry.bundle import read_bundle
    from riskmodel.scoring.batch import score_file
    from riskmodel.scoring.scorer import Scorer

    scorer = Scorer(read_bundle(bundle))
    result = score_file(scorer, source, target, today=now().date(), reasons=reasons, skip_bad_rows=skip_bad_rows)
    print(f"{result.scored:,} households scored with {scorer.id.version}, written to {target}")
    if result.rejected:
        print(f"riskmodel: {result.refused:,} rows were refused; they are named in {result.rejected}", file=sys.stderr)


def explain(
    bundle: Bundle,
    data: Data,
    household: Annotated[str, typer.Option(help="Id of the household.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Latest date of the panel if left out.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the words.")] = "en",
) -> None:
    """Explain one household's score: what drives it up and down, beside typical values."""
    from riskmodel.console import now
    from riskmodel.explain_one import explain_household

    print(explain_household(bundle, data, household, date_of(as_of, "--as-of"), lang, now().date()))
