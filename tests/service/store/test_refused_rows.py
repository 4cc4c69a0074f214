"""Refused rows: named up to a bound, counted without one."""

from __future__ import annotations

import pandas as pd

from riskmodel.service.store.refused_rows import RefusedRows


def faults(rows: list[int], rule: str) -> pd.DataFrame:
    return pd.DataFrame({"table": "events", "row": rows, "column": "kind", "rule": rule})


def test_named_up_to_a_bound_and_counted_without() -> None:
    refused = RefusedRows(most_named=3)
    refused.add(faults([9, 4], "required"))
    refused.add(faults([], "required"))
    refused.add(faults([2, 7, 8], "required"))
    refused.add(faults([1], "unknown_kind"))
    assert refused.total == 6
    assert refused.named()["row"].tolist() == [2, 4, 9]
    assert refused.by_rule() == [
        {"table": "events", "column": "kind", "rule": "required", "rows": 5, "first": 2},
        {"table": "events", "column": "kind", "rule": "unknown_kind", "rows": 1, "first": 1},
    ]


def test_none() -> None:
    assert RefusedRows().named().columns.tolist() == ["table", "row", "column", "rule"]
    assert RefusedRows().total == 0
