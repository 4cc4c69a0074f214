"""Alerts as they are answered and sent: what happened, the score before and after, and the reasons that moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from riskmodel.programme.programme import Programme
from riskmodel.service.serving import Serving
from riskmodel.service.store.alert_rows import alerts_by_number, events_of

Document = dict[str, Any]


def alert_documents(connection: Connection, serving: Serving, rows: Sequence[Row[Any]]) -> list[Document]:
    """Return some alerts as JSON values.

    Parameters
    ----------
    connection : Connection
        Where the events are that they name.
    serving : Serving
        Whose programme has the words; a rule or feature that it does not know goes by its code.
    rows : sequence of Row
        Of :func:`riskmodel.service.store.alert_rows.alerts_after`.
    """
    happened = events_of(connection, rows)
    labels = {rule.code: (rule.department, dict(rule.label)) for rule in serving.scorer.programme.file.rules}
    return [_document(row, happened, labels, serving) for row in rows]


def documents_by_number(connection: Connection, serving: Serving, numbers: Sequence[int]) -> dict[int, Document]:
    """Return some alerts as JSON values, by number."""
    rows = alerts_by_number(connection, numbers)
    return {row.alert: one for row, one in zip(rows, alert_documents(connection, serving, rows), strict=True)}


def _document(
    row: Row[Any],
    happened: Mapping[int, Row[Any]],
    labels: Mapping[str, tuple[str, dict[str, str]]],
    serving: Serving,
) -> Document:
    return {
        "alert": row.alert,
        "household_id": row.household_id,
        "area_code": row.area_code,
        "raised_at": row.raised_at.isoformat(),
        "origin": row.origin,
        "origins": row.origins,
        "group": row.group,
        "rules": [_rule(code, labels) for code in row.rules],
        "events": [_event(happened[number]) for number in row.events if number in happened],
        "score": _score(row),
        "moved": [_moved(one, serving) for one in row.moved],
    }


def _rule(code: str, labels: Mapping[str, tuple[str, dict[str, str]]]) -> Document:
    department, label = labels.get(code, ("", {}))
    return {"rule": code, "department": department, "label": label}


def _event(row: Row[Any]) -> Document:
    return {
        "kind": row.kind,
        "occurred_on": row.occurred_on.isoformat(),
        "recorded_on": row.recorded_on.isoformat(),
        "amount": row.amount,
        "origin": row.origin,
        "source": row.source,
    }


def _score(row: Row[Any]) -> Document | None:
    """Return what was said; None of a household that was not at risk."""
    if row.score is None:
        return None
    return {
        "score": row.score,
        "as_of": row.as_of.isoformat(),
        "probability": row.probability,
        "band": row.band,
        "previous_probability": row.previous_probability,
        "previous_band": row.previous_band,
        "model": {"version": row.version, "digest": row.digest},
    }


def _moved(moved: Sequence[Any], serving: Serving) -> Document:
    feature, before, after, value_before, value = moved
    return {
        "feature": feature,
        "group": _groups(serving.scorer.programme).get(feature, ""),
        "log_odds_before": before,
        "log_odds": after,
        "value_before": value_before,
        "value": value,
        "label": _feature_labels(serving.scorer.programme).get(feature, {}),
    }


def _groups(programme: Programme) -> Mapping[str, str]:
    return {feature.name: feature.column.group for feature in programme.features}


def _feature_labels(programme: Programme) -> Mapping[str, dict[str, str]]:
    return {feature.name: dict(feature.column.labels) for feature in programme.features}
