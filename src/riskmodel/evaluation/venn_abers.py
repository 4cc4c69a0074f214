"""Isotonic regression and inductive Venn-Abers probabilities, with weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steps:
    """Rows put together, in ascending order of their log-odds.

    Attributes
    ----------
    log_odds : ndarray, shape (n,)
        Their first log-odds.
    share, weight : ndarray, shape (n,)
        Weighted share that fell, and summed weight.
    """

    log_odds: Values
    share: Values
    weight: Values


def tied(log_odds: Values, outcome: Values, weight: Values) -> Steps:
    """Put rows with equal log-odds together; rows with weight 0 do not count."""
    counted = weight > 0
    at, places = np.unique(log_odds[counted], return_inverse=True)
    total = np.bincount(places, weight[counted], len(at)).astype("float64")
    return Steps(at, np.bincount(places, (weight * outcome)[counted], len(at)) / total, total)


def isotonic(share: Values, weight: Values) -> Values:
    """Return the ascending values, shape (n,), that are closest to the shares in weighted squares."""
    # scikit-learn takes a second to import, and those who only score never need it
    from sklearn.isotonic import isotonic_regression

    return np.asarray(isotonic_regression(share, sample_weight=weight), dtype="float64")


def venn_abers(log_odds: Values, outcome: Values, weight: Values, asked: Values) -> Values:
    """Return the inductive Venn-Abers probability at some log-odds, shape (m,).

    The row that is asked about joins the calibration rows, once as if it had not fallen and once as if it had; isotonic
    regression then gives it p0 and p1, and the probability is ``p1 / (1 - p0 + p1)``. It never falls as log-odds rise,
    and is never 0 or 1.

    Parameters
    ----------
    log_odds, outcome, weight : ndarray, shape (n,)
        Calibration rows; the row that is asked about weighs as much as they do in the mean.
    asked : ndarray, shape (m,)
        Log-odds.

    Notes
    -----
    Vovk, Petej and Fedorova (2015), Large-scale probabilistic predictors with and without guarantees of validity;
    p0 and p1 are merged as they do for log loss. Pooling may go in any order, so the blocks of the fit without the
    added row are pooled already, and only the block that the row falls into is taken apart. The result is exact.
    """
    rows = tied(log_odds, outcome, weight)
    fitted = isotonic(rows.share, rows.weight)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(fitted)) + 1])
    blocks = Steps(rows.log_odds[starts], fitted[starts], np.add.reduceat(rows.weight, starts))
    one = float(weight[weight > 0].mean())
    pairs = np.array([_pair(rows, blocks, starts, one, float(score)) for score in asked]).reshape(-1, 2)
    return np.asarray(pairs[:, 1] / (1 - pairs[:, 0] + pairs[:, 1]))


def _pair(rows: Steps, blocks: Steps, starts: npt.NDArray[np.int64], one: float, score: float) -> tuple[float, float]:
    """Return p0 and p1 of a row of weight ``one`` at a score."""
    n = len(rows.log_odds)
    at = int(np.searchsorted(rows.log_odds, score))
    after = at + int(at < n and rows.log_odds[at] == score)
    block = int(np.searchsorted(starts, at, side="right")) - 1
    end = int(starts[block + 1]) if block + 1 < len(starts) else n

    def around(of_blocks: Values, of_rows: Values, own: float) -> Values:
        before = (of_blocks[:block], of_rows[starts[block] : at])
        return np.concatenate([*before, [own], of_rows[after:end], of_blocks[block + 1 :]])

    # rows with the very same score join the added one
    same = float(rows.weight[at:after].sum())
    fell = float(rows.weight[at:after] @ rows.share[at:after])
    weights = around(blocks.weight, rows.weight, same + one)
    place = block + at - int(starts[block])
    p0, p1 = (
        float(isotonic(around(blocks.share, rows.share, (fell + label * one) / (same + one)), weights)[place])
        for label in (0.0, 1.0)
    )
    return p0, p1
