"""Do the printed probabilities keep their word in worlds whose truth is known?"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ics_maturity.models import targeting
from ics_maturity.models.change import spearman_r
from ics_maturity.models.design import BoolArray, FloatArray
from ics_maturity.models.reliability import reliability
from ics_maturity.models.targeting import Rule
from ics_maturity.support.scored import Scored

_FEWEST = 5  # systems
_Z = 1.959963984540054  # normal quantile of .975


@dataclass(frozen=True)
class Kept:
    """A mean stated chance, and the share that belonged, of all chances of a half or more."""

    stated: float
    happened: float


# Chances of being among the five lowest in as many worlds of the demo's simulator: too long to draw
# for a page. tests/slow/test_support_worlds.py draws them and holds these numbers.
DEMO_WORLDS = 500
DEMO_KEPT = {
    "small_low": Kept(0.62, 0.53),  # view A; rural systems small and low, as the simulator has them
    "dealt_out": Kept(0.65, 0.64),  # view A; the same rural shares dealt out at random
    "view_b": Kept(0.77, 0.78),
}


@dataclass(frozen=True)
class Calibration:
    """What was stated and what was so, over worlds with a known truth.

    ``bins`` is the frame of :func:`ics_maturity.models.reliability.reliability` for the probability
    of belonging to the supported group. ``stated_wrong`` and ``actual_wrong``: mean number of wrong
    picks that the calculation stated, and that there were.
    """

    bins: pd.DataFrame
    stated_wrong: float
    actual_wrong: float
    worlds: int


def calibration(
    scored: Scored,
    view: str,
    rule: Rule,
    rng: np.random.Generator,
    worlds: int,
    draws: int = 500,
) -> Calibration:
    """Probabilities of support against who truly belonged, over worlds like the one at hand.

    Each world draws true scores from what the data allow, lets them be read with error at the real
    numbers of providers, estimates the variance of the readings anew, and runs the whole
    calculation on the readings alone.
    """
    truth = scored.worlds(view, rng, worlds)
    readings = scored.reread(truth, view, rng)
    factors = rng.chisquare(scored.df, worlds) / scored.df
    stated = np.empty(truth.shape)
    for world in range(worlds):
        seen = replace(
            scored, estimate=readings[world], covariance=factors[world] * scored.covariance
        )
        allowed = seen.worlds(view, rng, draws)
        stated[world] = targeting.tier_probabilities(allowed, rule)[:, 0]
    return compare(stated, targeting.supported(truth, rule), targeting.supported(readings, rule))


def size_correlation(scored: Scored, sizes: pd.Series) -> tuple[float, float, float] | None:
    """Rank correlation of systems' scores with their numbers of providers, and its 95% interval.

    The chances take the two to be unrelated. ``None`` with fewer than five systems, or where all
    systems have equally many providers. ``sizes``: providers by system.

    Source of the interval: Fieller, Hartley & Pearson 1957, Biometrika 44:470-481.
    """
    r = spearman_r(scored.estimate, sizes.reindex(list(scored.codes)).to_numpy(float))
    k = len(scored.codes)
    if k < _FEWEST or math.isnan(r):
        return None
    middle = math.atanh(r) if abs(r) < 1 else math.copysign(math.inf, r)
    half = _Z * math.sqrt(1.06 / (k - 3))
    return r, math.tanh(middle - half), math.tanh(middle + half)


def compare(stated: FloatArray, belongs: BoolArray, picked: BoolArray) -> Calibration:
    """The comparison from arrays (worlds, k): probabilities, who belonged, who was picked."""
    return Calibration(
        bins=reliability(stated, belongs),
        stated_wrong=float(np.sum((1 - stated)[picked]) / len(stated)),
        actual_wrong=float(np.sum(picked & ~belongs) / len(stated)),
        worlds=len(stated),
    )
