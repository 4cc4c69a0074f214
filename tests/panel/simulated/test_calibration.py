"""The county against published figures; sources and frozen constants: docs/adr/0002-simulated-county-constants.md."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from riskmodel.panel.simulated import County
from riskmodel.panel.simulated import constants as c

LINES = Path(__file__).parents[3] / "configs" / "china-county" / "lines.csv"


@pytest.fixture(scope="module")
def identified(county: County) -> np.ndarray:
    """Whether each household was identified in each month, households by months."""
    return (county.truth["cause"] != "").to_numpy().reshape(-1, c.N_MONTHS)


@pytest.fixture(scope="module")
def at_risk(county: County) -> np.ndarray:
    return county.truth["at_risk"].to_numpy().reshape(-1, c.N_MONTHS)


@pytest.fixture(scope="module")
def yearly(county: County) -> pd.DataFrame:
    """Latest version of each yearly row, with the household's stratum and the line of the year."""
    latest = county.tables["observations"].drop_duplicates(["household_id", "period_end"], keep="last")
    rows = latest.merge(county.tables["households"][["household_id", "ex_poor"]], on="household_id")
    year = rows["period_end"].dt.year
    line = year.map(dict(zip(range(2019, 2026), c.LINES_CNY, strict=True)))
    return rows.assign(year=year, line=line)


def rate(identified: np.ndarray, at_risk: np.ndarray) -> float:
    """Identifications per household at risk and year, without the first year, in which everyone starts unmonitored."""
    return float(12 * identified[:, 12:].sum() / at_risk[:, 12:].sum())


def test_event_rates(county: County, identified: np.ndarray, at_risk: np.ndarray) -> None:
    ex_poor = county.tables["households"]["ex_poor"].to_numpy()
    assert 0.005 <= rate(identified, at_risk) <= 0.010
    assert 0.015 <= rate(identified[ex_poor], at_risk[ex_poor]) <= 0.030
    assert rate(identified[~ex_poor], at_risk[~ex_poor]) <= 0.005


def test_every_year_has_events(identified: np.ndarray, at_risk: np.ndarray) -> None:
    for year in range(1, 7):
        months = slice(12 * year, 12 * year + 12)
        assert 0.004 <= 12 * identified[:, months].sum() / at_risk[:, months].sum() <= 0.016


@pytest.mark.parametrize(
    ("cause", "low", "high"),
    [
        ("illness", 0.42, 0.45),
        ("disability", 0.12, 0.15),
        ("weak_labour", 0.08, 0.10),
        ("disaster", 0.06, 0.08),
        ("schooling", 0.06, 0.08),
        ("job", 0.08, 0.10),
        ("accident", 0.04, 0.05),
        ("business", 0.02, 0.04),
        ("housing_water", 0.01, 0.02),
        ("other", 0.02, 0.04),
    ],
)
def test_first_causes(county: County, cause: str, low: float, high: float) -> None:
    causes = county.truth.loc[county.truth["cause"] != "", "cause"]
    share = (causes == cause).mean()
    # about 1,200 events: two standard errors of a share
    error = 2 * np.sqrt(high * (1 - high) / len(causes))
    assert low - error <= share <= high + error


def test_types_of_monitored_households(county: County) -> None:
    category = county.tables["households"]["monitoring_category"]
    share = category[category != "none"].value_counts(normalize=True)
    for name, published in (("unstable", 0.307), ("marginal", 0.298), ("sudden", 0.396)):
        assert share[name] == pytest.approx(published, abs=0.10)


def test_about_half_are_eliminated_in_the_first_year(county: County) -> None:
    events = county.tables["events"].sort_values("occurred_on")
    starts = events.query("kind == 'identified' and occurred_on < '2024-12-01'")[["household_id", "occurred_on"]]
    ends = events.query("kind == 'eliminated'")[["household_id", "occurred_on"]].assign(
        end=lambda rows: rows["occurred_on"]
    )
    spells = pd.merge_asof(starts, ends, on="occurred_on", by="household_id", direction="forward")
    within = (spells["end"] - spells["occurred_on"]).dt.days <= 365
    assert 0.45 <= within.mean() <= 0.55


@pytest.mark.parametrize(("ex_poor", "mean"), [(True, 3.46), (False, 3.10)])
def test_household_size(yearly: pd.DataFrame, ex_poor: bool, mean: float) -> None:
    sizes = yearly[(yearly["year"] == 2022) & (yearly["ex_poor"] == ex_poor)]["household_size"]
    assert sizes.mean() == pytest.approx(mean, abs=0.10)


