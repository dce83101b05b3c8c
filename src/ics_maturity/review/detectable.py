"""The smallest changes that a pair of rounds, or a round scored twice, could have shown."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ics_maturity.models.change import expected_spearman
from ics_maturity.models.design import FloatArray
from ics_maturity.models.many_pairs import resampled, spearman_bca
from ics_maturity.models.power import Detectable, FoundTooSeldomError, paired, searched
from ics_maturity.models.variance import random_intercept

_RESAMPLES = 199
_HALVINGS = 8  # to a three-hundredth, less than the simulation error
_SURELY_FOUND = 0.9  # a lasting correlation of .1


def detectable_change(pairs: pd.DataFrame, rng: np.random.Generator) -> Detectable:
    """Smallest mean change (after less before) found four times out of five at this design.

    By simulation, with the variances of the changes found between systems and within them.
    """
    change = (pairs["after"] - pairs["before"]).to_numpy(float)
    ics = pairs["ics_code"].to_numpy()
    fit = random_intercept(change, np.ones((change.size, 1)), ics)
    return paired(ics, fit.tau2, fit.sigma2, rng)


def detectable_reordering(
    ics: ArrayLike, reliability: float, rng: np.random.Generator, worlds: int = 100
) -> Detectable | None:
    """Smallest fall from 1 of the correlation of lasting scores that the rank order shows, if any.

    Found four times out of five: the interval of the rank correlation (BCa over systems) then ends
    below what error of measurement alone would leave, as the claims ladder asks. Worlds have one
    normal score per organisation in each round, read with error at the assumed reliability.
    """
    codes = np.asarray(ics)
    lasting, fresh, error, later = rng.standard_normal((4, codes.size, worlds))
    seed = int(rng.integers(2**32))

    def read(score: FloatArray, noise: FloatArray) -> FloatArray:
        return np.sqrt(reliability) * score + np.sqrt(1 - reliability) * noise

    # The first reading and its resamples are the same for every fall, so that more is found the
    # further it is.
    stream = np.random.default_rng(seed)
    worlds_read = list(resampled(read(lasting, error), codes, stream, _RESAMPLES))

    def below(fall: float) -> FloatArray:
        moved = (1 - fall) * lasting + np.sqrt(1 - (1 - fall) ** 2) * fresh
        found = spearman_bca(worlds_read, read(moved, later), codes)
        return expected_spearman(reliability) - found.high

    try:
        return searched(below, 0.0, _SURELY_FOUND, _HALVINGS)
    except FoundTooSeldomError:
        return None
