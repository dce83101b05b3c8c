"""What must hold for any data: order, names, units and origins of scores do not matter."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ics_maturity.models.composition import kitagawa_reference, kitagawa_symmetric
from ics_maturity.models.design import with_intercept
from ics_maturity.models.inference import cr2, cv3, hc
from ics_maturity.models.likeforlike import indirect, like_for_like, standard_mix, standardised
from ics_maturity.models.measurement import consistency
from ics_maturity.models.permutation import freedman_lane
from ics_maturity.models.ranks import rank_sets, top_and_bottom
from ics_maturity.models.shrinkage import empirical_bayes
from ics_maturity.models.space import moran, nearest_weights
from ics_maturity.models.variance import random_intercept
from ics_maturity.models.wild import wild_cluster_bootstrap

SEEDS = st.integers(0, 2**32 - 1)
SHIFTS = st.floats(-50, 50)
SCALES = st.floats(0.01, 100)
FEW = settings(max_examples=25, deadline=None)


def grouped(seed: int, groups: int = 9) -> tuple:
    """Response, design and unequal groups drawn from one seed."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, groups)
    sizes[:2] = 3
    codes = np.repeat(np.arange(groups), sizes)
    x = rng.normal(size=groups)[codes]
    y = rng.normal(size=groups)[codes] * rng.uniform(0, 1.5) + rng.normal(size=codes.size)
    return y, with_intercept(x), codes, rng


def returns(seed: int) -> pd.DataFrame:
    """Returns of 40 providers in 8 systems; some systems lack some settings."""
    rng = np.random.default_rng(seed)
    records = []
    for provider in range(40):
        for setting in rng.choice(list("wxyz"), size=rng.integers(1, 4), replace=False):
            records.append((f"Q{provider % 8}", f"R{provider:02d}", setting))
    frame = pd.DataFrame(records, columns=["ics_code", "provider_code", "care_setting"])
    frame["score"] = rng.normal(2.5, 0.5, len(frame))
    return frame


@FEW
@given(SEEDS)
def test_row_order_and_group_names_do_not_matter(seed):
    y, X, codes, rng = grouped(seed)
    order = rng.permutation(y.size)
    renamed = np.array([f"Q{9 - c}" for c in codes])
    first = random_intercept(y, X, codes)
    second = random_intercept(y[order], X[order], renamed[order])
    assert second.beta == pytest.approx(first.beta, rel=1e-6, abs=1e-9)
    assert second.tau2 == pytest.approx(first.tau2, rel=1e-6, abs=1e-9)
    assert second.blup[::-1] == pytest.approx(first.blup, rel=1e-5, abs=1e-8)
    for estimator in (cr2, cv3):
        a, b = estimator(y, X, codes)[1], estimator(y[order], X[order], renamed[order])[1]
        assert (b.estimate, b.se, b.df) == pytest.approx((a.estimate, a.se, a.df), rel=1e-8)


@FEW
@given(SEEDS, SHIFTS, SCALES)
def test_variance_components_follow_shift_and_scale(seed, shift, scale):
    y, X, codes, _ = grouped(seed)
    first = random_intercept(y, X, codes)
    second = random_intercept(shift + scale * y, X, codes)
    assert second.tau2 == pytest.approx(scale**2 * first.tau2, rel=1e-5, abs=1e-7 * scale**2)
    assert second.sigma2 == pytest.approx(scale**2 * first.sigma2, rel=1e-5)
    assert second.icc == pytest.approx(first.icc, abs=1e-6)
    assert second.beta[1] == pytest.approx(scale * first.beta[1], rel=1e-5, abs=1e-7 * scale)
    assert second.beta[0] == pytest.approx(shift + scale * first.beta[0], abs=1e-5 * (1 + scale))


@FEW
@given(SEEDS, SHIFTS, SCALES)
def test_robust_p_values_do_not_depend_on_units(seed, shift, scale):
    y, X, codes, _ = grouped(seed)
    moved = shift + scale * y
    for estimator in (cr2, cv3):
        assert estimator(moved, X, codes)[1].p == pytest.approx(
            estimator(y, X, codes)[1].p, abs=1e-7
        )
    assert hc(moved, X)[1].p == pytest.approx(hc(y, X)[1].p, abs=1e-7)
    by_seed = [
        wild_cluster_bootstrap(v, X, codes, 1, np.random.default_rng(seed), 199).p
        for v in (y, moved)
    ]
    assert by_seed[0] == pytest.approx(by_seed[1], abs=1e-2)
    permuted = [
        freedman_lane(v, X[:, 1], X[:, :1], np.random.default_rng(seed), draws=199).p
        for v in (y, moved)
    ]
    assert permuted[0] == pytest.approx(permuted[1], abs=1e-2)


@FEW
@given(SEEDS, st.booleans())
def test_kitagawa_sums_exactly(seed, by_provider):
    frame = returns(seed)
    weights = None
    if by_provider:
        weights = 1 / frame.groupby("provider_code")["score"].transform("size").to_numpy()
    for split in (kitagawa_reference, kitagawa_symmetric):
        parts = split(frame["score"], frame["ics_code"], frame["care_setting"], weights)
        total = parts.composition.sum(axis=1) + parts.within.sum(axis=1)
        assert total == pytest.approx(parts.difference, abs=1e-13)


