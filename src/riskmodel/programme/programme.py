"""A programme: what is recorded, what counts as poor, what is predicted, what help exists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from riskmodel.programme.calendar import zone
from riskmodel.programme.dictionary import Dictionary, Feature
from riskmodel.programme.dictionary_file import CategoryLabels
from riskmodel.programme.lines import Grain, Lines
from riskmodel.programme.measures import Alerts, Condition, Labels, Measure, Rule
from riskmodel.programme.outcome import Cohort, Outcome, Strict
from riskmodel.programme.reviewing import Reviewing

TableKind = Literal["households", "observations", "events", "members", "areas"]
Share = Annotated[float, Field(gt=0, le=1)]


class Table(Strict):
    """One table of the data folder.

    Attributes
    ----------
    kind : str
        What its rows are. There may be several tables of observations, one per grain.
    file : str
        Name in the data folder, without its ending; the table's own name where empty.
    columns : mapping of str to str
        The survey's own column name -> the dictionary's.
    grain : Grain or None
        For observations: the length of a period.
    optional : bool
        Whether the folder may lack it.
    """

    kind: TableKind
    file: str = ""
    columns: dict[str, str] = {}
    grain: Grain | None = None
    optional: bool = False


class Welfare(Strict):
    """What is compared with the line.

    Attributes
    ----------
    column : str
        ``table.column`` of the amount; poor means below the line times the units.
    units : str
        Column of the same table that the line is multiplied by (adult equivalents); 1 where empty.
    grain : Grain
        Length of the periods that lines are set for.
    labels : mapping of str to labels
        Words for ``welfare_to_line`` and ``poor``, the two columns derived from it.
    group : str
        Factor group of those two.
    """

    column: str
    units: str = ""
    grain: Grain
    labels: dict[Literal["welfare_to_line", "poor"], Labels]
    group: str

    @property
    def table(self) -> str:
        """The observations table that holds it."""
        return self.column.partition(".")[0]


class Capacity(Strict):
    """How many households can be visited: a share of the cohort, or a number."""

    share: Share | None = None
    households: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.share is None) == (self.households is None):
            raise ValueError("give exactly one of share and households")
        return self

    def count(self, cohort_size: int) -> int:
        """Return the number of visits for a cohort of this size, at least 1 and at most all."""
        wanted = self.households if self.households is not None else round((self.share or 0) * cohort_size)
        return max(1, min(cohort_size, wanted))


class Band(Strict):
    """A level shown to people: the households among the top share of the reference cohort."""

    code: str
    label: Labels
    top_share: Share


class Folds(Strict):
    """Forward-in-time folds.

    Attributes
    ----------
    first_origin : date
        Earliest as-of date that rows are built for.
    step_months : int
        Months between as-of dates.
    tests : tuple of date
        As-of dates that are tested, each trained on what was settled by then.
    validation : tuple of date
        As-of dates that features and settings were chosen on; told apart from the tests, never pooled with them.
    calibration_origins : int
        How many of the latest dates with a settled main horizon calibrate.
    weight_of_poor : float
        How much a household that is poor on the date, or whose status is unknown then, counts when trees are grown; 0
        leaves them out. They are no part of the cohort, so they never calibrate and are never tested on, but what keeps
        people poor also makes them poor.
    """

    first_origin: dt.date
    step_months: Annotated[int, Field(ge=1, le=24)]
    tests: tuple[dt.date, ...] = Field(min_length=1)
    validation: tuple[dt.date, ...] = ()
    calibration_origins: Annotated[int, Field(ge=1)] = 1
    weight_of_poor: Annotated[float, Field(ge=0, le=1)] = 0.0


class Model(Strict):
    """How the booster is grown.

    Attributes
    ----------
    params : mapping
        LightGBM parameters, by LightGBM's names.
    rounds : int
        Number of trees.
    constrained_groups : tuple of str or None
        Factor groups whose features must follow the dictionary's direction; all where None.
    neighbours : int
        How many earlier rows the bundle keeps to show similar households.
    """

    params: dict[str, int | float | bool | str] = {}
    rounds: Annotated[int, Field(ge=1, le=5000)] = 300
    constrained_groups: tuple[str, ...] | None = None
    neighbours: Annotated[int, Field(ge=0, le=5000)] = 5000


class Deprivation(Strict):
    """An indicator of the Alkire-Foster count: deprived where all its conditions hold.

    ``dimension`` is what it belongs to; dimensions weigh alike, and indicators alike within theirs.
    """

    code: str
    dimension: str
    when: tuple[Condition, ...] = Field(min_length=1)


class Baselines(Strict):
    """Features that simple rankings use, each with its sign: what a model must beat.

    Attributes
    ----------
    last_status : str
        Feature that tells whether the household was poor before; higher is riskier.
    welfare : str
        Feature that measures welfare now; lower is riskier.
    deprivations : tuple of Deprivation
        Indicators of the Alkire-Foster count; without any it is left out.
    """

    last_status: str
    welfare: str
    deprivations: tuple[Deprivation, ...] = ()


class Transfers(Strict):
    """What a score without transfers takes away.

    Attributes
    ----------
    share : str
        Feature that tells which share of income is transfers, 0 to 1; where it is missing nothing is taken away.
    scaled : tuple of str
        Features that income enters and that are multiplied by what remains, ``1 - share``.
    """

    share: str
    scaled: tuple[str, ...] = Field(min_length=1)


class Shock(Strict):
    """A shock that the programme reckons with beyond the periods on record.

    Attributes
    ----------
    log_odds : float
        By how much such a shock raises an area's rate.
    source : str
        Where the size is from.
    """

    log_odds: Annotated[float, Field(gt=0, le=3)]
    source: str = Field(min_length=1)


class Area(Strict):
    """Area levels, from the widest to the narrowest, and the table of areas where the programme ships one."""

    levels: tuple[str, ...] = ("area",)
    file: str = ""


class AuditGroup(Strict):
    """Groups that results are reported by.

    Attributes
    ----------
    column : str
        ``households.column`` or the name of a feature.
    cuts : tuple of float
        Where a number is cut into groups; none for categories and booleans.
    """

    name: str
    label: Labels
    column: str
    cuts: tuple[float, ...] = ()


def _known_zone(name: str) -> str:
    return zone(name).key


class ProgrammeFile(Strict):
    """The YAML file as written; :class:`Programme` adds the tables beside it.

    ``segments`` are households that results are also told for on their own, each by conditions on features, such as
    those that have just left poverty. ``change_step`` is by how much a probability has to move so that monitoring systems
    are told of it. ``time_zone`` is where days begin.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    title: Labels
    simulated: bool = False
    languages: tuple[str, ...] = ("en", "zh")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    currency: str
    importer: Literal["", "eph"] = ""
    importer_tables: dict[str, str] = {}
    dictionary: str
    categories: str = ""
    lines: str
    areas: Area = Area()
    tables: dict[str, Table]
    welfare: Welfare
    weight: str = ""
    cohort: Cohort
    outcome: Outcome
    leaks: tuple[str, ...] = ()
    groups: dict[str, Labels]
    rules: tuple[Rule, ...] = ()
    alerts: Alerts = Alerts()
    measures: tuple[Measure, ...] = ()
    reviewing: Reviewing = Reviewing()
    audit_groups: tuple[AuditGroup, ...] = ()
    segments: tuple[Rule, ...] = ()
    capacity: Capacity
    bands: tuple[Band, ...] = Field(min_length=1)
    folds: Folds
    baselines: Baselines
    without_transfers: Transfers | None = None
    shock: Shock | None = None
    change_step: Annotated[float, Field(gt=0, lt=1)] = 0.05
    model: Model = Model()
    notes: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One area: its code, the one above it, its level and names."""

    code: str
    parent: str
    level: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme whose every part has been checked against every other.

    Attributes
    ----------
    file : ProgrammeFile
        The YAML file.
    dictionary : Dictionary
        Columns and features.
    categories : CategoryLabels
        Category sets with their labels.
    lines : Lines
        Lines by area and period.
    area_rows : tuple of AreaRow
        Areas that ship with the programme; a data folder may bring its own instead.
    importer_tables : mapping of str to rows
        Tables that only the importer reads, as text.
    """

    file: ProgrammeFile
    dictionary: Dictionary
    categories: CategoryLabels
    lines: Lines
    area_rows: tuple[AreaRow, ...]
    importer_tables: Mapping[str, tuple[Mapping[str, str], ...]]

    @property
    def name(self) -> str:
        """Name of the programme."""
        return self.file.name

    def day_of(self, instant: dt.datetime) -> dt.date:
        """Return the date on which an instant falls where the programme is at home: what is recorded bears that date."""
        return instant.astimezone(zone(self.file.time_zone)).date()

    @property
    def features(self) -> tuple[Feature, ...]:
        """Features of the snapshot, in order."""
        return self.dictionary.features

    @property
    def horizons(self) -> tuple[int, ...]:
        """Horizons in months, ascending."""
        return self.file.outcome.horizons_months

    @property
    def main_horizon(self) -> int:
        """The horizon of lists and top-level figures, in months."""
        return self.file.outcome.main_horizon_months
