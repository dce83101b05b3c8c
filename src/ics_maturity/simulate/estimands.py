"""What the estimators should find in the simulated returns, worked out from the truth.

:func:`expected` holds over all worlds of a design; :func:`this_world` for the effects that one
seed drew (the finite-sample truth). Estimates differ from the first by the luck of effects and
answers, from the second by the luck of answers alone.
"""

from typing import Any

import numpy as np
import pandas as pd

from ics_maturity.instruments.lattice import half_up
from ics_maturity.simulate.answers import EarlyRound
from ics_maturity.simulate.design import Design
from ics_maturity.simulate.difficulty import effect_variance, planted_section_means
from ics_maturity.simulate.domains import layout
from ics_maturity.simulate.organisations import country
from ics_maturity.simulate.questions import (
    Questionnaire,
    points,
    section_scores,
    theme_scores,
)
from ics_maturity.simulate.returns import ROUNDS, Later, setting_profiles
from ics_maturity.simulate.truth import SETTINGS, Truth

REVERSAL = 50  # points an answer on a lasting capability must fall to count as a reversal


def expected(truth: Truth, design: Design) -> dict[str, Any]:
    """Estimands over all worlds of a design, points of the 1-5 scale unless a name says else."""
    returns = expected_returns(truth, design, 2025)
    providers = by_provider(returns, design)
    system, provider = variances(truth, design)
    lasting = truth.sd_organisation**2 + truth.sd_theme**2 + truth.sd_section**2
    return {
        "mean_2025_over_returns": returns.mean(),
        "mean_2025_over_providers": providers.mean(),
        "mean_2023_moderated_over_providers": by_provider(
            expected_returns(truth, design, 2023), design
        ).mean(),
        "change_2024_2025": truth.levels[2025] - truth.levels[2024],
        "moderation_effect": truth.moderation_effect,
        "setting_effects_published_2025": dict(zip(SETTINGS, setting_effects(truth), strict=True)),
        "setting_effects_between_providers_2025": dict(
            zip(SETTINGS, _between_providers(returns, design), strict=True)
        ),
        "rurality_slope_direct": truth.rurality_slope,
        "rurality_slope_total_2025": rurality_slope(truth, design, with_mix=False),
        "rurality_slope_with_indicators_2025": rurality_slope(truth, design, with_mix=True),
        "system_variance_beyond_rurality": truth.sd_system**2,
        "system_variance_2025": system,
        "provider_variance_2025": provider,
        "icc_2025": system / (system + provider),
        "reliability_of_an_early_section": lasting / effect_variance(truth),
        "section_means": {year: planted_section_means(truth, year) for year in truth.drift},
    }


def expected_returns(truth: Truth, design: Design, year: int) -> np.ndarray:
    """Expected published score of each return (mean of its seven pillars), shape (returns).

    Rounding half up lifts the published pillars a little; 2023 is the moderated score.
    """
    rural = truth.rurality_slope * (design.rural - truth.rural_centre)
    level = truth.levels[year] + setting_profiles(truth).mean(axis=1) + rounding_lift()
    return level[design.setting] + rural[design.provider]


def setting_effects(truth: Truth) -> np.ndarray:
    """Setting effects on the published scale: as planted, plus the difference in rounding."""
    published = setting_profiles(truth).mean(axis=1) + rounding_lift()
    return published - published[0]


def rounding_lift() -> np.ndarray:
    """Mean rise of a return's score by rounding its pillars half up, shape (settings).

    A pillar of n domains ends in each of 0/n .. (n-1)/n about equally often; with four domains
    .25 and .75 are rounded up and nothing is rounded down as far.
    """
    return np.vectorize(_lift)(layout().counts).mean(axis=1)


def _lift(domains: int) -> float:
    ends = np.arange(domains) / domains
    return float((half_up(np.round(10 * ends, 9)) / 10 - ends).mean())


