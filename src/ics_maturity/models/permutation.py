"""Permutation tests of a regression that keep what is not being tested in place."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ics_maturity.models.design import (
    FloatArray,
    IntArray,
    columns,
    group_codes,
    group_sums,
    vector,
)
from ics_maturity.models.variance import random_intercept

_CHUNK = 2_000_000  # numbers held at once; keeps memory flat however many rows there are


@dataclass(frozen=True)
class PermutationTest:
    """F statistic of the tested columns with its permutation p-value."""

    statistic: float
    df: tuple[int, int]
    p: float
    draws: int


def freedman_lane(
    y: ArrayLike,
    tested: ArrayLike,
    nuisance: ArrayLike,
    rng: np.random.Generator,
    blocks: ArrayLike | None = None,
    draws: int = 9_999,
) -> PermutationTest:
    """Do the ``tested`` columns matter beyond the ``nuisance`` columns?

    Residuals of the fit on ``nuisance`` (n, k; with its intercept) are permuted, within
    ``blocks`` where given, and added back to that fit. Tested columns that the nuisance
    columns already determine are left out; the degrees of freedom say how many remain.

    Source: Freedman & Lane 1983, Journal of Business & Economic Statistics 1:292-298;
    comparison of such schemes: Winkler et al. 2014, NeuroImage 92:381-397.

    Raises:
        ValueError: when nothing is left to test or no residual degree of freedom remains.
    """
    share, null, df = permuted_shares(y, tested, nuisance, rng, blocks=blocks, draws=draws)
    return PermutationTest(
        statistic=share / (1 - share) * df[1] / df[0],
        df=df,
        p=float((1 + np.sum(at_least(null, share))) / (draws + 1)),
        draws=draws,
    )


def label_permutation(
    y: ArrayLike,
    covariate: ArrayLike,
    groups: ArrayLike,
    rng: np.random.Generator,
    nuisance: ArrayLike | None = None,
    draws: int = 9_999,
) -> PermutationTest:
    """Would another assignment of a group-level covariate to the groups do as well?

    Group means are weighted as :func:`weighted_means` says, so that their residuals are
    exchangeable under the null; then :func:`freedman_lane` permutes them over the groups.
    ``nuisance`` (n, k; without an intercept) is held in place through its group means.
    """
    means = weighted_means(y, covariate, groups, nuisance)
    return freedman_lane(*means, rng, draws=draws)


def weighted_means(
    y: ArrayLike, covariate: ArrayLike, groups: ArrayLike, nuisance: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Group means of response (G,), covariate (G, 1) and nuisance with intercept (G, k + 1).

    Each is multiplied by the square root of the precision that the random-intercept model
    without the covariate gives its group: a mean of two providers says less than one of
    sixteen, and unweighted means would not be exchangeable.
    """
    response = vector(y, "response")
    names, codes = group_codes(np.asarray(groups), response.size)
    held = np.ones((response.size, 1))
    if nuisance is not None:
        held = np.column_stack([held, columns(nuisance, "nuisance", response.size)])
    null = random_intercept(response, held, groups)
    root = np.sqrt(1 / (null.tau2 + null.sigma2 / null.group_sizes))
    data = np.column_stack([response, vector(covariate, "covariate", response.size), held])
    means = group_sums(data, codes, len(names)) * (root / null.group_sizes)[:, None]
    return means[:, 0], means[:, 1:2], means[:, 2:]


def permuted_shares(
    y: ArrayLike,
    tested: ArrayLike,
    nuisance: ArrayLike,
    rng: np.random.Generator,
    *,
    blocks: ArrayLike | None = None,
    draws: int,
) -> tuple[float, FloatArray, tuple[int, int]]:
    """Share of residual variation the tested columns explain: observed, and null (draws,).

    The share is F written so that it stays finite; the last item is F's degrees of freedom.
    """
    response = vector(y, "response")
    n = response.size
    held = basis(columns(nuisance, "nuisance", n))
    fresh = columns(tested, "tested columns", n)
    fresh = basis(fresh - held @ (held.T @ fresh), np.linalg.norm(fresh, axis=0).max())
    df = (fresh.shape[1], n - held.shape[1] - fresh.shape[1])
    if df[0] < 1:
        raise ValueError("permutation: the nuisance columns already determine the tested ones")
    if df[1] < 1:
        raise ValueError("permutation: no residual degree of freedom is left")
    residual = response - held @ (held.T @ response)
    total = float(residual @ residual)
    if total <= 1e-24 * float(response @ response):
        raise ValueError("permutation: the nuisance columns explain the response completely")
    codes = np.zeros(n, np.int64) if blocks is None else group_codes(np.asarray(blocks), n)[1]
    null = np.empty(draws)
    done = 0
    for order in orders(codes, draws, rng):
        moved = residual[order]
        explained = np.sum((moved @ fresh) ** 2, axis=1)
        leaked = np.sum((moved @ held) ** 2, axis=1)
        null[done : done + len(order)] = explained / (total - leaked)
        done += len(order)
    return float(np.sum((fresh.T @ residual) ** 2)) / total, null, df


def at_least(null: FloatArray, observed: float | FloatArray) -> np.ndarray:
    """Where a permuted statistic reaches the observed one; rounding counts as equal."""
    return null >= np.asarray(observed) * (1 - 1e-10)


def orders(codes: IntArray, draws: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Row orders (chunk, n) that permute rows within their block."""
    chunk = max(1, _CHUNK // codes.size)
    sorted_rows = np.argsort(codes, kind="stable")
    edges = np.flatnonzero(np.diff(codes[sorted_rows])) + 1
    for start in range(0, draws, chunk):
        count = min(chunk, draws - start)
        order = np.empty((count, codes.size), np.int64)
        for rows in np.split(sorted_rows, edges):
            order[:, rows] = rng.permuted(np.tile(rows, (count, 1)), axis=1)
        yield order


def basis(matrix: FloatArray, scale: float | None = None) -> FloatArray:
    """Orthonormal basis of the columns; directions lost to rounding are dropped."""
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    limit = 1e-9 * (values.max(initial=0.0) if scale is None else scale)
    return left[:, values > limit]
