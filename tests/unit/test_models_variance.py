"""Variance components: the guard bites, the fast and the slow way agree, faults are named."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from ics_maturity.models import variance
from ics_maturity.models.design import with_intercept
from ics_maturity.models.nested import nested_components
from ics_maturity.models.spectral import group_spectrum
from ics_maturity.models.variance import (
    Disagreement,
    group_level_coefficient,
    guarded,
    random_intercept,
    random_intercept_many,
    rankability,
)
from ics_maturity.models.variance_intervals import boundary_test, profile_intervals


def unbalanced(seed: int, tau: float = 0.5, groups: int = 12) -> tuple:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, groups)
    codes = np.repeat(np.arange(groups), sizes)
    x = rng.normal(size=groups)[codes]
    y = 2 + 0.3 * x + tau * rng.normal(size=groups)[codes] + rng.normal(size=codes.size)
    return y, with_intercept(x), codes


def dense_reml(y, X, codes, tau2, sigma2):
    """The textbook formula with n x n matrices."""
    V = sigma2 * np.eye(y.size) + tau2 * (codes[:, None] == codes)
    inverse = np.linalg.inv(V)
    information = X.T @ inverse @ X
    beta = np.linalg.solve(information, X.T @ inverse @ y)
    residual = y - X @ beta
    likelihood = -0.5 * (
        (y.size - X.shape[1]) * np.log(2 * np.pi)
        + np.linalg.slogdet(V)[1]
        + np.linalg.slogdet(information)[1]
        + residual @ inverse @ residual
    )
    blup = tau2 * np.array([(inverse @ residual)[codes == g].sum() for g in np.unique(codes)])
    return likelihood, beta, np.linalg.inv(information), blup


@pytest.mark.parametrize("seed", range(3))
def test_groups_of_few_sizes_share_eigenvalues(seed):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(60), rng.integers(1, 4, 60))
    X = with_intercept(rng.normal(size=(codes.size, 2)))
    Y = rng.normal(size=(codes.size, 5)) + rng.normal(size=(60, 5))[codes]
    spectrum = group_spectrum(Y, X, codes, 60)
    Z = (codes[:, None] == np.arange(60)).astype(float)
    left = Z - X @ np.linalg.solve(X.T @ X, X.T @ Z)
    values, vectors = np.linalg.eigh(left.T @ left)
    keep = values > 1e-9
    assert np.sort(spectrum.eigenvalues) == pytest.approx(values[keep], rel=1e-9)
    squares = (vectors[:, keep].T @ (left.T @ Y)) ** 2 / values[keep, None]
    for level in (1, 2, 3):  # within one eigenvalue only the sum is defined
        ours = spectrum.squares[np.isclose(spectrum.eigenvalues, level)].sum(axis=0)
        assert ours == pytest.approx(squares[np.isclose(values[keep], level)].sum(axis=0))
    ratio = np.full(5, 0.7)
    profile = spectrum.reml()
    V = np.eye(codes.size) + 0.7 * Z @ Z.T
    inverse = np.linalg.inv(V)
    free = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    assert profile.residual_ss(ratio) == pytest.approx(np.einsum("nb,nm,mb->b", Y, free, Y))


def test_memory_does_not_grow_with_the_square_of_the_groups():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(20_000), rng.integers(1, 3, 20_000))
    X = with_intercept(rng.normal(size=codes.size))
    y = rng.normal(size=codes.size) + rng.normal(size=20_000)[codes]
    tracemalloc.start()
    fit = random_intercept(y, X, codes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300e6  # a matrix of groups by groups has 3.2e9 bytes
    assert fit.tau2 == pytest.approx(1, abs=0.1)
    assert fit.sigma2 == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_the_textbook_matrices_and_is_their_maximum(seed):
    y, X, codes = unbalanced(seed)
    fit = random_intercept(y, X, codes)
    likelihood, beta, covariance, blup = dense_reml(y, X, codes, fit.tau2, fit.sigma2)
    assert fit.log_likelihood == pytest.approx(likelihood, rel=1e-10)
    assert fit.beta == pytest.approx(beta, rel=1e-9)
    assert fit.covariance == pytest.approx(covariance, rel=1e-9)
    assert fit.blup == pytest.approx(blup, rel=1e-8, abs=1e-10)
    for tau2 in np.linspace(0, 4 * fit.tau2 + 1, 9):
        for factor in (0.8, 1.0, 1.25):
            assert dense_reml(y, X, codes, tau2, factor * fit.sigma2)[0] <= likelihood + 1e-9


def test_prediction_variance_against_henderson():
    """Inverse of the mixed-model equations gives var(prediction - effect)."""
    y, X, codes = unbalanced(1)
    fit = random_intercept(y, X, codes)
    assert fit.tau2 > 0
    Z = (codes[:, None] == np.unique(codes)).astype(float)
    penalty = np.eye(Z.shape[1]) * fit.sigma2 / fit.tau2
    equations = np.block([[X.T @ X, X.T @ Z], [Z.T @ X, Z.T @ Z + penalty]])
    errors = fit.sigma2 * np.linalg.inv(equations)
    p = X.shape[1]
    assert fit.prediction_variance == pytest.approx(np.diag(errors)[p:], rel=1e-9)
    assert np.all(fit.prediction_variance > fit.blup_variance)


def test_many_responses_equal_one_at_a_time():
    _, X, codes = unbalanced(3)
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(codes.size, 20)) + 0.7 * rng.normal(size=(12, 20))[codes]
    many = random_intercept_many(noise, X, codes)
    for column in range(20):
        one = random_intercept(noise[:, column], X, codes)
        assert many.beta[column] == pytest.approx(one.beta, rel=1e-12)
        assert many.se[column] == pytest.approx(one.se, rel=1e-12)
        assert many.tau2[column] == pytest.approx(one.tau2, rel=1e-12)
        assert many.sigma2[column] == pytest.approx(one.sigma2, rel=1e-12)


def test_guard_holds_both_answers(monkeypatch):
    y, X, codes = unbalanced(1)
    honest = random_intercept(y, X, codes)

    def wrong(*arguments):
        return replace(honest, tau2=honest.tau2 * 1.5)

    monkeypatch.setattr(variance, "random_intercept", wrong)
    with pytest.raises(Disagreement, match="two fits") as caught:
        guarded(y, X, codes)
    assert caught.value.exact.tau2 == pytest.approx(1.5 * honest.tau2)
    assert caught.value.library["tau2"] == pytest.approx(honest.tau2, rel=1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_guard_passes_on_unbalanced_data(seed):
    y, X, codes = unbalanced(seed, tau=0.3 * seed)
    assert guarded(y, X, codes).tau2 == random_intercept(y, X, codes).tau2


def test_group_level_coefficient_has_g_minus_2_degrees():
    y, X, codes = unbalanced(2)
    slope = group_level_coefficient(random_intercept(y, X, codes), 1)
    assert slope.df == 10
    assert slope.low < slope.estimate < slope.high
    assert slope.high - slope.low == pytest.approx(2 * 2.228138852 * slope.se, rel=1e-8)


def test_icc_and_rankability_differ():
    assert rankability(1.0, [0.5, 1.0, 9.0]) == pytest.approx(0.5)
    assert rankability(0.0, [1.0]) == 0.0
    with pytest.raises(ValueError, match="must be positive"):
        rankability(1.0, [0.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y, X, g: (np.where(np.arange(y.size) == 3, np.nan, y), X, g), "first in row 3"),
        (lambda y, X, g: (y, np.column_stack([X, X[:, 1] * 2]), g), "linearly dependent"),
        (lambda y, X, g: (y, X[:-1], g), "rows"),
        (lambda y, X, g: (y, X, g[:-1]), "labels"),
        (lambda y, X, g: (y, X, np.arange(y.size)), "degrees of freedom"),
        (lambda y, X, g: (y, X, np.zeros(y.size)), "degrees of freedom"),
        (lambda y, X, g: (g.astype(float), np.ones(y.size), g), "does not vary within"),
    ],
)
def test_impossible_input_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        random_intercept(*change(*unbalanced(1)))


def test_profile_interval_starts_at_zero_when_zero_is_not_excluded():
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(10), 4)
    intervals = profile_intervals(rng.normal(size=40), np.ones(40), codes)
    assert intervals.tau[0] == 0.0
    assert 0 < intervals.tau[1] < 2
    assert intervals.sigma[0] < 1 < intervals.sigma[1]


def test_boundary_test_equals_a_bootstrap_of_responses():
    """Drawing squared projections is drawing responses: same null distribution."""
    y, X, codes = unbalanced(4, tau=0.25)
    rng = np.random.default_rng(1)
    result = boundary_test(y, X, codes, rng, draws=9_999)
    assert 0.05 < result.p_bootstrap < 0.5
    worlds = rng.normal(size=(y.size, 1_000))
    free = random_intercept_many(worlds, X, codes)
    null = np.linalg.lstsq(X, worlds, rcond=None)[1] / (y.size - 2)
    statistics = [
        2 * (dense_reml(w, X, codes, t, s)[0] - dense_reml(w, X, codes, 0.0, s0)[0])
        for w, t, s, s0 in zip(worlds.T, free.tau2, free.sigma2, null, strict=True)
    ]
    share = np.mean(np.array(statistics) >= result.statistic)
    # Four standard errors of a share among 1,000 worlds.
    assert share == pytest.approx(result.p_bootstrap, abs=4 * np.sqrt(share / 1_000))


def test_nested_components_agree_with_the_textbook_matrices():
    rng = np.random.default_rng(8)
    lower = np.repeat(np.arange(40), rng.integers(1, 4, 40))
    upper = lower // 5
    x = rng.normal(size=lower.size)
    y = rng.normal(size=8)[upper] + rng.normal(size=40)[lower] + 0.5 * rng.normal(size=lower.size)
    X = with_intercept(x)
    fit = nested_components(y, X, upper, lower)

    def dense(tau2_upper, tau2_lower, sigma2):
        V = (
            sigma2 * np.eye(y.size)
            + tau2_upper * (upper[:, None] == upper)
            + tau2_lower * (lower[:, None] == lower)
        )
        inverse = np.linalg.inv(V)
        information = X.T @ inverse @ X
        beta = np.linalg.solve(information, X.T @ inverse @ y)
        residual = y - X @ beta
        terms = (y.size - 2) * np.log(2 * np.pi) + np.linalg.slogdet(V)[1]
        terms += np.linalg.slogdet(information)[1] + residual @ inverse @ residual
        return -0.5 * terms, beta

    best, beta = dense(fit.tau2_upper, fit.tau2_lower, fit.sigma2)
    assert fit.log_likelihood == pytest.approx(best, rel=1e-10)
    assert fit.beta == pytest.approx(beta, rel=1e-9)
    for a in (0.7, 1.0, 1.4):
        for b in (0.7, 1.0, 1.4):
            for c in (0.8, 1.0, 1.2):
                moved = dense(a * fit.tau2_upper, b * fit.tau2_lower, c * fit.sigma2)[0]
                assert moved <= best + 1e-9
    assert sum(fit.shares) == pytest.approx(1)


def test_nested_components_do_not_know_the_order_of_rows():
    """To ten digits, as they are written: a search by values alone ends at the eighth."""
    rng = np.random.default_rng(8)
    lower = np.repeat(np.arange(40), rng.integers(1, 4, 40))
    y = rng.normal(size=8)[lower // 5] + rng.normal(size=40)[lower] + rng.normal(size=lower.size)
    orders = [np.arange(y.size), *(rng.permutation(y.size) for _ in range(5))]
    fits = [nested_components(y[o], np.ones(y.size), lower[o] // 5, lower[o]) for o in orders]
    for fit in fits[1:]:
        assert fit.shares == pytest.approx(fits[0].shares, rel=1e-10)


def test_nested_faults_are_named():
    with pytest.raises(ValueError, match="more than one upper group"):
        nested_components([1.0, 2, 3, 4], np.ones(4), ["a", "a", "b", "b"], ["x", "y", "y", "z"])
    with pytest.raises(ValueError, match="no lower group has two rows"):
        nested_components([1.0, 2, 3, 4], np.ones(4), ["a", "a", "b", "b"], ["w", "x", "y", "z"])


@pytest.mark.parametrize("tau", [0.0, 0.2, 1.0, 6.0])
def test_no_ratio_is_better_than_the_best(tau):
    rng = np.random.default_rng(11)
    codes = np.sort(np.concatenate([np.arange(15), rng.integers(0, 15, 45)]))
    X = np.column_stack([np.ones(60), rng.random(15)[codes]])
    Y = rng.normal(size=(60, 40)) + tau * rng.normal(size=(15, 40))[codes]
    spectrum = group_spectrum(Y, X, codes, 15)
    for profile in (spectrum.reml(), spectrum.ml()):
        best = profile.best_ratio()
        lowest = profile.at(best)
        for other in (0.0, 1e-9, *np.logspace(-4, 4, 400)):
            assert np.all(lowest <= profile.at(np.full(40, other)) + 1e-9)
        for near in (1 - 1e-5, 1 + 1e-5):  # the bottom itself, not only its neighbourhood
            assert np.all((best == 0) | (lowest <= profile.at(best * near) + 1e-12))
