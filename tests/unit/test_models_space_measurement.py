"""Moran's I, multiplicity, reliability and coarse scores: small truths and clear refusals."""

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from ics_maturity.models.coarse import (
    interval_regression,
    jackknife_coefficient,
    rank_bounds,
    rounding_interval,
    slope_bounds,
)
from ics_maturity.models.design import with_intercept
from ics_maturity.models.inference import cv3
from ics_maturity.models.measurement import consistency, measurement_variances, retest
from ics_maturity.models.multiplicity import holm, westfall_young
from ics_maturity.models.permutation import label_permutation, weighted_means
from ics_maturity.models.space import border_weights, moran, moran_residuals, nearest_weights


def test_randomisation_moments_are_those_of_all_arrangements():
    values = np.array([1.0, 4.0, 2.0, 9.0, 3.0])
    weights = border_weights([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")], list("abcde"))
    found = moran(values, weights)
    everyone = [
        moran(np.array(order), weights).statistic for order in itertools.permutations(values)
    ]
    assert found.expected == pytest.approx(np.mean(everyone))
    assert found.variance == pytest.approx(np.var(everyone))


def test_residual_moments_by_simulation():
    rng = np.random.default_rng(3)
    points = rng.random((30, 2))
    weights = nearest_weights(points)
    X = with_intercept(points[:, 0])
    found = moran_residuals(rng.normal(size=30), X, weights)
    drawn = [moran_residuals(rng.normal(size=30), X, weights).statistic for _ in range(4_000)]
    assert np.mean(drawn) == pytest.approx(found.expected, abs=4 * np.std(drawn) / np.sqrt(4_000))
    assert np.var(drawn) == pytest.approx(found.variance, rel=0.1)


def test_moran_permutation_sees_a_gradient():
    points = np.column_stack([np.arange(40) % 8, np.arange(40) // 8]).astype(float)
    weights = nearest_weights(points)
    rng = np.random.default_rng(0)
    smooth = points[:, 0] + rng.normal(size=40)
    assert moran(smooth, weights, rng, draws=999).p_permutation < 0.01
    # The gradient explained, nothing is left.
    assert moran_residuals(smooth, with_intercept(points), weights, rng).p_permutation > 0.05


def test_weights_refuse_islands_and_strangers():
    with pytest.raises(ValueError, match="no neighbour of 'c'"):
        border_weights([("a", "b")], ["a", "b", "c"])
    with pytest.raises(ValueError, match="'z' is not among"):
        border_weights([("a", "z")], ["a", "b"])
    with pytest.raises(ValueError, match="4 neighbours of 4 areas"):
        nearest_weights(np.random.default_rng(0).random((4, 2)))
    with pytest.raises(ValueError, match="do not vary"):
        moran([1.0, 1, 1, 1], border_weights([("a", "b"), ("c", "d")], list("abcd")))


def test_nearest_weights_by_hand():
    weights = nearest_weights([[0, 0], [1, 0], [3, 0], [10, 0]], neighbours=2)
    assert weights.tolist() == [
        [0, 0.5, 0.5, 0], [0.5, 0, 0.5, 0], [0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0]
    ]  # fmt: skip


@pytest.fixture
def pillars():
    """42 groups of unequal size, a group-level covariate, four correlated responses."""
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(42), rng.integers(2, 9, 42))
    x = rng.normal(size=42)[groups]
    shared = rng.normal(size=(groups.size, 1)) + 0.3 * rng.normal(size=(42, 1))[groups]
    Y = shared + rng.normal(size=(groups.size, 4))
    return Y + x[:, None] * np.array([0.3, 0.2, 0.05, 0]), x, groups


def test_westfall_young_counts_copies_once(pillars):
    Y, x, groups = pillars
    rng = np.random.default_rng(1)
    response = Y[:, 2] + 0.25 * x
    copies = np.column_stack([response + 1e-6 * rng.normal(size=x.size) for _ in range(7)])
    found = westfall_young(copies, x, groups, rng)
    alone = label_permutation(response, x, groups, rng)
    assert 0.001 < alone.p < 0.14
    assert found.p_adjusted == pytest.approx([alone.p] * 7, abs=0.02)
    assert holm(found.p)[0] > 3 * found.p_adjusted[0]


def test_westfall_young_steps_down_by_definition(pillars):
    Y, x, groups = pillars
    draws = 300
    found = westfall_young(Y, x, groups, np.random.default_rng(5), draws=draws)
    shuffle = np.random.default_rng(int(np.random.default_rng(5).integers(2**63)))
    orders = shuffle.permuted(np.tile(np.arange(42), (draws, 1)), axis=1)

    def strength(y, covariate, ones):
        free = [v - ones * (ones @ v) / (ones @ ones) for v in (y, covariate)]
        return abs(free[0] @ free[1]) / np.sqrt((free[0] @ free[0]) * (free[1] @ free[1]))

    observed, null = np.empty(4), np.empty((draws, 4))
    for k in range(4):
        y, covariate, ones = weighted_means(Y[:, k], x, groups)
        covariate, ones = covariate[:, 0], ones[:, 0]
        residual = y - ones * (ones @ y) / (ones @ ones)
        observed[k] = strength(y, covariate, ones)
        null[:, k] = [strength(residual[o], covariate, ones) for o in orders]
    rank = np.argsort(-observed)
    expected, previous = np.empty(4), 0.0
    for position, response in enumerate(rank):
        hits = np.sum(null[:, rank[position:]].max(axis=1) >= observed[response] - 1e-12)
        previous = max(previous, (1 + hits) / (draws + 1))
        expected[response] = previous
    assert found.p_adjusted == pytest.approx(expected)
    assert np.all(found.p_adjusted >= found.p)


def test_holm_refuses_what_is_no_probability():
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.2, 1.2])


def test_consistency_of_parallel_parts():
    """Parts = truth + noise of equal variance: alpha is the reliability of their mean."""
    rng = np.random.default_rng(0)
    truth, noise = rng.normal(size=4_000), rng.normal(size=(4_000, 7))
    found = consistency(truth[:, None] + noise)
    assert found.alpha == pytest.approx(7 / 8, abs=0.01)
    assert found.sem == pytest.approx(np.sqrt(1 / 7), abs=0.02)
    assert found.first_eigenvalue_share == pytest.approx((1 + 6 * 0.5) / 7, abs=0.02)
    with pytest.raises(ValueError, match="does not vary"):
        consistency(np.column_stack([truth, np.ones(4_000)]))
    with pytest.raises(ValueError, match="two parts"):
        consistency(truth[:5])


def test_retest_counts_disagreement():
    found = retest([1.0, 2, 3, 4], [1.5, 1.5, 3.5, 3.5])
    assert found.mean_change == pytest.approx(0)
    assert found.sem == pytest.approx(np.sqrt(1 / 3) / np.sqrt(2))
    assert measurement_variances(0.2, [1, 4]) == pytest.approx([0.04, 0.01])


def test_interval_regression_reaches_ordinary_regression_as_intervals_close():
    rng = np.random.default_rng(4)
    x = rng.normal(size=60)
    y = 2 + 0.5 * x + 0.3 * rng.normal(size=60)
    fit = interval_regression(y - 1e-6, y + 1e-6, with_intercept(x))
    beta, rss = np.linalg.lstsq(with_intercept(x), y, rcond=None)[:2]
    assert fit.beta == pytest.approx(beta, abs=1e-6)
    assert fit.sigma == pytest.approx(np.sqrt(rss[0] / 60), abs=1e-6)


def test_interval_regression_is_the_maximum_of_its_likelihood():
    rng = np.random.default_rng(6)
    x = rng.uniform(0, 0.55, 42)
    low, high = rounding_interval(np.round(2.4 - 0.3 * x + 0.25 * rng.normal(size=42), 1), 1)
    X = with_intercept(x)
    fit = interval_regression(low, high, X)

    def likelihood(beta, sigma):
        mean = X @ beta
        return np.sum(np.log(norm.cdf((high - mean) / sigma) - norm.cdf((low - mean) / sigma)))

    assert fit.log_likelihood == pytest.approx(likelihood(fit.beta, fit.sigma))
    for step in itertools.product((-0.01, 0, 0.01), repeat=3):
        moved = likelihood(fit.beta + np.array(step[:2]), fit.sigma * np.exp(step[2]))
        assert moved <= fit.log_likelihood + 1e-9


def test_jackknife_of_exact_scores_is_that_of_least_squares():
    rng = np.random.default_rng(8)
    x = rng.normal(size=30)
    y = 1 + 0.4 * x + rng.normal(size=30) * (1 + (x > 0))
    found = jackknife_coefficient(y - 1e-6, y + 1e-6, with_intercept(x), 1)
    least_squares = cv3(y, with_intercept(x), np.arange(30))[1]
    assert found.estimate == pytest.approx(least_squares.estimate, abs=1e-6)
    assert found.se == pytest.approx(least_squares.se, rel=1e-5)
    assert found.df == 29


def test_interval_regression_refuses_the_impossible():
    with pytest.raises(ValueError, match="row 1 is empty"):
        interval_regression([1.0, 2.0, 3.0], [2.0, 2.0, 4.0], np.ones(3))
    x = np.arange(10.0)
    with pytest.raises(ValueError, match="no maximum"):
        interval_regression(x - 1, x + 1, with_intercept(x))


def test_slope_bounds_are_attained_and_enclose_every_completion():
    rng = np.random.default_rng(5)
    x = rng.random(12)
    low = rng.uniform(1.8, 2.6, 12)
    high = low + rng.choice([0.0, 0.1, 1.0], 12)
    bounds = slope_bounds(low, high, x)
    slopes = [np.polyfit(x, low + rng.random(12) * (high - low), 1)[0] for _ in range(500)]
    assert bounds.low <= min(slopes)
    assert max(slopes) <= bounds.high
    corner = np.where(x > x.mean(), low, high)
    assert bounds.low == pytest.approx(np.polyfit(x, corner, 1)[0])
    with pytest.raises(ValueError, match="does not vary"):
        slope_bounds(low, high, np.ones(12))
    with pytest.raises(ValueError, match="is empty"):
        slope_bounds(high + 1, low, x)


def test_ties_in_print_leave_the_order_open():
    best, worst = rank_bounds(*rounding_interval([3.3, 2.3, 2.3, 1.8], 1))
    assert best.tolist() == [1, 2, 2, 4]
    assert worst.tolist() == [1, 3, 3, 4]
    best, worst = rank_bounds([2.0, 1.0, 1.0], [3.0, 2.0, 5.0])
    assert best.tolist() == [1, 1, 1]
    assert worst.tolist() == [3, 3, 3]
    with pytest.raises(ValueError, match="row 1 is empty"):
        rank_bounds([1.0, 3.0], [2.0, 2.0])
