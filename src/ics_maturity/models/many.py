"""The estimators of one coefficient for many responses that share one design.

A simulated world differs from the next in its scores alone. What an estimator makes of the
design is therefore worked out once, and the worlds go through it as columns of a matrix. Each
function gives what the function for a single response gives, to rounding error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from ics_maturity.models.design import (
    FloatArray,
    columns,
    full_rank,
    group_codes,
    group_sums,
)
from ics_maturity.models.inference import Sandwich
from ics_maturity.models.permutation import at_least, basis, orders
from ics_maturity.models.spectral import ProfiledLikelihood, group_spectrum
from ics_maturity.models.variance import random_intercept_many
from ics_maturity.models.wild import WEBB

_GOLDEN = (np.sqrt(5) - 1) / 2
_GOLDEN_STEPS = 60
_CHUNK = 4_000_000  # numbers held at once


@dataclass(frozen=True)
class Answers:
    """What one method says of one coefficient in B worlds, every array of shape (B,).

    Methods without an interval (permutation, bootstrap) have nan for ``se``, ``low``, ``high``.
    """

    estimate: FloatArray
    se: FloatArray
    p: FloatArray
    low: FloatArray
    high: FloatArray


def t_answers(
    estimate: FloatArray, se: FloatArray, df: float, null: float = 0.0, level: float = 0.95
) -> Answers:
    """Answers by Student's t with ``df`` degrees of freedom (infinite: normal)."""
    half = special.stdtrit(df, 0.5 + level / 2) * se
    p = 2 * special.stdtr(df, -np.abs(estimate - null) / se)
    return Answers(estimate, se, p, estimate - half, estimate + half)


def p_answers(p: FloatArray) -> Answers:
    """Answers of a test that has no estimate of its own."""
    none = np.full(p.shape, np.nan)
    return Answers(none, none, p, none, none)


def tost_answers(found: Answers, df: float, margin: float, alpha: float = 0.05) -> Answers:
    """Equivalence within ``margin``; ``p`` is the larger of the two one-sided ones."""
    lower = special.stdtr(df, -(found.estimate + margin) / found.se)
    upper = special.stdtr(df, (found.estimate - margin) / found.se)
    half = special.stdtrit(df, 1 - alpha) * found.se
    return Answers(found.estimate, found.se, np.maximum(lower, upper),
                   found.estimate - half, found.estimate + half)  # fmt: skip


def sandwich_many(errors: Sandwich, Y: FloatArray, position: int) -> Answers:
    """Least squares with the errors of one method, responses (n, B)."""
    beta, se = errors.fit(Y)
    return t_answers(beta[position], se[position], float(errors.df[position]))


def ordinary_many(Y: FloatArray, X: ArrayLike, position: int) -> Answers:
    """Ordinary least squares as if rows were independent: shown only because it fails."""
    design = full_rank(X, Y.shape[0])
    df = Y.shape[0] - design.shape[1]
    solver = np.linalg.pinv(design)
    beta = solver @ Y
    sigma2 = np.sum((Y - design @ beta) ** 2, axis=0) / df
    return t_answers(beta[position], np.sqrt(sigma2 * np.sum(solver[position] ** 2)), df)


def reml_many(
    Y: FloatArray, X: ArrayLike, groups: ArrayLike, position: int, df: float
) -> tuple[Answers, FloatArray, FloatArray]:
    """REML with a group intercept: answers, and both variances tau2 and sigma2 (B,)."""
    fits = random_intercept_many(Y, X, groups)
    found = t_answers(fits.beta[:, position], fits.se[:, position], df)
    return found, fits.tau2, fits.sigma2


def label_permutation_many(
    Y: FloatArray,
    covariate: ArrayLike,
    groups: ArrayLike,
    rng: np.random.Generator,
    nuisance: ArrayLike | None = None,
    draws: int = 199,
) -> FloatArray:
    """p-values (B,) of :func:`~ics_maturity.models.permutation.label_permutation`.

    All responses see the same ``draws`` orders of the groups.
    """
    observed, null = label_shares_many(Y, covariate, groups, rng, nuisance, draws)
    return _permutation_p(observed, null)


def smallest_max_t_many(
    Ys: Sequence[FloatArray],
    covariate: ArrayLike,
    groups: ArrayLike,
    rng: np.random.Generator,
    draws: int = 199,
) -> FloatArray:
    """Smallest adjusted p (B,) of :func:`~ics_maturity.models.multiplicity.westfall_young`.

    It belongs to the response with the largest F, whose step-down family is all responses. At
    most .05 means that any of them is called a finding.

    Args:
        Ys: the K responses tested together, each (n, B).
    """
    seed = int(rng.integers(2**63))  # the same orders for each
    parts = [
        label_shares_many(Y, covariate, groups, np.random.default_rng(seed), draws=draws)
        for Y in Ys
    ]
    observed = np.max([part[0] for part in parts], axis=0)
    return _permutation_p(observed, np.max([part[1] for part in parts], axis=0))


