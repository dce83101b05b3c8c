"""Are the chances of a tier honest? Worlds with a known truth, at the real numbers of providers.

500 worlds for each question. Of all systems given a chance of 70 to 80% for a tier, 70 to 80%
should belong there; the same for every tenth. Tiers are the five lowest (and not) and three equal
ones.

What is true differs by view. Under view A it is the level of a system, around which its providers
scatter; under view B the mean of its providers' true scores, of which the returns are readings.
Whatever the page estimates is estimated here as well: the spread within systems, the error of a
reading (from the agreement of seven parts), the spread and the mean of the systems.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ics_maturity.models import measurement, targeting
from ics_maturity.models.design import group_codes
from ics_maturity.models.reliability import reliability
from ics_maturity.models.targeting import Rule
from ics_maturity.simulate import Truth, demo_design, draw
from ics_maturity.simulate.estimands import by_provider
from ics_maturity.simulate.returns import setting_profiles
from ics_maturity.support import Scored
from ics_maturity.support.honesty import DEMO_KEPT, DEMO_WORLDS, Kept

pytestmark = pytest.mark.slow

WORLDS = 500
DRAWS = 500
RULES = (Rule("lowest", 5), Rule("quantiles", 3))
REAL2, ERROR2, PARTS = 0.105, 0.03, 7  # points squared; near the returns of 2025


@dataclass(frozen=True)
class World:
    """One world: its truth by view, and the parts of every provider's score (providers, parts)."""

    truth: dict[str, np.ndarray]
    parts: np.ndarray


def scored_from(parts: np.ndarray, system: np.ndarray) -> Scored:
    """Crude scores as the page has them, from arrays: worlds are many."""
    score, sizes = parts.mean(axis=1), np.bincount(system)
    value = np.bincount(system, score) / sizes
    df = score.size - sizes.size
    variance = float(np.sum((score - value[system]) ** 2) / df)
    sem = measurement.consistency(parts).sem
    return Scored(
        codes=tuple(map(str, range(sizes.size))),
        used=value,
        estimate=value,
        covariance=np.diag(variance / sizes),
        df=df,
        error_shares={"a": 1.0, "b": min(1.0, sem**2 / variance)},
    )


def tenths(worlds: list[World], system: np.ndarray, view: str) -> pd.DataFrame:
    """Stated chances of every tier against what was so, over the worlds."""
    stated, happened = [], []
    for number, world in enumerate(worlds):
        scored = scored_from(world.parts, system)
        allowed = scored.worlds(view, np.random.default_rng(number), DRAWS)
        chances = [targeting.tier_probabilities(allowed, rule) for rule in RULES]
        true = [targeting.assign(world.truth[view], rule) for rule in RULES]
        stated.append(np.concatenate([p.ravel() for p in chances]))
        happened.append(
            np.concatenate(
                [
                    (tier[:, None] == np.arange(rule.tiers)).ravel()
                    for tier, rule in zip(true, RULES, strict=True)
                ]
            )
        )
    return reliability(np.array(stated), np.array(happened)).set_index("low")


def normal_worlds(system: np.ndarray, spreads: np.ndarray) -> list[World]:
    """Systems, providers and readings from normal distributions; one spread of systems a world."""
    rng = np.random.default_rng(11)
    sizes = np.bincount(system)
    found = []
    for spread in spreads:
        level = 2.4 + spread * rng.standard_normal(sizes.size)
        true = level[system] + np.sqrt(REAL2) * rng.standard_normal(system.size)
        noise = np.sqrt(PARTS * ERROR2) * rng.standard_normal((system.size, PARTS))
        mean = np.bincount(system, true) / sizes
        found.append(World({"a": level, "b": mean}, true[:, None] + noise))
    return found


@pytest.fixture(scope="module")
def system(root: Path) -> np.ndarray:
    """The system of each provider, as published."""
    providers = pd.read_csv(root / "data" / "raw" / "reference" / "providers.csv")
    codes = group_codes(providers["ics_code"].to_numpy())[1]
    assert (codes.max() + 1, codes.size) == (42, 204)
    return codes


