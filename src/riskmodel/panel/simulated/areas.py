"""A county, its towns and villages, with invented names."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskmodel.panel.simulated.constants import HOUSEHOLDS_PER_VILLAGE, TOWNS, Floats, Ints

COUNTY = ("9901", "Qinglan County", "青岚县")
"""No such county exists; administrative codes that begin with 99 are not in use."""

TOWN_NAMES = (
    ("Shiqiao", "石桥"),
    ("Yunwu", "云雾"),
    ("Luomu", "落木"),
    ("Baixi", "白溪"),
    ("Songling", "松岭"),
    ("Hekou", "河口"),
    ("Chaping", "茶坪"),
    ("Fengya", "枫垭"),
    ("Longtan", "龙潭"),
    ("Meizi", "梅子"),
    ("Jiuqu", "九曲"),
    ("Xinzhai", "新寨"),
)
FIRST = (
    ("Shang", "上"),
    ("Xia", "下"),
    ("Da", "大"),
    ("Xiao", "小"),
    ("Qing", "清"),
    ("Hong", "红"),
    ("Lao", "老"),
    ("Xin", "新"),
)
SECOND = (
    ("ping", "坪"),
    ("xi", "溪"),
    ("wan", "湾"),
    ("yan", "岩"),
    ("tian", "田"),
    ("lin", "林"),
    ("po", "坡"),
    ("jing", "井"),
    ("tang", "塘"),
    ("gou", "沟"),
)


def make_areas(households: int) -> pd.DataFrame:
    """Make the table of areas for a county of about so many households.

    Returns
    -------
    DataFrame
        ``area_code, parent, level, name_en, name_zh``, the county first, then towns, then villages.
    """
    villages_per_town = max(2, round(households / HOUSEHOLDS_PER_VILLAGE / TOWNS))
    code, english, chinese = COUNTY
    rows = [(code, "", "county", english, chinese)]
    towns = [
        (f"{code}{index + 1:02d}", code, "town", f"{name_en} Town", f"{name_zh}镇")
        for index, (name_en, name_zh) in enumerate(TOWN_NAMES[:TOWNS])
    ]
    names = [(a_en + b_en, a_zh + b_zh) for b_en, b_zh in SECOND for a_en, a_zh in FIRST]
    villages = []
    for town_index, (town_code, *_) in enumerate(towns):
        for index in range(villages_per_town):
            # a stride coprime to the number of names, so that neighbours in the list don't share a syllable
            turn, position = divmod((town_index * villages_per_town + index) * 23, len(names))
            english, chinese = names[(position + turn // 23) % len(names)]
            villages.append((f"{town_code}{index + 1:03d}", town_code, "village", f"{english} Village", f"{chinese}村"))
    return pd.DataFrame(rows + towns + villages, columns=["area_code", "parent", "level", "name_en", "name_zh"])


def town_of_village(areas: pd.DataFrame) -> Ints:
    """Return each village's town as a position among the towns, in the table's order."""
    towns = areas.loc[areas["level"] == "town", "area_code"]
    parents = areas.loc[areas["level"] == "village", "parent"]
    position = pd.Series(np.arange(len(towns)), index=towns)
    return position.reindex(parents).to_numpy(dtype="int64")


def village_weights(n_villages: int, rng: np.random.Generator) -> Floats:
    """Draw each village's share of the county's households."""
    weights = rng.gamma(8.0, size=n_villages)
    shares: Floats = weights / weights.sum()
    return shares
