"""Empirical Bayes: estimates with known errors, drawn towards their common mean."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from scipy.optimize import brentq

from ics_maturity.models.design import FloatArray, vector

_TAU_STEPS = 401
_FACTORS = 9
_FEWEST = 5


@dataclass(frozen=True)
class EmpiricalBayes:
    """Estimates theta_j ~ N(mean, tau2), observed with variances v_j.

    ``shrinkage`` is tau2 / (tau2 + v_j): 1 keeps the estimate, 0 replaces it by the mean.
    ``se`` includes the uncertainty of the mean but takes tau2 as known: where tau2 is small
    and uncertain, intervals from it are too short; use :func:`posterior_intervals`.
    ``q`` is Cochran's statistic, ``i2`` the share (0 to 1) of variation that is not sampling
    error.
    """

    mean: float
    mean_se: float
    tau2: float
    shrinkage: FloatArray
    estimate: FloatArray
    se: FloatArray
    q: float
    i2: float


def empirical_bayes(
    estimates: ArrayLike, variances: ArrayLike, tau2: float | None = None
) -> EmpiricalBayes:
    """Shrink ``estimates`` (k,) with sampling ``variances`` (k,); tau2 by REML unless given.

    Source: Morris 1983, JASA 78:47-55; REML as in Viechtbauer 2005, Journal of Educational
    and Behavioral Statistics 30:261-293.
    """
    values = vector(estimates, "estimates")
    v = vector(variances, "variances", values.size)
    if values.size < 3 or np.any(v <= 0):
        raise ValueError("empirical Bayes: needs three estimates with positive variances")
    between = _reml_tau2(values, v) if tau2 is None else tau2
    weights = 1 / (v + between)
    mean = float(np.sum(weights * values) / weights.sum())
    mean_variance = 1 / float(weights.sum())
    keep = between / (between + v)
    fixed = 1 / v
    typical = (values.size - 1) * fixed.sum() / (fixed.sum() ** 2 - np.sum(fixed**2))
    centre = np.sum(fixed * values) / fixed.sum()
    return EmpiricalBayes(
        mean=mean,
        mean_se=math.sqrt(mean_variance),
        tau2=float(between),
        shrinkage=keep,
        estimate=keep * values + (1 - keep) * mean,
        se=np.sqrt(keep * v + (1 - keep) ** 2 * mean_variance),
        q=float(np.sum(fixed * (values - centre) ** 2)),
        i2=float(between / (between + typical)),
    )


def posterior_draws(
    estimates: ArrayLike,
    variances: ArrayLike,
    rng: np.random.Generator,
    draws: int = 10_000,
    *,
    error_share: float = 1.0,
    df: float | None = None,
) -> FloatArray:
    """Worlds (draws, k) of true group values that the estimates allow.

    Groups come from one normal distribution whose mean and variance are both unknown. Each
    world first draws the variance (flat prior), then the mean, then the groups, so doubt about
    tau2 widens the answer. The flat prior on the variance is the one whose intervals cover
    true values as often as they say.

    What counts as true depends on ``error_share``. With 1 it is the value around which a group's
    members scatter, and all of ``variances`` is error. With less, the rest of ``variances`` is
    real: true is then the mean of the members as they are, read with error.

    Args:
        estimates: one per group (k,).
        variances: sampling variances (k,) or covariance matrix (k, k) of the estimates.
        error_share: part of ``variances`` that is error, above 0 to 1.
        df: degrees of freedom behind ``variances``, where they are known but for a common factor
            that was estimated; its doubt then counts as well (flat prior on its logarithm).

    Source: Gelman et al. 2013, Bayesian Data Analysis, section 5.4; the prior: Morris & Tang
    2011, Statistical Science 26:271-287.

    Raises:
        ValueError: for fewer than five groups, which say too little of their variance.
    """
    values = vector(estimates, "estimates")
    if values.size < _FEWEST:
        raise ValueError(f"posterior: needs {_FEWEST} groups or more, found {values.size}")
    if not 0 < error_share <= 1:
        raise ValueError(f"posterior: the share of error is {error_share}, not above 0 and up to 1")
    # In the basis of the errors' principal axes they are independent, whatever the covariance.
    v, axes = np.linalg.eigh(covariance_matrix(variances, values.size))
    v = np.maximum(v, 0)
    y, one = axes.T @ values, axes.sum(axis=0)
    widest = 4 * math.sqrt(float(np.var(values) + v.mean()))
    grid = np.meshgrid(np.linspace(0, widest, _TAU_STEPS)[1:], _factors(df))
    tau, factor = grid[0].ravel(), grid[1].ravel()
    tau2 = tau**2
    weights = 1 / (factor[:, None] * v + tau2[:, None])
    information = weights @ one**2
    means = weights @ (one * y) / information
    squares = weights @ y**2 - information * means**2
    log_posterior = 0.5 * (np.log(weights).sum(axis=1) - np.log(information) - squares)
    posterior = tau * np.exp(log_posterior - log_posterior.max())  # d(tau2) is 2 tau d(tau)
    chosen = rng.choice(tau2.size, size=draws, p=posterior / posterior.sum())
    mean = means[chosen] + rng.standard_normal(draws) / np.sqrt(information[chosen])
    centre = mean[:, None] * one
    sampling = factor[chosen, None] * v
    error = error_share * sampling
    real = tau2[chosen, None] + (1 - error_share) * sampling
    keep = real / (real + error)
    worlds = centre + keep * (y - centre)
    # Drawn group by group and then turned: axes of near-equal variances are arbitrary, and draws
    # along them would differ between machines.
    worlds += np.sqrt(keep * error) * (rng.standard_normal((draws, values.size)) @ axes)
    return worlds @ axes.T


def _factors(df: float | None) -> FloatArray:
    """Equally likely factors of a variance that was estimated with ``df`` degrees of freedom."""
    if df is None:
        return np.ones(1)
    if df <= 0:
        raise ValueError(f"posterior: variances with {df} degrees of freedom were not estimated")
    middles = (np.arange(_FACTORS) + 0.5) / _FACTORS
    return df / (2 * special.gammaincinv(df / 2, middles))  # quantiles of chi-square


def posterior_intervals(
    estimates: ArrayLike,
    variances: ArrayLike,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = 10_000,
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper ends (k,) between which each group's true value lies.

    Source: :func:`posterior_draws`.
    """
    worlds = posterior_draws(estimates, variances, rng, draws)
    low, high = np.quantile(worlds, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return low, high


def covariance_matrix(variances: ArrayLike, size: int) -> FloatArray:
    """Covariance (size, size) from variances or a covariance matrix.

    Raises:
        ValueError: when a variance is not positive or the matrix is not symmetric.
    """
    array = np.asarray(variances, np.float64)
    matrix = np.diag(array) if array.ndim == 1 else array
    if matrix.shape != (size, size) or not np.all(np.isfinite(matrix)):
        raise ValueError(f"variances: expected {size} finite values or a {size} x {size} matrix")
    if np.any(np.diag(matrix) <= 0) or not np.allclose(matrix, matrix.T):
        raise ValueError("variances: must be positive, and a matrix symmetric")
    return matrix


def _restricted_likelihood(values: FloatArray, v: FloatArray, tau2: FloatArray) -> FloatArray:
    """Restricted log likelihood (A,) of each tau2 (A,), up to a constant."""
    total = v + tau2[:, None]
    weights = 1 / total
    sums = weights.sum(axis=1)
    mean = weights @ values / sums
    squares = np.sum(weights * (values - mean[:, None]) ** 2, axis=1)
    return -0.5 * (np.log(total).sum(axis=1) + np.log(sums) + squares)


def _reml_tau2(values: FloatArray, v: FloatArray) -> float:
    """tau2 >= 0 at the highest restricted likelihood: a grid for the basin, then its root."""
    scale = float(np.var(values) + v.mean())
    grid = scale * np.concatenate([[0.0], np.logspace(-8, 4, 241)])
    best = int(np.argmax(_restricted_likelihood(values, v, grid)))

    def slope(tau2: float) -> float:
        weights = 1 / (v + tau2)
        mean = np.sum(weights * values) / weights.sum()
        trace = weights.sum() - np.sum(weights**2) / weights.sum()
        return float(np.sum(weights**2 * (values - mean) ** 2) - trace)

    if best == 0 and slope(0.0) <= 0:
        return 0.0
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    return float(brentq(slope, low, high, xtol=1e-16 * scale, rtol=1e-14))
