"""The confirmatory set, its companions, and what the design can detect."""

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import variance_inflation_factor

from ics_maturity.models.design import with_intercept
from ics_maturity.models.inference import cr2
from ics_maturity.models.rurality import (
    confirmatory_set,
    curvature_test,
    leave_one_out,
    slope,
    variance_inflation,
)
from ics_maturity.models.variance import random_intercept


@pytest.fixture
def world():
    rng = np.random.default_rng(11)
    ics = np.repeat(np.arange(42), rng.integers(2, 9, 42))
    rural = rng.uniform(0, 0.55, 42)[ics]
    mix = (rng.random((ics.size, 2)) < 0.3).astype(float)
    y = 2.5 - 0.8 * rural + 0.12 * rng.normal(size=42)[ics] + 0.35 * rng.normal(size=ics.size)
    return y + mix @ [0.2, -0.1], rural, ics, mix


def test_confirmatory_table_holds_every_method_once(world):
    y, rural, ics, _ = world
    found = confirmatory_set(y, rural, ics, np.random.default_rng(0), draws=499)
    table = found.table()
    assert table["method"].is_unique
    assert table["role"].tolist() == ["primary", *["check"] * 5, "for comparison only"]
    assert table["p"].between(0, 1).all()
    assert found.primary == slope(y, rural, ics)
    assert found.cr2 == cr2(y, with_intercept(rural), ics)[1]
    assert found.primary.df == 40
    means = [np.mean(y[ics == g]) for g in range(42)]
    shares = [rural[ics == g][0] for g in range(42)]
    library = sm.OLS(means, sm.add_constant(shares)).fit(cov_type="HC3")
    assert found.hc3.se == pytest.approx(library.bse[1])


def test_covariates_change_every_method(world):
    y, rural, ics, mix = world
    total = confirmatory_set(y, rural, ics, np.random.default_rng(0), draws=199).table()
    direct = confirmatory_set(
        y, rural, ics, np.random.default_rng(0), covariates=mix, draws=199
    ).table()
    known = total["estimate"].notna()
    assert not np.isclose(total.loc[known, "estimate"], direct.loc[known, "estimate"]).any()


def test_rural_share_must_belong_to_the_system(world):
    y, rural, ics, _ = world
    with pytest.raises(ValueError, match="varies within system 3"):
        slope(y, np.where(np.arange(y.size) == np.flatnonzero(ics == 3)[0], 0.9, rural), ics)


def test_leave_one_out_brackets_the_slope(world):
    y, rural, ics, _ = world
    table = leave_one_out(y, rural, ics, ics)
    assert len(table) == 42
    assert table["estimate"].is_monotonic_increasing
    assert table["estimate"].iloc[0] < slope(y, rural, ics).estimate < table["estimate"].iloc[-1]
    without = table.loc[table["left_out"] == 7].iloc[0]
    kept = ics != 7
    fit = random_intercept(y[kept], with_intercept(rural[kept]), ics[kept])
    assert without["estimate"] == pytest.approx(fit.beta[1])


def test_curvature_sees_a_bend_and_only_a_bend(world):
    y, rural, ics, _ = world
    assert curvature_test(y, rural, ics).p > 0.01
    assert curvature_test(y, rural, ics).df == 39
    assert curvature_test(y + 20 * (rural - 0.25) ** 2, rural, ics).p < 0.01
    # A straight line added changes nothing: the spline holds one.
    straight = curvature_test(y + 3 * rural, rural, ics)
    assert straight.estimate == pytest.approx(curvature_test(y, rural, ics).estimate)


def test_spline_is_linear_beyond_the_outer_knots():
    from ics_maturity.models.rurality import _bend

    knots = np.array([0.1, 0.3, 0.5])
    below = _bend(np.array([-1.0, 0.0, 0.1]), knots)
    assert below == pytest.approx([0, 0, 0])
    above = _bend(np.array([0.5, 0.6, 0.7, 0.8]), knots)
    assert np.diff(above, 2) == pytest.approx([0, 0], abs=1e-10)


def test_variance_inflation_equals_the_library(world):
    _, rural, _, mix = world
    X = np.column_stack([rural, mix, rural + 0.1 * mix[:, 0] + 0.05 * np.sin(np.arange(len(mix)))])
    whole = with_intercept(X)
    library = [variance_inflation_factor(whole, i) for i in range(1, whole.shape[1])]
    assert variance_inflation(X) == pytest.approx(library)
    assert variance_inflation(rural[:, None]) == pytest.approx([1.0])
