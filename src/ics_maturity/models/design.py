"""Arrays that every estimator can trust: checked responses, design columns and groups."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def vector(values: ArrayLike, name: str, length: int | None = None) -> FloatArray:
    """``values`` as a one-dimensional float array without missing or infinite values.

    Raises:
        ValueError: when it has another shape, another length, or a value that is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name}: expected one dimension, found shape {array.shape}")
    if length is not None and array.size != length:
        raise ValueError(f"{name}: expected {length} values, found {array.size}")
    _finite(array, name)
    return array


def columns(values: ArrayLike, name: str, rows: int) -> FloatArray:
    """``values`` as a float matrix of ``rows`` rows; one-dimensional input is one column.

    Raises:
        ValueError: when the rows do not match or a value is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[0] != rows:
        raise ValueError(f"{name}: expected {rows} rows, found shape {array.shape}")
    _finite(array, name)
    return array


def full_rank(X: ArrayLike, rows: int) -> FloatArray:
    """Design matrix whose columns carry separate information.

    Raises:
        ValueError: when a column is a combination of the others, so that no coefficient
            can be attributed to it.
    """
    matrix = columns(X, "design matrix", rows)
    if matrix.shape[1] >= rows:
        raise ValueError(
            f"design matrix: {matrix.shape[1]} columns need more than {rows} observations"
        )
    scale = np.linalg.norm(matrix, axis=0)
    if matrix.shape[1] and (
        np.any(scale == 0) or np.linalg.matrix_rank(matrix / scale) < matrix.shape[1]
    ):
        raise ValueError(
            "design matrix: its columns are linearly dependent; leave out a constant column, "
            "a duplicate, or the reference category of a set of indicators"
        )
    return matrix


def with_intercept(*parts: ArrayLike) -> FloatArray:
    """Design matrix: a column of ones, then ``parts`` (each one column or several)."""
    if not parts:
        raise ValueError("with_intercept needs at least one column to know the number of rows")
    rows = np.asarray(parts[0]).shape[0]
    return np.column_stack([np.ones(rows), *(columns(p, "covariate", rows) for p in parts)])


def indicators(labels: Sequence[object] | NDArray, reference: object = None) -> FloatArray:
    """Columns of 0 and 1, one per sorted label; the ``reference`` label is left out.

    Raises:
        ValueError: when ``reference`` is given and does not occur.
    """
    names, codes = group_codes(labels)
    matrix = np.equal(codes[:, None], np.arange(len(names))[None, :]).astype(np.float64)
    if reference is None:
        return matrix
    if reference not in names:
        raise ValueError(f"reference category {reference!r} does not occur among {list(names)}")
    return matrix[:, [name != reference for name in names]]


def group_codes(
    labels: Sequence[object] | NDArray, length: int | None = None
) -> tuple[NDArray, IntArray]:
    """Sorted distinct labels and, per row, the position of its label among them.

    Raises:
        ValueError: when a label is missing or the length differs from ``length``.
    """
    array = np.asarray(labels)
    if array.dtype == object:
        if any(label is None or label != label for label in array):
            raise ValueError("group labels: a label is missing")
        array = array.astype(str)
    if array.ndim != 1 or (length is not None and array.size != length):
        raise ValueError(f"group labels: expected {length} labels, found shape {array.shape}")
    if array.dtype.kind == "f":
        _finite(array, "group labels")
    names, codes = np.unique(array, return_inverse=True)
    return names, codes.astype(np.int64)


def group_sums(values: FloatArray, codes: IntArray, groups: int) -> FloatArray:
    """Sum of each column of ``values`` (n,) or (n, k) within each group: (groups,) or (groups, k).

    Work and memory are linear in the number of rows.
    """
    if values.ndim == 1 or values.shape[1] == 1:
        sums = np.bincount(codes, weights=values.reshape(-1), minlength=groups)
        return sums.astype(np.float64).reshape(groups, *values.shape[1:])
    # Row g of a sparse matrix of ones names the members of group g.
    ends = np.cumsum(np.bincount(codes, minlength=groups))
    members = np.argsort(codes, kind="stable"), np.concatenate([[0], ends])
    matrix = csr_array((np.ones(codes.size), *members), shape=(groups, codes.size))
    return np.asarray(matrix @ values)


def _finite(array: NDArray, name: str) -> None:
    bad = np.flatnonzero(~np.isfinite(array).reshape(array.shape[0], -1).all(axis=1))
    if bad.size:
        raise ValueError(
            f"{name}: {bad.size} missing or infinite value(s), the first in row {bad[0]}; "
            "leave such rows out before fitting"
        )
