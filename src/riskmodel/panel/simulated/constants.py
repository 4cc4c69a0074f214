"""Every number the county is made from, each with its source.

``[Sn]`` is a public source named in ``docs/adr/0002-simulated-county-constants.md``; ``[GK]`` is general knowledge,
unverified; ``[PROP]`` is a design choice of ours; ``[CAL]`` was solved for so that the outcome meets a published
figure, and is frozen there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FIRST_MONTH: Final = np.datetime64("2019-01", "M")
N_MONTHS: Final = 84
"""2019-01 to 2025-12 [PROP]."""
FIRST_YEAR: Final = 2019
CURRENCY_YEAR: Final = 2022
"""Year whose published incomes set the level."""

# --- areas and strata
TOWNS: Final = 12
HOUSEHOLDS_PER_VILLAGE: Final = 150
"""About 130 villages in a county of 20,000 households [GK]."""
EX_POOR_SHARE: Final = 0.28
"""A county lifted out in 2019 holds more former poor than the nation's 16 % of rural people [INF of S49]."""
RELOCATED_SHARE: Final = 0.10
"""Of the former poor: about 9.6 m of 98.99 m people [GK, S48]."""
MINORITY_SHARE: Final = 0.22
EXIT_YEARS: Final = (2014, 2015, 2016, 2017, 2018, 2019)
EXIT_YEAR_SHARES: Final = (0.10, 0.12, 0.16, 0.18, 0.20, 0.24)
SIZE_SHARES_EX_POOR: Final = (0.14, 0.18, 0.20, 0.22, 0.14, 0.08, 0.04)
SIZE_SHARES_ORDINARY: Final = (0.17, 0.27, 0.19, 0.18, 0.10, 0.06, 0.03)
"""Households of 1..7 people [PROP from S59, S1]; normalised."""

# --- income, yuan per head and year
MEAN_INCOME_EX_POOR: Final = 14_342.0
"""Per-capita net income of the former poor, 2022 [S52]."""
MEAN_INCOME_ORDINARY: Final = 21_700.0
"""Level of the other households [PROP from S55]."""
INCOME_INDEX: Final = (0.684, 0.749, 0.875, 1.0, 1.125, 1.230, 1.320)
"""2019..2025 over 2022: 9,808 in 2019, 10,740 in 2020 [GK], 12,550 in 2021 (= 14,342 / 1.143 [S52]), then slower [GK]."""
SIGMA_PERMANENT_EX_POOR: Final = 0.31
SIGMA_PERMANENT_ORDINARY: Final = 0.55
"""Of log income; with the transitory part they give 0.40 and 0.60 [PROP]."""
SIGMA_TRANSITORY: Final = 0.25
RHO_YEAR: Final = 0.65
"""Yearly persistence of the transitory part [GK]."""
SOURCE_SHARES: Final[Mapping[str, tuple[float, float, float, float]]] = {
    "ex_poor": (0.70, 0.15, 0.02, 0.13),
    "ordinary": (0.52, 0.29, 0.03, 0.16),
    "no_labour": (0.10, 0.12, 0.06, 0.72),
}
"""Wage, net business, property, transfer: work above two thirds for the former poor [S2], transfers without labour [PROP]."""
SOURCE_CONCENTRATION: Final = 14.0
BUSINESS_COST_RATIO: Final = 0.36
"""Business cost over gross business income [GK]."""
UNDER_REPORTING_ORDINARY: Final = 0.94
"""Recorded over true income of households that no office follows closely [PROP]."""
SIGMA_RECORDING: Final = 0.10
"""Error of a recorded yearly income, in logs [PROP]."""

