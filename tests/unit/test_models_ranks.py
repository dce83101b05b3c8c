"""Rank sets against the published procedure written out slowly, and simple truths."""

import numpy as np
import pytest

from ics_maturity.models.ranks import (
    distinct_pairs,
    goldstein_healy,
    rank_sets,
    top_and_bottom,
)


def slow_sets(values, covariance, noise, level, groups):
    """Stepdown over ordered pairs that involve ``groups``, one pair at a time."""
    k = values.size
    spread = lambda i, j: np.sqrt(covariance[i, i] + covariance[j, j] - 2 * covariance[i, j])  # noqa: E731
    family = {(i, j) for i in range(k) for j in range(k) if i != j and (i in groups or j in groups)}
    rejected = set()
    while family - rejected:
        alive = sorted(family - rejected)
        largest = np.max([(noise[i] - noise[j]) / spread(i, j) for i, j in alive], axis=0)
        critical = np.quantile(largest, level)
        new = {(i, j) for i, j in alive if (values[i] - values[j]) / spread(i, j) > critical}
        if not new:
            break
        rejected |= new
    low = [1 + sum((other, g) in rejected for other in range(k)) for g in groups]
    high = [k - sum((g, other) in rejected for other in range(k)) for g in groups]
    return low, high


@pytest.mark.parametrize("seed", range(3))
def test_sets_follow_the_published_procedure(seed):
    rng = np.random.default_rng(seed)
    k = 8
    values = rng.normal(size=k) * 2
    half = rng.normal(size=(k, k)) * 0.25
    covariance = half @ half.T + 0.1 * np.eye(k)
    sets = rank_sets(values, covariance, np.random.default_rng(99), draws=2_000)
    eigenvalues, vectors = np.linalg.eigh(covariance)
    drawn = np.random.default_rng(99).standard_normal((k, 2_000))
    noise = (vectors * np.sqrt(eigenvalues)) @ drawn
    low, high = slow_sets(values, covariance, noise, 0.95, list(range(k)))
    assert sets.simultaneous_low.tolist() == low
    assert sets.simultaneous_high.tolist() == high
    for group in range(k):
        low, high = slow_sets(values, covariance, noise, 0.95, [group])
        assert (sets.marginal_low[group], sets.marginal_high[group]) == (low[0], high[0])


def test_stepdown_drops_only_the_rejected_direction():
    """A gap between the first critical value and the second is proved at the second step."""
    root = np.sqrt(0.1)
    noise = np.random.default_rng(0).standard_normal((7, 10_000)) * root
    gaps = (noise[:, None] - noise[None, :]) / np.sqrt(0.2)
    one_step = np.quantile(gaps.max(axis=(0, 1)), 0.95)
    # Groups 2 to 6 lie far above: "lower above higher" stays in the family, its reverse leaves.
    kept = [(i, j) for i in range(7) for j in range(7) if i < j or (i, j) == (1, 0)]
    two_steps = np.quantile(np.max([gaps[i, j] for i, j in kept], axis=0), 0.95)
    too_few = np.quantile(np.abs(gaps[0, 1]), 0.95)
    assert too_few < two_steps < one_step

    def proved(gap: float) -> bool:
        values = np.array([0.0, gap * np.sqrt(0.2), 20, 40, 60, 80, 100])
        sets = rank_sets(values, np.full(7, 0.1), np.random.default_rng(0))
        return bool(sets.simultaneous_high[1] == 6)

    assert proved((one_step + two_steps) / 2)
    # Dropping both directions of the far pairs would have proved this one as well.
    assert not proved((two_steps + too_few) / 2)


def test_best_and_worst_sets():
    sets = rank_sets([9.0, 5, 5.1, 1], np.full(4, 0.01), np.random.default_rng(0))
    assert sets.tau_best(1).tolist() == [True, False, False, False]
    assert sets.tau_best(2).tolist() == [True, True, True, False]
    assert sets.tau_worst(1).tolist() == [False, False, False, True]
    assert sets.mean_width == pytest.approx(1.5)
    assert sets.mean_width_simultaneous == pytest.approx(1.5)


def test_top_and_bottom_add_up_and_follow_the_order():
    values = np.linspace(0, 3, 12)
    found = top_and_bottom(values, np.full(12, 0.3), np.random.default_rng(1), count=4)
    assert found.top.sum() == pytest.approx(4)
    assert found.bottom.sum() == pytest.approx(4)
    # Neighbours differ by chance; ends do not.
    assert found.top[-1] > found.top[6] > found.top[0]
    assert found.bottom[0] > found.bottom[6] > found.bottom[-1]
    with pytest.raises(ValueError, match="count must lie"):
        top_and_bottom(values, np.full(12, 0.3), np.random.default_rng(1), count=12)


def test_top_and_bottom_knows_nothing_when_nothing_is_known():
    found = top_and_bottom(
        np.random.default_rng(0).normal(size=10), np.full(10, 1e4), np.random.default_rng(1), 2
    )
    assert np.all(np.abs(found.top - 0.2) < 0.03)


def test_top_and_bottom_by_brute_force():
    """Posterior on a dense grid of tau, one group at a time, independent errors."""
    values, v = np.array([0.0, 0.5, 1.4, 2.0, 0.9]), np.array([0.2, 0.1, 0.3, 0.2, 0.15])
    found = top_and_bottom(values, v, np.random.default_rng(3), count=1, draws=200_000)
    rng = np.random.default_rng(8)
    taus = np.linspace(0, 4 * np.sqrt(values.var() + v.mean()), 4_001)[1:]
    density = []
    for tau in taus:
        w = 1 / (v + tau**2)
        mean = np.sum(w * values) / w.sum()
        density.append(
            tau * np.sqrt(np.prod(w) / w.sum()) * np.exp(-0.5 * np.sum(w * (values - mean) ** 2))
        )
    draws = rng.choice(taus, size=200_000, p=np.array(density) / np.sum(density))[:, None]
    w = 1 / (v + draws**2)
    mean = (w @ values / w.sum(axis=1))[:, None]
    mean = mean + rng.normal(size=(200_000, 1)) / np.sqrt(w.sum(axis=1))[:, None]
    precision = 1 / v + 1 / draws**2
    centre = (values / v + mean / draws**2) / precision
    theta = centre + rng.normal(size=centre.shape) / np.sqrt(precision)
    expected = np.bincount(theta.argmax(axis=1), minlength=5) / 200_000
    # Two simulations of 200,000: five standard errors.
    assert found.top == pytest.approx(expected, abs=5 * np.sqrt(0.5 / 200_000))


def test_goldstein_healy_bars_touch_at_five_percent():
    low, high = goldstein_healy([0.0, 1.0], [1.0, 1.0])
    assert high[0] - 0.0 == pytest.approx(1.39, abs=0.005)
    gap = 1.959963985 * np.sqrt(2)
    low, high = goldstein_healy([0.0, gap], [1.0, 1.0])
    assert high[0] == pytest.approx(low[1])


def test_distinct_pairs():
    assert distinct_pairs([0.0, 0.1, 10], [0.01, 0.01, 0.01]) == (2, 3)
    assert distinct_pairs([0.0, 0.1, 10], np.diag([9.0, 9, 99])) == (0, 3)
    with pytest.raises(ValueError, match="must be positive"):
        rank_sets([1.0, 2], [0.0, 1.0], np.random.default_rng(0))
    with pytest.raises(ValueError, match="2 finite values"):
        rank_sets([1.0, 2], [1.0, 1.0, 1.0], np.random.default_rng(0))
