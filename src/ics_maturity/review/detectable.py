"""The smallest changes that a pair of rounds, or a round scored twice, could have shown."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize

from ics_maturity.models.change import expected_spearman
from ics_maturity.models.design import FloatArray
from ics_maturity.models.many_pairs import Resampled, resampled, spearman_bca
from ics_maturity.models.power import Detectable, from_needed, paired
from ics_maturity.models.variance import random_intercept

_RESAMPLES = 199
_FURTHEST = 0.9  # a lasting correlation of .1
_FEWEST, _MOST = 40, 100
_ROWS = 500_000  # of all worlds together: so many organisations would else take minutes


def detectable_change(pairs: pd.DataFrame, rng: np.random.Generator) -> Detectable:
    """Smallest mean change (after less before) found four times out of five at this design.

    By simulation, with the variances of the changes found between systems and within them.
    """
    change = (pairs["after"] - pairs["before"]).to_numpy(float)
    ics = pairs["ics_code"].to_numpy()
    fit = random_intercept(change, np.ones((change.size, 1)), ics)
    return paired(ics, fit.tau2, fit.sigma2, rng)


def detectable_reordering(
    ics: ArrayLike, reliability: float, rng: np.random.Generator, worlds: int | None = None
) -> Detectable | None:
    """Smallest fall from 1 of the correlation of lasting scores that the rank order shows, if any.

    Found four times out of five: the interval of the rank correlation (BCa over systems) then ends
    below what error of measurement alone would leave, as the claims ladder asks. Worlds have one
    normal score per organisation in each round, read with error at the assumed reliability; they
    are 100 unless given, fewer for more than 5,000 organisations, and never fewer than 40.
    """
    codes = np.asarray(ics)
    worlds = worlds or int(np.clip(_ROWS // codes.size, _FEWEST, _MOST))
    seed = int(rng.integers(2**32))
    readings = rng.standard_normal((worlds, 4, codes.size))
    stream = np.random.default_rng(seed)
    needed = [_fall_needed(one, codes, reliability, stream) for one in readings]
    return from_needed(np.array(needed))


def _fall_needed(
    readings: FloatArray, codes: ArrayLike, reliability: float, rng: np.random.Generator
) -> float:
    """The fall from which on one world shows it; infinite if it shows none.

    ``readings`` (4, n) are the lasting score, what a later one may hold anew, and the errors of
    the first and second reading. The first reading and its resamples are the same for every fall.
    """
    lasting, fresh, error, later = readings[:, :, None]

    def read(score: FloatArray, noise: FloatArray) -> FloatArray:
        return np.sqrt(reliability) * score + np.sqrt(1 - reliability) * noise

    first = list(resampled(read(lasting, error), codes, rng, _RESAMPLES))

    def below(fall: float, first: Sequence[Resampled]) -> float:
        moved = (1 - fall) * lasting + np.sqrt(1 - (1 - fall) ** 2) * fresh
        found = spearman_bca(first, read(moved, later), codes)
        return expected_spearman(reliability) - float(found.high[0])

    if below(0.0, first) >= 0:
        return 0.0
    if below(_FURTHEST, first) < 0:
        return np.inf
    # What is in its function, brentq leaves to the collector of garbage; its arguments go at once.
    return float(optimize.brentq(below, 0.0, _FURTHEST, (first,), xtol=1e-4, rtol=0.01))
