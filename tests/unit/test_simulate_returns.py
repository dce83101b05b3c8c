"""Worlds of 2023 to 2025: the lattice is kept and simple estimators find what is planted."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ics_maturity.instruments import load
from ics_maturity.instruments.lattice import is_possible
from ics_maturity.models.mix import setting_differences
from ics_maturity.models.shift import paired_shift
from ics_maturity.models.variance import group_level_coefficient, random_intercept
from ics_maturity.returns import validate
from ics_maturity.simulate import DEMO_SEED, Truth, demo_design, draw, regression_only, world
from ics_maturity.simulate import estimands as estimands
from ics_maturity.simulate.domains import layout
from ics_maturity.simulate.estimands import by_provider
from ics_maturity.simulate.returns import Later
from ics_maturity.simulate.truth import PILLARS, SETTINGS

WORLDS = 60


@pytest.fixture(scope="module")
def worlds() -> list[Later]:
    """Independent worlds of the planted truth."""
    return [draw(Truth(), seed, demo_design()) for seed in range(WORLDS)]


def _near(estimates: list[float] | np.ndarray, planted: float, errors: float = 4) -> None:
    """The mean estimate is the planted value to within its Monte Carlo error."""
    values = np.asarray(estimates)
    assert abs(values.mean() - planted) < errors * values.std(ddof=1) / np.sqrt(len(values))


def _ols(y: np.ndarray, *columns: np.ndarray) -> np.ndarray:
    X = np.column_stack([np.ones(len(y)), *columns])
    return np.linalg.lstsq(X, y, rcond=None)[0]


def _scores(later: Later) -> np.ndarray:
    return by_provider(later.pillars_2025.mean(axis=1), demo_design())


def _moderation(later: Later) -> np.ndarray:
    change = (later.moderated_2023 - later.self_2023).mean(axis=1)
    return by_provider(change, demo_design())


def _shares() -> list[np.ndarray]:
    """Share of each provider's returns in each setting but acute."""
    design = demo_design()
    return [by_provider((design.setting == k).astype(float), design) for k in (1, 2, 3)]


# ---------------------------------------------------------------- what a world looks like


def test_a_world_keeps_the_returns_contract() -> None:
    frame = validate(world(Truth(), 1))
    assert len(frame) == 23 * 285
    assert frame.groupby(["round", "assessed_by", "level"]).size().to_dict() == {
        (2023, "moderated", "pillar"): 1995,
        (2023, "self", "pillar"): 1995,
        (2024, "self", "overall"): 285,
        (2025, "self", "overall"): 285,
        (2025, "self", "pillar"): 1995,
    }


def test_pillars_are_those_of_the_instrument() -> None:
    assert tuple(pillar.id for pillar in load("dma_2025").pillars) == PILLARS
    assert {setting.id for setting in load("dma_2025").settings} == set(SETTINGS)


def test_one_seed_gives_one_world() -> None:
    pd.testing.assert_frame_equal(world(Truth(), 3), world(Truth(), 3))
    assert not world(Truth(), 3)["score"].equals(world(Truth(), 4)["score"])


def test_effects_do_not_depend_on_what_else_is_planted() -> None:
    """Worlds that differ in one planted value share everything else: paired comparisons."""
    other = draw(replace(Truth(), rurality_slope=0.0), 5, demo_design())
    np.testing.assert_array_equal(
        other.effects.provider, draw(Truth(), 5, demo_design()).effects.provider
    )


def test_a_world_is_fast() -> None:
    design = demo_design()
    world(Truth(), 0, design)
    seconds = []
    for seed in range(7):
        start = time.perf_counter()
        world(Truth(), seed, design)
        seconds.append(time.perf_counter() - start)
    assert np.median(seconds) < 0.05


def test_published_pillars_lie_on_the_lattice(worlds: list[Later]) -> None:
    """Every pillar is a rounded mean of as many whole-number domains as its setting has."""
    counts = layout().counts[demo_design().setting]
    for scores in (worlds[0].pillars_2025, worlds[0].self_2023, worlds[0].moderated_2023):
        assert all(is_possible(score, int(n)) for score, n in
                   zip(scores.ravel(), counts.ravel(), strict=True))  # fmt: skip
        assert scores.min() >= 1
        assert scores.max() <= 5


def test_domain_counts_are_those_of_the_instrument() -> None:
    instrument = load("dma_2025")
    for row, setting in zip(layout().counts, SETTINGS, strict=True):
        for count, pillar in zip(row, PILLARS, strict=True):
            known = instrument.domain_count(pillar, setting)
            assert count == known or (known is None and count >= 9)


def test_comparable_averages_are_unrounded_means_of_seven_pillars(worlds: list[Later]) -> None:
    later, comparable = worlds[0], layout().comparable(Truth())
    counts = layout().totals(comparable)[demo_design().setting]
    common = np.lcm.reduce(counts, axis=1)
    for overall in (later.overall_2024, later.overall_2025):
        whole = overall * 7 * common  # a sum of fractions with these denominators
        np.testing.assert_allclose(whole, np.rint(whole), atol=1e-6)
        assert (np.abs(overall * 10 - np.rint(overall * 10)) > 1e-6).any()


