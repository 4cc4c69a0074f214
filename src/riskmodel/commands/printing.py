"""What several commands print."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.programme.programme import Programme


def print_evaluation(evaluation: Mapping[str, Any], programme: Programme, *, folds: bool = True) -> None:
    """Print a table for each fold and one for all of them together, the model beside its baselines."""
    from riskmodel.console import evaluation_tables, out

    capacity = programme.file.capacity
    words = f"top {capacity.share:.0%}" if capacity.share is not None else f"top {capacity.households:,}"
    for table in evaluation_tables(evaluation, programme.name, words, programme.file.simulated, folds):
        out.print(table)


def name_rejected(rejected: pd.DataFrame, target: Path) -> None:
    """Write refused rows beside the output and say how many there are."""
    if len(rejected):
        path = target.with_name(f"{target.name}.rejected.csv")
        rejected.to_csv(path, index=False)
        print(
            f"riskmodel: {len(rejected):,} faults in the data; the rows are left out and named in {path}",
            file=sys.stderr,
        )