@FEW
@given(SEEDS, SHIFTS, SCALES)
def test_like_for_like_follows_shift_and_scale_and_ignores_row_order(seed, shift, scale):
    frame = returns(seed)
    first = like_for_like(frame)
    shuffled = frame.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(like_for_like(shuffled), first, rtol=1e-6)
    second = like_for_like(frame.assign(score=shift + scale * frame["score"]))
    for column in ("crude_row", "crude_provider", "indirect", "standardised", "empirical_bayes"):
        expected = shift + scale * first[column]
        assert second[column].to_numpy() == pytest.approx(expected, abs=1e-5 * (1 + scale))
    assert second["standardised_se"].to_numpy() == pytest.approx(
        scale * first["standardised_se"], rel=1e-4
    )
    assert second["shrinkage"].to_numpy() == pytest.approx(first["shrinkage"], abs=1e-4)


@FEW
@given(SEEDS)
def test_standardising_additive_scores_undoes_mix_in_every_way(seed):
    """Without noise the standardised and the fixed additive truth agree, whatever is empty."""
    frame = returns(seed)
    assume(frame.groupby("ics_code")["care_setting"].nunique().max() == 4)
    rng = np.random.default_rng(seed)
    system = pd.Series(rng.normal(size=8), index=[f"Q{i}" for i in range(8)])
    level = pd.Series(rng.normal(size=4), index=list("wxyz"))
    truth = frame["ics_code"].map(system) + frame["care_setting"].map(level)
    mix = standard_mix(frame["care_setting"])
    fit = standardised(
        truth + 1e-7 * rng.normal(size=len(frame)), frame["ics_code"], frame["care_setting"], mix
    )
    assert fit.estimate == pytest.approx(system + mix @ level, abs=1e-5)


@FEW
@given(SEEDS)
def test_empirical_bayes_goes_to_the_mean_as_tau2_goes_to_zero(seed):
    rng = np.random.default_rng(seed)
    values, v = rng.normal(size=12), rng.uniform(0.1, 2, 12)
    spreads = [
        np.ptp(empirical_bayes(values, v, tau2=tau2).estimate) for tau2 in (10, 1, 0.1, 0.01, 0)
    ]
    assert np.all(np.diff(spreads) < 0)
    none = empirical_bayes(values, v, tau2=0.0)
    assert none.estimate == pytest.approx([none.mean] * 12)
    assert none.mean == pytest.approx(np.average(values, weights=1 / v))
    everything = empirical_bayes(values, v, tau2=1e9)
    assert everything.estimate == pytest.approx(values, abs=1e-6)


@FEW
@given(SEEDS)
def test_rank_sets_widen_with_variance_and_nest(seed):
    rng = np.random.default_rng(seed)
    values, v = rng.normal(size=10), rng.uniform(0.01, 0.2, 10)
    small, large = (
        rank_sets(values, factor * v, np.random.default_rng(seed), draws=500) for factor in (1, 3)
    )
    for sets in (small, large):
        assert np.all(sets.simultaneous_low <= sets.marginal_low)
        assert np.all(sets.marginal_low <= sets.rank)
        assert np.all(sets.rank <= sets.marginal_high)
        assert np.all(sets.marginal_high <= sets.simultaneous_high)
    assert np.all(large.marginal_low <= small.marginal_low)
    assert np.all(large.marginal_high >= small.marginal_high)
    assert np.all(large.simultaneous_low <= small.simultaneous_low)
    assert np.all(large.simultaneous_high >= small.simultaneous_high)


@FEW
@given(SEEDS, SHIFTS, SCALES)
def test_ranks_do_not_depend_on_units_and_reverse_with_sign(seed, shift, scale):
    rng = np.random.default_rng(seed)
    values, v = rng.normal(size=8), rng.uniform(0.01, 0.2, 8)
    first = rank_sets(values, v, np.random.default_rng(0), draws=400)
    second = rank_sets(shift + scale * values, scale**2 * v, np.random.default_rng(0), draws=400)
    assert second.marginal_low.tolist() == first.marginal_low.tolist()
    assert second.simultaneous_high.tolist() == first.simultaneous_high.tolist()
    turned = rank_sets(-values, v, np.random.default_rng(0), draws=400)
    assert turned.rank.tolist() == (9 - first.rank).tolist()
    tops = top_and_bottom(values, v, np.random.default_rng(0), 3, draws=400)
    moved = top_and_bottom(
        shift + scale * values, scale**2 * v, np.random.default_rng(0), 3, draws=400
    )
    # A tie broken by rounding may move one world.
    assert moved.top == pytest.approx(tops.top, abs=0.01)


@FEW
@given(SEEDS, SHIFTS, SCALES)
def test_moran_and_alpha_do_not_depend_on_units(seed, shift, scale):
    rng = np.random.default_rng(seed)
    weights = nearest_weights(rng.random((15, 2)), 3)
    values = rng.normal(size=15)
    first, second = moran(values, weights), moran(shift + scale * values, weights)
    assert second.statistic == pytest.approx(first.statistic, abs=1e-7)
    assert second.z == pytest.approx(first.z, abs=1e-6)
    parts = rng.normal(size=(20, 4)) + rng.normal(size=(20, 1))
    assert consistency(shift + scale * parts).alpha == pytest.approx(consistency(parts).alpha)


@FEW
@given(SEEDS)
def test_indirect_standardisation_keeps_the_national_mean(seed):
    frame = returns(seed)
    _, adjusted = indirect(frame["score"], frame["ics_code"], frame["care_setting"])
    weights = frame.groupby("ics_code").size().to_numpy()
    assert np.average(adjusted, weights=weights) == pytest.approx(frame["score"].mean())
