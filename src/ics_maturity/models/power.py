"""What this design could have seen: the minimum detectable effect, to stand beside every null."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models.design import FloatArray, full_rank, group_codes
from ics_maturity.models.variance import random_intercept_many


def minimum_detectable_effect(
    se: float, df: float, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Smallest true effect found with probability ``power`` by a two-sided t test.

    (t quantile of 1 - alpha/2 plus t quantile of power) times the standard error.

    Source: Bloom 1995, Evaluation Review 19:547-556.
    """
    _check(power, alpha)
    reference = stats.norm if np.isinf(df) else stats.t(df)
    return float(reference.ppf(1 - alpha / 2) + reference.ppf(power)) * se


@dataclass(frozen=True)
class SimulatedPower:
    """Null worlds at one design: estimates (B,) and standard errors (B,) of one coefficient.

    A true effect only shifts the estimates, so these worlds answer for every effect.
    """

    estimate: FloatArray
    se: FloatArray
    critical: float

    def power(self, effect: float) -> float:
        """Share of worlds in which a true ``effect`` is found; at 0 the test's size."""
        return float(np.mean(np.abs(self.estimate + effect) > self.critical * self.se))

    def minimum_detectable(self, power: float = 0.8) -> float:
        """Smallest positive effect found in a share ``power`` of the worlds."""
        return float(np.quantile(self.critical * self.se - self.estimate, power))


def simulate_power(
    X: ArrayLike,
    groups: ArrayLike,
    position: int,
    tau2: float,
    sigma2: float,
    rng: np.random.Generator,
    worlds: int = 2_000,
    alpha: float = 0.05,
) -> SimulatedPower:
    """Worlds without effect at the real design, analysed by REML with t(G - 2).

    Args:
        X: design matrix (n, p), one row per provider.
        groups: system per row.
        position: column of X whose coefficient is tested.
        tau2: variance between systems to plant.
        sigma2: variance between providers of a system to plant.
        rng: source of the worlds.

    Source: the simulation counterpart of :func:`minimum_detectable_effect`.
    """
    _check(0.8, alpha)
    if tau2 < 0 or sigma2 <= 0:
        raise ValueError("simulated power: tau2 must not be negative, sigma2 must be positive")
    labels = np.asarray(groups)
    design = full_rank(X, labels.size)
    names, codes = group_codes(labels)
    noise = np.sqrt(sigma2) * rng.standard_normal((codes.size, worlds))
    noise += np.sqrt(tau2) * rng.standard_normal((len(names), worlds))[codes]
    fits = random_intercept_many(noise, design, codes)
    return SimulatedPower(
        estimate=fits.beta[:, position],
        se=fits.se[:, position],
        critical=float(stats.t(len(names) - 2).ppf(1 - alpha / 2)),
    )


def _check(power: float, alpha: float) -> None:
    if not (0 < power < 1 and 0 < alpha < 1):
        raise ValueError("power and alpha must lie between 0 and 1")
