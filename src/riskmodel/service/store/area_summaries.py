"""Areas: what they are called, what lies below them, and what is said of the households that live there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from riskmodel.service.store.households import within
from riskmodel.service.store.tables import areas, households, standings

Names = Mapping[str, str]
MOST_CHOICES = 300


@dataclass(frozen=True, slots=True)
class AreaSummary:
    """An area, and what is said of the households that live in it or below it.

    Attributes
    ----------
    code, level : str
        Which area.
    parent : str
        The area above it; empty for one of the widest.
    names : mapping of language code to str
        What it is called.
    children : tuple of (str, mapping)
        Codes and names of the areas right below it.
    households : int
        How many are known.
    expected_falls : float
        Sum of the probabilities that count now.
    bands : mapping of str to int
        How many households are in each band, by the band's name; only scored ones are.
    """

    code: str
    level: str
    parent: str
    names: Names
    children: tuple[tuple[str, Names], ...]
    households: int
    expected_falls: float
    bands: Mapping[str, int]

    @property
    def scored(self) -> int:
        """How many households have a score that counts now."""
        return sum(self.bands.values())


def area_summary(connection: Connection, area_code: str, area_path: str = "") -> AreaSummary | None:
    """Return what is known of an area; None where there is none of that code, or none within ``area_path``."""
    own = areas.c.area_code == area_code
    found = connection.execute(select(areas).where(own, within(areas.c.path, area_path))).first()
    if found is None:
        return None
    bands, falls = _said(connection, found.path)
    return AreaSummary(
        found.area_code,
        found.level,
        found.parent,
        found.names,
        _children(connection, area_code),
        _households(connection, found.path),
        falls,
        bands,
    )


def choices_below(connection: Connection, area_path: str) -> tuple[tuple[str, Names], ...]:
    """Return codes and names of the areas right below the one of a path; of the widest ones where it is empty.

    Of more than :data:`MOST_CHOICES` nobody chooses from a list: then there are none. Below a path that no area has, such
    as that of an area which may not be seen, there are none either.
    """
    parent = area_path.rstrip("/").rpartition("/")[2]
    if area_path and not parent:
        return ()
    query = select(areas.c.area_code, areas.c.names).where(areas.c.parent == parent).limit(MOST_CHOICES + 1)
    found = sorted(((code, names) for code, names in connection.execute(query)), key=lambda child: child[0])
    return tuple(found) if len(found) <= MOST_CHOICES else ()


def _children(connection: Connection, area_code: str) -> tuple[tuple[str, Names], ...]:
    query = select(areas.c.area_code, areas.c.names).where(areas.c.parent == area_code)
    return tuple(sorted(((code, names) for code, names in connection.execute(query)), key=lambda child: child[0]))


def _households(connection: Connection, path: str) -> int:
    query = select(func.count()).select_from(households).join(areas).where(within(areas.c.path, path))
    return connection.execute(query).scalar_one()


def _said(connection: Connection, path: str) -> tuple[dict[str, int], float]:
    query = (
        select(standings.c.band, func.count(), func.sum(standings.c.probability))
        .where(within(standings.c.area_path, path))
        .group_by(standings.c.band)
    )
    rows = sorted((band, count, falls) for band, count, falls in connection.execute(query))
    return {band: count for band, count, _ in rows}, sum((falls for _, _, falls in rows), 0.0)
