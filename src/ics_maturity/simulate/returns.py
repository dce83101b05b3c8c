"""Draws the returns of 2023, 2024 and 2025 from the truth.

A domain is scored 1 to 5: one plus the number of four steps that the provider has taken. A
step is taken where a uniform draw lies below a probability p, so that the expected score is
exactly 1 + 4p, and every planted effect on the expected score is linear on the published
scale. Returns of one provider, rounds of one return, and the self-assessed and the moderated
score share most of their draws: near copies, stable domains and a moderation that leaves most
domains alone and lowers a few by one all follow from that one device.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from ics_maturity.returns import COLUMNS
from ics_maturity.simulate.design import Design, demo_design
from ics_maturity.simulate.domains import layout
from ics_maturity.simulate.streams import stream
from ics_maturity.simulate.truth import PILLARS, SETTINGS, Truth

ROUNDS = (2023, 2024, 2025)
_STEPS = 4  # from level 1 to level 5


@dataclass(frozen=True, eq=False)
class Effects:
    """The random effects of one world, in points.

    ``system`` (shape: systems); ``provider`` and ``moderation`` (providers); ``profile``
    (providers, pillars); ``occasion`` (rounds, providers).
    """

    system: np.ndarray
    provider: np.ndarray
    moderation: np.ndarray
    profile: np.ndarray
    occasion: np.ndarray


@dataclass(frozen=True, eq=False)
class Later:
    """Published scores of one world, one row per return of the design.

    ``self_2023``, ``moderated_2023`` and ``pillars_2025`` (returns, 7) are rounded half up to
    one decimal; ``overall_2024`` and ``overall_2025`` (returns) are the unrounded mean of the
    seven pillars over comparable domains.
    """

    effects: Effects
    self_2023: np.ndarray
    moderated_2023: np.ndarray
    pillars_2025: np.ndarray
    overall_2024: np.ndarray
    overall_2025: np.ndarray


def world(truth: Truth, seed: int, design: Design | None = None) -> pd.DataFrame:
    """Tidy returns of one world of 2023 to 2025, in memory.

    Args:
        truth: the planted values.
        seed: of this world; other seeds give independent worlds.
        design: who returns what; the invented country if left out.

    Returns:
        The columns of the tidy returns contract; 23 rows per return of the design.
    """
    design = design or demo_design()
    return tidy(draw(truth, seed, design), design)


def draw(truth: Truth, seed: int, design: Design) -> Later:
    """The same world as arrays, for code that runs through many of them."""
    effects = draw_effects(truth, seed, design)
    steps = _steps(truth, stream(seed, "domains"), design)
    moderated = expected_scores(truth, design, effects, 2023)
    overrated = moderated - effects.moderation[design.provider, None]
    domains_2025 = _domains(truth, expected_scores(truth, design, effects, 2025), steps[2025],
                            design)  # fmt: skip
    domains_2024 = _domains(truth, expected_scores(truth, design, effects, 2024), steps[2024],
                            design)  # fmt: skip
    return Later(
        effects=effects,
        self_2023=_published(_domains(truth, overrated, steps[2023], design), design),
        moderated_2023=_published(_domains(truth, moderated, steps[2023], design), design),
        pillars_2025=_published(domains_2025, design),
        overall_2024=_comparable(truth, domains_2024, design),
        overall_2025=_comparable(truth, domains_2025, design),
    )


def draw_effects(truth: Truth, seed: int, design: Design) -> Effects:
    """Systems, providers, rounds and pillar profiles: all that makes expected scores differ."""
    rng = stream(seed, "effects")
    systems, providers = len(design.ics_codes), len(design.provider_codes)
    return Effects(
        system=rng.normal(0, truth.sd_system, systems),
        provider=truth.sd_provider * later_strength(truth, seed, design),
        moderation=truth.moderation_effect
        + rng.normal(0, truth.sd_moderation_system, systems)[design.system]
        + rng.normal(0, truth.sd_moderation, providers),
        profile=rng.normal(0, 1, (providers, len(PILLARS)))
        * [truth.sd_profile[pillar] for pillar in PILLARS],
        occasion=rng.normal(0, truth.sd_round, (len(ROUNDS), providers)),
    )


def later_strength(truth: Truth, seed: int, design: Design) -> np.ndarray:
    """Lasting strength of each provider in 2023 to 2025, standard normal.

    Correlates by ``truth.link`` with :func:`shared_strength`, which also enters the early
    rounds.
    """
    own = stream(seed, "later strength").normal(0, 1, len(design.provider_codes))
    shared = shared_strength(seed, len(design.provider_codes))
    return np.sqrt(truth.link) * shared + np.sqrt(1 - truth.link) * own


def shared_strength(seed: int, providers: int) -> np.ndarray:
    """What a provider brings to both families of instruments, standard normal."""
    return stream(seed, "shared strength").normal(0, 1, providers)


def expected_scores(truth: Truth, design: Design, effects: Effects, year: int) -> np.ndarray:
    """Expected pillar score of every return in a round (2023: moderated), shape (returns, 7)."""
    provider = (
        truth.rurality_slope * (design.rural - truth.rural_centre)
        + effects.system[design.system]
        + effects.provider
        + effects.occasion[ROUNDS.index(year)]
    )[:, None] + effects.profile
    return truth.levels[year] + setting_profiles(truth)[design.setting] + provider[design.provider]


def setting_profiles(truth: Truth) -> np.ndarray:
    """Setting effect plus pillar offsets, in points, shape (settings, pillars)."""
    return np.array(
        [
            [
                truth.setting_effects[setting]
                + truth.pillar_offsets[pillar]
                + truth.setting_pillar_offsets.get(setting, {}).get(pillar, 0.0)
                for pillar in PILLARS
            ]
            for setting in SETTINGS
        ]
    )


def _steps(truth: Truth, rng: np.random.Generator, design: Design) -> dict[int, np.ndarray]:
    """Uniform draws behind the four steps of every domain, by round: (returns, domains, 4).

    A provider draws once for all its returns but for the domains it answers apart, and a
    round draws anew only where an answer is not carried over.
    """
    returns, providers = len(design.provider), len(design.provider_codes)
    domains = len(layout().pillar)
    copied = (rng.random((returns, domains)) < truth.copied_domains)[..., None]
    shared = rng.random((providers, domains, _STEPS))
    apart = rng.random((returns, domains, _STEPS))
    by_round: dict[int, np.ndarray] = {}
    for year in ROUNDS:
        if by_round:
            kept = (rng.random((providers, domains)) < truth.kept_domains)[..., None]
            shared = np.where(kept, shared, rng.random(shared.shape))
            apart = np.where(kept[design.provider], apart, rng.random(apart.shape))
        by_round[year] = np.where(copied, shared[design.provider], apart)
    return by_round


def _domains(truth: Truth, expected: np.ndarray, steps: np.ndarray, design: Design) -> np.ndarray:
    """Domain scores 1 to 5, and 0 where the setting lacks the domain: (returns, domains)."""
    plan = layout()
    mean = expected[:, plan.pillar] + plan.offsets(truth)[design.setting]
    taken = steps < ((mean - 1) / _STEPS)[..., None]
    return (1 + taken.sum(axis=-1)) * plan.answered[design.setting]


def _published(domains: np.ndarray, design: Design) -> np.ndarray:
    """Pillar means rounded half up to one decimal, in exact arithmetic."""
    count = layout().counts[design.setting]
    return (20 * layout().totals(domains) + count) // (2 * count) / 10


def _comparable(truth: Truth, domains: np.ndarray, design: Design) -> np.ndarray:
    """Mean of the seven pillars over comparable domains, unrounded."""
    comparable = layout().comparable(truth)[design.setting]
    totals, counts = layout().totals(domains * comparable), layout().totals(comparable)
    return (totals / counts).mean(axis=1)


def tidy(later: Later, design: Design) -> pd.DataFrame:
    """The published scores as tidy returns."""
    scores = np.column_stack(
        [
            later.self_2023,
            later.moderated_2023,
            later.pillars_2025,
            later.overall_2024,
            later.overall_2025,
        ]
    )
    frame = _facts(design).copy()
    frame["score"] = scores.ravel()
    return frame[list(COLUMNS)]


@cache
def _facts(design: Design) -> pd.DataFrame:
    """All columns but the score: the facts that every world of a design publishes."""
    published = pd.DataFrame(
        [(2023, "self", "pillar", pillar) for pillar in PILLARS]
        + [(2023, "moderated", "pillar", pillar) for pillar in PILLARS]
        + [(2025, "self", "pillar", pillar) for pillar in PILLARS]
        + [(year, "self", "overall", "overall_comparable") for year in (2024, 2025)],
        columns=["round", "assessed_by", "level", "construct"],
    )
    facts = design.roster.drop(columns="rural_share").merge(published, how="cross")
    return facts.assign(
        provider_code_returned=facts["provider_code"],
        scale_min=1.0,
        scale_max=5.0,
        source_id="simulated",
        source_locator="drawn, not read",
    )
