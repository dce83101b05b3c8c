"""Does every printed p-value keep its promise at the real design?

2,000 worlds without any effect, in the 42 systems with their real numbers of providers and
real rural shares. A p-value at most .05 must come up in .03 to .07 of them; 95% intervals must
cover in .93 to .97. (Three standard errors of such a share are .015.) Variances are planted at
the size seen in the 2025 returns.

The methods of the stress test (slopes, types, moderation, spread, pillars, neighbours) are held to
the same bands at the same design by test_stress_promises, many worlds at once.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ics_maturity.models.coarse import jackknife_coefficient, rounding_interval
from ics_maturity.models.design import group_codes, group_sums, with_intercept
from ics_maturity.models.likeforlike import additivity_test, standard_mix, standardised
from ics_maturity.models.mix import setting_differences
from ics_maturity.models.ranks import rank_sets
from ics_maturity.models.rurality import curvature_test
from ics_maturity.models.shrinkage import posterior_intervals
from ics_maturity.models.space import border_weights, moran, moran_residuals, nearest_weights
from ics_maturity.models.variance_intervals import profile_intervals

pytestmark = pytest.mark.slow

WORLDS = 2_000
DRAWS = 199  # with 199 draws a p-value of .05 is exactly the tenth of 200
TAU2, SIGMA2 = 0.015, 0.135  # points squared
SIZE = (0.03, 0.07)
COVERAGE = (0.93, 0.97)


@dataclass(frozen=True)
class Design:
    """The real systems: one row per provider, and per system its neighbours."""

    ics: np.ndarray
    rural: np.ndarray
    kind: np.ndarray
    borders: np.ndarray
    nearest: np.ndarray

    @property
    def X(self) -> np.ndarray:  # noqa: N802 - the field's name
        return with_intercept(self.rural)

    def by_system(self, values: np.ndarray) -> np.ndarray:
        sizes = np.bincount(self.ics)
        return group_sums(values, self.ics, sizes.size) / (
            sizes if values.ndim == 1 else sizes[:, None]
        )

    def scores(self, rng: np.random.Generator, tau2: float = TAU2) -> np.ndarray:
        systems = np.sqrt(tau2) * rng.standard_normal(self.ics.max() + 1)
        return 2.4 + systems[self.ics] + np.sqrt(SIGMA2) * rng.standard_normal(self.ics.size)


@pytest.fixture(scope="module")
def design(root: Path) -> Design:
    folder = root / "data" / "raw" / "reference"
    providers = pd.read_csv(folder / "providers.csv")
    shares = pd.read_csv(folder / "rurality.csv").query("definition == 'ruc2021'")
    borders = pd.read_csv(folder / "adjacency.csv")
    names, codes = group_codes(providers["ics_code"].to_numpy())
    rural = providers["ics_code"].map(shares.set_index("ics_code")["rural_share"]).to_numpy()
    centres = pd.read_csv(folder / "centroids.csv").set_index("ics_code").loc[names]
    first_word = providers["trust_type"].str.split().str[0]
    kind = first_word.where(first_word.map(first_word.value_counts()) >= 5, "Other").to_numpy()
    assert (len(names), len(providers)) == (42, 204)
    pairs = list(zip(borders["ics_code_a"], borders["ics_code_b"], strict=True))
    return Design(
        ics=codes,
        rural=rural,
        kind=kind,
        borders=border_weights(pairs, names.tolist()),
        nearest=nearest_weights(centres[["x", "y"]]),
    )


def acute_half(d):
    return (d.kind == "Acute") * np.where(np.arange(d.kind.size) % 4 == 0, 0.5, 1.0)


P_VALUES = {
    "curvature": lambda y, d, rng: curvature_test(y, d.rural, d.ics).p,
    "additivity": lambda y, d, rng: additivity_test(y, acute_half(d), d.ics, rng, DRAWS).p,
    "moran_normal": lambda y, d, rng: moran(d.by_system(y), d.borders).p_greater,
    "moran_nearest": lambda y, d, rng: moran(d.by_system(y), d.nearest).p_greater,
    "moran_residual_normal": lambda y, d, rng: (
        moran_residuals(d.by_system(y), d.by_system(d.X), d.borders).p_greater
    ),
    "rounded_means": lambda y, d, rng: (
        jackknife_coefficient(
            *rounding_interval(np.round(d.by_system(y), 1), 1), d.by_system(d.X), 1
        ).p
    ),
}


def rejections(p: list[float]) -> float:
    return float(np.mean(np.array(p) <= 0.05 + 1e-12))


@pytest.mark.parametrize("name", P_VALUES)
def test_false_positive_rate(design, name):
    rng = np.random.default_rng(2_025)
    p = [P_VALUES[name](design.scores(rng), design, rng) for _ in range(WORLDS)]
    assert SIZE[0] <= rejections(p) <= SIZE[1]


def returns_of(design: Design, y: np.ndarray, rng: np.random.Generator) -> tuple:
    """A second, near-identical return of every third acute provider."""
    again = np.flatnonzero((design.kind == "Acute") & (np.arange(design.kind.size) % 3 == 0))
    row = np.concatenate([np.arange(y.size), again])
    setting = np.concatenate([design.kind, np.full(again.size, "Community")])
    return y[row] + 0.09 * rng.standard_normal(row.size), row, setting


def test_within_and_between_setting_differences(design):
    rng = np.random.default_rng(5)
    within, between = [], []
    for _ in range(WORLDS):
        score, row, setting = returns_of(design, design.scores(rng, tau2=0.0), rng)
        found = setting_differences(score, setting, row, reference="Acute")
        within.append(found.within["Community"].p)
        between.append(found.between["Community"].p)
    assert SIZE[0] <= rejections(within) <= SIZE[1]
    assert SIZE[0] <= rejections(between) <= SIZE[1]


def test_profile_intervals_cover(design):
    rng = np.random.default_rng(7)
    ones = np.ones((design.ics.size, 1))
    covered = []
    for _ in range(WORLDS):
        found = profile_intervals(design.scores(rng), ones, design.ics)
        covered.append(
            [
                found.tau[0] <= np.sqrt(TAU2) <= found.tau[1],
                found.sigma[0] <= np.sqrt(SIGMA2) <= found.sigma[1],
            ]
        )
    for share in np.mean(covered, axis=0):
        assert COVERAGE[0] <= share <= COVERAGE[1]


def test_standardised_and_shrunken_scores_cover_and_rank_sets_hold(design):
    """Intervals are exact on average over systems; rank sets may only err on the wide side."""
    rng = np.random.default_rng(8)
    standard, shrunken, marginal, simultaneous = [], [], [], []
    for world in range(WORLDS // 2):
        systems = np.sqrt(TAU2) * rng.standard_normal(42)
        y = systems[design.ics] + np.sqrt(SIGMA2) * rng.standard_normal(design.ics.size)
        score, row, setting = returns_of(design, y, rng)
        fit = standardised(score, design.ics[row], setting, standard_mix(setting), row)
        standard.append(np.mean(np.abs(fit.estimate - systems) <= 1.96 * fit.se))
        low, high = posterior_intervals(fit.estimate, fit.covariance, rng, draws=1_000)
        shrunken.append(np.mean((low <= systems) & (systems <= high)))
        if world % 5 == 0:
            sets = rank_sets(fit.estimate, fit.covariance, rng, draws=1_000)
            rank = 1 + np.sum(systems[None, :] > systems[:, None], axis=1)
            inside = (sets.marginal_low <= rank) & (rank <= sets.marginal_high)
            marginal.append(inside.mean())
            simultaneous.append(
                np.all((sets.simultaneous_low <= rank) & (rank <= sets.simultaneous_high))
            )
    assert COVERAGE[0] <= np.mean(standard) <= COVERAGE[1]
    assert COVERAGE[0] <= np.mean(shrunken) <= COVERAGE[1]
    assert np.mean(marginal) >= COVERAGE[0]
    assert np.mean(simultaneous) >= COVERAGE[0]
