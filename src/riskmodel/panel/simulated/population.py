"""Who lives in the county at the start of 2019: places, households, members."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodel.panel.simulated import constants as c
from riskmodel.panel.simulated.areas import make_areas, town_of_village, village_weights
from riskmodel.panel.simulated.constants import Bools, Floats, Ints
from riskmodel.panel.simulated.members import Members, draw_members


@dataclass(frozen=True, slots=True)
class Population:
    """Facts about each household that the years don't change.

    Attributes
    ----------
    areas : DataFrame
        The table of areas.
    n : int
        Number of households.
    village, town : ndarray of int, shape (n,)
        Positions among villages and towns.
    ex_poor, relocated, hazard_zone, minority, hidden : ndarray of bool, shape (n,)
        Formerly registered poor, moved by the relocation programme, lives where floods and slides are known,
        belongs to an ethnic minority, is reached badly by every path of identification.
    exit_year : ndarray of int, shape (n,)
        Year in which the household left registered poverty, 0 for the others.
    road_km, land_mu : ndarray of float, shape (n,)
        Distance to the main road; cultivated land.
    size : ndarray of int, shape (n,)
        Number of members.
    resilience : ndarray of float, shape (n,)
        What no office records; higher means that shocks hurt less.
    members : Members
        Everyone.
    """

    areas: pd.DataFrame
    n: int
    village: Ints
    town: Ints
    ex_poor: Bools
    relocated: Bools
    hazard_zone: Bools
    minority: Bools
    hidden: Bools
    exit_year: Ints
    road_km: Floats
    land_mu: Floats
    size: Ints
    resilience: Floats
    members: Members


def draw_population(households: int, rng: np.random.Generator) -> Population:
    """Draw a county's people."""
    areas = make_areas(households)
    town_of = town_of_village(areas)
    n_villages = len(town_of)
    village = np.sort(rng.choice(n_villages, size=households, p=village_weights(n_villages, rng)))
    remote = rng.normal(size=n_villages)
    ex_poor = rng.random(households) < _village_share(c.EX_POOR_SHARE, 0.9 * remote, village)
    size = draw_sizes(ex_poor, rng)
    relocated = ex_poor & (rng.random(households) < c.RELOCATED_SHARE)
    road_km = np.exp(0.9 + 0.6 * remote[village] + 0.45 * rng.normal(size=households))
    road_km = np.where(relocated, np.minimum(road_km, rng.uniform(0.1, 1.5, households)), road_km)
    exit_year = rng.choice(c.EXIT_YEARS, size=households, p=c.EXIT_YEAR_SHARES)
    return Population(
        areas=areas,
        n=households,
        village=village,
        town=town_of[village],
        ex_poor=ex_poor,
        relocated=relocated,
        hazard_zone=(rng.random(households) < _village_share(0.12, 0.8 * remote, village)) & ~relocated,
        minority=rng.random(households) < _village_share(c.MINORITY_SHARE, 1.5 * rng.normal(size=n_villages), village),
        hidden=rng.random(households) < c.HIDDEN_SHARE,
        exit_year=np.where(ex_poor, exit_year, 0),
        road_km=np.minimum(road_km, 60.0),
        land_mu=rng.gamma(2.2, 0.6, households) * size * np.where(relocated, 0.4, 1.0),
        size=size,
        resilience=rng.normal(size=households),
        members=draw_members(size, ex_poor, rng),
    )


def draw_sizes(ex_poor: Bools, rng: np.random.Generator) -> Ints:
    """Draw the number of members of each household."""
    sizes = np.arange(1, 8)
    poor, ordinary = (
        rng.choice(sizes, size=len(ex_poor), p=np.array(shares) / sum(shares))
        for shares in (c.SIZE_SHARES_EX_POOR, c.SIZE_SHARES_ORDINARY)
    )
    return np.where(ex_poor, poor, ordinary)


def _village_share(mean: float, tilt: Floats, village: Ints) -> Floats:
    """Return per household a probability that varies by village around ``mean`` (on the log-odds scale)."""
    share = 1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + tilt)))[village]
    clipped: Floats = np.clip(share * mean / share.mean(), 0.0, 0.98)
    return clipped
