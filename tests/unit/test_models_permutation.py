"""Permutation tests against refitting every permuted sample."""

import numpy as np
import pytest

from ics_maturity.models.design import indicators
from ics_maturity.models.permutation import freedman_lane, label_permutation, permuted_shares


def f_statistic(y, tested, nuisance):
    def rss(X):
        return float(np.sum((y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) ** 2))

    full = np.column_stack([nuisance, tested])
    df = y.size - full.shape[1]
    return (rss(nuisance) - rss(full)) / tested.shape[1] / (rss(full) / df)


@pytest.fixture
def data():
    rng = np.random.default_rng(4)
    blocks = np.repeat(np.arange(6), 5)
    nuisance = np.column_stack([np.ones(30), rng.normal(size=30)])
    tested = rng.normal(size=(30, 2)) + 0.5 * nuisance[:, [1, 1]]
    y = nuisance @ [1.0, 2.0] + 0.3 * tested[:, 0] + rng.normal(size=30)
    return y, tested, nuisance, blocks


def test_statistic_is_the_f_of_the_regression(data):
    y, tested, nuisance, _ = data
    found = freedman_lane(y, tested, nuisance, np.random.default_rng(0), draws=99)
    assert found.statistic == pytest.approx(f_statistic(y, tested, nuisance), rel=1e-10)
    assert found.df == (2, 26)


def test_null_distribution_is_that_of_refitted_permuted_samples(data):
    y, tested, nuisance, blocks = data
    draws = 60
    _, null, df = permuted_shares(
        y, tested, nuisance, np.random.default_rng(5), blocks=blocks, draws=draws
    )
    fitted = nuisance @ np.linalg.lstsq(nuisance, y, rcond=None)[0]
    residual = y - fitted
    rng = np.random.default_rng(5)
    order = np.empty((draws, 30), int)
    for g in range(6):
        rows = np.flatnonzero(blocks == g)
        order[:, rows] = rng.permuted(np.tile(rows, (draws, 1)), axis=1)
    by_hand = [f_statistic(fitted + residual[o], tested, nuisance) for o in order]
    f = null / (1 - null) * df[1] / df[0]
    assert f == pytest.approx(by_hand, rel=1e-9)


def test_permuting_within_blocks_leaves_every_block_its_residuals(data):
    """With block means held in place nothing between blocks can count as evidence."""
    _, tested, _, blocks = data
    y = 100.0 * blocks + 0.1 * np.random.default_rng(2).normal(size=30)
    held = indicators(blocks)
    assert freedman_lane(y, tested, held, np.random.default_rng(1), blocks=blocks).p > 0.01


def test_columns_already_determined_are_left_out(data):
    y, tested, nuisance, _ = data
    extra = np.column_stack([tested, nuisance[:, 1] * 3])
    found = freedman_lane(y, extra, nuisance, np.random.default_rng(0), draws=99)
    assert found.df == (2, 26)
    with pytest.raises(ValueError, match="already determine"):
        freedman_lane(y, nuisance[:, 1], nuisance, np.random.default_rng(0))
    with pytest.raises(ValueError, match="no residual degree"):
        freedman_lane(y, np.eye(30), nuisance, np.random.default_rng(0))
    with pytest.raises(ValueError, match="explain the response completely"):
        freedman_lane(nuisance[:, 1], tested, nuisance, np.random.default_rng(0))


def test_smallest_possible_p_counts_the_observed_order(data):
    y, tested, nuisance, _ = data
    strong = y + 50 * tested[:, 0]
    assert freedman_lane(strong, tested, nuisance, np.random.default_rng(0), draws=99).p == 0.01


def test_chunks_do_not_change_the_answer_but_the_seed_does(data, monkeypatch):
    from ics_maturity.models import permutation

    y, tested, nuisance, _ = data
    whole = freedman_lane(y, tested, nuisance, np.random.default_rng(3), draws=500).p
    assert whole == freedman_lane(y, tested, nuisance, np.random.default_rng(3), draws=500).p
    monkeypatch.setattr(permutation, "_CHUNK", 30 * 7)
    chunked = freedman_lane(y, tested, nuisance, np.random.default_rng(3), draws=500).p
    assert chunked == pytest.approx(whole)


def test_label_permutation_sees_a_group_level_slope():
    rng = np.random.default_rng(6)
    groups = np.repeat(np.arange(30), rng.integers(1, 9, 30))
    x = rng.random(30)[groups]
    noise = rng.normal(size=groups.size) + 0.3 * rng.normal(size=30)[groups]
    assert label_permutation(noise + 3 * x, x, groups, rng).p < 0.01
    mix = rng.normal(size=groups.size)
    held = label_permutation(noise + 5 * mix, x, groups, rng, nuisance=mix)
    assert held.df == (1, 27)
    assert held.p > 0.01
