"""Statistics of samples that hold a row several times, for many samples at once.

A resample is no more than how often each row is in it. So a statistic of R resamples takes their
``counts`` (R, n) and the columns (n,), and gives R values (R,); no rows are gathered.
"""

import numpy as np

from ics_maturity.models.design import BoolArray, FloatArray
from ics_maturity.models.ties import join_ties


def ratio(counts: FloatArray, part: FloatArray, whole: FloatArray) -> FloatArray:
    """Sum of ``part`` over sum of ``whole``."""
    return np.asarray((counts @ part) / (counts @ whole))


def correlation(counts: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Pearson's correlation; nan where a column does not vary."""
    sizes = counts.sum(axis=1)
    a, b = (column - (counts @ column / sizes)[:, None] for column in (x, y))
    r = product_moment(counts, a, b)
    return np.where(_constant(counts, x) | _constant(counts, y), np.nan, r)


def spearman(counts: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Rank correlation, equal values sharing the mean of their ranks; nan as above."""
    return product_moment(counts, mid_ranks(counts, x), mid_ranks(counts, y))


def mid_ranks(counts: FloatArray, values: FloatArray) -> FloatArray:
    """Ranks (R, n) that the rows have in each sample, counted from its middle rank.

    Each lower row of the sample lifts a row by a half, each higher one lowers it by a half, an
    equal one does nothing; so also for rows that are not in the sample themselves. Ranks in
    several samples put together are the sums of their ranks, and halves add up without rounding.
    """
    values = join_ties(values)
    order = np.argsort(values, kind="stable")
    upto = np.zeros((len(counts), values.size + 1))
    np.cumsum(counts[:, order], axis=1, out=upto[:, 1:])
    lower, not_higher = (
        upto[:, np.searchsorted(values[order], values, side)] for side in ("left", "right")
    )
    return np.asarray((lower + not_higher - upto[:, -1:]) / 2)


def product_moment(counts: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Correlation of deviations from the mean (R, n), each counting as often as it occurs."""
    weighted = counts * a
    squares = np.einsum("rn,rn->r", weighted, a) * np.einsum("rn,rn,rn->r", counts, b, b)
    with np.errstate(invalid="ignore"):  # 0 / 0: no variation, no correlation
        return np.clip(np.einsum("rn,rn->r", weighted, b) / np.sqrt(squares), -1.0, 1.0)


def _constant(counts: FloatArray, values: FloatArray) -> BoolArray:
    """Samples whose values differ by no more than rounding error."""
    drawn = counts > 0
    high = np.where(drawn, values, -np.inf).max(axis=1)
    low = np.where(drawn, values, np.inf).min(axis=1)
    return high - low <= 1e-12 * np.maximum(1.0, np.maximum(np.abs(high), np.abs(low)))
