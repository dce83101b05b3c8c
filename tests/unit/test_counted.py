"""A statistic of counts is the statistic of the rows, each repeated as often as it is drawn."""

import numpy as np
import pytest

from ics_maturity.models import change, counted, linking

RNG = np.random.default_rng(3)
COUNTS = RNG.integers(0, 4, (25, 30)).astype(float)
X = RNG.integers(0, 12, 30) / 4  # with equal values
Y = X + RNG.normal(size=30)


def repeated(one: np.ndarray, *columns: np.ndarray) -> list[np.ndarray]:
    return [np.repeat(column, one.astype(int)) for column in columns]


def test_correlations_are_those_of_repeated_rows():
    pearson, ranked = counted.correlation(COUNTS, X, Y), counted.spearman(COUNTS, X, Y)
    for one, r, rho in zip(COUNTS, pearson, ranked, strict=True):
        rows = repeated(one, X, Y)
        assert r == pytest.approx(linking.correlation(*rows), rel=1e-12)
        assert rho == pytest.approx(change.spearman_r(*rows), rel=1e-12)


def test_a_ratio_is_that_of_the_sums():
    part, whole = RNG.integers(0, 5, (2, 30))
    expected = [np.divide(*map(np.sum, repeated(one, part, whole))) for one in COUNTS]
    assert counted.ratio(COUNTS, part, whole) == pytest.approx(expected)


def test_without_variation_there_is_no_correlation():
    counts = np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    for statistic in (counted.correlation, counted.spearman):
        found = statistic(counts, np.array([0.1, 0.1, 0.2]), np.array([1.0, 2.0, 3.0]))
        assert np.isnan(found).tolist() == [True, False]
