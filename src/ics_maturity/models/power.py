"""What this design could have seen: the minimum detectable effect, to stand beside every null.

By simulation: worlds are drawn at the real design with the variances found, and analysed by the
very test that was printed. The formula is kept to be set beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ics_maturity.models import many
from ics_maturity.models.design import (
    FloatArray,
    IntArray,
    full_rank,
    group_codes,
    indicators,
)
from ics_maturity.models.inference import cr2_errors
from ics_maturity.models.permutation import basis
from ics_maturity.models.spectral import group_spectrum
from ics_maturity.models.variance_intervals import likelihood_ratio, null_likelihood_ratios

POWER, ALPHA = 0.8, 0.05
_HALVINGS = 14
_CELLS = 2_000_000  # rows times worlds that are in memory at once


@dataclass(frozen=True)
class Detectable:
    """Smallest effect found in a share ``POWER`` of worlds, and its Monte Carlo standard error."""

    value: float
    se: float
    worlds: int


def minimum_detectable_effect(
    se: float, df: float, power: float = POWER, alpha: float = ALPHA
) -> float:
    """Smallest true effect found with probability ``power`` by a two-sided t test.

    (t quantile of 1 - alpha/2 plus t quantile of power) times the standard error.

    Source: Bloom 1995, Evaluation Review 19:547-556.
    """
    if not (0 < power < 1 and 0 < alpha < 1):
        raise ValueError("power and alpha must lie between 0 and 1")
    reference = stats.norm if np.isinf(df) else stats.t(df)
    return float(reference.ppf(1 - alpha / 2) + reference.ppf(power)) * se


def smallest_found(found: many.Answers, df: float, alpha: float = ALPHA) -> Detectable:
    """Smallest effect a t test finds, from worlds without effect.

    A true effect only shifts the estimates, so the same worlds answer for every effect; both
    directions are counted, since the noise has none. The error is that of a quantile, from the
    spread of the order statistics one standard error of the share to both sides.
    """
    critical = stats.t(df).ppf(1 - alpha / 2) * found.se
    needed = np.concatenate([critical - found.estimate, critical + found.estimate])
    return _quantile(needed, found.se.size)


def from_needed(needed: FloatArray) -> Detectable | None:
    """Smallest effect found often enough, from the effect (B,) that each world needs to show it.

    The error is that of :func:`smallest_found`. None where so large an effect is needed, in more
    than a share 1 - ``POWER`` of worlds or within the error of it, that it is infinite.
    """
    with np.errstate(invalid="ignore"):  # infinity less infinity: answered by the next line
        found = _quantile(needed, needed.size)
    return found if np.isfinite([found.value, found.se]).all() else None


def _quantile(needed: FloatArray, worlds: int) -> Detectable:
    step = np.sqrt(POWER * (1 - POWER) / worlds)
    low, value, high = np.quantile(needed, [POWER - step, POWER, POWER + step])
    return Detectable(float(value), float((high - low) / 2), worlds)


def searched(
    statistic: Callable[[float], FloatArray], critical: float, highest: float
) -> Detectable:
    """Smallest effect, between 0 and ``highest``, for which enough worlds pass a critical value.

    Args:
        statistic: for an effect, the test statistic of each world (B,); the same worlds each time,
            so that it grows with the effect.
        critical: value that the statistic passes in a share ``ALPHA`` of worlds without effect.
        highest: an effect that is found more often.

    Raises:
        ValueError: ``highest`` is not found often enough.
    """
    found = statistic(highest) >= critical
    if np.mean(found) < POWER:
        raise ValueError(f"detectable effect: {highest:g} is found too seldom; search further up")

    def share(effect: float) -> float:
        return float(np.mean(statistic(effect) >= critical))

    low, high = 0.0, highest
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if share(middle) >= POWER else (middle, high)
    # How steeply power rises here turns the error of a share into one of an effect.
    near = 0.1 * high
    rise = (share(high + near) - share(high - near)) / (2 * near)
    step = np.sqrt(POWER * (1 - POWER) / found.size)
    return Detectable(high, float(step / rise) if rise > 0 else np.nan, found.size)


def slope(
    X: ArrayLike,
    groups: ArrayLike,
    position: int,
    tau2: float,
    sigma2: float,
    rng: np.random.Generator,
    worlds: int = 2_000,
    alpha: float = ALPHA,
    group_columns: int = 2,
) -> Detectable:
    """Smallest coefficient of a group-level column that REML with t(G - group columns) finds.

    Args:
        X: design matrix (n, p), one row per provider.
        groups: system per row.
        position: column of X whose coefficient is tested.
        tau2, sigma2: variances between systems, and between providers of one, to plant.
        rng: source of the worlds.
        worlds: how many.
        alpha: level of the test.
        group_columns: columns of X that are constant within systems, the intercept among them.
    """
    codes, noise = _noise(groups, tau2, sigma2, rng, worlds)
    df = float(codes.max() + 1 - group_columns)
    found = many.reml_many(noise, full_rank(X, codes.size), codes, position, df)[0]
    return smallest_found(found, df, alpha)


def paired(
    groups: ArrayLike, tau2: float, sigma2: float, rng: np.random.Generator, worlds: int = 2_000
) -> Detectable:
    """Smallest mean change that the paired test (CR2 by system) finds; variances of changes."""
    codes = group_codes(np.asarray(groups))[1]
    errors = cr2_errors(np.ones((codes.size, 1)), codes)
    found = [
        many.sandwich_many(errors, _noise(codes, tau2, sigma2, rng, size)[1], 0)
        for size in _batches(worlds, codes.size)
    ]
    estimate, se = (
        np.concatenate([getattr(one, of) for one in found]) for of in ("estimate", "se")
    )
    return smallest_found(many.t_answers(estimate, se, df := float(errors.df[0])), df)


def kinds_within(
    kinds: ArrayLike,
    groups: ArrayLike,
    sigma2: float,
    rng: np.random.Generator,
    nuisance: ArrayLike | None = None,
    worlds: int = 2_000,
) -> Detectable:
    """Smallest differences between kinds of providers that show inside systems.

    As the standard deviation, over providers, of what the kinds add beyond the systems' means (and
    ``nuisance``). Which kinds score high is drawn anew in each world. The statistic is that of
    :func:`~ics_maturity.models.permutation.freedman_lane`; its critical value comes from worlds
    without differences, where permutations give the same on average.

    Args:
        kinds: columns that tell the kinds apart (n, k).
        groups: system per row.
        sigma2: variance between providers of a system.
        rng, worlds: of the worlds.
        nuisance: columns held in place besides the systems.
    """
    codes, noise = _noise(groups, 0.0, sigma2, rng, worlds)
    held = indicators(codes)
    if nuisance is not None:
        held = np.column_stack([held, nuisance])
    span, tested = basis(held), np.asarray(kinds, np.float64)
    fresh = basis(tested - span @ (span.T @ tested), np.linalg.norm(tested, axis=0).max())
    noise -= span @ (span.T @ noise)
    # Drawn provider by provider and then projected: the basis is arbitrary, and draws along it
    # would differ between machines.
    pattern = fresh @ (fresh.T @ rng.standard_normal((codes.size, worlds)))
    pattern *= np.sqrt(codes.size) / np.linalg.norm(pattern, axis=0)

    def share(size: float) -> FloatArray:
        scores = noise + size * pattern
        return np.sum((fresh.T @ scores) ** 2, axis=0) / np.sum(scores**2, axis=0)

    return searched(share, _critical(share(0.0)), 2 * float(np.sqrt(sigma2)))


def group_spread(
    groups: ArrayLike, sigma2: float, rng: np.random.Generator, worlds: int = 1_000
) -> Detectable:
    """Smallest standard deviation between systems that the exact likelihood ratio test finds."""
    codes, within = _noise(groups, 0.0, sigma2, rng, worlds)
    systems = int(codes.max()) + 1
    shared = rng.standard_normal((systems, worlds))[codes]
    ones = np.ones((codes.size, 1))

    def ratio(tau: float) -> FloatArray:
        spectrum = group_spectrum(within + tau * shared, ones, codes, systems)
        return likelihood_ratio(spectrum.reml())

    null = null_likelihood_ratios(group_spectrum(within, ones, codes, systems), rng, 9_999)
    return searched(ratio, _critical(null), 3 * float(np.sqrt(sigma2)))


def neighbours(weights: FloatArray, rng: np.random.Generator, worlds: int = 2_000) -> Detectable:
    """Smallest Moran's I found one-sided: its mean in worlds of that likeness.

    Each area's value is drawn from the mean of its neighbours' values, to a degree rho, and noise
    of its own (a simultaneous autoregression). The critical value comes from worlds without
    likeness, where exchanging the values gives the same on average.

    Source: Cliff & Ord 1981, Spatial Processes, section 6.2.
    """
    n = len(weights)
    noise = rng.standard_normal((n, worlds))

    def moran(rho: float) -> FloatArray:
        values = np.linalg.solve(np.eye(n) - rho * weights, noise)
        z = values - values.mean(axis=0)
        top = n / weights.sum() * np.sum(z * (weights @ z), axis=0)
        return np.asarray(top / np.sum(z**2, axis=0))

    rho = searched(moran, _critical(moran(0.0)), 0.9)
    rise = float(np.mean(moran(rho.value + 0.01) - moran(rho.value - 0.01))) / 0.02
    return Detectable(float(np.mean(moran(rho.value))), rise * rho.se, worlds)


def spread_ratio(
    correlation: float, pairs: int, rng: np.random.Generator, worlds: int = 2_000
) -> Detectable:
    """Smallest ratio of standard deviations, above 1, that the Pitman-Morgan test finds.

    Args:
        correlation: of the two rounds.
        pairs: organisations in both.
        rng, worlds: of the worlds.
    """
    batches = [_moments(correlation, pairs, rng, size) for size in _batches(worlds, pairs)]
    before, after, both = np.concatenate(batches, axis=1)

    def sureness(excess: float) -> FloatArray:
        # The correlation of difference and sum, of which the test is.
        later, shared = (1 + excess) ** 2 * after, (1 + excess) * both
        r = (later - before) / np.sqrt((later + before) ** 2 - 4 * shared**2)
        return 1 - many.correlation_p(r, pairs - 2)

    more = searched(sureness, 1 - ALPHA, 4.0)
    return Detectable(1 + more.value, more.se, worlds)


def _moments(correlation: float, pairs: int, rng: np.random.Generator, worlds: int) -> FloatArray:
    """Variances of two readings and their covariance (3, worlds), both of variance 1 by nature."""
    before, own = rng.standard_normal((2, pairs, worlds))
    after = correlation * before + np.sqrt(1 - correlation**2) * own
    before -= before.mean(axis=0)
    after -= after.mean(axis=0)
    return np.array(
        [np.mean(a * b, axis=0) for a, b in ((before, before), (after, after), (before, after))]
    )


def _batches(worlds: int, rows: int) -> Iterator[int]:
    """How many worlds at a time, so that those of many rows fit into memory."""
    size = max(1, _CELLS // rows)
    for start in range(0, worlds, size):
        yield min(size, worlds - start)


def _critical(null: FloatArray) -> float:
    """Value that a statistic passes in a share ``ALPHA`` of worlds without effect."""
    return float(np.quantile(null, 1 - ALPHA))


def _noise(
    groups: ArrayLike, tau2: float, sigma2: float, rng: np.random.Generator, worlds: int
) -> tuple[IntArray, FloatArray]:
    """Group numbers (n,) and noise (n, worlds) with those variances between and within groups."""
    if tau2 < 0 or sigma2 <= 0:
        raise ValueError("simulated power: tau2 must not be negative, sigma2 must be positive")
    names, codes = group_codes(np.asarray(groups))
    noise = np.sqrt(sigma2) * rng.standard_normal((codes.size, worlds))
    noise += np.sqrt(tau2) * rng.standard_normal((len(names), worlds))[codes]
    return codes, noise
