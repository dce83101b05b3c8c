"""Resampling of whole clusters: intervals and p-values that respect who belongs together.

Providers of one Integrated Care System (ICS) share a history, so they are drawn, or have their
signs flipped, together.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import ndtr, stdtrit

from ics_maturity.models.design import FloatArray, vector
from ics_maturity.models.pairs import Clusters, cluster_codes

Statistic = Callable[..., FloatArray]
FEWEST_CLUSTERS = 5
_CELLS = 2_000_000  # of the tables that are in memory at once


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval, and how many of what stood behind it."""

    estimate: float
    low: float
    high: float
    n: int
    clusters: int
    resamples: int


@dataclass(frozen=True)
class SignFlip:
    """Two-sided p-value of a sign-flip test of mean zero.

    ``exact`` says whether every pattern of signs was tried; ``patterns`` is how many were.
    """

    mean: float
    p: float
    exact: bool
    patterns: int
    clusters: int


def cluster_bca(
    statistic: Statistic,
    columns: Sequence[ArrayLike],
    clusters: Clusters,
    rng: np.random.Generator,
    resamples: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Bias-corrected and accelerated bootstrap interval, drawing whole clusters.

    ``statistic`` takes how often each of R samples holds each row (R, n) and the columns (1-D
    arrays of equal length), and returns R numbers; see :mod:`ics_maturity.models.counted`. The
    acceleration comes from leaving out one cluster at a time. Efron (1987), Journal of the
    American Statistical Association 82, 171-185; Davison and Hinkley (1997), section 3.8. The
    quantiles are those of :func:`expanded`.

    A statistic that no resample moves has the estimate at both ends. ValueError with fewer
    than five clusters, or where the statistic is undefined in a resample.
    """
    n = np.asarray(columns[0]).size
    arrays = [vector(column, f"column {i + 1}", n) for i, column in enumerate(columns)]
    codes = cluster_codes(clusters, n)
    groups = int(codes.max()) + 1
    if groups < FEWEST_CLUSTERS:
        raise ValueError(f"{groups} clusters; a bootstrap needs at least {FEWEST_CLUSTERS}")

    def of_drawn(samples: FloatArray, axis: int = -1) -> FloatArray:
        """The statistic of samples that name the clusters drawn (..., drawn)."""
        drawn = samples.reshape(-1, samples.shape[axis]).astype(np.int64)
        counts = np.zeros((len(drawn), groups))
        np.add.at(counts, (np.arange(len(drawn))[:, None], drawn), 1.0)
        return statistic(counts[:, codes], *arrays).reshape(samples.shape[:-1])

    everyone = np.arange(groups, dtype=float)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # answered below
        estimate = float(of_drawn(everyone))
        result = stats.bootstrap(
            (everyone,), of_drawn, vectorized=True, n_resamples=resamples,
            confidence_level=expanded(level, groups), method="BCa", rng=rng,
            batch=max(1, _CELLS // n),
        )  # fmt: skip
    draws = result.bootstrap_distribution
    undefined = int(np.count_nonzero(~np.isfinite(draws)))
    if undefined or not np.isfinite(estimate):
        raise ValueError(
            f"the statistic is undefined in {undefined} of {resamples} resamples: "
            "too few clusters or too little variation"
        )
    low, high = result.confidence_interval
    if np.ptp(draws) == 0:
        low = high = estimate
    elif not np.isfinite([low, high]).all():
        raise ValueError("leaving out one cluster at a time never moves the statistic")
    return Interval(estimate, float(low), float(high), n, groups, resamples)


def expanded(level: float, clusters: int) -> float:
    """The level at which to read a bootstrap's quantiles, so that its intervals are not short.

    Resamples spread as if the clusters at hand were all there are, which makes them too narrow by
    the root of 1 - 1/clusters, and their quantiles take the place of t's.

    Source: Hesterberg 2015, American Statistician 69:371-386 (expanded percentiles).
    """
    wide = stdtrit(clusters - 1, (1 + level) / 2) * math.sqrt(clusters / (clusters - 1))
    return float(2 * ndtr(wide) - 1)


def sign_flip(
    differences: ArrayLike,
    clusters: Clusters = None,
    rng: np.random.Generator | None = None,
    draws: int = 9999,
) -> SignFlip:
    """Sign-flip permutation test that paired differences centre on zero.

    Each cluster's differences change sign together; without clusters each difference is its
    own. All sign patterns are tried where there are at most ``draws`` of them, else ``draws``
    random ones (``rng`` is then required), counting the observed one. It assumes that under
    no effect a cluster's differences are as likely to have come out with the opposite signs.
    Fisher (1935), The Design of Experiments, section 21; Phipson and Smyth (2010).
    """
    values = vector(differences, "differences")
    codes = cluster_codes(clusters, values.size)
    sums = np.bincount(codes, weights=values)
    # A cluster that sums to zero contributes nothing whichever its sign.
    sums = sums[np.abs(sums) > 1e-12 * max(1.0, float(np.abs(values).max()))]
    count = int(codes.max()) + 1
    mean = float(values.mean())
    if sums.size < 2:
        return SignFlip(mean, 1.0, True, 2**sums.size, count)
    exact = 2**sums.size <= draws
    if not exact and rng is None:
        raise ValueError(f"{sums.size} clusters have too many sign patterns: pass a generator")
    test = stats.permutation_test(
        (sums,), _total, permutation_type="samples", vectorized=True,
        n_resamples=2**sums.size if exact else draws, rng=rng,
    )  # fmt: skip
    return SignFlip(mean, float(test.pvalue), exact, len(test.null_distribution), count)


def _total(values: FloatArray, axis: int) -> FloatArray:
    return values.sum(axis=axis)
