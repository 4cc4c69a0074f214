"""Figures of a list of visits: whom it holds and misses, how sure that is, how it changes, how early it warns.

A list is drawn over the whole cohort, as it is in the field, where nobody knows yet whose outcome will be known. Rows
whose outcome is unknown take places, and are counted neither as falls nor as none. Names follow
:mod:`riskmodel.evaluation.ranking`: plain figures count rows once, those that end in ``_weighted`` take survey weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodel.errors import TooFewRows, UsageError
from riskmodel.evaluation.intervals import middle
from riskmodel.evaluation.ranking import WEIGHTED, Interval, household_draws

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Keys = npt.NDArray[Any]
DAYS_PER_MONTH = 365.25 / 12
FIRST_DAY, MOST_DAYS = np.datetime64("0001-01-01"), 4_000_000
"""The calendar of dates runs to the year 9999, which is fewer days than that."""
SMALLEST_PROBABILITY = float(np.finfo("float64").eps)
"""Log loss takes no probability for surer than this, as scikit-learn does."""


def places_of(capacity_share: float, n: int) -> int:
    """Return how many of ``n`` rows a list has places for: at least one, as everywhere in a ranking."""
    return min(n, max(1, round(capacity_share * n)))


def listed_share(score: Values, places: int) -> Values:
    """Return each row's chance of being listed, shape (n,): 1 above the cut, 0 below, shared among ties at it."""
    cut = _cut(score, places)
    above, tied = score > cut, score == cut
    return np.asarray(above + tied * (places - above.sum()) / tied.sum(), dtype="float64")


def list_figures(score: Values, fell: Values, weight: Values, places: int) -> dict[str, float]:
    """Measure the list of the highest scores of one cohort.

    Parameters
    ----------
    score : ndarray, shape (n,)
        Higher is riskier.
    fell : ndarray, shape (n,)
        1 or 0, NaN where unknown.
    weight : ndarray, shape (n,)
        Survey weights.
    places : int
        Rows that the list has places for; see :func:`places_of`.

    Returns
    -------
    dict of str to float
        ``places`` and ``tied_at_cut`` (rows that share the score at the cut; 1 means none). Then, plain and weighted:

        - ``recall``, ``precision``: the expectation over all orders within ties, among rows with a known outcome; with
          ``_best_tie`` and ``_worst_tie`` where the ties at the cut fall as luckily, or as unluckily, as they can;
        - ``exclusion_error`` (share of those that fell who are not listed: 1 - recall) and ``inclusion_error`` (share
          of the list that did not fall: 1 - precision);
        - ``unknown_share`` of the list;
        - ``precision_if_unknown_fell``, ``precision_if_unknown_stayed``, ``recall_if_unknown_fell``: were it so for
          every unknown row of the cohort (``recall`` itself is the one if none fell);
        - ``recall_lowest``, ``recall_highest``: were the unknown ones as unkind, or as kind, to the list as they can.

        NaN where undefined: nobody fell, or nobody listed has a known outcome.

    Raises
    ------
    UsageError
        If there are fewer rows than places, or no places.

    References
    ----------
    Bounds by the worst that unknown outcomes may be: Manski (1990), "Nonparametric bounds on treatment effects".
    """
    tied = int((score == _cut(score, places)).sum())
    figures: dict[str, float] = {"places": places, "tied_at_cut": tied}
    for ending, counted in (("", np.ones(len(score))), (WEIGHTED, weight)):
        # At the cut a fall helps by its weight, another outcome harms by its weight, an unknown one does neither:
        # whatever the precision, this order is the best there is, and its reverse the worst.
        value = np.nan_to_num(counted * (2 * fell - 1))
        own = _measure(listed_share(score, places), fell, counted)
        for luck, order in (("best", np.lexsort((-value, -score))), ("worst", np.lexsort((value, -score)))):
            listed = np.zeros(len(score))
            listed[order[:places]] = 1.0
            lucky = _measure(listed, fell, counted)
            own |= {f"{name}_{luck}_tie": lucky[name] for name in ("recall", "precision")}
        figures |= {f"{name}{ending}": figure for name, figure in own.items()}
    return figures


