"""The smallest effects that a round's design could have shown, to stand beside every null.

The same numbers wherever they are printed: each comes from a stream of random numbers of its own.
"""

import numpy as np

from ics_maturity import frames
from ics_maturity.errors import InputError
from ics_maturity.geography import border_weights
from ics_maturity.models import power, rurality
from ics_maturity.models.design import (
    FloatArray,
    IntArray,
    group_codes,
    indicators,
    with_intercept,
)
from ics_maturity.models.power import Detectable
from ics_maturity.models.variance import random_intercept
from ics_maturity.page import Page

_WORDS = {
    "rurality.mde80": "slope found in 80% of simulated worlds, REML, t(G-2)",
    "rurality.mde80_direct": "slope at equal settings found in 80% of simulated worlds",
    "rurality.mde80_bend": "distance from the line, where it is largest, found in 80% of worlds",
    "mix.mde80_spread": "standard deviation between systems found in 80% of simulated worlds",
    "mix.mde80_type": "standard deviation of type differences inside systems, 80% of worlds",
    "mix.mde80_additivity": "standard deviation of what settings do otherwise, 80% of worlds",
    "space.mde80": "mean Moran's I (shared borders) found in 80% of simulated worlds",
}


def detectable(page: Page, now: frames.Round, reference: str) -> dict[str, Detectable]:
    """Smallest effects found four times out of five, by the name of the result.

    Variances are those found in the round; what the returns cannot be asked is left out.

    Args:
        page: gives the map and the random numbers.
        now: the round.
        reference: the care setting others are compared with.
    """
    providers = now.providers
    score, rural = (providers[name].to_numpy(float) for name in ("score", "rural_share"))
    names, ics = group_codes(providers["ics_code"].to_numpy())
    settings = providers[[s for s in now.settings if s != reference]].to_numpy(float)
    designs = {"rurality.mde80": with_intercept(rural),
               "rurality.mde80_direct": with_intercept(rural, settings)}  # fmt: skip
    found = {}
    for name, X in designs.items():
        fit = random_intercept(score, X, ics)
        found[name] = power.slope(X, ics, 1, fit.tau2, fit.sigma2, page.rng(name))
    if (bend := rurality.bend_column(rural, ics)) is not None:
        found["rurality.mde80_bend"] = _bend(page, score, with_intercept(rural, bend), ics)
    own = random_intercept(score, np.ones((score.size, 1)), ics).sigma2
    name = "mix.mde80_spread"
    found[name] = power.group_spread(ics, own, page.rng(name))
    found |= _kinds(page, now, ics, reference, own)
    weights = _borders(page, names.tolist())
    if weights is not None:
        found["space.mde80"] = power.neighbours(weights, page.rng("space.mde80"))
    return found


def name_detectable(page: Page, now: frames.Round, reference: str) -> dict[str, Detectable]:
    """:func:`detectable`, each effect named, with its simulation error as an interval."""
    found = detectable(page, now, reference)
    for name, one in found.items():
        unit = "Moran's I" if name.startswith("space.") else "points"
        page.result(name, one.value, low=one.value - 1.96 * one.se, high=one.value + 1.96 * one.se,
                    unit=unit, n=one.worlds, method=_WORDS[name])  # fmt: skip
    return found


def _bend(page: Page, score: FloatArray, X: FloatArray, ics: IntArray) -> Detectable:
    """In points at the system furthest from the straight line."""
    fit = random_intercept(score, X, ics)
    name = "rurality.mde80_bend"
    found = power.slope(X, ics, 2, fit.tau2, fit.sigma2, page.rng(name), group_columns=3)
    line, bend = X[:, :2], X[:, 2]
    furthest = float(np.abs(bend - line @ np.linalg.lstsq(line, bend, rcond=None)[0]).max())
    return Detectable(found.value * furthest, found.se * furthest, found.worlds)


def _kinds(
    page: Page, now: frames.Round, ics: IntArray, reference: str, sigma2: float
) -> dict[str, Detectable]:
    """Of provider types, and of settings that make another difference in another system."""
    found = {}
    types = indicators(now.providers["provider_type"].to_numpy())[:, 1:]
    if types.shape[1]:
        name = "mix.mde80_type"
        found[name] = power.kinds_within(types, ics, sigma2, page.rng(name))
    codes = now.providers["provider_code"]
    filed = (now.rows["care_setting"] == reference).groupby(now.rows["provider_code"]).mean()
    share = filed.reindex(codes).to_numpy(float)
    if np.ptp(share) > 0:
        name = "mix.mde80_additivity"
        found[name] = power.kinds_within(
            indicators(ics) * share[:, None], ics, sigma2, page.rng(name), nuisance=share
        )
    return found


def _borders(page: Page, codes: list[str]) -> FloatArray | None:
    """Weights of neighbours; none where a system has no neighbour among those present."""
    try:
        return border_weights(page.read("adjacency"), codes).to_numpy(float)
    except InputError:
        return None
