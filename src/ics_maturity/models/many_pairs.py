"""Two readings of the same organisations in many worlds: spread, regression and rank order.

Each function gives what its counterpart for one world gives, to rounding error.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import ndtr, ndtri

from ics_maturity.models import counted
from ics_maturity.models.design import FloatArray, indicators
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


@dataclass(frozen=True)
class Resampled:
    """The first reading of one world in the samples that a BCa interval needs.

    They are the world itself, the world without each cluster in turn, and its resamples.
    ``drawn`` (R, G) and ``counts`` (R, n) say how often each sample holds a cluster and a row,
    ``ranks`` (R, n) are the mid ranks of the first reading, counted from the middle.
    """

    drawn: FloatArray
    counts: FloatArray
    ranks: FloatArray


def resampled(
    before: FloatArray, clusters: ArrayLike, rng: np.random.Generator, resamples: int = 999
) -> Iterator[Resampled]:
    """Each world (n, B) in turn, every one with resamples of its own."""
    member = indicators(np.asarray(clusters))
    groups = member.shape[1]
    whole, even = np.vstack([np.ones(groups), 1.0 - np.eye(groups)]), np.full(groups, 1 / groups)
    for scores in before.T:
        drawn = np.vstack([whole, rng.multinomial(groups, even, size=resamples)])
        yield Resampled(drawn, drawn @ member.T, _ranks(scores, drawn, member))


def spearman_bca(
    worlds: Iterable[Resampled], after: FloatArray, clusters: ArrayLike, level: float = 0.95
) -> Answers:
    """Rank correlations of resampled worlds with their second reading (n, B), and BCa intervals.

    Source: :func:`ics_maturity.models.change.stability`, which this gives up to the luck of the
    resamples.
    """
    member = indicators(np.asarray(clusters))
    statistics = [
        counted.product_moment(one.counts, one.ranks, _ranks(scores, one.drawn, member))
        for one, scores in zip(worlds, after.T, strict=True)
    ]
    found = _bca(np.array(statistics), member.shape[1], level)
    none = np.full(after.shape[1], np.nan)
    return Answers(found[0], none, none, found[1], found[2])


def spearman_bca_many(
    before: FloatArray,
    after: FloatArray,
    clusters: ArrayLike,
    rng: np.random.Generator,
    resamples: int = 999,
    level: float = 0.95,
) -> Answers:
    """Rank correlations of two readings (n, B) with BCa intervals that draw whole clusters."""
    return spearman_bca(resampled(before, clusters, rng, resamples), after, clusters, level)


def _ranks(values: FloatArray, drawn: FloatArray, member: FloatArray) -> FloatArray:
    """Mid ranks (R, n), counted from the middle, where clusters are ``drawn`` (R, G) so often."""
    return drawn @ counted.mid_ranks(member.T, values)


def _bca(
    statistics: FloatArray, groups: int, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimates and BCa ends, each (B,), of the samples (B, R) of :class:`Resampled`."""
    estimate, jackknife, drawn = np.split(statistics, [1, 1 + groups], axis=1)
    away = jackknife.mean(axis=1, keepdims=True) - jackknife
    acceleration = np.sum(away**3, axis=1) / (6 * np.sum(away**2, axis=1) ** 1.5)
    below = np.mean((drawn < estimate) + 0.5 * (drawn == estimate), axis=1)
    outer = expanded(level, groups) / 2
    z = ndtri(below) + ndtri([[0.5 - outer], [0.5 + outer]])
    shares = ndtr(ndtri(below) + z / (1 - acceleration * z))
    ends = [np.quantile(one, share) for one, share in zip(drawn, shares.T, strict=True)]
    low, high = np.array(ends).T
    return estimate[:, 0], low, high