def by_provider(returns: np.ndarray, design: Design) -> np.ndarray:
    """Mean of each provider's returns, shape (providers)."""
    return np.bincount(design.provider, weights=returns) / np.bincount(design.provider)


def _between_providers(returns: np.ndarray, design: Design) -> np.ndarray:
    """Setting effects as a comparison of providers finds them, rurality left out (settings).

    Least squares of expected returns on the provider's share of returns in each setting.
    Providers of some settings are more rural than others, so these are not the planted effects.
    """
    filed = (design.setting[:, None] == np.arange(len(SETTINGS))).astype(float)
    share = np.column_stack([by_provider(column, design) for column in filed.T])[design.provider]
    level = np.linalg.lstsq(share, returns, rcond=None)[0]
    return level - level[0]


def variances(truth: Truth, design: Design) -> tuple[float, float]:
    """Variance between systems and between providers of a system, of provider scores in 2025.

    No covariates: rurality, weighted by providers, adds to the first, mix to the second.
    """
    mix = by_provider(setting_effects(truth)[design.setting], design)
    profile = np.array(list(truth.sd_profile.values()))
    provider = truth.sd_provider**2 + truth.sd_round**2 + (profile**2).sum() / len(profile) ** 2
    noise = by_provider(_domain_noise(truth)[design.setting], design).mean()
    return (
        float(truth.sd_system**2 + truth.rurality_slope**2 * design.rural.var()),
        float(provider + noise + mix.var(ddof=1)),
    )


def _domain_noise(truth: Truth) -> np.ndarray:
    """Variance of a return's score through its domains, at the mean of each pillar (settings)."""
    p = (truth.levels[2025] + setting_profiles(truth) - 1) / 4
    pillars = p.shape[1]
    return (4 * p * (1 - p) / layout().counts).sum(axis=1) / pillars**2


def rurality_slope(truth: Truth, design: Design, *, with_mix: bool) -> float:
    """Expected slope of provider scores on rural share, least squares weighted as REML would.

    With ``with_mix`` the regression holds an indicator for a mental health, a community and an
    ambulance return; without, mix that goes along with rurality counts as rurality.
    """
    beyond, (_, provider) = truth.sd_system**2, variances(truth, design)
    columns = [np.ones_like(design.rural), design.rural]
    if with_mix:
        for setting in range(1, len(SETTINGS)):
            filed = design.provider[design.setting == setting]
            columns.append(np.isin(np.arange(len(design.rural)), filed).astype(float))
    X = np.column_stack(columns)
    same = design.system[:, None] == design.system[None, :]
    V = beyond * same + provider * np.eye(len(design.rural))
    weighted = np.linalg.solve(V, X).T
    y = by_provider(expected_returns(truth, design, 2025), design)
    return float(np.linalg.solve(weighted @ X, weighted @ y)[1])


def this_world(
    truth: Truth, design: Design, later: Later, rounds: dict[int, EarlyRound]
) -> dict[str, Any]:
    """Estimands given the effects one seed drew."""
    effects = later.effects
    change = effects.occasion[ROUNDS.index(2025)] - effects.occasion[ROUNDS.index(2024)]
    return {
        "moderation_effect": effects.moderation.mean(),
        "change_2024_2025": truth.levels[2025] - truth.levels[2024] + change.mean(),
        "gaming_2019": gaming(rounds[2017], rounds[2019]),
        "scoring_rule": {
            year: rescored(returns.questionnaire, returns.scores)
            for year, returns in rounds.items()
        },
        "change_2019_2023": change_2019_2023(truth, design, later, rounds[2019]),
        "systems": like_for_like(truth, design, later),
    }


def like_for_like(truth: Truth, design: Design, later: Later) -> list[dict[str, Any]]:
    """True score of each system at the national mix of returns, providers' luck left out."""
    national = np.bincount(design.setting, minlength=len(SETTINGS)) / len(design.setting)
    level = truth.levels[2025] + setting_profiles(truth).mean(axis=1) + rounding_lift()
    rural = dict(zip(design.system.tolist(), design.rural, strict=True))
    return [
        {
            "ics_code": code,
            "rural_share": rural[k],
            "effect": later.effects.system[k],
            "like_for_like_2025": national @ level
            + truth.rurality_slope * (rural[k] - truth.rural_centre)
            + later.effects.system[k],
        }
        for k, code in enumerate(design.ics_codes)
    ]


