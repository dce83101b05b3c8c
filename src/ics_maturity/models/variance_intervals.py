"""How well the data know the variance components: profile intervals and the test of zero."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from ics_maturity.models.design import FloatArray, full_rank, group_codes, vector
from ics_maturity.models.spectral import (
    GroupSpectrum,
    ProfiledLikelihood,
    group_spectrum,
)

_DOUBLINGS = 20  # of the search step; an end beyond them is reported as infinite


@dataclass(frozen=True)
class ProfileIntervals:
    """Profile-likelihood intervals of the two standard deviations, in units of the response.

    Squares of the ends bound the variances. ``tau`` begins at 0 when zero cannot be excluded.
    """

    tau: tuple[float, float]
    sigma: tuple[float, float]
    level: float


def profile_intervals(
    y: ArrayLike, X: ArrayLike, groups: ArrayLike, level: float = 0.95
) -> ProfileIntervals:
    """Intervals that hold every tau (or sigma) whose best fit is not rejected at ``level``.

    Uses the ordinary likelihood, as lme4's ``confint`` does, so that fits with different
    coefficients can be compared.

    Source: Bates et al. 2015, Journal of Statistical Software 67(1), section 5.1.
    """
    spectrum = _spectrum(y, X, groups)
    profile = spectrum.ml()
    best = profile.best_ratio()
    sigma2 = float(profile.residual_ss(best)[0]) / spectrum.rows
    tau = math.sqrt(best[0] * sigma2)
    sigma = math.sqrt(sigma2)
    lowest = _deviance(profile, best[0], sigma2)
    scale = math.sqrt(float(spectrum.total[0]) / spectrum.rows)

    def at_tau(value: float) -> float:
        def of_log_sigma(log_sigma: float) -> float:
            return _deviance(profile, value**2 / math.exp(2 * log_sigma), math.exp(2 * log_sigma))

        return _lowest(of_log_sigma, math.log(sigma) - 6, math.log(scale) + 6) - lowest

    def at_sigma(value: float) -> float:
        def of_log_ratio(log_ratio: float) -> float:
            return _deviance(profile, math.exp(log_ratio), value**2)

        inside = _lowest(of_log_ratio, -18.0, 18.0)
        return min(inside, _deviance(profile, 0.0, value**2)) - lowest

    limit = float(chi2.ppf(level, 1))
    low_tau = 0.0
    if at_tau(0.0) > limit:
        low_tau = float(brentq(lambda value: at_tau(value) - limit, 0.0, tau))
    low_sigma = float(brentq(lambda value: at_sigma(value) - limit, sigma / 1e3, sigma))
    return ProfileIntervals(
        tau=(low_tau, _upper_end(at_tau, tau, sigma / 2, limit)),
        sigma=(low_sigma, _upper_end(at_sigma, sigma, sigma / 2, limit)),
        level=level,
    )


def profile_interval_coefficient(
    y: ArrayLike, X: ArrayLike, groups: ArrayLike, position: int, level: float = 0.95
) -> tuple[float, float]:
    """Profile-likelihood interval of coefficient ``position``, both variances re-estimated.

    Source: as :func:`profile_intervals`.
    """
    response = vector(y, "response")
    design = full_rank(X, response.size)
    others = np.delete(design, position, axis=1)
    whole = _spectrum(response, design, groups)
    at_best = whole.ml().best_ratio()
    lowest = float(whole.ml().at(at_best)[0])
    beta, unscaled = whole.gls(at_best)
    spread = math.sqrt(
        float(whole.ml().residual_ss(at_best)[0]) / whole.rows * unscaled[0, position, position]
    )

    def rise(value: float) -> float:
        profile = _spectrum(response - value * design[:, position], others, groups).ml()
        return float(profile.at(profile.best_ratio())[0]) - lowest

    limit = float(chi2.ppf(level, 1))
    best = float(beta[0, position])
    below = _upper_end(lambda value: rise(-value), -best, 2 * spread, limit)
    return -below, _upper_end(rise, best, 2 * spread, limit)


@dataclass(frozen=True)
class BoundaryTest:
    """Test of tau2 = 0 by the restricted likelihood ratio.

    ``p_bootstrap`` comes from the exact finite-sample null distribution, ``p_mixture`` from
    the 50:50 mixture of chi-square 0 and 1, which is only right for many groups.
    """

    statistic: float
    p_bootstrap: float
    p_mixture: float
    draws: int


def boundary_test(
    y: ArrayLike,
    X: ArrayLike,
    groups: ArrayLike,
    rng: np.random.Generator,
    draws: int = 9_999,
) -> BoundaryTest:
    """Parametric-bootstrap p of tau2 = 0, beside the chi-square mixture.

    Under tau2 = 0 the statistic depends on nothing but the design, so each bootstrap world
    is drawn as its K squared projections and its residual, not as n responses.

    Source: Crainiceanu & Ruppert 2004, JRSS B 66:165-185; mixture: Self & Liang 1987,
    JASA 82:605-610.
    """
    spectrum = _spectrum(y, X, groups)
    observed = likelihood_ratio(spectrum.reml())
    bootstrap, mixture = boundary_p(observed, null_likelihood_ratios(spectrum, rng, draws))
    return BoundaryTest(float(observed[0]), float(bootstrap[0]), float(mixture[0]), draws)


def null_likelihood_ratios(
    spectrum: GroupSpectrum, rng: np.random.Generator, draws: int
) -> FloatArray:
    """Likelihood ratios (draws,) of a design under tau2 = 0, exactly distributed."""
    count = spectrum.eigenvalues.size
    squares = rng.chisquare(1, size=(count, draws))
    total = squares.sum(axis=0) + rng.chisquare(spectrum.df - count, size=draws)
    return likelihood_ratio(
        ProfiledLikelihood(spectrum.eigenvalues, squares, total, spectrum.df, spectrum.eigenvalues)
    )


def boundary_p(observed: FloatArray, null: FloatArray) -> tuple[FloatArray, FloatArray]:
    """p-values (B,) of likelihood ratios (B,): against ``null`` draws, and by the mixture."""
    reached = null.size - np.searchsorted(np.sort(null), observed, side="left")
    mixture = np.where(observed > 0, 0.5 * chi2.sf(observed, 1), 1.0)
    return (1 + reached) / (null.size + 1), mixture


def _spectrum(y: ArrayLike, X: ArrayLike, groups: ArrayLike) -> GroupSpectrum:
    response = vector(y, "response")
    design = full_rank(X, response.size)
    names, codes = group_codes(np.asarray(groups), response.size)
    return group_spectrum(response[:, None], design, codes, len(names))


def likelihood_ratio(profile: ProfiledLikelihood) -> FloatArray:
    """Restricted likelihood ratio (B,) of tau2 = 0, from the profile of B responses."""
    best = profile.best_ratio()
    return np.maximum(profile.at(np.zeros_like(best)) - profile.at(best), 0.0)


def _deviance(profile: ProfiledLikelihood, ratio: float, sigma2: float) -> float:
    """-2 log likelihood at given ratio and sigma2, without the constant n log 2 pi."""
    rss = float(profile.residual_ss(np.array([ratio]))[0])
    logs = float(np.log1p(profile.determinant * ratio).sum())
    return profile.df * math.log(sigma2) + logs + rss / sigma2


def _lowest(function: Callable[[float], float], low: float, high: float) -> float:
    found = minimize_scalar(function, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return float(found.fun)


def _upper_end(rise: Callable[[float], float], best: float, step: float, limit: float) -> float:
    """Where ``rise`` passes ``limit`` above ``best``; infinite when it never does."""
    for _ in range(_DOUBLINGS):
        if rise(best + step) > limit:
            return float(brentq(lambda value: rise(value) - limit, best, best + step))
        step *= 2
    return math.inf
