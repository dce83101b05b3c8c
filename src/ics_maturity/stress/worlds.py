"""Worlds with a known truth at the real design, and what every printed estimator says of them.

The systems, their providers, the settings these file for and the rural shares are the real
ones; only the scores are drawn. A provider's score is a level, its planted effects, something
its system shares and something of its own, with the variances found in the returns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import product

import numpy as np

from ics_maturity.frames import Round
from ics_maturity.models import many
from ics_maturity.models.design import (
    FloatArray,
    IntArray,
    group_codes,
    group_sums,
    indicators,
    with_intercept,
)
from ics_maturity.models.inference import cr1_errors, cr2_errors, cv3_errors, hc_errors
from ics_maturity.models.many import Answers
from ics_maturity.models.spectral import group_spectrum
from ics_maturity.models.variance import random_intercept
from ics_maturity.models.variance_intervals import (
    boundary_p,
    likelihood_ratio,
    null_likelihood_ratios,
)
from ics_maturity.simulate.truth import Truth

SLOPE = 1  # position of the rural share in every design
LEVEL = 2.4  # points; no estimator depends on it
RELIABILITY = 0.8  # of one reading, where two readings of one score are drawn
LARGE_SLOPE, MODERATION = -0.7, -0.2  # points of 1 to 5, the effects planted in the demo returns
USUAL_SPAN = 4.0  # highest less lowest score of the scale from 1 to 5


@dataclass(frozen=True, eq=False)
class Study:
    """What is given in every world: one row per provider, systems numbered from 0.

    ``ics`` and ``rural`` (n,); ``filed`` (n, s) indicators of the settings other than the
    reference; ``kinds`` (n, k) indicators of provider types but one; ``mix`` (n,) what the
    planted setting effects add to a provider's score, in points; ``tau2`` and ``sigma2`` the
    variances between and within systems; ``margins`` of the slope and of moderation; ``unit``
    the points of this scale that make one on the scale from 1 to 5.
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
    now: Round, reference: str, margins: tuple[float, float],
    effects: Mapping[str, float] | None = None,
) -> Study:  # fmt: skip
    """The design of one round, with the variances found in it.

    Args:
        now: the round.
        reference: care setting the others are compared with.
        margins: of equivalence, of the slope and of moderation.
        effects: planted effect of each care setting, in points; the simulator's by default.
    """
    planted = Truth().setting_effects if effects is None else effects
    providers = now.providers
    _, codes = group_codes(providers["ics_code"].to_numpy())
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
    )


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

    All arrays are (n, B), in points.
    """

    score: FloatArray
    readings: tuple[FloatArray, FloatArray]
    moderation: FloatArray


def draw_worlds(study: Study, cell: Cell, rng: np.random.Generator, worlds: int) -> World:
    """Draw ``worlds`` worlds of one cell."""
    shape, systems = (study.ics.size, worlds), (study.systems, worlds)
    tau, sigma = np.sqrt(cell.between * study.tau2), np.sqrt(study.sigma2)
    shared = tau * _noise(rng, systems, cell.noise, skewed=True)
    own = sigma * _noise(rng, shape, cell.noise)
    if cell.noise == "rough":
        wide = np.where(study.rural > np.median(study.rural), 1.25, 1.0)
        own *= (wide / np.sqrt(np.mean(wide**2)))[:, None]
    expected = LEVEL + cell.rurality * study.rural + cell.mix * study.mix
    score = expected[:, None] + shared[study.ics] + own
    error = np.sqrt((1 - RELIABILITY) * (study.tau2 + study.sigma2))
    lasting = expected[:, None] + shared[study.ics]
    lasting += np.sqrt(max(study.sigma2 - error**2, 0.0)) * rng.standard_normal(shape)
    truth = Truth()
    reviewers = study.unit * truth.sd_moderation_system * rng.standard_normal(systems)
    changed = study.unit * truth.sd_moderation * rng.standard_normal(shape)
    return World(
        score=score,
        readings=(lasting + error * rng.standard_normal(shape),
                  lasting + error * rng.standard_normal(shape)),
        moderation=cell.moderation + reviewers[study.ics] + changed,
    )  # fmt: skip


def _noise(
    rng: np.random.Generator, shape: tuple[int, int], kind: str, skewed: bool = False
) -> FloatArray:
    """Noise of mean 0 and variance 1."""
    if kind == "normal":
        return rng.standard_normal(shape)
    if skewed:
        return rng.standard_exponential(shape) - 1
    return rng.standard_t(5, shape) / np.sqrt(5 / 3)


@dataclass(frozen=True)
class Method:
    """A method the report prints.

    ``question``: slope, direct slope, mix, spread, moderation, regression; ``role``: primary,
    check, or not used (shown to say why); ``tests``: which hypothesis its p is about.
    """

    name: str
    question: str
    words: str
    role: str


METHODS = (
    Method("reml", "rurality slope", "REML, t(G-2)", "primary"),
    Method("cr2", "rurality slope", "CR2, Satterthwaite t", "check"),
    Method("cv3", "rurality slope", "CV3 jackknife, t(G-1)", "check"),
    Method("hc3", "rurality slope", "HC3 on system means", "check"),
    Method("wild", "rurality slope", "wild cluster bootstrap, Webb", "check"),
    Method("permutation", "rurality slope", "permutation of system labels", "check"),
    Method("z", "rurality slope", "REML, normal", "not used"),
    Method("cr1", "rurality slope", "CR1, normal", "not used"),
    Method("ols", "rurality slope", "least squares, systems ignored", "not used"),
    Method("tost", "rurality slope", "equivalence, REML, t(G-2)", "primary"),
    Method("direct_reml", "slope at equal settings", "REML, t(G-2)", "primary"),
    Method("direct_cr2", "slope at equal settings", "CR2, Satterthwaite t", "check"),
    Method("direct_cv3", "slope at equal settings", "CV3 jackknife, t(G-1)", "check"),
    Method("direct_wild", "slope at equal settings", "wild cluster bootstrap, Webb", "check"),
    Method("direct_permutation", "slope at equal settings", "permutation of system labels",
           "check"),
    Method("type", "provider mix", "permutation within systems", "primary"),
    Method("tau2", "spread between systems", "exact likelihood ratio", "primary"),
    Method("tau2_mixture", "spread between systems", "50:50 chi-square mixture", "check"),
    Method("tau", "spread between systems", "profile interval", "primary"),
    Method("moderation", "moderation", "paired, CR2 by system", "primary"),
    Method("sign_flip", "moderation", "sign flip of whole systems", "primary"),
    Method("moderation_tost", "moderation", "equivalence, CR2", "primary"),
    Method("paired_t", "moderation", "paired t, systems ignored", "not used"),
    Method("oldham", "regression to the mean", "Oldham's r (Pitman-Morgan)", "primary"),
    Method("naive_r", "regression to the mean", "change against the starting score", "not used"),
)  # fmt: skip


def answers(study: Study, world: World, rng: np.random.Generator, draws: int) -> dict[str, Answers]:
    """What every method of :data:`METHODS` says of each world.

    Args:
        study: what is given.
        world: B drawn worlds.
        rng: source of permutations, weights and signs.
        draws: how many of each.
    """
    return {
        **_slopes(study, world.score, rng, draws),
        **_direct_slopes(study, world.score, rng, draws),
        **_spread(study, world.score, rng, draws),
        **_moderation(study, world.moderation, rng, draws),
        **_regression(*world.readings),
    }


def _slopes(
    study: Study, Y: FloatArray, rng: np.random.Generator, draws: int
) -> dict[str, Answers]:
    X, ics, systems = study.total, study.ics, study.systems
    sizes = np.bincount(ics)[:, None]
    reml, _, _ = many.reml_many(Y, X, ics, SLOPE, systems - 2)
    on_means = hc_errors(group_sums(X, ics, systems) / sizes)
    return {
        "reml": reml,
        "z": many.t_answers(reml.estimate, reml.se, np.inf),
        "tost": many.tost_answers(reml, systems - 2, study.margins[0]),
        "cr2": many.sandwich_many(cr2_errors(X, ics), Y, SLOPE),
        "cv3": many.sandwich_many(cv3_errors(X, ics), Y, SLOPE),
        "cr1": many.sandwich_many(cr1_errors(X, ics), Y, SLOPE),
        "hc3": many.sandwich_many(on_means, group_sums(Y, ics, systems) / sizes, SLOPE),
        "ols": many.ordinary_many(Y, X, SLOPE),
        "wild": many.p_answers(many.wild_bootstrap_many(Y, X, ics, SLOPE, rng, draws)),
        "permutation": many.p_answers(
            many.label_permutation_many(Y, study.rural, ics, rng, draws=draws)
        ),
    }


def _direct_slopes(
    study: Study, Y: FloatArray, rng: np.random.Generator, draws: int
) -> dict[str, Answers]:
    X, ics = study.direct, study.ics
    if not study.filed.shape[1]:  # all file for one setting: the slope is the same
        return {}
    return {
        "direct_reml": many.reml_many(Y, X, ics, SLOPE, study.systems - 2)[0],
        "direct_cr2": many.sandwich_many(cr2_errors(X, ics), Y, SLOPE),
        "direct_cv3": many.sandwich_many(cv3_errors(X, ics), Y, SLOPE),
        "direct_wild": many.p_answers(many.wild_bootstrap_many(Y, X, ics, SLOPE, rng, draws)),
        "direct_permutation": many.p_answers(
            many.label_permutation_many(Y, study.rural, ics, rng, study.filed, draws)
        ),
    }


def _spread(
    study: Study, Y: FloatArray, rng: np.random.Generator, draws: int
) -> dict[str, Answers]:
    """Mix and spread between systems; both models leave rurality out, as the report does."""
    ics, ones = study.ics, np.ones((study.ics.size, 1))
    systems = indicators(ics)
    spectrum = group_spectrum(Y, ones, ics, study.systems)
    exact, mixture = boundary_p(
        likelihood_ratio(spectrum.reml()), null_likelihood_ratios(spectrum, rng, 5 * draws)
    )
    covered = many.group_deviation_covered(Y, ones, ics, float(np.sqrt(study.tau2)))
    found = {}
    if study.kinds.shape[1]:
        types = many.freedman_lane_many(Y, study.kinds, systems, rng, blocks=ics, draws=draws)
        found["type"] = many.p_answers(types)
    return found | {
        "tau2": many.p_answers(exact),
        "tau2_mixture": many.p_answers(mixture),
        "tau": many.p_answers(np.where(covered, 1.0, 0.0)),
    }


def _moderation(
    study: Study, D: FloatArray, rng: np.random.Generator, draws: int
) -> dict[str, Answers]:
    ones = np.ones((study.ics.size, 1))
    paired = cr2_errors(ones, study.ics)
    found = many.sandwich_many(paired, D, 0)
    signs = rng.choice([-1.0, 1.0], size=(draws, study.systems))
    return {
        "moderation": found,
        "sign_flip": many.p_answers(many.sign_flip_many(D, study.ics, signs)),
        "moderation_tost": many.tost_answers(found, float(paired.df[0]), study.margins[1]),
        "paired_t": many.ordinary_many(D, ones, 0),
    }


def _regression(before: FloatArray, after: FloatArray) -> dict[str, Answers]:
    change = after - before
    return {
        "oldham": many.correlation_many(change, before + after),
        "naive_r": many.correlation_many(change, before),
    }


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
    }
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
    true = {"oldham", "naive_r"}
    if cell.mix == 0 and cell.rurality == 0 and cell.between == 1:
        true |= {m.name for m in METHODS if "slope" in m.question} - {"tost"} | {"tau"}
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
