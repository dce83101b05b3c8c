"""Two readings of the same organisations in many worlds: spread, regression and rank order.

Each function gives what its counterpart for one world gives, to rounding error.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models.design import FloatArray, group_codes, indicators
from ics_maturity.models.many import Answers, correlation_many
from ics_maturity.models.resampling import expanded


def variance_ratio_many(before: FloatArray, after: FloatArray, level: float = 0.95) -> Answers:
    """Later over earlier variance with its interval and the Pitman-Morgan test of 1.

    Source: :func:`ics_maturity.models.change.pitman_morgan`.
    """
    df = before.shape[0] - 2
    ratio = after.var(axis=0, ddof=1) / before.var(axis=0, ddof=1)
    between = correlation_many(before, after).estimate
    k = 1 + 2 * (1 - between**2) * stats.t.ppf(0.5 + level / 2, df) ** 2 / df
    width = k + np.sqrt(k**2 - 1)
    p = correlation_many(after - before, before + after).p
    return Answers(ratio, np.full(ratio.shape, np.nan), p, ratio / width, ratio * width)


def bonett_seier_many(before: FloatArray, after: FloatArray) -> Answers:
    """Ratio of mean absolute deviations from the median, robust to heavy tails.

    Source: :func:`ics_maturity.models.dispersion.bonett_seier`.
    """
    (mad1, var1, away1), (mad2, var2, away2) = map(_log_deviations, (before, after))
    together = correlation_many(away1, away2).estimate * np.sqrt(var1 * var2)
    log_ratio, se = np.log(mad2 / mad1), np.sqrt(var1 + var2 - 2 * together)
    half = stats.norm.ppf(0.975) * se
    p = 2 * stats.norm.sf(np.abs(log_ratio) / se)
    ends = np.exp(log_ratio - half), np.exp(log_ratio + half)
    return Answers(np.exp(log_ratio), np.full(p.shape, np.nan), p, *ends)


def _log_deviations(scores: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    median = np.median(scores, axis=0)
    away = np.abs(scores - median)
    mad = away.mean(axis=0)
    skew = (scores.mean(axis=0) - median) / mad
    tails = scores.var(axis=0, ddof=1) / mad**2
    return mad, (skew**2 + tails - 1) / scores.shape[0], away


def brown_forsythe_many(before: FloatArray, after: FloatArray) -> FloatArray:
    """p-values (B,) of equal spread as if the two readings were of different organisations.

    Source: :func:`ics_maturity.models.dispersion.brown_forsythe`.
    """
    away = [np.abs(x - np.median(x, axis=0)) for x in (before, after)]
    return np.asarray(stats.f_oneway(*away).pvalue)


def spearman_bca_many(
    before: FloatArray,
    after: FloatArray,
    clusters: ArrayLike,
    rng: np.random.Generator,
    resamples: int = 999,
    level: float = 0.95,
) -> Answers:
    """Rank correlations with BCa intervals that draw whole clusters.

    A resample counts a row as often as its cluster was drawn, so that its ranks are running sums
    of counts along the order of the scores, and nothing is sorted again. Every world has resamples
    of its own.

    Source: :func:`ics_maturity.models.change.stability`, which this gives up to the luck of the
    resamples.
    """
    codes = group_codes(np.asarray(clusters), before.shape[0])[1]
    groups = int(codes.max()) + 1
    whole, member = np.vstack([np.ones(groups), 1.0 - np.eye(groups)]), indicators(codes).T
    even = np.full(groups, 1 / groups)

    def one(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
        drawn = rng.multinomial(groups, even, size=resamples)
        return _bca(_spearman(x, y, np.vstack([whole, drawn]) @ member), groups, level)

    found = np.array([one(x, y) for x, y in zip(before.T, after.T, strict=True)]).T
    none = np.full(found.shape[1], np.nan)
    return Answers(found[0], none, none, found[1], found[2])


def _spearman(x: FloatArray, y: FloatArray, counts: FloatArray) -> FloatArray:
    """Rank correlation (R,) where row i counts ``counts[r, i]`` times."""
    a, b = (_counted_ranks(values, counts) for values in (x, y))
    total = counts.sum(axis=1, keepdims=True)
    a -= np.sum(counts * a, axis=1, keepdims=True) / total
    b -= np.sum(counts * b, axis=1, keepdims=True) / total
    squares = np.sum(counts * a * a, axis=1) * np.sum(counts * b * b, axis=1)
    return np.asarray(np.sum(counts * a * b, axis=1) / np.sqrt(squares))


def _counted_ranks(values: FloatArray, counts: FloatArray) -> FloatArray:
    """Mid ranks (R, n) of distinct values that count several times."""
    order = np.argsort(values)
    sorted_counts = counts[:, order]
    ranks = np.empty_like(counts)
    ranks[:, order] = np.cumsum(sorted_counts, axis=1) - (sorted_counts - 1) / 2
    return ranks


def _bca(statistics: FloatArray, groups: int, level: float) -> tuple[float, float, float]:
    """Estimate and BCa ends, from the estimate, its ``groups`` jackknife values and resamples."""
    estimate, jackknife, drawn = np.split(statistics, [1, 1 + groups])
    away = jackknife.mean() - jackknife
    acceleration = np.sum(away**3) / (6 * np.sum(away**2) ** 1.5)
    below = (np.sum(drawn < estimate) + np.sum(drawn <= estimate)) / (2 * drawn.size)
    bias = stats.norm.ppf(below)
    outer = expanded(level, groups) / 2
    z = bias + stats.norm.ppf([0.5 - outer, 0.5 + outer])
    ends = np.quantile(drawn, stats.norm.cdf(bias + z / (1 - acceleration * z)))
    return float(estimate[0]), float(ends[0]), float(ends[1])
