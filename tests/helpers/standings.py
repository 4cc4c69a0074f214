"""What is said of households, put into a store by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, insert, select

from conftest import NOW
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import areas, households, scores, standings


def stand(
    store: Store, numbers: Sequence[int], told: Sequence[tuple[float, str]], as_of: dt.date = dt.date(2021, 1, 1)
) -> None:
    """Let a probability and a band count for each household."""
    with store.writing() as connection:
        last: int = connection.execute(select(func.coalesce(func.max(scores.c.score), 0))).scalar_one()
        for number, (household, (probability, band)) in enumerate(zip(numbers, told, strict=True), last + 1):
            said = {"as_of": as_of, "version": "v1", "probability": probability, "band": band}
            own = {"household": household, "score": number}
            rest = {"scored_at": NOW, "digest": "d", "log_odds": 0.0, "low": 0.0, "high": 1.0, "rank_share": 0.5}
            nothing = {"snapshot_digest": "s", "reasons": [], "moved": False}
            connection.execute(insert(scores).values({**own, **said, **rest, **nothing}))
            query = select(households.c.household_id, areas.c.path).join(areas)
            household_id, path = connection.execute(query.where(households.c.household == household)).one()
            place = {"household_id": household_id, "area_path": path, "negative_log_odds": 0.0}
            place |= {"band_since": NOW, "leading_group": ""}
            connection.execute(insert(standings).values({**own, **said, **place}))
