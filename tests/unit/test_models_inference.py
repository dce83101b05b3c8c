"""Robust errors against their definitions written out with n x n matrices."""

import tracemalloc

import numpy as np
import pytest

from ics_maturity.models.design import with_intercept
from ics_maturity.models.estimate import t_coefficient
from ics_maturity.models.inference import cr1, cr2, cv3, hc, tost
from ics_maturity.models.wild import wild_cluster_bootstrap


@pytest.fixture
def clustered():
    rng = np.random.default_rng(2)
    sizes = rng.integers(1, 8, 15)
    codes = rng.permutation(np.repeat(np.arange(15), sizes))
    x = rng.normal(size=15)[codes]
    z = rng.normal(size=codes.size)
    y = 1 + 0.5 * x + rng.normal(size=15)[codes] + rng.normal(size=codes.size) * (1 + (x > 0))
    return y, with_intercept(x, z), codes


def test_cr2_and_its_degrees_of_freedom_by_definition(clustered):
    y, X, codes = clustered
    n = y.size
    bread = np.linalg.inv(X.T @ X)
    hat = X @ bread @ X.T
    residual = y - hat @ y
    meat = np.zeros((3, 3))
    columns = {0: [], 1: [], 2: []}
    for g in np.unique(codes):
        rows = codes == g
        values, vectors = np.linalg.eigh(np.eye(rows.sum()) - hat[np.ix_(rows, rows)])
        adjust = vectors @ np.diag(values**-0.5) @ vectors.T
        score = X[rows].T @ adjust @ residual[rows]
        meat += np.outer(score, score)
        for c in columns:
            columns[c].append((np.eye(n) - hat)[:, rows] @ adjust @ X[rows] @ bread[:, c])
    expected = np.sqrt(np.diag(bread @ meat @ bread))
    for c, coefficient in enumerate(cr2(y, X, codes)):
        P = np.column_stack(columns[c])
        moments = P.T @ P
        assert coefficient.se == pytest.approx(expected[c], rel=1e-10)
        assert coefficient.df == pytest.approx(
            np.trace(moments) ** 2 / np.sum(moments**2), rel=1e-10
        )


def test_cv3_refits_without_each_cluster(clustered):
    y, X, codes = clustered
    whole = np.linalg.lstsq(X, y, rcond=None)[0]
    left_out = np.array(
        [np.linalg.lstsq(X[codes != g], y[codes != g], rcond=None)[0] for g in range(15)]
    )
    spread = np.sqrt(np.sum((left_out - whole) ** 2, axis=0))
    assert [c.se for c in cv3(y, X, codes, scaled=False)] == pytest.approx(spread, rel=1e-9)
    assert [c.se for c in cv3(y, X, codes)] == pytest.approx(spread * np.sqrt(14 / 15), rel=1e-9)


def test_library_agrees_where_it_has_the_estimator(clustered):
    import statsmodels.api as sm

    y, X, codes = clustered
    model = sm.OLS(y, X)
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        assert [c.se for c in hc(y, X, kind)] == pytest.approx(model.fit(cov_type=kind).bse)
    library = model.fit(cov_type="cluster", cov_kwds={"groups": codes})
    assert [c.se for c in cr1(y, X, codes)] == pytest.approx(library.bse)
    assert [c.p for c in cr1(y, X, codes)] == pytest.approx(library.pvalues)


@pytest.mark.filterwarnings("error")
def test_a_cluster_that_alone_decides_a_coefficient_is_named(clustered):
    y, X, codes = clustered
    only = (codes == 3).astype(float)
    with pytest.raises(ValueError, match="without cluster 3"):
        cv3(y, np.column_stack([X, only]), codes)
    # CR2 says so for that coefficient and still answers for the others.
    found = cr2(y, np.column_stack([X, only]), codes)
    assert np.isnan(found[3].se)
    assert np.isnan(found[3].p)
    assert all(c.se > 0 and 0 <= c.p <= 1 for c in found[:3])
    inside, outside = cr2(y, np.column_stack([only, 1 - only]), codes)  # nothing at all left
    assert np.isnan(inside.se)
    assert outside.se > 0
    with pytest.raises(ValueError, match="leverage 1"):
        hc(y, np.column_stack([X, np.arange(y.size) == 0]), "HC3")


def test_wild_bootstrap_is_its_definition(clustered):
    """The products of cluster sums give the same t as refitting every bootstrap sample."""
    y, X, codes = clustered
    draws = 199
    result = wild_cluster_bootstrap(y, X, codes, 1, np.random.default_rng(9), draws)
    others = np.delete(X, 1, axis=1)
    fitted = others @ np.linalg.lstsq(others, y, rcond=None)[0]
    rng = np.random.default_rng(9)
    webb = np.array([-np.sqrt(1.5), -1, -np.sqrt(0.5), np.sqrt(0.5), 1, np.sqrt(1.5)])
    weights = rng.choice(webb, size=(draws, 15))
    observed = cr1(y, X, codes)[1].statistic
    larger = sum(
        abs(cr1(fitted + (y - fitted) * w[codes], X, codes)[1].statistic) >= abs(observed)
        for w in weights
    )
    assert result.statistic == pytest.approx(observed, rel=1e-10)
    assert result.p == pytest.approx((1 + larger) / (draws + 1))


def test_wild_bootstrap_is_reproducible_and_sees_a_large_effect(clustered):
    y, X, codes = clustered
    first = wild_cluster_bootstrap(y, X, codes, 1, np.random.default_rng(1))
    again = wild_cluster_bootstrap(y, X, codes, 1, np.random.default_rng(1))
    assert first == again
    strong = wild_cluster_bootstrap(y + 9 * X[:, 1], X, codes, 1, np.random.default_rng(1))
    assert strong.p < 0.01 < first.p


def test_equivalence_needs_the_whole_interval_inside():
    inside = tost(t_coefficient("m", 0.01, 0.02, 40), 0.10)
    assert inside.equivalent
    assert -0.10 < inside.low < inside.high < 0.10
    wide = tost(t_coefficient("m", 0.0, 0.2, 40), 0.10)
    assert not wide.equivalent
    assert wide.p == pytest.approx(max(wide.p_lower, wide.p_upper))
    with pytest.raises(ValueError, match="margin must be positive"):
        tost(t_coefficient("m", 0.0, 0.2, 40), 0.0)


def test_cr2_of_many_clusters_fits_in_memory():
    """Twenty thousand providers: a matrix of clusters by clusters would be three gigabytes."""
    rng = np.random.default_rng(5)
    groups = 20_000
    clusters = np.repeat(np.arange(groups), 2)
    X = with_intercept(rng.normal(size=2 * groups))
    tracemalloc.start()
    _, slope = cr2(rng.normal(size=2 * groups), X, clusters)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200e6
    assert 0.45 * groups < slope.df < 0.55 * groups  # squares of normal numbers weigh unequally