def gaming(before: EarlyRound, after: EarlyRound) -> dict[str, Any]:
    """What gaming did to 2019, against the same answers had nobody gamed.

    ``excess_reversals``: over organisations with funding at stake that filed under one code in
    both rounds, and agreement statements on capabilities and infrastructure scored in both,
    the share of answers that fell by :data:`REVERSAL` points or more, minus that share had
    nobody gamed. ``theme_shift``: change of their mean theme scores.
    """
    form = after.questionnaire
    honest = points(form, after.honest)
    at_stake = _at_stake(after)
    earlier = _same_codes(before, after)
    both = at_stake & (earlier >= 0)
    start = before.scores[earlier[both]][:, form.gameable]
    worlds = (after.scores, honest)
    fell = [_share_fallen(start, scores[both][:, form.gameable]) for scores in worlds]
    themes = [
        theme_scores(form, section_scores(form, scores[at_stake])).mean() for scores in worlds
    ]
    return {
        "organisations": int(at_stake.sum()),
        "answers_lowered": int((after.steps != after.honest).sum()),
        "reversals": fell[0],
        "reversals_had_nobody_gamed": fell[1],
        "excess_reversals": fell[0] - fell[1],
        "theme_shift": (themes[0] - themes[1]).to_dict(),
    }


def _at_stake(returns: EarlyRound) -> np.ndarray:
    group = country().incentives.set_index("provider_code")["group"]
    return (returns.organisations["provider_code"].map(group) == "funding_at_stake").to_numpy()


def _same_codes(before: EarlyRound, after: EarlyRound) -> np.ndarray:
    """Row in the earlier round of each organisation of the later one, -1 where there is none."""
    rows = {code: k for k, code in enumerate(before.organisations["code_returned"])}
    return np.array([rows.get(code, -1) for code in after.organisations["code_returned"]])


def _share_fallen(start: np.ndarray, end: np.ndarray) -> float:
    drop = start - end
    return float((drop[np.isfinite(drop)] >= REVERSAL).mean())


def rescored(form: Questionnaire, scores: np.ndarray) -> dict[str, float]:
    """National mean over organisations of their section means, under two scoring rules.

    ``compensatory_mean`` averages a section's answers; ``all_elements_met`` takes the lowest.
    The gap is what a change of rule does to the very same answers, in points of 0-100.
    """
    by_section = pd.DataFrame(scores.T).groupby(form.section)
    return {
        "compensatory_mean": by_section.mean().mean().mean(),
        "all_elements_met": by_section.min().mean().mean(),
    }


def change_2019_2023(
    truth: Truth, design: Design, later: Later, before: EarlyRound
) -> dict[str, float]:
    """What the change of the national mean from 2019 to 2023 is made of, on 0-100.

    Both means are put on their scale's percentage of the maximum. ``gaming_ended`` and
    ``scoring_rule`` are what honest answers and the later rule would have made of the answers
    of 2019; ``moderation`` is the planted effect; ``rest`` is everything else: other questions,
    and whatever progress there was. No estimator can tell these apart from the two means.
    """
    form = before.questionnaire
    reported = rescored(form, before.scores)["compensatory_mean"]
    honest = rescored(form, points(form, before.honest))
    after = 25 * (by_provider(later.moderated_2023.mean(axis=1), design).mean() - 1)
    parts = {
        "gaming_ended": honest["compensatory_mean"] - reported,
        "scoring_rule": honest["all_elements_met"] - honest["compensatory_mean"],
        "moderation": 25 * truth.moderation_effect,
    }
    total = after - reported
    return {"total": total, **parts, "rest": total - sum(parts.values())}
