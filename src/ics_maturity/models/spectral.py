"""The one-dimensional heart of the random-intercept model.

For y = X b + u_group + e with var(u) = lambda sigma2 and var(e) = sigma2, the part of y that
is free of b depends on lambda only through the eigenvalues of M Z Z' M, where Z assigns rows
to groups and M removes X (Patterson & Thompson 1971, Biometrika 58:545-554; Crainiceanu &
Ruppert 2004, JRSS B 66:165-185). At most one eigenvalue per group is not zero, so after one
pass over the rows the likelihood for every lambda, and for many responses at once, costs
almost nothing. That is why one exact search replaces a general-purpose optimiser.
"""

from dataclasses import dataclass, replace

import numpy as np

from ics_maturity.models.design import BoolArray, FloatArray, IntArray, group_sums

_GRID = np.concatenate([[0.0], np.logspace(-8, 8, 161)])
_STEPS = 60  # most of a search; nearly all end after five or six
_SETTLED = 1e-9  # relative step of Newton's method after which the next is rounding error
_ZERO = 1e-12  # relative; below it a number is rounding error


@dataclass(frozen=True)
class ProfiledLikelihood:
    """-2 log likelihood of lambda alone, up to a constant, for B responses at once.

    It is df log(residual sum of squares at lambda) + sum log(1 + lambda d). REML has the
    eigenvalues as d and n - p as df; maximum likelihood has the group weights and n.
    """

    eigenvalues: FloatArray  # (K,)
    squares: FloatArray  # (K, B): squared projection of each response on each eigenvector
    total: FloatArray  # (B,): residual sum of squares at lambda = 0
    df: int
    determinant: FloatArray  # d above

    def at(self, ratio: FloatArray) -> FloatArray:
        """Criterion (B,) at the ratios ``ratio`` (B,)."""
        logs = np.log1p(self.determinant[:, None] * ratio).sum(axis=0)
        return self.df * np.log(self.residual_ss(ratio)) + logs

    def residual_ss(self, ratio: FloatArray) -> FloatArray:
        """Generalised residual sum of squares (B,) at the ratios ``ratio`` (B,)."""
        product = self.eigenvalues[:, None] * ratio
        return self.total - np.sum(self.squares * (product / (1 + product)), axis=0)

    def best_ratio(self) -> FloatArray:
        """Ratios lambda >= 0 (B,) at the minimum; exactly 0 where the boundary is lowest.

        The grid finds the lowest basin; in it Newton's method on the derivative finds the bottom,
        to machine precision. A step that would leave the bracket halves it instead.
        """
        product = _GRID[:, None] * self.eigenvalues
        rss = self.total - (product / (1 + product)) @ self.squares
        logs = np.log1p(_GRID[:, None] * self.determinant).sum(axis=1, keepdims=True)
        lowest = np.argmin(self.df * np.log(rss) + logs, axis=0)
        above = (lowest > 0) | (self._slopes(np.zeros(lowest.shape))[0] < 0)
        best = np.zeros(lowest.shape)
        if above.any():
            best[above] = self._only(above)._bottom(lowest[above])
        return best

    def _only(self, which: BoolArray) -> "ProfiledLikelihood":
        """The same of some of the responses."""
        return replace(self, squares=self.squares[:, which], total=self.total[which])

    def _bottom(self, lowest: IntArray) -> FloatArray:
        """Ratios (B,) of slope 0 between the grid's neighbours of its ``lowest`` points."""
        low, high = _GRID[np.maximum(lowest - 1, 0)], _GRID[np.minimum(lowest + 1, _GRID.size - 1)]
        ratio = np.where(lowest > 0, _GRID[lowest], high / 2)
        for _ in range(_STEPS):
            slope, bend = self._slopes(ratio)
            low, high = np.where(slope > 0, low, ratio), np.where(slope > 0, ratio, high)
            with np.errstate(divide="ignore", invalid="ignore"):  # no bend: the bracket is halved
                step = ratio - slope / bend
            within = (low <= step) & (step <= high)
            before, ratio = ratio, np.where(within, step, (low + high) / 2)
            if np.all(np.abs(ratio - before) <= _SETTLED * ratio):
                break
        return ratio

    def _slopes(self, ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
        """First and second derivative of the criterion in lambda at ``ratio`` (B,)."""
        values, weights = self.eigenvalues[:, None], self.determinant[:, None]
        scaled = 1 / (1 + values * ratio)
        rss = self.total - np.sum(self.squares * (1 - scaled), axis=0)
        fall = self.squares * values * scaled**2
        falling = fall.sum(axis=0) / rss
        own = weights / (1 + weights * ratio)
        slope = own.sum(axis=0) - self.df * falling
        bend = self.df * (2 * np.sum(fall * values * scaled, axis=0) / rss - falling**2)
        return slope, bend - np.sum(own**2, axis=0)


@dataclass(frozen=True)
class GroupSpectrum:
    """What B responses in G groups say about lambda once X (p columns) is projected out."""

    eigenvalues: FloatArray  # (K,), the positive ones
    squares: FloatArray  # (K, B)
    total: FloatArray  # (B,)
    weights: FloatArray  # (G,): z'z per group, the group size when z is one
    basis_sums: FloatArray  # (G, p): z-weighted group sums of an orthonormal basis of X
    response_sums: FloatArray  # (G, B): z-weighted group sums of the responses
    basis_responses: FloatArray  # (p, B): basis' responses
    triangle: FloatArray  # (p, p): X = basis @ triangle
    rows: int

    @property
    def df(self) -> int:
        """Rows less columns of X."""
        return self.rows - self.triangle.shape[0]

    @property
    def log_det_xx(self) -> float:
        """log |X'X|."""
        return float(2 * np.sum(np.log(np.abs(np.diag(self.triangle)))))

    def reml(self) -> ProfiledLikelihood:
        """Restricted likelihood of lambda."""
        return ProfiledLikelihood(
            self.eigenvalues, self.squares, self.total, self.df, self.eigenvalues
        )

    def ml(self) -> ProfiledLikelihood:
        """Ordinary likelihood of lambda."""
        return ProfiledLikelihood(
            self.eigenvalues, self.squares, self.total, self.rows, self.weights
        )

    def gls(self, ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Coefficients (B, p) and their covariance divided by sigma2 (B, p, p)."""
        weights = ratio / (1 + self.weights[:, None] * ratio)
        identity = np.eye(self.triangle.shape[0])
        precision = identity - np.einsum(
            "gb,gp,gq->bpq", weights, self.basis_sums, self.basis_sums, optimize=True
        )
        moment = self.basis_responses - self.basis_sums.T @ (weights * self.response_sums)
        back = np.linalg.inv(self.triangle)
        inverse = np.linalg.inv(precision)
        beta = np.einsum("pq,bqr,rb->bp", back, inverse, moment, optimize=True)
        return beta, back @ inverse @ back.T


def group_spectrum(
    Y: FloatArray, X: FloatArray, codes: IntArray, groups: int, z: FloatArray | None = None
) -> GroupSpectrum:
    """Project X out of the responses ``Y`` (n, B) and find the spectrum of the groups.

    ``z`` (n,) is the column each row adds to its group's random effect; ones by default.
    Work is linear in the number of rows.

    Raises:
        ValueError: when no row is left to tell the residual from the group variance, or the
            responses do not vary within groups.
    """
    weight = np.ones(Y.shape[0]) if z is None else z
    basis, triangle = np.linalg.qr(X)
    basis_responses = basis.T @ Y
    residual = Y - basis @ basis_responses
    basis_sums = group_sums(basis * weight[:, None], codes, groups)
    residual_sums = group_sums(residual * weight[:, None], codes, groups)
    weights = group_sums(weight**2, codes, groups)
    values, squares = _projections(weights, basis_sums, residual_sums)
    total = np.sum(residual**2, axis=0)
    if Y.shape[0] - X.shape[1] <= values.size or values.size == 0:
        raise ValueError(
            "variance components: the groups and the covariates use up all degrees of freedom; "
            "at least one group needs two rows, and at least one group a mean of its own"
        )
    if np.any(total - squares.sum(axis=0) <= _ZERO * total):
        raise ValueError("variance components: the response does not vary within groups")
    return GroupSpectrum(
        eigenvalues=values,
        squares=squares,
        total=total,
        weights=weights,
        basis_sums=basis_sums,
        response_sums=residual_sums + basis_sums @ basis_responses,
        basis_responses=basis_responses,
        triangle=triangle,
        rows=Y.shape[0],
    )


def _projections(
    weights: FloatArray, basis_sums: FloatArray, sums: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Positive eigenvalues (K,) of diag(weights) - basis_sums basis_sums' and squares (K, B).

    Among groups of one weight, every direction that X does not reach is an eigenvector, with the
    weight as its eigenvalue. So the eigenproblem is at most as large as p times the number of
    different weights, however many groups there are. Of directions that share an eigenvalue only
    the sum of squares counts: the first of them carries it all.
    """
    reached, spared = [], []
    for weight in np.unique(weights):
        members = weights == weight
        reach, own = basis_sums[members], sums[members]
        turn = np.linalg.qr(reach)[0] if len(reach) > reach.shape[1] else np.eye(len(reach))
        turned = turn.T @ own
        reached.append((np.full(len(turned), weight), turn.T @ reach, turned))
        more = np.zeros((len(own) - len(turned), own.shape[1]))
        more[:1] = np.maximum(np.sum(own**2, axis=0) - np.sum(turned**2, axis=0), 0) / weight
        spared.append((np.full(len(more), weight), more))
    diagonal, basis, turned = (np.concatenate(parts) for parts in zip(*reached, strict=True))
    values, vectors = np.linalg.eigh(np.diag(diagonal) - basis @ basis.T)
    keep = values > _ZERO * weights.max()
    squares = (vectors[:, keep].T @ turned) ** 2 / values[keep, None]
    others, more = (np.concatenate(parts) for parts in zip(*spared, strict=True))
    return np.concatenate([values[keep], others]), np.concatenate([squares, more])
