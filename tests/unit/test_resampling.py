import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import t

from ics_maturity.models import counted, resampling
from ics_maturity.models.resampling import cluster_bca, sign_flip


def _mean(counts, values):
    return counts @ values / counts.sum(axis=1)


def test_clusters_flip_together():
    alone = sign_flip([1, 1, 1, 1])
    together = sign_flip([1, 1, 1, 1], ["a", "a", "b", "b"])
    assert (alone.p, alone.patterns, alone.clusters) == (2 / 16, 16, 4)
    assert (together.p, together.patterns, together.clusters) == (2 / 4, 4, 2)
    assert together.mean == 1


def test_differences_that_cancel_within_a_cluster_say_nothing():
    result = sign_flip([1, -1, 2, -2], ["a", "a", "b", "b"])
    assert (result.p, result.mean) == (1, 0)


def test_many_clusters_need_a_generator_and_repeat_with_its_seed():
    differences = np.random.default_rng(1).normal(0.2, 1, 40)
    with pytest.raises(ValueError, match="pass a generator"):
        sign_flip(differences)
    first, second = (sign_flip(differences, None, np.random.default_rng(2)) for _ in range(2))
    assert first == second
    assert not first.exact
    assert first.patterns == 9999


def test_random_patterns_approach_all_patterns():
    differences = np.random.default_rng(4).normal(0.3, 1, 16)
    exact = sign_flip(differences, draws=2**16)
    drawn = sign_flip(differences, None, np.random.default_rng(1), draws=20_000)
    assert exact.exact
    assert drawn.p == pytest.approx(exact.p, abs=4 * np.sqrt(exact.p * (1 - exact.p) / 20_000))


def test_interval_of_a_mean_is_close_to_students():
    values = np.random.default_rng(5).normal(3, 1, 60)
    interval = cluster_bca(_mean, (values,), None, np.random.default_rng(1))
    half = 2 * values.std(ddof=1) / np.sqrt(60)
    assert interval.estimate == pytest.approx(values.mean())
    assert (interval.low, interval.high) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=0.05
    )


def test_interval_of_few_values_is_as_wide_as_students():
    values = ndtri((np.arange(10) + 0.5) / 10)
    interval = cluster_bca(_mean, (values,), None, np.random.default_rng(1), 20_000)
    half = t.ppf(0.975, 9) * values.std(ddof=1) / np.sqrt(10)
    assert [-interval.low, interval.high] == pytest.approx([half, half], rel=0.03)  # else 18% short


def test_interval_repeats_with_its_seed():
    values = np.random.default_rng(5).normal(size=30)
    first, second = (
        cluster_bca(_mean, (values,), np.arange(30) // 3, np.random.default_rng(1), 200)
        for _ in range(2)
    )
    assert first == second
    assert first.clusters == 10


def test_resamples_in_batches_are_the_same_resamples(monkeypatch):
    rng = np.random.default_rng(5)
    columns, groups = rng.normal(size=(2, 60)), np.arange(60) // 5

    def interval():
        return cluster_bca(counted.spearman, columns, groups, np.random.default_rng(1), 300)

    at_once = interval()
    monkeypatch.setattr(resampling, "_CELLS", 60 * 7)
    assert interval() == at_once


def test_a_statistic_nothing_moves_is_its_own_interval():
    interval = cluster_bca(_mean, (np.zeros(10),), None, np.random.default_rng(1), 50)
    assert (interval.low, interval.estimate, interval.high) == (0, 0, 0)


@pytest.mark.parametrize(
    ("statistic", "columns", "message"),
    [
        (_mean, ([1.0, 2.0, 3.0, 4.0],), "needs at least 5"),
        (_mean, ([1.0, np.nan, 3.0, 4.0, 5.0],), "missing"),
        (_mean, (np.arange(6.0), np.arange(5.0)), "expected 6 values"),
        (
            lambda counts, x: np.full(len(counts), np.nan),
            (np.arange(6.0),),
            "undefined in 50 of 50",
        ),
    ],
)
def test_what_cannot_be_resampled(statistic, columns, message):
    with pytest.raises(ValueError, match=message):
        cluster_bca(statistic, columns, None, np.random.default_rng(1), 50)