def _cut(score: Values, places: int) -> float:
    if not 1 <= places <= len(score):
        raise UsageError(f"a list of {places} places from {len(score)} rows: expected 1 to {len(score)} places")
    return float(np.partition(score, len(score) - places)[len(score) - places])


def _measure(listed: Values, fell: Values, weight: Values) -> dict[str, float]:
    known = ~np.isnan(fell)
    falls, unknown = np.where(known, fell, 0.0) * weight, np.where(known, 0.0, weight)
    hits, all_hits = float(listed @ falls), float(falls.sum())
    open_listed, open_all = float(listed @ unknown), float(unknown.sum())
    size = float(listed @ weight)
    recall, precision = _ratio(hits, all_hits), _ratio(hits, float((listed * known) @ weight))
    return {
        "recall": recall,
        "precision": precision,
        "exclusion_error": 1 - recall,
        "inclusion_error": 1 - precision,
        "unknown_share": _ratio(open_listed, size),
        "precision_if_unknown_fell": _ratio(hits + open_listed, size),
        "precision_if_unknown_stayed": _ratio(hits, size),
        "recall_if_unknown_fell": _ratio(hits + open_listed, all_hits + open_all),
        "recall_lowest": _ratio(hits, all_hits + open_all - open_listed),
        "recall_highest": _ratio(hits + open_listed, all_hits + open_listed),
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def overlap(household: Keys, listed: Flags, household_before: Keys, listed_before: Flags) -> dict[str, float]:
    """Tell how much of a list was on the list of the period before.

    Parameters
    ----------
    household, listed : ndarray, shape (n,)
        The cohort, each household once, and who of it is listed.
    household_before, listed_before : ndarray, shape (m,)
        The same of the period before.

    Returns
    -------
    dict of str to float
        ``in_both`` households are in both cohorts; among them ``share_listed_before`` of the listed were listed before,
        and ``jaccard`` is the share of those on either list who are on both. ``jaccard_all`` takes the lists whole, so
        that households which came or went lower it. NaN where nobody counts.

    Raises
    ------
    UsageError
        If a household stands in a cohort twice.
    """
    if len(np.unique(household)) < len(household) or len(np.unique(household_before)) < len(household_before):
        raise UsageError("a household stands in a cohort more than once: compare lists of one date and one horizon")
    _, here, there = np.intersect1d(household, household_before, assume_unique=True, return_indices=True)
    now, before = listed[here].astype(bool), listed_before[there].astype(bool)
    again = float((now & before).sum())
    return {
        "in_both": float(len(here)),
        "share_listed_before": _ratio(again, float(now.sum())),
        "jaccard": _ratio(again, float((now | before).sum())),
        "jaccard_all": _ratio(again, float(listed.sum() + listed_before.sum()) - again),
    }


def lead_time(
    listed_household: Keys,
    listed_on: Days,
    fallen_household: Keys,
    fell_on: Days,
    weight: Values,
    period_months: float,
) -> dict[str, float]:
    """Tell how long before their fall households were first listed.

    Parameters
    ----------
    listed_household, listed_on : ndarray, shape (m,)
        Every listing, of all periods: who, and the list's date.
    fallen_household, fell_on, weight : ndarray, shape (k,)
        Every fall: who, the day of the event (of a status the first day after its period), and survey weight. One that
        is given twice counts once.
    period_months : float
        Months from one list to the next.

    Returns
    -------
    dict of str to float
        ``falls`` and ``found`` are counted. Plain and weighted: ``found_share`` of falls had a listing before them,
        ``ahead_share`` of falls had it at least a period before, and ``median_lead_months`` is of those found.

    Notes
    -----
    A listing counts for the next fall alone: only those since the household's last fall, and before the day of this
    one. The longer the record of lists, the earlier the first listing can be, so compare records of equal length.
    """
    who = np.unique(np.concatenate([listed_household, fallen_household]), return_inverse=True)[1]
    days = np.concatenate([listed_on, fell_on]).astype("datetime64[D]") - FIRST_DAY
    place = who * MOST_DAYS + days.astype("int64")  # orders households and, within them, days
    listings, listed = np.unique(place[: len(listed_on)], return_index=True)
    falls, fallen = np.unique(place[len(listed_on) :], return_index=True)
    # since the household's last fall, or since its first day
    since = np.maximum(np.concatenate([np.zeros(1, "int64"), falls])[:-1], falls // MOST_DAYS * MOST_DAYS)
    at = np.searchsorted(listings, since)
    found = at < np.searchsorted(listings, falls)
    months = np.full(len(falls), np.nan)
    months[found] = _months_between(listed_on[listed[at[found]]], fell_on[fallen[found]])
    figures = {"falls": float(len(falls)), "found": float(found.sum())}
    for ending, counted in (("", np.ones(len(falls))), (WEIGHTED, weight[fallen])):
        whole = float(counted.sum())
        figures[f"found_share{ending}"] = _ratio(float(counted[found].sum()), whole)
        figures[f"ahead_share{ending}"] = _ratio(float(counted[months >= period_months].sum()), whole)
        figures[f"median_lead_months{ending}"] = _median(months[found], counted[found])
    return figures


def _months_between(first: Days, last: Days) -> Values:
    """Return whole months, and days of the month over or under as parts of a mean month."""
    starts, ends = (days.astype("datetime64[D]") for days in (first, last))
    months = ends.astype("datetime64[M]") - starts.astype("datetime64[M]")
    day_of_month = [each - each.astype("datetime64[M]").astype("datetime64[D]") for each in (starts, ends)]
    return np.asarray(months.astype("float64") + (day_of_month[1] - day_of_month[0]).astype("float64") / DAYS_PER_MONTH)


def _median(values: Values, weight: Values) -> float:
    """Return the value with half of the weight on either side; between two, their mean. NaN without weight."""
    order = np.argsort(values)[weight[np.argsort(values)] > 0]
    if not len(order):
        return float("nan")
    below = np.cumsum(weight[order])
    half = below[-1] / 2
    ends = [min(int(np.searchsorted(below, half, side)), len(order) - 1) for side in ("left", "right")]
    return float(values[order][ends].mean())


def probability_figures(
    probability: Values,
    fell: Values,
    weight: Values,
    household: npt.NDArray[np.int64],
    rng: np.random.Generator,
    draws: int = 200,
) -> dict[str, Interval]:
    """Measure probabilities, with intervals from drawing households.

    Parameters
    ----------
    probability, fell, weight, household : ndarray, shape (n,)
        Predicted, 1 or 0 or NaN where unknown (left out), survey weight, and who each row is of.
    rng : Generator
        Source of the draws.
    draws : int
        Number of bootstrap draws.

    Returns
    -------
    dict of str to Interval
        Plain and weighted: ``brier`` (mean square of the error), ``log_loss`` (in nats), and ``rate_error``, the
        implied rate less the observed one (mean probability - share that fell).

    Raises
    ------
    TooFewRows
        If no outcome is known.
    """
    known = ~np.isnan(fell)
    if not known.any():
        raise TooFewRows("no row has a known outcome; probabilities need some to be measured on")
    p, y = probability[known], fell[known]
    sure = np.clip(p, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    losses = np.column_stack([(p - y) ** 2, -(y * np.log(sure) + (1 - y) * np.log1p(-sure)), p - y])
    times = household_draws(household[known], draws, rng)
    figures = {}
    for ending, counted in (("", np.ones(len(y))), (WEIGHTED, weight[known])):
        with np.errstate(invalid="ignore"):  # a draw may hold no weight at all: NaN, which counts for no interval
            drawn = times @ (counted[:, None] * losses) / (times @ counted)[:, None]
            point = counted @ losses / counted.sum()
        for place, name in enumerate(("brier", "log_loss", "rate_error")):
            figures[f"{name}{ending}"] = middle(float(point[place]), drawn[:, place])
    return figures
