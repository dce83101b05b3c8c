"""Restricted wild cluster bootstrap: a p-value for few, unequal clusters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ics_maturity.models.design import full_rank, group_codes, group_sums, vector
from ics_maturity.models.permutation import at_least

WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])

_CHUNK = 1_000  # draws held at once, few enough to stay in the cache


@dataclass(frozen=True)
class WildBootstrap:
    """Symmetric p-value of one coefficient being zero, and the t statistic it refers to."""

    statistic: float
    p: float
    draws: int
    clusters: int


def wild_cluster_bootstrap(
    y: ArrayLike,
    X: ArrayLike,
    clusters: ArrayLike,
    position: int,
    rng: np.random.Generator,
    draws: int = 9_999,
) -> WildBootstrap:
    """Bootstrap the cluster-robust t of coefficient ``position`` with zero imposed.

    The residuals of the fit without the covariate keep their place; each draw multiplies those
    of a whole cluster by one of Webb's six weights. Everything a draw needs is linear in the
    weights, so all draws are a few products of (draws x clusters) matrices, and the cost per
    draw does not depend on the number of rows.

    Source: Cameron, Gelbach & Miller 2008, Review of Economics and Statistics 90:414-427;
    weights of Webb 2023, Canadian Journal of Economics 56:839-858.
    """
    response = vector(y, "response")
    design = full_rank(X, response.size)
    names, codes = group_codes(np.asarray(clusters), response.size)
    groups = len(names)
    tested = design[:, position]
    others = np.delete(design, position, axis=1)
    free = tested - others @ np.linalg.lstsq(others, tested, rcond=None)[0]
    restricted = response - others @ np.linalg.lstsq(others, response, rcond=None)[0]

    # With e the restricted residuals and w the weights: the coefficient is proportional to
    # sum w_g a_g; its cluster scores are w_g a_g - B_g (X'X)^-1 C'w.
    a = group_sums(free * restricted, codes, groups)
    B = group_sums(free[:, None] * design, codes, groups)
    C = group_sums(design * restricted[:, None], codes, groups)
    leak = C @ np.linalg.solve(design.T @ design, B.T)

    def squared_t(weights: np.ndarray) -> np.ndarray:
        scores = weights * a - weights @ leak
        return (weights @ a) ** 2 / np.sum(scores**2, axis=1)

    observed = float(squared_t(np.ones((1, groups)))[0])
    larger = 0
    for start in range(0, draws, _CHUNK):
        drawn = squared_t(rng.choice(WEBB, size=(min(_CHUNK, draws - start), groups)))
        larger += int(np.sum(at_least(drawn, observed)))
    correction = (groups - 1) / groups * (response.size - design.shape[1]) / (response.size - 1)
    return WildBootstrap(
        statistic=float(np.sign(a.sum()) * np.sqrt(observed * correction)),
        p=(1 + larger) / (draws + 1),
        draws=draws,
        clusters=groups,
    )