def test_returns_of_one_provider_are_near_copies(worlds: list[Later]) -> None:
    design = demo_design()
    correlations = []
    for later in worlds[:10]:
        table = pd.DataFrame({"provider": design.provider, "setting": design.setting,
                              "score": later.pillars_2025.mean(axis=1)})  # fmt: skip
        wide = table.pivot_table(index="provider", columns="setting", values="score")
        correlations.append(wide[0].corr(wide[2]))
    assert 0.93 < np.mean(correlations) < 0.995


def test_the_field_looks_like_the_published_one(worlds: list[Later]) -> None:
    """National means, spread and test-retest correlation near the published aggregates."""
    design = demo_design()
    assert np.mean([w.pillars_2025.mean() for w in worlds]) == pytest.approx(2.46, abs=0.05)
    assert np.mean([w.overall_2024.mean() for w in worlds]) == pytest.approx(2.37, abs=0.05)
    assert np.mean([w.overall_2025.mean() for w in worlds]) == pytest.approx(2.52, abs=0.05)
    assert np.mean([w.moderated_2023.mean() for w in worlds]) == pytest.approx(2.4, abs=0.05)
    assert np.mean([_scores(w).std() for w in worlds]) == pytest.approx(0.39, abs=0.04)
    retest = [np.corrcoef(by_provider(w.overall_2024, design),
                          by_provider(w.overall_2025, design))[0, 1] for w in worlds]  # fmt: skip
    assert np.mean(retest) == pytest.approx(0.81, abs=0.03)


# ------------------------------------------------------------------- what can be found in it


def test_expected_means(worlds: list[Later]) -> None:
    expected = estimands.expected(Truth(), demo_design())
    _near([w.pillars_2025.mean() for w in worlds], expected["mean_2025_over_returns"])
    _near([_scores(w).mean() for w in worlds], expected["mean_2025_over_providers"])
    moderated = [by_provider(w.moderated_2023.mean(axis=1), demo_design()).mean() for w in worlds]
    _near(moderated, expected["mean_2023_moderated_over_providers"])


def test_rurality_slope(worlds: list[Later]) -> None:
    rural = demo_design().rural
    slopes = [_ols(_scores(w), rural, *_shares())[1] for w in worlds]
    _near(slopes, Truth().rurality_slope)


def test_rurality_slope_without_the_luck_of_the_effects(worlds: list[Later]) -> None:
    """With the drawn effects taken out, one world gives the slope to a few hundredths."""
    slopes = []
    for later in worlds:
        effects = later.effects
        luck = (effects.system[demo_design().system] + effects.provider + effects.occasion[-1]
                + effects.profile.mean(axis=1))  # fmt: skip
        slopes.append(_ols(_scores(later) - luck, demo_design().rural, *_shares())[1])
    _near(slopes, Truth().rurality_slope)
    assert np.std(slopes) < 0.1


def test_rurality_slopes_of_the_primary_models(worlds: list[Later]) -> None:
    """Weighted as REML would weight: without mix, and with an indicator per setting."""
    design, expected = demo_design(), estimands.expected(Truth(), demo_design())
    X = np.column_stack([np.ones(len(design.rural)), design.rural])
    filed = [(share > 0).astype(float) for share in _shares()]
    alone = [random_intercept(_scores(w), X, design.system).beta[1] for w in worlds]
    both = np.column_stack([X, *filed])
    beside = [random_intercept(_scores(w), both, design.system).beta[1] for w in worlds]
    _near(alone, expected["rurality_slope_total_2025"])
    _near(beside, expected["rurality_slope_with_indicators_2025"])


def test_setting_effects_within_providers(worlds: list[Later]) -> None:
    """Differences between returns of one provider; acute and community, then community and
    mental health, are filed together often enough."""
    design, effects = demo_design(), estimands.setting_effects(Truth())
    for first, second in ((0, 2), (2, 1)):
        found = []
        for later in worlds:
            table = pd.DataFrame({"provider": design.provider, "setting": design.setting,
                                  "score": later.pillars_2025.mean(axis=1)})  # fmt: skip
            wide = table.pivot_table(index="provider", columns="setting", values="score")
            found.append((wide[second] - wide[first]).mean())
        _near(found, effects[second] - effects[first])


def test_setting_effects_between_providers(worlds: list[Later]) -> None:
    """With rurality held, shares of settings carry the planted effects."""
    found = np.array([_ols(_scores(w), demo_design().rural, *_shares())[2:] for w in worlds])
    for column, effect in zip(found.T, estimands.setting_effects(Truth())[1:], strict=True):
        _near(column, effect)


