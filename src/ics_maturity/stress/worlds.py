"""Worlds with a known truth at the real design, and what a method should say of each.

The systems, their providers, the settings these file for and the rural shares are the real
ones; only the scores are drawn. A provider's score is a level, its planted effects, something
its system shares and something of its own, with the variances found in the returns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from ics_maturity import geography
from ics_maturity.frames import Round
from ics_maturity.models.change import expected_spearman
from ics_maturity.models.design import (
    FloatArray,
    IntArray,
    group_codes,
    indicators,
    with_intercept,
)
from ics_maturity.models.inference import cr2_errors
from ics_maturity.models.variance import random_intercept
from ics_maturity.simulate.truth import Truth

SLOPE = 1  # position of the rural share in every design
LEVEL = 2.4  # points; no estimator depends on it
RELIABILITY = 0.8  # of one reading, where two readings of one score are drawn
LARGE_SLOPE, MODERATION = -0.7, -0.2  # points of 1 to 5, the effects planted in the demo returns
SLOPES = (
    "reml", "cr2", "cv3", "hc3", "wild", "permutation", "z", "cr1", "ols", "direct_reml",
    "direct_cr2", "direct_cv3", "direct_wild", "direct_permutation",
)  # fmt: skip
PILLARS = ("pillars_holm", "pillars_bh", "pillars_max_t", "pillars_single")
USUAL_SPAN = 4.0  # highest less lowest score of the scale from 1 to 5
_FEWEST = 6  # systems: with fewer, neighbours say nothing
_LEAST_ALIKE = 0.05  # pillars that share nothing make no score


@dataclass(frozen=True, eq=False)
class Study:
    """What is given in every world: one row per provider, systems numbered from 0.

    ``ics`` and ``rural`` (n,); ``filed`` (n, s) indicators of the settings other than the
    reference; ``kinds`` (n, k) indicators of provider types but one; ``mix`` (n,) what the
    planted setting effects add to a provider's score, in points; ``tau2`` and ``sigma2`` the
    variances between and within systems; ``margins`` of the slope and of moderation; ``unit``
    the points of this scale that make one on the scale from 1 to 5; ``borders`` (systems, systems)
    row-standardised weights of neighbours, none where some have no neighbour; ``parts`` how many
    pillars make a score and ``alike`` their mean correlation over providers.
    """

    ics: IntArray
    rural: FloatArray
    filed: FloatArray
    kinds: FloatArray
    mix: FloatArray
    tau2: float
    sigma2: float
    margins: tuple[float, float]
    unit: float = 1.0
    borders: FloatArray | None = None
    parts: int = 0
    alike: float = 1.0

    @property
    def error2(self) -> float:
        """Variance of a score that its pillars do not share: of reading it, under view B.

        Scores without pillars say nothing of it; it is 0 then.
        """
        if not self.parts:
            return 0.0
        alpha = self.parts * self.alike / (1 + (self.parts - 1) * self.alike)
        return (1 - alpha) * (self.tau2 + self.sigma2)

    @property
    def systems(self) -> int:
        return int(self.ics.max()) + 1

    @property
    def total(self) -> FloatArray:
        """Design (n, 2) of the total slope."""
        return with_intercept(self.rural)

    @property
    def direct(self) -> FloatArray:
        """Design (n, 2 + s) of the slope at equal settings."""
        return with_intercept(self.rural, self.filed)

    @property
    def review_df(self) -> float:
        """Degrees of freedom of a paired mean difference, CR2 by system."""
        return float(cr2_errors(np.ones((self.ics.size, 1)), self.ics).df[0])


def study_of(
    now: Round,
    reference: str,
    margins: tuple[float, float],
    effects: Mapping[str, float] | None = None,
    *,
    adjacency: pd.DataFrame | None = None,
    pillars: pd.DataFrame | None = None,
) -> Study:
    """The design of one round, with the variances found in it.

    Args:
        now: the round.
        reference: care setting the others are compared with.
        margins: of equivalence, of the slope and of moderation.
        effects: planted effect of each care setting, in points; the simulator's by default.
        adjacency: which systems border which; without it nobody's neighbours are asked about.
        pillars: score by provider and pillar; without it there are none.
    """
    planted = Truth().setting_effects if effects is None else effects
    providers = now.providers
    names, codes = group_codes(providers["ics_code"].to_numpy())
    unit = now.scale.span / USUAL_SPAN
    own = now.rows.assign(mix=now.rows["care_setting"].map(planted).fillna(0.0) * unit)
    mix = own.groupby("provider_code")["mix"].mean().reindex(providers["provider_code"])
    filed = providers[[s for s in now.settings if s != reference]].to_numpy(float)
    rural = providers["rural_share"].to_numpy(float)
    # Without the settings: what mix adds to the spread in the returns stays in the worlds.
    fit = random_intercept(providers["score"], with_intercept(rural), codes)
    return Study(
        ics=codes,
        rural=rural,
        filed=filed,
        kinds=indicators(providers["provider_type"].to_numpy())[:, 1:],
        mix=mix.to_numpy(float),
        tau2=fit.tau2,
        sigma2=fit.sigma2,
        margins=margins,
        unit=unit,
        borders=None if adjacency is None else _borders(adjacency, names.tolist()),
        **({} if pillars is None else _likeness(pillars)),
    )


def _borders(adjacency: pd.DataFrame, codes: list[str]) -> FloatArray | None:
    """Weights of neighbours in the order of ``codes``; none where one has no neighbour."""
    if len(codes) < _FEWEST or set(geography.bordering(adjacency, codes)) != set(codes):
        return None
    return geography.border_weights(adjacency, codes).loc[codes, codes].to_numpy(float)


def _likeness(pillars: pd.DataFrame) -> dict[str, Any]:
    """How many pillars there are, and their mean correlation."""
    count = pillars.shape[1]
    if count < 2:
        return {}
    r = np.corrcoef(pillars.to_numpy().T)
    alike = float(r[np.triu_indices(count, 1)].mean())
    return {"parts": count, "alike": min(max(alike, _LEAST_ALIKE), 1.0)}


@dataclass(frozen=True)
class Cell:
    """One combination of planted effects.

    ``mix``: times the planted setting effects; ``rurality`` and ``moderation``: points;
    ``between``: times the variance between systems; ``noise``: normal, or rough (skewed systems,
    heavy-tailed providers, wider spread where it is rural).
    """

    mix: float = 0.0
    rurality: float = 0.0
    moderation: float = 0.0
    between: float = 1.0
    noise: str = "normal"

    @property
    def bare(self) -> bool:
        """Whether nothing is planted but the spread found."""
        return (self.mix, self.rurality, self.moderation, self.between) == (0, 0, 0, 1)

    @property
    def again(self) -> bool:
        """Whether slow methods of paired readings, which only repeat it elsewhere, are asked."""
        return (self.mix, self.rurality, self.between, self.noise) == (0, 0, 1, "normal")

    @property
    def name(self) -> str:
        return "; ".join(f"{f.name} {getattr(self, f.name)}" for f in fields(self))


def planted_cells(margins: tuple[float, float], unit: float = 1.0) -> list[Cell]:
    """The grid: every combination of mix, rurality and moderation, and six cells beside it.

    ``unit`` is that of :class:`Study`; ``margins`` are on the scale at hand already.

    The first cell has no effect at all: there a low score that rises merely regresses to the
    mean. The cells beside are: effects exactly at either margin, no variance between systems, and
    rough noise without and with effects.
    """
    large, reviewed = LARGE_SLOPE * unit, MODERATION * unit
    crossed = [Cell(*one) for one in product((0.0, 1.0), (0.0, large), (0.0, reviewed))]
    slope, review = margins
    return [
        *crossed,
        Cell(rurality=-slope, moderation=-review),
        Cell(rurality=slope, moderation=review),
        Cell(between=0.0),
        Cell(between=0.0, moderation=reviewed),
        Cell(noise="rough"),
        Cell(rurality=large, noise="rough"),
    ]


@dataclass(frozen=True, eq=False)
class World:
    """B drawn worlds: provider scores, two noisy readings of one lasting score, review's changes.

    All arrays are (n, B), in points. ``pillars`` (K, n, B) have the score as their mean; they are
    drawn only where :attr:`Cell.bare`. ``again`` asks for the slow methods of paired readings.
    """

    score: FloatArray
    readings: tuple[FloatArray, FloatArray]
    moderation: FloatArray
    pillars: FloatArray
    again: bool


def draw_worlds(study: Study, cell: Cell, rng: np.random.Generator, worlds: int) -> World:
    """Draw ``worlds`` worlds of one cell."""
    shape, systems = (study.ics.size, worlds), (study.systems, worlds)
    tau, sigma = np.sqrt(cell.between * study.tau2), np.sqrt(study.sigma2)
    shared = tau * noise(rng, systems, cell.noise, skewed=True)
    own = sigma * noise(rng, shape, cell.noise)
    if cell.noise == "rough":
        wide = np.where(study.rural > np.median(study.rural), 1.25, 1.0)
        own *= (wide / np.sqrt(np.mean(wide**2)))[:, None]
    expected = LEVEL + cell.rurality * study.rural + cell.mix * study.mix
    score = expected[:, None] + shared[study.ics] + own
    error = np.sqrt((1 - RELIABILITY) * (study.tau2 + study.sigma2))
    lasting = expected[:, None] + shared[study.ics]
    lasting += np.sqrt(max(study.sigma2 - error**2, 0.0)) * noise(rng, shape, cell.noise)
    truth = Truth()
    reviewers = study.unit * truth.sd_moderation_system * rng.standard_normal(systems)
    changed = study.unit * truth.sd_moderation * rng.standard_normal(shape)
    return World(
        score=score,
        readings=(lasting + error * noise(rng, shape, cell.noise),
                  lasting + error * noise(rng, shape, cell.noise)),
        moderation=cell.moderation + reviewers[study.ics] + changed,
        pillars=score + _apart(study, study.parts if cell.bare else 0, rng, worlds),
        again=cell.again,
    )  # fmt: skip


def _apart(study: Study, parts: int, rng: np.random.Generator, worlds: int) -> FloatArray:
    """How far pillars (parts, n, B) lie from their mean, as alike as those found."""
    noise = rng.standard_normal((parts, study.ics.size, worlds))
    if parts:
        noise -= noise.mean(axis=0)
    return np.sqrt(parts * study.error2) * noise


def noise(
    rng: np.random.Generator, shape: tuple[int, int], kind: str, skewed: bool = False
) -> FloatArray:
    """Noise of mean 0 and variance 1."""
    if kind == "normal":
        return rng.standard_normal(shape)
    if skewed:
        return rng.standard_exponential(shape) - 1
    return rng.standard_t(5, shape) / np.sqrt(5 / 3)


def targets(study: Study, cell: Cell) -> dict[str, float]:
    """What each interval should hold in a cell: what its estimator finds with no noise at all.

    Where mix is planted, the total slope holds the part of mix that goes along with rurality,
    and estimators that weigh systems differently hold different parts of it.
    """
    expected = LEVEL + cell.rurality * study.rural + cell.mix * study.mix
    ics = study.ics
    means = np.array([np.bincount(ics, x) for x in study.total.T]).T / np.bincount(ics)[:, None]
    on_means = np.bincount(ics, expected) / np.bincount(ics)
    same = ics[:, None] == ics[None, :]
    V = cell.between * study.tau2 * same + study.sigma2 * np.eye(ics.size)
    found = {
        "reml": _gls(study.total, V, expected),
        "ols": _gls(study.total, np.eye(ics.size), expected),
        "hc3": _gls(means, np.eye(study.systems), on_means),
        "direct_reml": _gls(study.direct, V, expected),
        "direct_cr2": _gls(study.direct, np.eye(ics.size), expected),
        "moderation": cell.moderation,
        "paired_t": cell.moderation,
        "oldham": 1.0,
        "bonett_seier": 1.0,
        "blomqvist": 0.0,
    }
    if cell.again:
        found["spearman"] = expected_spearman(RELIABILITY)
    for like, others in (("reml", ("z",)), ("ols", ("cr2", "cv3", "cr1")),
                         ("direct_cr2", ("direct_cv3",))):  # fmt: skip
        found |= dict.fromkeys(others, found[like])
    return found


def _gls(X: FloatArray, V: FloatArray, y: FloatArray) -> float:
    weighted = np.linalg.solve(V, X).T
    return float(np.linalg.solve(weighted @ X, weighted @ y)[SLOPE])


def true_nulls(cell: Cell, margins: tuple[float, float]) -> set[str]:
    """The methods whose null hypothesis is true in a cell.

    Equivalence is tested against lying outside the margin, so its null is true at the margin.
    The profile interval "rejects" where it leaves out the planted value.
    """
    true = {"oldham", "bonett_seier", "brown_forsythe", "naive_r", "blomqvist"}
    if cell.mix == 0:
        true |= {"moran_residual", "moran_residual_normal"}
    if cell.mix == 0 and cell.rurality == 0 and cell.between == 1:
        true |= {*SLOPES, *PILLARS, "tau", "moran", "moran_normal"}
    if cell.mix == 0 and cell.between == 1:
        true.add("type")
    if cell.mix == 0 and cell.rurality == 0 and cell.between == 0:
        true |= {"tau2", "tau2_mixture"}
    if cell.moderation == 0:
        true |= {"moderation", "sign_flip", "paired_t"}
    if abs(cell.rurality) == margins[0] and cell.mix == 0:
        true.add("tost")
    if abs(cell.moderation) == margins[1]:
        true.add("moderation_tost")
    return true
