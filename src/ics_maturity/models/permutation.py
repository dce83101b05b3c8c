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
    response = vector(y, "response")
    observed, null, df = permuted_shares(
        response[:, None], tested, nuisance, rng, blocks=blocks, draws=draws
    )
    share = float(observed[0])
    return PermutationTest(
        statistic=share / (1 - share) * df[1] / df[0],
        df=df,
        p=float((1 + np.sum(at_least(null[:, 0], share))) / (draws + 1)),
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

    Group means are weighted by the precision that the random-intercept model without the
    covariate gives them, so that their residuals are exchangeable under the null; then
    :func:`freedman_lane` permutes them over the groups. ``nuisance`` (n, k; without an
    intercept) is held in place through its group means.
    """
    response = vector(y, "response")
    names, codes = group_codes(np.asarray(groups), response.size)
    held = np.ones((response.size, 1))
    if nuisance is not None:
        held = np.column_stack([held, columns(nuisance, "nuisance", response.size)])
    null = random_intercept(response, held, groups)
    root = np.sqrt(1 / (null.tau2 + null.sigma2 / null.group_sizes))
    means = (
        group_sums(
            np.column_stack([response, columns(covariate, "covariate", response.size), held]),
            codes,
            len(names),
        )
        / null.group_sizes[:, None]
    )
    weighted = means * root[:, None]
    width = weighted.shape[1] - held.shape[1]
    return freedman_lane(
        weighted[:, 0], weighted[:, 1:width], weighted[:, width:], rng, draws=draws
    )


def permuted_shares(
    Y: FloatArray,
    tested: ArrayLike,
    nuisance: ArrayLike,
    rng: np.random.Generator,
    *,
    blocks: ArrayLike | None = None,
    draws: int,
) -> tuple[FloatArray, FloatArray, tuple[int, int]]:
    """Share of residual variation the tested columns explain: observed (K,), null (draws, K).

    All K responses of ``Y`` (n, K) are permuted together, which keeps their correlation.
    The share is F written so that it stays finite; the last item is F's degrees of freedom.
    """
    n = Y.shape[0]
    held = _basis(columns(nuisance, "nuisance", n))
    fresh = columns(tested, "tested columns", n)
    fresh = _basis(fresh - held @ (held.T @ fresh), np.linalg.norm(fresh, axis=0).max())
    df = (fresh.shape[1], n - held.shape[1] - fresh.shape[1])
    if df[0] < 1:
        raise ValueError("permutation: the nuisance columns already determine the tested ones")
    if df[1] < 1:
        raise ValueError("permutation: no residual degree of freedom is left")
    residual = Y - held @ (held.T @ Y)
    total = np.sum(residual**2, axis=0)
    if np.any(total <= 1e-24 * np.sum(Y**2, axis=0)):
        raise ValueError("permutation: the nuisance columns explain a response completely")
    observed = np.sum((fresh.T @ residual) ** 2, axis=0) / total
    codes = np.zeros(n, np.int64) if blocks is None else group_codes(np.asarray(blocks), n)[1]
    null = np.empty((draws, Y.shape[1]))
    done = 0
    for order in _orders(codes, draws, max(1, _CHUNK // (n * Y.shape[1])), rng):
        moved = residual[order]  # (chunk, n, K)
        explained = np.sum(np.einsum("cnk,nq->cqk", moved, fresh, optimize=True) ** 2, axis=1)
        leaked = np.sum(np.einsum("cnk,nq->cqk", moved, held, optimize=True) ** 2, axis=1)
        null[done : done + len(order)] = explained / (total - leaked)
        done += len(order)
    return observed, null, df


def at_least(null: FloatArray, observed: float | FloatArray) -> np.ndarray:
    """Where a permuted statistic reaches the observed one; rounding counts as equal."""
    return null >= np.asarray(observed) * (1 - 1e-10)


def _orders(
    codes: IntArray, draws: int, chunk: int, rng: np.random.Generator
) -> Iterator[IntArray]:
    """Row orders (chunk, n) that permute rows within their block."""
    sorted_rows = np.argsort(codes, kind="stable")
    edges = np.flatnonzero(np.diff(codes[sorted_rows])) + 1
    for start in range(0, draws, chunk):
        count = min(chunk, draws - start)
        order = np.empty((count, codes.size), np.int64)
        for rows in np.split(sorted_rows, edges):
            order[:, rows] = rng.permuted(np.tile(rows, (count, 1)), axis=1)
        yield order


def _basis(matrix: FloatArray, scale: float | None = None) -> FloatArray:
    """Orthonormal basis of the columns; directions lost to rounding are dropped."""
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    limit = 1e-9 * (values.max(initial=0.0) if scale is None else scale)
    return left[:, values > limit]
