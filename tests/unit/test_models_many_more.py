"""Many worlds at once give what the functions for one world give."""

import numpy as np
import pytest
from scipy import stats

from ics_maturity.models import change, dispersion, multiplicity, space
from ics_maturity.models.many import smallest_max_t_many
from ics_maturity.models.many_areas import moran_many, moran_residuals_many
from ics_maturity.models.many_pairs import (
    bonett_seier_many,
    brown_forsythe_many,
    resampled,
    spearman_bca_many,
    variance_ratio_many,
)
from ics_maturity.stress.methods import smallest_false_discovery

RING = (np.roll(np.eye(20), 1, axis=1) + np.roll(np.eye(20), -1, axis=1)) / 2


@pytest.fixture
def pairs() -> tuple[np.ndarray, np.ndarray]:
    first, own = np.random.default_rng(1).standard_normal((2, 60, 4))
    return first, 0.8 * first + 0.6 * own


def test_moran():
    rng = np.random.default_rng(2)
    Y, X = rng.standard_normal((20, 5)), np.column_stack([np.ones(20), rng.uniform(size=20)])
    normal, drawn = moran_many(Y, RING, np.random.default_rng(3), 4_999)
    residual, redrawn = moran_residuals_many(Y, X, RING, np.random.default_rng(3), 4_999)
    for i, y in enumerate(Y.T):
        one = space.moran(y, RING, np.random.default_rng(4), 4_999)
        left = space.moran_residuals(y, X, RING, np.random.default_rng(4), 4_999)
        assert (normal[i], residual[i]) == pytest.approx((one.p_greater, left.p_greater))
        assert drawn[i] == pytest.approx(one.p_permutation, abs=0.04)
        assert redrawn[i] == pytest.approx(left.p_permutation, abs=0.04)


def test_spread(pairs):
    first, second = pairs
    ratio, robust = variance_ratio_many(first, second), bonett_seier_many(first, second)
    unpaired = brown_forsythe_many(first, second)
    for i, (a, b) in enumerate(zip(first.T, second.T, strict=True)):
        one, other = change.pitman_morgan(a, b), dispersion.bonett_seier(a, b)
        assert (ratio.estimate[i], ratio.low[i], ratio.high[i], ratio.p[i]) == pytest.approx(
            (one.variance_ratio, one.low, one.high, one.p)
        )
        assert (robust.estimate[i], robust.low[i], robust.high[i], robust.p[i]) == pytest.approx(
            (other.ratio, other.low, other.high, other.p)
        )
        assert unpaired[i] == pytest.approx(dispersion.brown_forsythe(a, b).p)


def test_rank_correlation_with_whole_systems_drawn(pairs):
    """The ends differ by the luck of the resamples alone."""
    first, second = pairs
    systems = np.repeat(np.arange(15), 4)
    many = spearman_bca_many(first, second, systems, np.random.default_rng(5), 5_000)
    one = change.stability(first[:, 0], second[:, 0], systems, np.random.default_rng(6), 5_000)
    assert many.estimate[0] == pytest.approx(one.estimate)
    assert (many.low[0], many.high[0]) == pytest.approx((one.low, one.high), abs=0.02)


def test_smallest_corrected_p():
    rng = np.random.default_rng(7)
    systems, rural = np.repeat(np.arange(15), 4), rng.uniform(size=15)[np.repeat(np.arange(15), 4)]
    Ys = rng.standard_normal((3, 60, 4))
    p = rng.uniform(size=(7, 4)) ** 2
    together = smallest_max_t_many(list(Ys), rural, systems, np.random.default_rng(8), 99)
    for i in range(4):
        one = multiplicity.westfall_young(
            Ys[:, :, i].T, rural, systems, np.random.default_rng(8), draws=99
        )
        assert together[i] == pytest.approx(one.p_adjusted.min())
        assert smallest_false_discovery(p)[i] == pytest.approx(
            multiplicity.benjamini_hochberg(p[:, i]).min()
        )
        assert min(7 * p[:, i].min(), 1.0) == pytest.approx(multiplicity.holm(p[:, i]).min())


def test_a_row_counts_as_often_as_its_system_is_drawn(pairs):
    first, _ = pairs
    systems = np.repeat(np.arange(15), 4)
    (world,) = resampled(first[:, :1], systems, np.random.default_rng(9), 3)
    assert world.drawn[0].tolist() == [1] * 15
    assert world.drawn[4].tolist() == [1, 1, 1, 0] + [1] * 11
    for counts, ranks in zip(world.counts, world.ranks, strict=True):
        repeated = np.repeat(np.arange(60), counts.astype(int))
        expected = stats.rankdata(first[repeated, 0]) - (repeated.size + 1) / 2
        assert ranks[repeated].tolist() == expected.tolist()