def _permutation_p(observed: FloatArray, null: FloatArray) -> FloatArray:
    """p-values (B,) of observed (B,) among null statistics (B, draws)."""
    return (1 + at_least(null, observed[:, None]).sum(axis=1)) / (null.shape[1] + 1)


def label_shares_many(
    Y: FloatArray,
    covariate: ArrayLike,
    groups: ArrayLike,
    rng: np.random.Generator,
    nuisance: ArrayLike | None = None,
    draws: int = 199,
) -> tuple[FloatArray, FloatArray]:
    """Share of variation a group-level covariate explains: observed (B,) and null (B, draws).

    The statistic of :func:`~ics_maturity.models.permutation.permuted_shares` on weighted means.
    """
    rows = Y.shape[0]
    names, codes = group_codes(np.asarray(groups), rows)
    held = np.ones((rows, 1))
    if nuisance is not None:
        held = np.column_stack([held, columns(nuisance, "nuisance", rows)])
    null = random_intercept_many(Y, held, codes)
    sizes = np.bincount(codes)[:, None]
    root = np.sqrt(1 / (null.tau2 + null.sigma2 / sizes))  # (G, B)
    tested = columns(covariate, "covariate", rows)
    means = [group_sums(x, codes, len(names)) / sizes for x in (tested, held)]
    tested_b, held_b = (root.T[:, :, None] * m for m in means)  # (B, G, k)
    response = (root * group_sums(Y, codes, len(names)) / sizes).T[:, :, None]
    Q = np.linalg.qr(held_b).Q
    fresh = tested_b - Q @ (Q.transpose(0, 2, 1) @ tested_b)
    fresh /= np.linalg.norm(fresh, axis=1, keepdims=True)
    residual = (response - Q @ (Q.transpose(0, 2, 1) @ response))[:, :, 0]
    total = np.sum(residual**2, axis=1)
    observed = (residual * fresh[:, :, 0]).sum(axis=1) ** 2 / total
    projected = np.concatenate([fresh, Q], axis=2)
    chunk = max(1, _CHUNK // residual.size)
    shares = []
    for order in orders(np.zeros(len(names), np.int64), draws, rng):
        for part in np.split(order, range(chunk, len(order), chunk)):
            along = (residual[:, part] @ projected) ** 2  # (B, chunk, 1 + k)
            shares.append(along[:, :, 0] / (total[:, None] - along[:, :, 1:].sum(axis=2)))
    return observed, np.concatenate(shares, axis=1)


def freedman_lane_many(
    Y: FloatArray,
    tested: ArrayLike,
    nuisance: ArrayLike,
    rng: np.random.Generator,
    blocks: ArrayLike | None = None,
    draws: int = 199,
) -> FloatArray:
    """p-values (B,) of :func:`~ics_maturity.models.permutation.freedman_lane`.

    All responses see the same ``draws`` orders of the rows.
    """
    rows = Y.shape[0]
    held = basis(columns(nuisance, "nuisance", rows))
    fresh = columns(tested, "tested columns", rows)
    fresh = basis(fresh - held @ (held.T @ fresh), np.linalg.norm(fresh, axis=0).max())
    residual = Y - held @ (held.T @ Y)
    total = np.sum(residual**2, axis=0)
    observed = np.sum((fresh.T @ residual) ** 2, axis=0) / total
    codes = np.zeros(rows, np.int64) if blocks is None else group_codes(np.asarray(blocks))[1]
    both, count = np.column_stack([fresh, held]), fresh.shape[1]
    larger = np.zeros(Y.shape[1])
    for chunk in orders(codes, draws, rng):
        for order in chunk:
            # Moving the residuals one way is moving the columns the other way.
            moved = np.empty_like(both)
            moved[order] = both
            along = (moved.T @ residual) ** 2
            share = along[:count].sum(axis=0) / (total - along[count:].sum(axis=0))
            larger += at_least(share, observed)
    return (1 + larger) / (draws + 1)


def wild_bootstrap_many(
    Y: FloatArray,
    X: ArrayLike,
    clusters: ArrayLike,
    position: int,
    rng: np.random.Generator,
    draws: int = 199,
) -> FloatArray:
    """p-values (B,) of :func:`~ics_maturity.models.wild.wild_cluster_bootstrap`.

    All responses see the same ``draws`` weights. With w the weights, the cluster scores of a
    draw are w_g a_g less the leak through the other coefficients, so their sum of squares is a
    few products of (draws x clusters) with (clusters x B) matrices.
    """
    design = full_rank(X, Y.shape[0])
    names, codes = group_codes(np.asarray(clusters), Y.shape[0])
    groups = len(names)
    tested, others = design[:, position], np.delete(design, position, axis=1)
    free = tested - others @ np.linalg.lstsq(others, tested, rcond=None)[0]
    restricted = Y - others @ np.linalg.lstsq(others, Y, rcond=None)[0]
    a = group_sums(free[:, None] * restricted, codes, groups)  # (G, B)
    leaking = np.linalg.solve(
        design.T @ design, group_sums(free[:, None] * design, codes, groups).T
    )  # (p, G)
    sums = [group_sums(x[:, None] * restricted, codes, groups) for x in design.T]  # p of (G, B)
    inner = leaking @ leaking.T

    def squared_t(w: FloatArray) -> FloatArray:
        through = [w @ s for s in sums]
        squares = w**2 @ a**2
        for k, one in enumerate(through):
            squares -= 2 * one * ((w * leaking[k]) @ a)
            squares += one * sum(inner[k, m] * other for m, other in enumerate(through))
        return (w @ a) ** 2 / squares

    observed = squared_t(np.ones((1, groups)))
    larger = np.zeros(Y.shape[1])
    chunk = max(1, _CHUNK // (4 * Y.shape[1]))
    weights = rng.choice(WEBB, size=(draws, groups))
    for part in np.split(weights, range(chunk, draws, chunk)):
        larger += at_least(squared_t(part), observed).sum(axis=0)
    return (1 + larger) / (draws + 1)


def sign_flip_many(D: FloatArray, clusters: ArrayLike, signs: FloatArray) -> FloatArray:
    """p-values (B,) of :func:`~ics_maturity.models.resampling.sign_flip` for given signs.

    Args:
        D: differences (n, B).
        clusters: cluster of each row.
        signs: patterns of -1 and 1 (draws, G), a random sample of all patterns.
    """
    names, codes = group_codes(np.asarray(clusters), D.shape[0])
    sums = group_sums(D, codes, len(names))
    observed = sums.sum(axis=0)
    null = signs @ sums
    slack = 1e-14 * np.abs(observed)
    more = (null >= observed - slack).sum(axis=0)
    less = (null <= observed + slack).sum(axis=0)
    return np.minimum(2 * (1 + np.minimum(more, less)) / (len(signs) + 1), 1.0)


def group_deviation_covered(
    Y: FloatArray, X: ArrayLike, groups: ArrayLike, tau: float, level: float = 0.95
) -> np.ndarray:
    """Whether each response's profile interval of the group standard deviation holds ``tau``.

    The interval holds every value whose best fit is not rejected
    (:func:`~ics_maturity.models.variance_intervals.profile_intervals`), so asking about one value
    takes one search over the other variance and no ends of an interval.
    """
    design = full_rank(X, Y.shape[0])
    names, codes = group_codes(np.asarray(groups), Y.shape[0])
    spectrum = group_spectrum(Y, design, codes, len(names))
    profile = spectrum.ml()
    ratio = profile.best_ratio()
    sigma2 = profile.residual_ss(ratio) / spectrum.rows
    best = deviance_many(profile, ratio, sigma2)
    middle, widest = 0.5 * np.log(sigma2), 0.5 * np.log(spectrum.total / spectrum.rows)

    def at(log_sigma: FloatArray) -> FloatArray:
        variance = np.exp(2 * log_sigma)
        return deviance_many(profile, tau**2 / variance, variance)

    rise = golden_minimum(at, middle - 6, widest + 6) - best
    return np.asarray(rise <= stats.chi2.ppf(level, 1))


def deviance_many(profile: ProfiledLikelihood, ratio: FloatArray, sigma2: FloatArray) -> FloatArray:
    """-2 log likelihood (B,) at given ratios and residual variances, up to a constant."""
    logs = np.log1p(profile.determinant[:, None] * ratio).sum(axis=0)
    return profile.df * np.log(sigma2) + logs + profile.residual_ss(ratio) / sigma2


def golden_minimum(
    function: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray
) -> FloatArray:
    """Smallest value (B,) of B one-dimensional functions, each between its ``low`` and ``high``."""
    inner, outer = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_inner, at_outer = function(inner), function(outer)
    for _ in range(_GOLDEN_STEPS):
        left = at_inner < at_outer
        low, high = np.where(left, low, inner), np.where(left, outer, high)
        fresh = np.where(left, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        value = function(fresh)
        inner, outer = np.where(left, fresh, outer), np.where(left, inner, fresh)
        at_inner, at_outer = np.where(left, value, at_outer), np.where(left, at_inner, value)
    return np.minimum(at_inner, at_outer)


def correlation_many(A: FloatArray, B: FloatArray) -> Answers:
    """Pearson correlations (B,) of matching columns, with the t test of zero."""
    a, b = A - A.mean(axis=0), B - B.mean(axis=0)
    r = np.sum(a * b, axis=0) / np.sqrt(np.sum(a**2, axis=0) * np.sum(b**2, axis=0))
    none = np.full(r.shape, np.nan)
    return Answers(r, none, correlation_p(r, A.shape[0] - 2), none, none)


def correlation_p(r: FloatArray, df: int) -> FloatArray:
    """Two-sided p of the t test that a correlation is zero."""
    return np.asarray(2 * special.stdtr(df, -np.abs(r) * np.sqrt(df / (1 - r**2))))
