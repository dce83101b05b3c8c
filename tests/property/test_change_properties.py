"""What must hold for any scores, not only for examples."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from ics_maturity.models.bracket import RULES, observed_national, organisation_scores
from ics_maturity.models.change import naive_r, oldham_r, pitman_morgan, pomp, spearman_r
from ics_maturity.models.linking import constant, equipercentile_link, z_link
from ics_maturity.models.regression_to_mean import blomqvist, kelley_tables
from ics_maturity.models.resampling import sign_flip
from ics_maturity.models.shift import paired_shift

# Scores with at most three decimals, as readers deliver them, so that equality means something.
SCORE = st.integers(0, 100_000).map(lambda x: x / 1000)
QUICK = settings(max_examples=60, deadline=None)


@st.composite
def rounds(draw, least=10, most=40):
    """Two rounds of the same organisations that vary, and in which change varies."""
    n = draw(st.integers(least, most))
    before, after = (draw(arrays(float, n, elements=SCORE)) for _ in range(2))
    for scores in (before, after, after - before, after + before):
        assume(np.ptp(scores) > 0.01)
    return before, after


@QUICK
@given(rounds())
def test_z_link_forces_mean_and_variance_shift_to_zero(pair):
    linked = z_link(*pair)
    assert linked.after.mean() - linked.before.mean() == pytest.approx(0, abs=1e-12)
    assert linked.after.var() - linked.before.var() == pytest.approx(0, abs=1e-12)


@QUICK
@given(rounds())
def test_z_link_keeps_positions(pair):
    linked = z_link(*pair)
    assert np.corrcoef(linked.before, linked.after) == pytest.approx(np.corrcoef(*pair), abs=1e-9)


@QUICK
@given(st.lists(SCORE, min_size=10, max_size=30, unique=True), st.randoms(use_true_random=False))
def test_equipercentile_link_has_the_later_distribution(scores, random):
    """Without ties and with equal numbers: every moment shift is exactly zero."""
    before = np.array(scores)
    after = np.array(random.sample(range(1000), len(scores)), dtype=float)
    linked = equipercentile_link(before, after)
    assert np.sort(linked.before) == pytest.approx(np.sort(after), abs=1e-9)
    assert spearman_r(before, linked.before) == pytest.approx(1)


@QUICK
@given(rounds())
def test_oldham_is_zero_exactly_where_variances_are_equal(pair):
    before, after = pair
    r = oldham_r(before, after)
    difference = after.var() - before.var()
    assert np.sign(round(r, 9)) == np.sign(round(difference, 9)) or abs(difference) < 1e-6
    # and where the later round is brought to the same spread, it is zero
    equal = after.mean() + (after - after.mean()) * before.std() / after.std()
    assume(not constant(equal - before))
    assert oldham_r(before, equal) == pytest.approx(0, abs=1e-6)


@QUICK
@given(rounds())
def test_oldham_changes_sign_with_the_direction_of_time(pair):
    before, after = pair
    assert oldham_r(after, before) == pytest.approx(-oldham_r(before, after), abs=1e-9)
    forth, back = pitman_morgan(before, after), pitman_morgan(after, before)
    assert forth.p == pytest.approx(back.p, abs=1e-9)
    assert forth.variance_ratio == pytest.approx(1 / back.variance_ratio, rel=1e-9)


@QUICK
@given(rounds())
def test_pitman_morgan_interval_and_test_agree(pair):
    test = pitman_morgan(*pair)
    assume(abs(test.p - 0.05) > 1e-6)
    assert (test.p < 0.05) == (not test.low <= 1 <= test.high)


@QUICK
@given(rounds())
def test_blomqvist_with_perfect_reliability_is_the_naive_slope(pair):
    before, after = pair
    (result,) = blomqvist(before, after, None, reliabilities=(1.0,))
    naive = np.polyfit(before, after - before, 1)[0]
    assert result.slope == pytest.approx(naive, rel=1e-6, abs=1e-8)


@QUICK
@given(rounds())
def test_kelley_is_symmetric_in_time_and_exact_in_total(pair):
    before, after = pair
    tables, reversed_ = kelley_tables(before, after, 0.8, 3), kelley_tables(after, before, 0.8, 3)
    assert tables.backward.equals(reversed_.forward)
    for table, change in ((tables.forward, after - before), (tables.backward, before - after)):
        for column in ("observed_change", "predicted_change"):
            total = (table["n"] * table[column]).sum() / change.size
            assert total == pytest.approx(change.mean(), abs=1e-9)


@QUICK
@given(rounds(), st.randoms(use_true_random=False))
def test_order_of_organisations_is_of_no_account(pair, random):
    before, after = pair
    order = np.array(random.sample(range(before.size), before.size))
    ics = np.arange(before.size) % 5
    for statistic in (naive_r, oldham_r, spearman_r):
        assert statistic(before[order], after[order]) == pytest.approx(statistic(before, after))
    kelley = kelley_tables(before, after, 0.8, 3).forward
    shuffled = kelley_tables(before[order], after[order], 0.8, 3).forward
    pd.testing.assert_frame_equal(kelley, shuffled)
    shift = paired_shift(before, after, ics).change
    moved = paired_shift(before[order], after[order], ics[order]).change
    assert (moved.estimate, moved.se, moved.df) == pytest.approx(
        (shift.estimate, shift.se, shift.df)
    )


@QUICK
@given(rounds())
def test_pomp_keeps_positions_and_shape(pair):
    before, _ = pair
    assert naive_r(pomp(before, 0, 100), pair[1]) == pytest.approx(naive_r(*pair))
    assert spearman_r(pomp(before, -50, 150), before) == pytest.approx(1)


@QUICK
@given(st.lists(st.sampled_from([0.0, 20, 25, 50, 75, 87, 100]), min_size=4, max_size=60))
def test_stricter_rules_never_score_higher(values):
    items = pd.DataFrame(
        {
            "organisation": [f"O{i % 2}" for i in range(len(values))],
            "section": [f"s{i // 2 % 3}" for i in range(len(values))],
            "score": values,
        }
    )
    scores = {rule: organisation_scores(items, rule) for rule in RULES}
    for stricter, milder in (
        ("all_elements_met", "lowest_item"),
        ("lowest_item", "lower_quartile"),
        ("lowest_item", "mean"),
    ):
        assert (scores[stricter] <= scores[milder] + 1e-9).all()
    assert observed_national(items) == pytest.approx(scores["mean"].mean())


def _null_worlds(seed, worlds=300, n=40):
    """Two rounds of equal spread and mean, with organisations' levels in common."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=(worlds, n))
    return level + rng.normal(size=(worlds, n)), level + rng.normal(size=(worlds, n))


@pytest.mark.parametrize(
    "p_value",
    [
        lambda before, after: pitman_morgan(before, after).p,
        lambda before, after: paired_shift(before, after, np.arange(40) // 2).change.p,
        lambda before, after: (
            sign_flip(after - before, np.arange(40) // 2, np.random.default_rng(1), 499).p
        ),
    ],
    ids=["pitman_morgan", "paired_shift", "sign_flip"],
)
def test_p_values_are_uniform_where_nothing_happened(p_value):
    before, after = _null_worlds(20)
    p_values = [p_value(b, a) for b, a in zip(before, after, strict=True)]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.03)