def test_income_of_the_former_poor(yearly: pd.DataFrame) -> None:
    rows = yearly[yearly["ex_poor"]].groupby("year")[["net_income_cny", "household_size"]].sum()
    per_head = rows["net_income_cny"] / rows["household_size"]
    assert per_head[2022] == pytest.approx(14_342, rel=0.03)
    assert per_head[2022] / per_head[2021] == pytest.approx(1.143, abs=0.03)


def test_work_is_two_thirds_of_the_former_poors_income(yearly: pd.DataFrame) -> None:
    rows = yearly[yearly["ex_poor"] & (yearly["year"] >= 2024)]
    assert rows["wage_cny"].sum() / rows["net_income_cny"].sum() == pytest.approx(2 / 3, abs=0.04)


def test_catastrophic_health_expenditure(yearly: pd.DataFrame) -> None:
    # capacity to pay: what is left above subsistence, taken as half the line
    capacity = yearly["net_income_cny"] - 0.5 * yearly["line"] * yearly["household_size"]
    assert 0.11 <= (yearly["medical_self_pay_cny"] >= 0.4 * capacity.clip(lower=1)).mean() <= 0.183


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("serious_illness", 0.02, 0.04),
        ("disability", 0.005, 0.010),
        ("disaster", 0.05, 0.10),
        ("job_loss", 0.06, 0.10),
        ("accident", 0.003, 0.006),
        ("death", 0.003, 0.005),
        ("tuition", 0.04, 0.06),
    ],
)
def test_shocks_a_year(county: County, kind: str, low: float, high: float) -> None:
    events = county.tables["events"].query("kind == @kind")
    struck = events.assign(year=events["occurred_on"].dt.year).drop_duplicates(["household_id", "year"])
    recorded_share = c.RECORDING[kind][0]
    assert low <= len(struck) / recorded_share / (20_000 * 7) <= high


def test_disasters_cluster_in_space(county: County) -> None:
    events = county.tables["events"].query("kind == 'disaster'").assign(month=lambda rows: rows["occurred_on"].dt.month)
    village = events["household_id"].map(county.tables["households"].set_index("household_id")["area_code"])
    per_cell = events.groupby([village, events["occurred_on"].dt.to_period("M")]).size()
    # independent households would almost never be struck together in one village and month
    assert per_cell.mean() > 10
    assert events["month"].isin([6, 7, 8]).mean() > 0.6


def test_jobs_are_lost_together(county: County) -> None:
    events = county.tables["events"].query("kind == 'job_loss'")
    per_month = events.groupby(events["occurred_on"].dt.to_period("M")).size()
    assert per_month.max() > 2 * per_month.median()


def test_visits_differ_between_strata(county: County) -> None:
    visits = county.tables["events"].query("kind == 'visited'")["household_id"].value_counts()
    households = county.tables["households"].set_index("household_id")
    count = visits.reindex(households.index, fill_value=0)
    assert count[households["ex_poor"]].mean() > 2 * count[~households["ex_poor"]].mean()


def test_identification_is_selective(county: County) -> None:
    truth = county.truth[county.truth["at_risk"]]
    assert (truth["identified_probability"] <= 2 * truth["hardship_probability"]).all()
    ratio = truth["identified_probability"].sum() / truth["hardship_probability"].sum()
    assert 0.2 < ratio < 0.9


@pytest.mark.parametrize("month", [36, 48, 60, 72])
def test_best_possible_ranking_is_realistic(
    county: County, identified: np.ndarray, at_risk: np.ndarray, month: int
) -> None:
    probability, happened = _year_from(county, identified, at_risk, month)
    assert 0.75 <= roc_auc_score(happened, probability) <= 0.88
    assert 0.75 <= probability.sum() / happened.sum() <= 1.25


def _year_from(
    county: County, identified: np.ndarray, at_risk: np.ndarray, month: int
) -> tuple[np.ndarray, np.ndarray]:
    ahead = county.truth["identified_within_12_months"].to_numpy().reshape(-1, c.N_MONTHS)[:, month]
    cohort = at_risk[:, month]
    return ahead[cohort], identified[cohort, month : month + 12].any(axis=1)


def test_lines_agree_with_the_programme() -> None:
    with LINES.open(encoding="utf-8") as file:
        lines = {int(row["period"]): float(row["line"]) for row in csv.DictReader(file)}
    assert tuple(lines[year] for year in range(2019, 2026)) == c.LINES_CNY