# --- shocks, per household and year unless noted
INPATIENT_RATE: Final = 0.26
"""Stays that leave a self-pay part [GK]."""
SERIOUS_ILLNESS_RATE: Final = 0.030
DISABILITY_RATE: Final = 0.0075
JOB_LOSS_RATE: Final = 0.080
"""Of households with wage workers."""
ACCIDENT_RATE: Final = 0.0045
DEATH_RATE: Final = 0.0040
"""Death of a working member."""
PROJECT_FAILURE_RATE: Final = 0.010
PRICE_SLUMP_RATE: Final = 0.010
NEW_STUDENT_RATE: Final = 0.050
DROPOUT_RATE: Final = 0.0015
UNSAFE_HOUSING_RATE: Final = 0.0030
UNSAFE_WATER_RATE: Final = 0.0030
"""All [PROP] in the ranges of docs/adr/0002; catastrophic health expenditure is checked against [S62][S63]."""
LEFT_RATE: Final = 0.010
"""Households that move away or dissolve [GK]."""
DISASTER_TOWN_PROBABILITY: Final = (0, 0, 0.01, 0.03, 0.06, 0.16, 0.20, 0.14, 0.05, 0.01, 0, 0)
"""That a town is struck, by calendar month [CAL to 5-10 % of households a year]."""
DISASTER_VILLAGE_SHARE: Final = 0.45
DISASTER_HOUSEHOLD_SHARE: Final = 0.20
JOB_SHOCK_MONTHS: Final = (13, 14, 15, 39, 40, 46, 58, 70)
"""Months since 2019-01 with layoffs across the county; the first three are spring 2020 [PROP]."""
JOB_SHOCK_FACTOR: Final = 3.0
JOB_FOUND_PROBABILITY: Final = 0.22
"""Per month out of work [GK]."""
OUTPATIENT_CHRONIC_CNY: Final = 170.0
"""Median self-pay of one chronically ill person and month [CAL to catastrophic health expenditure]."""
OUTPATIENT_OTHER_CNY: Final = 22.0
INPATIENT_MEDIAN_CNY: Final = 2_300.0
SERIOUS_MEDIAN_CNY: Final = 15_000.0
SELF_PAY_CAP_CNY: Final = 60_000.0
"""Self-pay of one month after serious-illness insurance and medical aid [PROP]."""
CLAIM_SHARE: Final = 0.22
"""Of big self-pay that insurance pays later [GK]."""

# --- causes
CAUSES: Final = (
    "illness",
    "disability",
    "weak_labour",
    "disaster",
    "schooling",
    "job",
    "accident",
    "business",
    "housing_water",
    "other",
)
CAUSE_DECAY: Final = np.array([0.88, 0.93, 0.90, 0.86, 0.90, 0.86, 0.86, 0.88, 0.84, 0.88])
"""What is left of a shock's pressure a month later [PROP]; half of an illness's is gone after 5.4 months."""
CAUSE_WEIGHT: Final = 1e-3 * np.array([1.55, 1.84, 0.215, 1.90, 1.61, 1.84, 6.00, 3.70, 3.00, 0.34])
"""Monthly hazard per unit of pressure [CAL to the cause mix]."""

# --- hardship and who is seen
INCOME_ELASTICITY: Final = 0.65
NEAR_LINE_FACTOR: Final = 1.8
NEAR_LINE_WIDTH: Final = 0.15
"""Hardship rises with line over reference income, and steeply near the line [CAL to the types of [S1]]."""
SIGMA_RESILIENCE: Final = 0.40
"""Spread of what no office records: kin, savings, health habits [PROP]."""
VISIBILITY_ORDINARY: Final = 0.35
"""Identification of the same hardship outside the former poor, who are visited far less [CAL]."""
TOWN_INTENSITY_SIGMA: Final = 0.20
RECENT_VISIT_FACTOR: Final = 1.20
NO_VISIT_FACTOR: Final = 0.90
HIDDEN_SHARE: Final = 0.05
HIDDEN_VISIBILITY: Final = 0.25
"""Households that no path of identification reaches well [PROP]."""
VISIT_PROBABILITY_EX_POOR: Final = 0.28
VISIT_PROBABILITY_ORDINARY: Final = 0.04
VISIT_PROBABILITY_MONITORED: Final = 0.70
VISIT_SWEEP_MONTHS: Final = (5, 9)
VISIT_SWEEP_PROBABILITY: Final = 0.25
"""Per month [PROP]; two sweeps a year [S24]."""

