"""Rules, membership and what it takes to get in, by cases small enough to count by hand."""

from itertools import combinations

import numpy as np
import pytest

from ics_maturity.models.ranks import top_and_bottom
from ics_maturity.models.reliability import reliability
from ics_maturity.models.shrinkage import posterior_draws
from ics_maturity.models.targeting import (
    Rule,
    assign,
    edge,
    expected_errors,
    jaccard,
    points_to_enter,
    supported,
    tier_probabilities,
)

SCORES = np.array([2.0, 1.0, 3.0, 2.5, 1.5])


@pytest.mark.parametrize(
    ("rule", "tiers"),
    [
        (Rule("lowest", 2), [1, 0, 1, 1, 0]),
        (Rule("highest", 2), [1, 1, 0, 0, 1]),
        (Rule("below", cuts=(2.0,)), [1, 0, 1, 1, 0]),
        (Rule("cut_points", cuts=(1.5, 2.5)), [1, 0, 2, 2, 1]),
        (Rule("quantiles", 2), [0, 0, 1, 1, 0]),
        (Rule("quantiles", 5), [2, 0, 4, 3, 1]),
    ],
    ids=lambda value: value.slug if isinstance(value, Rule) else "",
)
def test_tiers(rule: Rule, tiers: list[int]) -> None:
    assert assign(SCORES, rule).tolist() == tiers
    assert supported(SCORES, rule).tolist() == [tier == 0 for tier in tiers]
    # Every world is judged by itself.
    both = np.stack([SCORES, -SCORES])
    assert assign(both, rule).tolist() == [tiers, assign(-SCORES, rule).tolist()]
    assert set(tiers) <= set(range(rule.tiers))


def test_the_first_of_equal_scores_is_taken_first() -> None:
    assert supported([1.0, 1.0, 1.0], Rule("lowest", 1)).tolist() == [True, False, False]
    assert supported([1.0, 1.0, 1.0], Rule("highest", 1)).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "wrong",
    [("lowest", 0, ()), ("quantiles", 1, ()), ("below", 0, ()), ("below", 0, (1.0, 2.0)),
     ("cut_points", 0, ()), ("cut_points", 0, (2.0, 2.0))],
)  # fmt: skip
def test_numbers_that_make_no_rule_are_refused(wrong: tuple) -> None:
    with pytest.raises(ValueError, match=f"rule {wrong[0]}"):
        Rule(*wrong)


def test_a_rule_must_leave_a_choice() -> None:
    assert Rule("lowest", 4).fits(5)
    assert not Rule("lowest", 5).fits(5)
    assert Rule("quantiles", 5).fits(5)
    with pytest.raises(ValueError, match="leaves no choice among 5"):
        assign(SCORES, Rule("highest", 5))


def test_probabilities_are_shares_of_worlds() -> None:
    worlds = np.array([[1.0, 2, 3], [2, 1, 3], [1, 3, 2], [1, 2, 3]])
    p = tier_probabilities(worlds, Rule("lowest", 1))
    assert p[:, 0].tolist() == [0.75, 0.25, 0]
    assert p.sum(axis=1).tolist() == [1, 1, 1]


def test_probability_of_the_lowest_agrees_with_the_ranks() -> None:
    rng = np.random.default_rng(0)
    values, spread = rng.normal(size=12), np.full(12, 0.4)
    ends = top_and_bottom(values, spread, np.random.default_rng(1), count=3, draws=2_000)
    worlds = posterior_draws(values, spread, np.random.default_rng(1), 2_000)
    assert tier_probabilities(worlds, Rule("lowest", 3))[:, 0] == pytest.approx(ends.bottom)
    assert tier_probabilities(worlds, Rule("highest", 3))[:, 0] == pytest.approx(ends.top)


def test_expected_errors_add_up() -> None:
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]])
    found = expected_errors([0, 0, 1, 1], p)
    assert (found.chosen, found.sure) == (2, 1)
    assert found.wrong == pytest.approx(0.5)
    assert found.missed == pytest.approx(0.5)  # as many, since the chances sum to the places
    assert found.wrong_tier == pytest.approx(1.0)
    assert found.wrong_share == pytest.approx(0.25)
    nobody = expected_errors([1, 1, 1, 1], p)
    assert np.isnan(nobody.wrong_share)
    assert np.isnan(nobody.error_share)
    # Picking only the surest is hardly wrong and misses more than half of the two that belong.
    timid = expected_errors([0, 1, 1, 1], p)
    assert timid.wrong_share == pytest.approx(0.1)
    assert timid.error_share == timid.missed_share == pytest.approx(1.1 / 2)


def test_jaccard() -> None:
    assert jaccard([1, 1, 0], [1, 0, 1]) == pytest.approx(1 / 3)
    assert jaccard([0, 0], [0, 0]) == 1
    assert jaccard([1, 1, 0], [[1, 1, 0], [0, 0, 1]]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("rule", "points"),
    [
        (Rule("lowest", 2), [0.5, 0, 1.5, 1.0, 0]),
        (Rule("highest", 2), [0.5, 1.5, 0, 0, 1.0]),
        (Rule("below", cuts=(2.0,)), [0, 0, 1.0, 0.5, 0]),
        (Rule("quantiles", 2), [0, 0, 1.0, 0.5, 0]),
    ],
    ids=lambda value: value.slug if isinstance(value, Rule) else "",
)
def test_points_to_enter_buy_a_place(rule: Rule, points: list[float]) -> None:
    needed = points_to_enter(SCORES, rule)
    assert needed == pytest.approx(points)
    sign = 1 if rule.kind == "highest" else -1
    for group in np.flatnonzero(~supported(SCORES, rule)):
        for more, inside in ((0.01, True), (-0.01, False)):
            moved = SCORES.copy()
            moved[group] += sign * (needed[group] + more)
            assert supported(moved, rule)[group] == inside