def test_variance_components(worlds: list[Later]) -> None:
    """Fifteen in a hundred: the expected values rest on normal approximations."""
    design, expected = demo_design(), estimands.expected(Truth(), demo_design())
    ones = np.ones((len(design.rural), 1))
    fits = [random_intercept(_scores(w), ones, design.system) for w in worlds]
    assert np.mean([fit.tau2 for fit in fits]) == pytest.approx(
        expected["system_variance_2025"], rel=0.15
    )
    assert np.mean([fit.sigma2 for fit in fits]) == pytest.approx(
        expected["provider_variance_2025"], rel=0.05
    )


def test_moderation_effect(worlds: list[Later]) -> None:
    _near([_moderation(w).mean() for w in worlds], Truth().moderation_effect)
    drawn = np.array([w.effects.moderation.mean() for w in worlds])
    _near(np.array([_moderation(w).mean() for w in worlds]) - drawn, 0)
    lowered = np.mean([(_moderation(w) < -1e-9).mean() for w in worlds])
    raised = np.mean([(_moderation(w) > 1e-9).mean() for w in worlds])
    assert lowered > 0.7
    assert 0.01 < raised < 0.2


def test_change_between_rounds(worlds: list[Later]) -> None:
    change = [by_provider(w.overall_2025 - w.overall_2024, demo_design()).mean() for w in worlds]
    _near(change, estimands.expected(Truth(), demo_design())["change_2024_2025"])


def test_comparable_domains_score_higher_than_all(worlds: list[Later]) -> None:
    """New domains are harder, so the two published quantities of 2025 are not one measure."""
    gap = [(w.overall_2025 - w.pillars_2025.mean(axis=1)).mean() for w in worlds]
    assert 0.03 < np.mean(gap) < 0.08


def test_like_for_like_truth(worlds: list[Later]) -> None:
    """A system's true score differs from its providers' mix-free mean by their luck alone."""
    design, misses = demo_design(), []
    effects = estimands.setting_effects(Truth())
    national = effects @ (np.bincount(design.setting, minlength=4) / len(design.setting))
    for later in worlds:
        free = later.pillars_2025.mean(axis=1) - effects[design.setting] + national
        mean = np.bincount(design.system, weights=by_provider(free, design)) / np.bincount(
            design.system
        )
        true = [row["like_for_like_2025"] for row in
                estimands.like_for_like(Truth(), design, later)]  # fmt: skip
        misses.append(np.mean(mean - np.array(true)))
    _near(misses, 0)


def test_nothing_is_found_where_nothing_is_planted() -> None:
    truth, design = regression_only(Truth()), demo_design()
    found = [draw(truth, seed, design) for seed in range(WORLDS)]
    _near([_ols(_scores(w), design.rural)[1] for w in found], 0)
    _near([_moderation(w).mean() for w in found], 0)
    _near([by_provider(w.overall_2025 - w.overall_2024, design).mean() for w in found], 0)
    effects = [w.pillars_2025.mean(axis=1)[design.setting == 1].mean()
               - w.pillars_2025.mean(axis=1)[design.setting == 0].mean()
               for w in found]  # fmt: skip
    _near(effects, estimands.setting_effects(truth)[1])


# --------------------------------------------------- the intervals of the committed demo world


@pytest.fixture(scope="module")
def demo_world() -> Later:
    """The world of the committed files."""
    return draw(Truth(), DEMO_SEED, demo_design())


def test_the_demo_interval_covers_the_rurality_slope(demo_world: Later) -> None:
    design, expected = demo_design(), estimands.expected(Truth(), demo_design())
    X = np.column_stack([np.ones(len(design.rural)), design.rural])
    filed = [(share > 0).astype(float) for share in _shares()]
    for columns, name in ((X, "rurality_slope_total_2025"),
                          (np.column_stack([X, *filed]),
                           "rurality_slope_with_indicators_2025")):  # fmt: skip
        slope = group_level_coefficient(
            random_intercept(_scores(demo_world), columns, design.system), 1
        )
        assert slope.low < expected[name] < slope.high
        assert slope.low < Truth().rurality_slope < slope.high


def test_the_demo_intervals_cover_the_setting_effects(demo_world: Later) -> None:
    design, expected = demo_design(), estimands.expected(Truth(), demo_design())
    settings = np.array(SETTINGS)[design.setting]
    found = setting_differences(demo_world.pillars_2025.mean(axis=1), settings, design.provider)
    assert set(found.within) >= {"community", "mental_health"}
    for setting, effect in found.within.items():
        assert effect.low < expected["setting_effects_published_2025"][setting] < effect.high
    for setting, effect in found.between.items():
        true = expected["setting_effects_between_providers_2025"][setting]
        assert effect.low < true < effect.high


def test_the_demo_intervals_cover_moderation_and_change(demo_world: Later) -> None:
    design = demo_design()

    def shift(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
        found = paired_shift(by_provider(before, design), by_provider(after, design),
                             design.system)  # fmt: skip
        return found.change.low, found.change.high

    low, high = shift(demo_world.self_2023.mean(axis=1), demo_world.moderated_2023.mean(axis=1))
    assert low < Truth().moderation_effect < high
    low, high = shift(demo_world.overall_2024, demo_world.overall_2025)
    assert low < Truth().levels[2025] - Truth().levels[2024] < high
