"""Persons rolled up to household-quarters: who lives there, who works and how.

Codes are those of INDEC's "Diseño de registro" for the EPH continua. A code for *no answer* (9, 99, -9) is taken as
unknown, so that it never counts as a number.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

COLUMNS = (
    "CODUSU", "NRO_HOGAR", "ANO4", "TRIMESTRE", "COMPONENTE", "CH03", "CH04", "CH06", "CH07", "CH08", "CH10", "NIVEL_ED",
    "ESTADO", "CAT_OCUP", "CAT_INAC", "INTENSI", "PP3E_TOT", "PP03C", "PP04A", "PP04B_COD", "PP04B1", "PP04C", "PP04D_COD", "PP05H",
    "PP07A", "PP07C", "PP07G1", "PP07H", "PP08J1", "P21", "TOT_P12", "V2_M", "V3_M", "V5_M", "V8_M", "V11_M", "V12_M",
)  # fmt: skip
# Years of school that a level stands for, at least (NIVEL_ED; 7 is without any).
SCHOOL_YEARS = {1: 3.0, 2: 7.0, 3: 9.0, 4: 12.0, 5: 14.0, 6: 17.0, 7: 0.0}
HEAD = 1
WORKS, UNEMPLOYED = 1, 2
QUALIFIED, UNSKILLED = (1, 2), 4
"""Last digit of the occupation's code: professional and technical work; work that needs no skill."""
SELF_EMPLOYED, EMPLOYEE = 2, 3
RETIRED = 1
UNDEREMPLOYED = 1
"""INTENSI: works too few hours against their will."""


class Members:
    """Persons with the position of their household-quarter; sums, counts and the head's own values.

    Parameters
    ----------
    persons : DataFrame
        :data:`COLUMNS`.
    position : ndarray of int, shape (n_persons,)
        Row of the person's household-quarter.
    size : int
        Number of household-quarters.
    """

    def __init__(self, persons: pd.DataFrame, position: npt.NDArray[np.int64], size: int) -> None:
        self._columns = {str(name): persons[name].to_numpy() for name in persons.columns}
        self.position = position
        self.size = size
        head = np.flatnonzero(self["CH03"] == HEAD)
        # should a file name two heads, the first one counts
        places, first = np.unique(position[head], return_index=True)
        self._head_of, self._head_row = places, head[first]

    def __getitem__(self, name: str) -> Values:
        return np.asarray(self._columns[name], dtype="float64")

    def count(self, flags: Flags) -> Values:
        """Count the persons for whom something holds."""
        return np.bincount(self.position[flags], minlength=self.size).astype("float64")

    def total(self, values: Values) -> Values:
        """Sum over persons, unknown values left out."""
        known = ~np.isnan(values)
        return np.bincount(self.position[known], weights=values[known], minlength=self.size).astype("float64")

    def highest(self, values: Values) -> Values:
        """Highest known value; NaN without any."""
        out = np.full(self.size, -np.inf)
        np.maximum.at(out, self.position, np.nan_to_num(values, nan=-np.inf))
        return np.where(np.isinf(out), np.nan, out)

    def second_highest(self, values: Values) -> Values:
        """Second highest known value, 0 with fewer than two; values are at least 0."""
        order = np.lexsort((-values, self.position))
        places = self.position[order]
        rank = np.arange(len(places)) - np.searchsorted(places, places, side="left")
        out = np.zeros(self.size)
        out[places[rank == 1]] = values[order][rank == 1]
        return out

    def of_head(self, values: Values) -> Values:
        """Value of the head of the household; NaN without one."""
        out = np.full(self.size, np.nan)
        out[self._head_of] = values[self._head_row]
        return out


def roll_up(members: Members, adult_equivalents: pd.DataFrame) -> dict[str, Values]:
    """Return every column of the household-quarters that is made of members, but for what they earn."""
    return {
        **_people(members, adult_equivalents),
        **_head(members),
        **_work(members),
    }


def _qualification(members: Members) -> Values:
    """Return how skilled the work is: 1 professional, 2 technical, 3 operative, 4 unskilled; NaN where unknown."""
    digit = members["PP04D_COD"] % 10
    return np.where((members["ESTADO"] == WORKS) & (digit >= 1) & (digit <= 4), digit, np.nan)