def test_edge_finds_those_between_whom_scores_cannot_decide() -> None:
    tie = edge([1.0, 2.0, 2.0, 2.0, 3.0], Rule("lowest", 2))
    assert (tie.tied.tolist(), tie.places) == ([False, True, True, True, False], 1)
    assert not edge([1.0, 2.0, 2.0, 3.0], Rule("lowest", 3)).tied.any(), "room for both"
    assert edge([3.0, 3.0, 1.0], Rule("highest", 1)).tied.tolist() == [True, True, False]
    assert not edge([1.0, 1.0, 1.0], Rule("below", cuts=(2.0,))).tied.any()


def test_the_error_share_says_what_is_true() -> None:
    """By brute force: latent members, their mean read with error, tau2 given by many groups."""
    rng = np.random.default_rng(2)
    k, v, share = 400, 0.5, 0.3
    level = rng.normal(size=k)
    members = level + np.sqrt((1 - share) * v) * rng.standard_normal(k)
    reading = members + np.sqrt(share * v) * rng.standard_normal(k)
    for truth, part in ((level, 1.0), (members, share)):
        worlds = posterior_draws(reading, np.full(k, v), rng, 1_000, error_share=part)
        # Correct draws are as far from the truth on average as their own spread says.
        assert np.mean((worlds.mean(axis=0) - truth) ** 2) == pytest.approx(
            worlds.var(axis=0).mean(), rel=0.2
        )
    with pytest.raises(ValueError, match="share of error"):
        posterior_draws(reading, np.full(k, v), rng, error_share=0.0)


def test_doubt_about_the_variances_widens_the_draws() -> None:
    values, spread = np.linspace(0, 3, 10), np.full(10, 0.5)
    known, few = (
        posterior_draws(values, spread, np.random.default_rng(0), 20_000, df=df) for df in (None, 4)
    )
    assert few.std(axis=0).mean() > 1.03 * known.std(axis=0).mean()
    many = posterior_draws(values, spread, np.random.default_rng(0), 20_000, df=1e6)
    assert many.std(axis=0) == pytest.approx(known.std(axis=0), rel=0.03)
    with pytest.raises(ValueError, match="degrees of freedom"):
        posterior_draws(values, spread, np.random.default_rng(0), df=0)


def test_reliability_counts_what_came_true() -> None:
    p = np.array([[0.75, 0.75, 0.05], [0.75, 0.75, 1.0]])
    truth = np.array([[1, 0, 0], [1, 1, 1]], bool)
    found = reliability(p, truth)
    assert found["cases"].tolist() == [1, 4, 1]
    assert found["stated"].tolist() == pytest.approx([0.05, 0.75, 1.0])
    assert found["happened"].tolist() == pytest.approx([0, 0.75, 1])
    # Worlds err by -0.5 and +0.5 over four cases.
    assert found["se"].iloc[1] == pytest.approx(np.sqrt(0.5) / 4)
    assert found["se"].isna().tolist() == [True, False, True], "one world says nothing"
    with pytest.raises(ValueError, match="worlds by cases"):
        reliability(p, truth[0])


def test_reliability_error_is_that_of_repeated_studies() -> None:
    rng = np.random.default_rng(3)
    shared = np.repeat([[True, False]], 30, axis=0)
    gaps, errors = [], []
    for _ in range(300):
        together = shared & (rng.random((30, 1)) < 0.5)  # cases of a world go together
        happened = np.where(together[:, :1], True, rng.random((30, 2)) < 0.2)
        found = reliability(np.full((30, 2), 0.65), happened)
        gaps.append(found["happened"].iloc[0])
        errors.append(found["se"].iloc[0])
    assert np.mean(errors) == pytest.approx(np.std(gaps), rel=0.12)


def test_every_choice_of_two_has_its_overlap() -> None:
    from ics_maturity.support import lot_overlap

    first = np.array([True, True, False, False, False])
    overlaps = []
    for pair in combinations(range(5), 2):
        second = np.isin(np.arange(5), pair)
        overlaps.append(jaccard(first, second))
    assert lot_overlap(2, 5) == pytest.approx(np.mean(overlaps))


def test_draws_do_not_hang_on_the_last_digit_of_a_covariance() -> None:
    """Equal variances have no principal axes of their own; a machine picks some."""
    k = 12
    values, noise = np.linspace(0, 1, k), np.random.default_rng(3).normal(size=(k, k))
    covariance = 0.04 * np.eye(k)
    other = covariance + 1e-15 * (noise + noise.T)
    draws = [posterior_draws(values, v, np.random.default_rng(1), 500) for v in (covariance, other)]
    np.testing.assert_allclose(draws[0], draws[1], atol=1e-9)
