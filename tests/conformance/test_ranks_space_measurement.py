"""Published rank sets, Moran's I, reliability, adjusted p-values and interval regression."""

import numpy as np
import pandas as pd
import pytest

from ics_maturity.models.coarse import interval_regression
from ics_maturity.models.design import with_intercept
from ics_maturity.models.measurement import consistency
from ics_maturity.models.multiplicity import benjamini_hochberg, holm
from ics_maturity.models.ranks import rank_sets
from ics_maturity.models.space import moran, moran_residuals


@pytest.mark.parametrize(
    ("variance", "low", "high"),
    [
        (0.05, [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        (0.2, [1, 1, 2, 3, 4], [2, 3, 4, 5, 5]),
        (1.0, [1, 1, 1, 1, 2], [4, 5, 5, 5, 5]),
    ],
)
def test_rank_sets_of_five(variance, low, high):
    """R package csranks on the estimates 5, 4, 3, 2, 1 with equal variances."""
    sets = rank_sets([5.0, 4, 3, 2, 1], np.full(5, variance), np.random.default_rng(1))
    assert sets.rank.tolist() == [1, 2, 3, 4, 5]
    assert sets.marginal_low.tolist() == low
    assert sets.marginal_high.tolist() == high
    assert sets.simultaneous_low.tolist() == low
    assert sets.simultaneous_high.tolist() == high


@pytest.fixture(scope="module")
def columbus(reference_data):
    table = pd.read_csv(reference_data / "columbus_oldcol.csv")
    pairs = pd.read_csv(reference_data / "columbus_oldcol_nb.csv").to_numpy() - 1
    weights = np.zeros((49, 49))
    weights[pairs[:, 0], pairs[:, 1]] = 1
    return table, weights / weights.sum(axis=1, keepdims=True)


def test_columbus_crime(columbus):
    """Anselin 1988, Spatial Econometrics; R package spdep, moran.test."""
    table, weights = columbus
    found = moran(table["CRIME"], weights)
    assert found.statistic == pytest.approx(0.5109512640788, rel=1e-12)
    assert found.expected == pytest.approx(-0.02083333333333, rel=1e-12)
    assert found.variance == pytest.approx(0.008908761559878, rel=1e-12)
    assert found.z == pytest.approx(5.634132894179, rel=1e-12)
    assert found.p_greater == pytest.approx(8.797065602807e-09, rel=1e-10)
    normal = moran(table["CRIME"], weights, randomisation=False)
    assert normal.variance == pytest.approx(0.008779831456865, rel=1e-12)
    assert normal.z == pytest.approx(5.675350196933, rel=1e-12)


def test_columbus_residuals(columbus):
    """Anselin 1988 prints 0.2357; R package spdep, lm.morantest."""
    table, weights = columbus
    found = moran_residuals(table["CRIME"], with_intercept(table["INC"], table["HOVAL"]), weights)
    assert found.statistic == pytest.approx(0.2356383537655, rel=1e-12)
    assert found.expected == pytest.approx(-0.03330286570028, rel=1e-12)
    assert found.variance == pytest.approx(0.008289407907153, rel=1e-11)
    assert found.z == pytest.approx(2.953898812752, rel=1e-11)
    assert found.p_greater == pytest.approx(0.001568934366557, rel=1e-10)


def test_three_by_three_lattice():
    """Worked by hand: 1 to 9 on a grid, rook neighbours, binary weights."""
    row, column = np.divmod(np.arange(9), 3)
    steps = np.abs(row[:, None] - row) + np.abs(column[:, None] - column)
    found = moran(np.arange(1, 10), (steps == 1).astype(float), randomisation=False)
    assert found.statistic == pytest.approx(0.5, rel=1e-14)
    assert found.expected == pytest.approx(-0.125, rel=1e-14)
    assert found.variance == pytest.approx(0.053125, rel=1e-13)


def test_attitude_alpha(dataset):
    """R package psych, alpha(attitude)."""
    found = consistency(dataset("attitude"))
    assert found.alpha == pytest.approx(0.8431427695648, rel=1e-12)
    assert found.alpha_standardised == pytest.approx(0.8390838030295, rel=1e-12)


def test_benjamini_hochberg_1995_example():
    """Benjamini & Hochberg 1995, JRSS B 57, section 4.1: 4 rejections, Bonferroni 3."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324,
         0.4262, 0.5719, 0.6528, 0.759, 1]  # fmt: skip
    adjusted = benjamini_hochberg(p)
    assert np.sum(adjusted <= 0.05) == 4
    assert adjusted == pytest.approx(
        [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714285714, 0.06385714285714, 0.0645,
         0.0765, 0.486, 0.5811818181818, 0.714875, 0.7532307692308, 0.8132142857143, 1]
    )  # fmt: skip
    assert holm(p) == pytest.approx(
        [0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, 1, 1, 1, 1, 1, 1]
    )


def test_old_faithful_intervals(reference_data):
    """R package survival, survreg of interval-censored eruption times, gaussian."""
    table = pd.read_csv(reference_data / "faithful_interval.csv")
    fit = interval_regression(table["lo"], table["hi"], with_intercept(table["w"]))
    assert fit.beta == pytest.approx([-2.098691337158, 0.07863297419251], rel=1e-9)
    assert fit.sigma == pytest.approx(0.4943403388211, rel=1e-9)
    assert fit.log_likelihood == pytest.approx(-235.008372447318, rel=1e-12)
    assert fit.se == pytest.approx([0.1848509110706, 0.002563600078092], rel=1e-8)
    assert np.sqrt(fit.covariance[-1, -1]) == pytest.approx(0.05674946187851, rel=1e-8)
    null = interval_regression(table["lo"], table["hi"], np.ones(len(table)))
    assert null.beta[0] == pytest.approx(3.477471288934, rel=1e-9)
    assert null.sigma == pytest.approx(1.176553270757, rel=1e-9)