def _people(members: Members, adult_equivalents: pd.DataFrame) -> dict[str, Values]:
    age = members["CH06"]
    school = _recode(members["NIVEL_ED"], SCHOOL_YEARS)
    adults = age >= 18
    units = pd.Series(
        adult_equivalents["units"].to_numpy(), index=pd.MultiIndex.from_frame(adult_equivalents[["sex", "age"]])
    )
    oldest = adult_equivalents["age"].max()
    pairs = pd.MultiIndex.from_arrays([members["CH04"].astype(int), np.minimum(age, oldest).astype(int)])
    return {
        "size": members.count(age >= -1),
        "adult_equivalents": members.total(units.reindex(pairs).to_numpy(dtype="float64")),
        "children_0_5": members.count(age <= 5),
        "children_6_14": members.count((age >= 6) & (age <= 14)),
        "youths_15_24": members.count((age >= 15) & (age <= 24)),
        "adults_25_64": members.count((age >= 25) & (age <= 64)),
        "elderly_65": members.count(age >= 65),
        "most_school_years": members.highest(np.where(adults, school, np.nan)),
        "school_years_total": members.total(np.where(adults, school, np.nan)),
        "children_out_of_school": members.count((age >= 5) & (age <= 17) & (members["CH10"] != 1)),
        "uninsured": members.count(members["CH08"] == 4),
    }


def _head(members: Members) -> dict[str, Values]:
    employee = (members["CAT_OCUP"] == EMPLOYEE) & (members["ESTADO"] == WORKS)
    return {
        "head_age": members.of_head(members["CH06"]),
        "head_female": members.of_head((members["CH04"] == 2).astype(float)),
        "head_has_partner": members.of_head((members["CH07"] <= 2).astype(float)),
        "head_education": members.of_head(_known(members["NIVEL_ED"])),
        "head_activity": members.of_head(np.where(members["ESTADO"] > 0, members["ESTADO"], np.nan)),
        "head_job": members.of_head(np.where(members["ESTADO"] == WORKS, _known(members["CAT_OCUP"]), 0)),
        "head_informal": members.of_head(np.where(employee, (members["PP07H"] == 2).astype(float), np.nan)),
        "head_weekly_hours": members.of_head(_hours(members)),
        "head_qualification": members.of_head(_qualification(members)),
        "head_job_tenure": members.of_head(np.where(employee, _known(members["PP07A"]), np.nan)),
        "head_firm_size": members.of_head(np.where(members["ESTADO"] == WORKS, _known(members["PP04C"], 99), np.nan)),
    }


def _work(members: Members) -> dict[str, Values]:
    age, works = members["CH06"], members["ESTADO"] == WORKS
    employee = works & (members["CAT_OCUP"] == EMPLOYEE)
    sector = members["PP04B_COD"]
    # sector codes of CAES-Mercosur have two digits, with two more for the detail where it was kept
    division = np.where(sector > 99, sector // 100, sector)
    return {
        "working_age": members.count((age >= 18) & (age <= 64)),
        "workers": members.count(works),
        "formal_employees": members.count(employee & (members["PP07H"] == 1)),
        "informal_employees": members.count(employee & (members["PP07H"] == 2)),
        "temporary_employees": members.count(employee & (members["PP07C"] == 1)),
        "self_employed": members.count(works & (members["CAT_OCUP"] == SELF_EMPLOYED)),
        "public_employees": members.count(employee & (members["PP04A"] == 1)),
        "domestic_workers": members.count(works & (members["PP04B1"] == 1)),
        "construction_workers": members.count(works & (division == 40)),
        "unemployed": members.count(members["ESTADO"] == UNEMPLOYED),
        "underemployed": members.count(works & (members["INTENSI"] == UNDEREMPLOYED)),
        "new_jobs": members.count(employee & (members["PP07A"] >= 1) & (members["PP07A"] <= 3)),
        "qualified_workers": members.count(np.isin(_qualification(members), QUALIFIED)),
        "unskilled_workers": members.count(_qualification(members) == UNSKILLED),
        "employees_with_holidays": members.count(employee & (members["PP07G1"] == 1)),
        "pensioners": members.count(members["CAT_INAC"] == RETIRED),
        "weekly_hours": members.total(np.nan_to_num(_hours(members))),
    }


def _hours(members: Members) -> Values:
    hours = members["PP3E_TOT"]
    return np.where((members["ESTADO"] == WORKS) & (hours < 168), hours, np.nan)


def _known(values: Values, unknown: float = 9) -> Values:
    return np.where((values > 0) & (values != unknown), values, np.nan)


def _recode(values: Values, table: Mapping[int, float]) -> Values:
    out = np.full(len(values), np.nan)
    for code, value in table.items():
        out[values == code] = value
    return out