@pytest.mark.parametrize("view", ["a", "b"])
def test_chances_keep_their_word_over_small_and_large_spreads(
    system: np.ndarray, view: str
) -> None:
    """Standard deviations of systems from 0 to 0.3 points, an ICC of up to 0.4."""
    spreads = 0.3 * np.random.default_rng(12).random(WORLDS)
    found = tenths(normal_worlds(system, spreads), system, view)
    gap = (found["happened"] - found["stated"]).abs()
    assert len(found) == 10
    assert (gap <= 3 * found["se"] + 0.02).all(), found
    assert 0.70 <= found["happened"].iloc[7] <= 0.80


@pytest.mark.parametrize("view", ["a", "b"])
def test_chances_at_the_spread_of_the_returns(system: np.ndarray, view: str) -> None:
    found = tenths(normal_worlds(system, np.full(WORLDS, 0.12)), system, view)
    assert 0.70 <= found["happened"].iloc[7] <= 0.80


def demo_world(seed: int, rural: np.ndarray) -> World:
    """A world of the simulator: whole domains, rounded pillars, settings and rurality planted.

    ``rural``: rural share of each provider's system, shape (providers,).
    """
    truth, design = Truth(), replace(demo_design(), rural=rural)
    place = truth.rurality_slope * (rural - truth.rural_centre)
    mix = by_provider(setting_profiles(truth).mean(axis=1)[design.setting], design)
    later = draw(truth, seed, design)
    own = later.effects.provider + later.effects.occasion[-1]
    level = by_system(place) + later.effects.system
    parts = np.column_stack([by_provider(p, design) for p in later.pillars_2025.T])
    return World({"a": level, "b": level + by_system(own + mix)}, parts)


def by_system(values: np.ndarray) -> np.ndarray:
    """Mean over the providers of each system of the demo design."""
    system = demo_design().system
    return np.bincount(system, values) / np.bincount(system)


@pytest.fixture(scope="module")
def demo_worlds() -> list[World]:
    assert WORLDS == DEMO_WORLDS
    return [demo_world(seed, demo_design().rural) for seed in range(WORLDS)]


@pytest.mark.parametrize("view", ["a", "b"])
def test_chances_in_worlds_of_the_demo_truth(demo_worlds: list[World], view: str) -> None:
    found = tenths(demo_worlds, demo_design().system, view)
    assert 0.70 <= found["happened"].iloc[7] <= 0.80


def high_chances(worlds: list[World], view: str) -> tuple[float, float]:
    """Of chances of a half or more to be among the five lowest: mean stated, share that was so."""
    stated, happened = [], []
    for number, world in enumerate(worlds):
        scored = scored_from(world.parts, demo_design().system)
        allowed = scored.worlds(view, np.random.default_rng(number), DRAWS)
        stated.append(targeting.tier_probabilities(allowed, RULES[0])[:, 0])
        happened.append(targeting.supported(world.truth[view], RULES[0]))
    high = np.array(stated) >= 0.5
    return float(np.array(stated)[high].mean()), float(np.array(happened)[high].mean())


def test_high_chances_err_under_view_a_where_small_systems_score_low(
    demo_worlds: list[World],
) -> None:
    """The page says so with these numbers: an assumption that fails, and what it costs.

    Rural systems of the demo design are small and score lower, while the calculation takes levels
    and numbers of providers to be unrelated. With the same rural shares dealt out at random, in
    every world anew, chances keep their word (one standard error is .02).
    """
    stated, happened = high_chances(demo_worlds, "a")
    assert Kept(round(stated, 2), round(happened, 2)) == DEMO_KEPT["small_low"]
    design, rng = demo_design(), np.random.default_rng(5)
    shares = by_system(design.rural)
    dealt = [demo_world(seed, rng.permutation(shares)[design.system]) for seed in range(WORLDS)]
    stated, happened = high_chances(dealt, "a")
    assert Kept(round(stated, 2), round(happened, 2)) == DEMO_KEPT["dealt_out"]
    assert abs(stated - happened) < 0.04


def test_high_chances_keep_their_word_under_view_b(demo_worlds: list[World]) -> None:
    """Its truth is the mean of the providers there are, of which even a small system shows most."""
    stated, happened = high_chances(demo_worlds, "b")
    assert Kept(round(stated, 2), round(happened, 2)) == DEMO_KEPT["view_b"]