# --- support
ELIMINATION_FIRST_MONTH: Final = 5
"""In principle half a year of stable income first [S28]."""
ELIMINATION_HAZARD: Final[Mapping[str, float]] = {"unstable": 0.20, "marginal": 0.34, "sudden": 0.085}
"""Per month from then on [CAL to about half in the first year, lowest for sudden hardship [S1]]."""
ELIMINATION_NO_LABOUR_FACTOR: Final = 0.15
"""Households wholly without labour stay tracked [S30][S31]."""
SUPPORT_LOG_INCOME: Final = 0.22
SUPPORT_FADE: Final = 0.96
"""Measures raise income at once and fade after the risk is eliminated [PROP]."""
SUPPORT_PRESSURE_LEFT: Final = 0.5
"""Pressure of past shocks left when the risk is eliminated [PROP]."""
ELIMINATION_BELOW_LINE_FACTOR: Final = 0.9
SCAR_FACTOR: Final = 1.2
SCAR_MONTHS: Final = 30.0
"""Hazard of a second spell falls from 1 + factor with time since the first ended [CAL to relapse [S64]]."""
CO_MOVEMENT_FACTOR: Final = 1.12
"""Makes the closed form for a year ahead right on average: shocks and incomes move together [CAL]."""
DIBAO_SHARE: Final = 0.07
DIBAO_CNY_PER_HEAD_MONTH: Final = 230.0
DIBAO_START_PROBABILITY: Final = 0.02
"""Per month in the poorest part, without dibao [GK]."""
DIBAO_STOP_PROBABILITY: Final = 0.004
DIBAO_HAZARD_FACTOR: Final = 0.80
PUBLIC_JOB_RATE_EX_POOR: Final = 0.03

LINES_CNY: Final = (4_800.0, 5_000.0, 6_000.0, 6_800.0, 7_500.0, 8_700.0, 9_300.0)
"""Line of 2019..2025; the same as configs/china-county/lines.csv, which says where each is from."""

# --- recording: kind -> share ever recorded, shortest and longest delay in days [PROP, S27, S35]
RECORDING: Final[Mapping[str, tuple[float, int, int]]] = {
    "inpatient": (0.96, 10, 30),
    "serious_illness": (0.93, 10, 40),
    "disability": (0.95, 15, 60),
    "job_loss": (0.60, 15, 75),
    "dropout": (0.80, 10, 45),
    "tuition": (0.85, 20, 60),
    "unsafe_housing": (0.85, 7, 45),
    "unsafe_water": (0.80, 5, 30),
    "disaster": (0.92, 2, 25),
    "accident": (0.75, 5, 40),
    "death": (0.98, 5, 35),
    "project_failure": (0.60, 20, 90),
    "price_slump": (0.75, 10, 45),
    "dibao_started": (1.00, 15, 40),
    "dibao_stopped": (1.00, 15, 40),
    "temporary_aid": (0.98, 10, 35),
    "public_job": (0.95, 10, 40),
    "visited": (0.97, 0, 10),
    "identified": (1.00, 0, 30),
    "eliminated": (1.00, 0, 30),
    "left": (1.00, 10, 50),
}
KINDS: Final = tuple(RECORDING)
MONTHLY_MISSING_SHARE: Final = 0.06
SELF_PAY_ZERO_FILLED_SHARE: Final = 0.10
CORRECTED_SHARE: Final = 0.05
"""Yearly rows that are corrected later [PROP]."""
INCONSISTENT_LABOUR_SHARE: Final = 0.03
