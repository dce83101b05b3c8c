"""Every method that the report prints, put to many worlds at once."""

from dataclasses import dataclass

import numpy as np

from ics_maturity.models import many, many_areas, many_pairs
from ics_maturity.models.design import FloatArray, group_sums, indicators
from ics_maturity.models.inference import cr1_errors, cr2_errors, cv3_errors, hc_errors
from ics_maturity.models.many import Answers
from ics_maturity.models.regression_to_mean import blomqvist
from ics_maturity.models.spectral import group_spectrum
from ics_maturity.models.variance_intervals import (
    boundary_p,
    likelihood_ratio,
    null_likelihood_ratios,
)
from ics_maturity.stress.worlds import RELIABILITY, SLOPE, Study, World

RESAMPLES = 599


@dataclass(frozen=True)
class Method:
    """A method the report prints.

    ``question``: what it is asked; ``words``: estimator and reference distribution; ``role``:
    primary, check, or not used; ``bound``: it promises false positives in at most one world of
    twenty, so that fewer break no promise.
    """

    name: str
    question: str
    words: str
    role: str
    bound: bool = False

    @property
    def why(self) -> str:
        """Why it is not used, whatever these worlds say of it; empty where it is used."""
        return _WHY.get(self.name, "")


_SKEWED = (
    "with few areas the statistic is skewed, so that the normal distribution rejects too readily; "
    "the permutation is at hand"
)
_NESTED = "takes providers of one system as separate facts"
_WHY = {
    "z": "takes both variances as known; the fewer the systems, the more this matters, and t costs "
    "nothing",
    "cr1": "its errors are too small where systems are few and of unequal size",
    "ols": _NESTED,
    "paired_t": _NESTED,
    "moran_normal": _SKEWED,
    "moran_residual_normal": _SKEWED,
    "pillars_single": "looks once for each pillar and pays for none of the looks",
    "brown_forsythe": "takes two readings of one organisation as two organisations, and so hardly "
    "ever finds anything",
    "naive_r": "readings with error make it negative by construction",
}
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
    Method("moran", "neighbours alike", "Moran's I of means, permutation", "primary"),
    Method("moran_normal", "neighbours alike", "Moran's I of means, normal", "not used"),
    Method("moran_residual", "neighbours alike", "Moran's I of residuals, permutation", "primary"),
    Method("moran_residual_normal", "neighbours alike", "Moran's I of residuals, normal",
           "not used"),
    Method("pillars_holm", "slope of any pillar", "REML, Holm", "primary", bound=True),
    Method("pillars_bh", "slope of any pillar", "REML, Benjamini-Hochberg", "check",
           bound=True),
    Method("pillars_max_t", "slope of any pillar", "permutation, max-T", "check"),
    Method("pillars_single", "slope of any pillar", "REML, not corrected", "not used"),
    Method("oldham", "spread or catching up", "Oldham's r (Pitman-Morgan)", "primary"),
    Method("bonett_seier", "spread or catching up", "Bonett-Seier, normal", "check"),
    Method("brown_forsythe", "spread or catching up", "Brown-Forsythe, as if unpaired",
           "not used"),
    Method("naive_r", "spread or catching up", "change against the starting score", "not used"),
    Method("blomqvist", "spread or catching up", "Blomqvist's slope, CR2 by system", "primary"),
    Method("spearman", "rank order", "Spearman, BCa over systems", "primary"),
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
        **_neighbours(study, world.score, rng, draws),
        **_pillars(study, world.pillars, rng, draws),
        **_readings(*world.readings),
        **_slow_readings(study, *world.readings, world.again, rng),
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


def _neighbours(
    study: Study, Y: FloatArray, rng: np.random.Generator, draws: int
) -> dict[str, Answers]:
    if study.borders is None:
        return {}
    sizes = np.bincount(study.ics)[:, None]
    means, X = (group_sums(x, study.ics, study.systems) / sizes for x in (Y, study.total))
    plain = many_areas.moran_many(means, study.borders, rng, draws)
    residual = many_areas.moran_residuals_many(means, X, study.borders, rng, draws)
    names = ("moran_normal", "moran", "moran_residual_normal", "moran_residual")
    return {
        name: many.p_answers(p) for name, p in zip(names, (*plain, *residual), strict=True)
    }  # fmt: skip


def _pillars(
    study: Study, pillars: FloatArray, rng: np.random.Generator, draws: int
) -> dict[str, Answers]:
    """The smallest corrected p: at most .05, any pillar is called a finding."""
    if len(pillars) < 2:
        return {}
    single = np.array([
        many.reml_many(Y, study.total, study.ics, SLOPE, study.systems - 2)[0].p for Y in pillars
    ])  # fmt: skip
    together = many.smallest_max_t_many(list(pillars), study.rural, study.ics, rng, draws)
    return {
        "pillars_single": many.p_answers(single.min(axis=0)),
        # The smallest p after Holm's correction is the smallest times the number of pillars.
        "pillars_holm": many.p_answers(np.minimum(len(pillars) * single.min(axis=0), 1.0)),
        "pillars_bh": many.p_answers(smallest_false_discovery(single)),
        "pillars_max_t": many.p_answers(together),
    }


def smallest_false_discovery(p: FloatArray) -> FloatArray:
    """Smallest adjusted p (B,) of Benjamini and Hochberg's correction of K tests (K, B)."""
    places = np.arange(1, len(p) + 1)[:, None]
    return np.asarray(np.min(np.sort(p, axis=0) * len(p) / places, axis=0))


def _readings(before: FloatArray, after: FloatArray) -> dict[str, Answers]:
    return {
        "oldham": many_pairs.variance_ratio_many(before, after),
        "bonett_seier": many_pairs.bonett_seier_many(before, after),
        "brown_forsythe": many.p_answers(many_pairs.brown_forsythe_many(before, after)),
        "naive_r": many.correlation_many(after - before, before),
    }


def _slow_readings(
    study: Study, before: FloatArray, after: FloatArray, wanted: bool, rng: np.random.Generator
) -> dict[str, Answers]:
    """Methods whose design differs from world to world: in the cell without any effect alone."""
    if not wanted:
        return {}
    slopes = [
        blomqvist(x, y, study.ics, (RELIABILITY,))[0]
        for x, y in zip(before.T, after.T, strict=True)
    ]
    none = np.full(len(slopes), np.nan)
    ends = np.array([(one.slope, one.low, one.high) for one in slopes]).T
    p = np.where((ends[1] <= 0) & (ends[2] >= 0), 1.0, 0.0)  # 0 where the interval leaves out 0
    return {
        "blomqvist": Answers(ends[0], none, p, ends[1], ends[2]),
        "spearman": many_pairs.spearman_bca_many(before, after, study.ics, rng, RESAMPLES),
    }
