"""Empirical Bayes: estimates with known errors, drawn towards their common mean."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from ics_maturity.models.design import FloatArray, vector


@dataclass(frozen=True)
class EmpiricalBayes:
    """Estimates theta_j ~ N(mean, tau2), observed with variances v_j.

    ``shrinkage`` is tau2 / (tau2 + v_j): 1 keeps the estimate, 0 replaces it by the mean.
    ``se`` includes the uncertainty of the mean but not of tau2. ``q`` is Cochran's statistic,
    ``i2`` the share (0 to 1) of variation that is not sampling error.
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
    between = reml_tau2(values, v) if tau2 is None else tau2
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


def restricted_log_likelihood(values: FloatArray, v: FloatArray, tau2: FloatArray) -> FloatArray:
    """Restricted log likelihood (A,) of each tau2 (A,), up to a constant."""
    total = v + tau2[:, None]
    weights = 1 / total
    sums = weights.sum(axis=1)
    mean = weights @ values / sums
    squares = np.sum(weights * (values - mean[:, None]) ** 2, axis=1)
    return -0.5 * (np.log(total).sum(axis=1) + np.log(sums) + squares)


def reml_tau2(values: FloatArray, v: FloatArray) -> float:
    """tau2 >= 0 at the highest restricted likelihood: a grid for the basin, then its root."""
    scale = float(np.var(values) + v.mean())
    grid = scale * np.concatenate([[0.0], np.logspace(-8, 4, 241)])
    best = int(np.argmax(restricted_log_likelihood(values, v, grid)))

    def slope(tau2: float) -> float:
        weights = 1 / (v + tau2)
        mean = np.sum(weights * values) / weights.sum()
        trace = weights.sum() - np.sum(weights**2) / weights.sum()
        return float(np.sum(weights**2 * (values - mean) ** 2) - trace)

    if best == 0 and slope(0.0) <= 0:
        return 0.0
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    return float(brentq(slope, low, high, xtol=1e-16 * scale, rtol=1e-14))
