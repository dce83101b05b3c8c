"""What the data allow to be said about order: ranks with their confidence sets.

Rank 1 is the highest score. A rank without its set is not a finding: with few providers per
system most sets span most of the table.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models.design import BoolArray, FloatArray, IntArray, vector
from ics_maturity.models.multiplicity import holm
from ics_maturity.models.shrinkage import covariance_matrix, posterior_draws
from ics_maturity.models.ties import join_ties

_CHUNK = 50_000  # differences simulated at once, few enough to stay in the cache


@dataclass(frozen=True)
class RankSets:
    """Confidence sets of ranks, from ``low`` (best rank not excluded) to ``high``.

    A marginal set covers its own group's rank with probability ``level``; the simultaneous
    sets cover all ranks at once, and are what a league table needs. Arrays of length k.
    """

    rank: IntArray
    marginal_low: IntArray
    marginal_high: IntArray
    simultaneous_low: IntArray
    simultaneous_high: IntArray
    level: float

    def tau_best(self, tau: int) -> BoolArray:
        """Groups that may be among the ``tau`` best: holds all of those with prob. ``level``."""
        return self.simultaneous_low <= tau

    def tau_worst(self, tau: int) -> BoolArray:
        """Groups that may be among the ``tau`` worst."""
        return self.simultaneous_high > self.rank.size - tau

    @property
    def mean_width(self) -> float:
        """Mean number of ranks in a marginal set."""
        return float(np.mean(self.marginal_high - self.marginal_low + 1))

    @property
    def mean_width_simultaneous(self) -> float:
        """Mean number of ranks in a simultaneous set."""
        return float(np.mean(self.simultaneous_high - self.simultaneous_low + 1))


def rank_sets(
    estimates: ArrayLike,
    variances: ArrayLike,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = 10_000,
) -> RankSets:
    """Marginal and simultaneous confidence sets for ranks.

    Every pair is compared in both directions by its studentised difference; the critical value
    is that of the largest difference, simulated from a normal distribution, and falls as
    directions are rejected (stepdown). Only the rejected direction leaves the family: dropping
    its opposite too would make the sets too narrow.

    Args:
        estimates: one per group (k,).
        variances: sampling variances (k,) or covariance matrix (k, k) of the estimates.
        rng: source of the draws.

    Source: Mogstad, Romano, Shaikh & Wilhelm 2024, Review of Economic Studies 91:476-518.
    """
    values = vector(estimates, "estimates")
    covariance = covariance_matrix(variances, values.size)
    noise = _root(covariance) @ rng.standard_normal((values.size, draws))
    k, scale = values.size, _scale(covariance)
    first, second = np.triu_indices(k, 1)
    parts = np.array_split(noise, max(1, noise.size // _CHUNK), axis=1)
    widest = np.hstack([_farthest(part, scale) for part in parts])
    critical = float(np.quantile(widest.max(axis=0), level))
    above, below = _directions(values, scale, noise, first, second, level, critical)
    marginal = np.repeat([[1], [k]], k, axis=1)
    own = np.quantile(widest, level, axis=1)
    for group in np.flatnonzero(_farthest(values[:, None], scale)[:, 0] > own):
        one, others = np.array([group]), np.delete(np.arange(k), group)
        lower, higher = _directions(values, scale, noise, one, others, level, own[group])
        marginal[:, group] = 1 + higher.sum(), k - lower.sum()
    beaten_by = np.bincount(second[above], minlength=k) + np.bincount(first[below], minlength=k)
    ahead_of = np.bincount(first[above], minlength=k) + np.bincount(second[below], minlength=k)
    return RankSets(
        rank=stats.rankdata(-join_ties(values), method="min").astype(np.int64),
        marginal_low=marginal[0],
        marginal_high=marginal[1],
        simultaneous_low=1 + beaten_by,
        simultaneous_high=k - ahead_of,
        level=level,
    )


def _scale(covariance: FloatArray) -> FloatArray:
    """Standard error (k, k) of the difference between any two."""
    spread = np.diag(covariance)
    # Of the difference from itself it is nought, which rounding may take for less.
    return np.asarray(np.sqrt(np.maximum(spread[:, None] + spread - 2 * covariance, 0)))


def _farthest(values: FloatArray, scale: FloatArray) -> FloatArray:
    """Largest studentised difference, either way, of each group from any other; (k, columns)."""
    farthest = np.zeros(values.shape)
    for i in range(len(values) - 1):
        gaps = np.abs(values[i] - values[i + 1 :])
        gaps /= scale[i, i + 1 :, None]
        np.maximum(farthest[i + 1 :], gaps, out=farthest[i + 1 :])
        farthest[i] = np.maximum(farthest[i], gaps.max(axis=0))
    return farthest


def _directions(
    values: FloatArray,
    scale: FloatArray,
    noise: FloatArray,
    first: IntArray,
    second: IntArray,
    level: float,
    critical: float,
) -> tuple[BoolArray, BoolArray]:
    """Per pair: is ``first`` proved above ``second``, is it proved below.

    ``first`` is as long as ``second``, or one group compared with all of ``second``. ``critical``
    is the critical value of all directions; of those that are left it is lower.
    """
    of_pair = scale[first, second]
    observed = (values[first] - values[second]) / of_pair
    above, below = observed > critical, observed < -critical
    step, rejected = max(1, _CHUNK // second.size), 0
    while rejected < np.count_nonzero(above | below) < second.size:
        rejected = int(np.count_nonzero(above | below))
        largest = np.empty(noise.shape[1])
        for start in range(0, noise.shape[1], step):
            part = noise[:, start : start + step]
            difference = part[first] - part[second]
            difference /= of_pair[:, None]
            left = np.abs(difference)  # of both directions the larger, or the one that is left
            left[above], left[below] = -difference[above], difference[below]
            largest[start : start + step] = left.max(axis=0)
        critical = float(np.quantile(largest, level))
        above, below = above | (observed > critical), below | (observed < -critical)
    return above, below


@dataclass(frozen=True)
class TopBottom:
    """Probability (k,) that each group is among the ``count`` highest, or lowest."""

    top: FloatArray
    bottom: FloatArray
    count: int


def top_and_bottom(
    estimates: ArrayLike,
    variances: ArrayLike,
    rng: np.random.Generator,
    count: int = 5,
    draws: int = 10_000,
) -> TopBottom:
    """Probabilities of being among the highest and lowest ``count`` groups.

    Simulates true values from the estimates with :func:`posterior_draws`, so that doubt about
    the spread between groups counts, and ranks them.

    Source: Laird & Louis 1989, Journal of Educational Statistics 14:29-46.
    """
    values = vector(estimates, "estimates")
    if not 0 < count < values.size:
        raise ValueError(f"top and bottom: count must lie between 1 and {values.size - 1}")
    order = np.argsort(posterior_draws(values, variances, rng, draws), axis=1)
    return TopBottom(
        top=np.bincount(order[:, -count:].ravel(), minlength=values.size) / draws,
        bottom=np.bincount(order[:, :count].ravel(), minlength=values.size) / draws,
        count=count,
    )


def goldstein_healy(estimates: ArrayLike, se: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Ends of bars that do not overlap where a single pair differs at 5%, for the plot only.

    Plus and minus 1.39 standard errors (1.96 / sqrt 2), right for two groups of equal error
    chosen beforehand; for many comparisons :func:`rank_sets` is the answer.

    Source: Goldstein & Healy 1995, JRSS A 158:175-177.
    """
    values = vector(estimates, "estimates")
    half = stats.norm.ppf(0.975) / np.sqrt(2) * vector(se, "standard errors", values.size)
    return values - half, values + half


def distinct_pairs(
    estimates: ArrayLike, variances: ArrayLike, level: float = 0.95
) -> tuple[int, int]:
    """Pairs of groups that differ after Holm's correction, and the number of all pairs.

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70.
    """
    values = vector(estimates, "estimates")
    covariance = covariance_matrix(variances, values.size)
    first, second = np.triu_indices(values.size, 1)
    gap = np.abs(values[first] - values[second])
    p = 2 * stats.norm.sf(gap / _scale(covariance)[first, second])
    return int((holm(p) <= 1 - level).sum()), first.size


def _root(covariance: FloatArray) -> FloatArray:
    # The symmetric root: eigenvectors of near-equal eigenvalues are arbitrary, and draws made with
    # them would differ between machines.
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
