import numpy as np
import pytest

from ics_maturity.models.change import (
    naive_r,
    oldham_r,
    pitman_morgan,
    pomp,
    spearman_r,
    stability,
    stability_ladder,
)
from ics_maturity.models.linking import equipercentile_link, z_link
from ics_maturity.models.resampling import Interval

BEFORE = [1.0, 2.0, 3.0, 4.0]
AFTER = [1.0, 3.0, 2.0, 6.0]


def test_naive_r_by_hand():
    # changes 0, 1, -1, 2 against 1, 2, 3, 4: covariance sum 2, squares 5 and 5
    assert naive_r(BEFORE, AFTER) == pytest.approx(2 / 5)
    assert naive_r([1, 2, 3], [2, 2, 2]) == pytest.approx(-1)


def test_naive_r_is_fixed_by_the_correlation_where_spreads_are_equal():
    rng = np.random.default_rng(1)
    before = rng.normal(size=50)
    after = rng.permutation(before)
    r = np.corrcoef(before, after)[0, 1]
    assert naive_r(before, after) == pytest.approx(-np.sqrt((1 - r) / 2))


def test_oldham_r_by_hand():
    # changes -.5 .5 -1.5 1.5 from their mean, means -1.75 -.25 -.25 2.25 from theirs:
    # covariance sum 4.5, squares 5 and 8.25
    assert oldham_r(BEFORE, AFTER) == pytest.approx(4.5 / np.sqrt(5 * 8.25))


def test_pitman_morgan_t_comes_from_oldham_r():
    test = pitman_morgan(BEFORE, AFTER)
    assert test.r == oldham_r(BEFORE, AFTER)
    assert test.t == pytest.approx(test.r * np.sqrt(2 / (1 - test.r**2)))
    assert test.variance_ratio == pytest.approx(np.var(AFTER) / np.var(BEFORE))
    assert test.low < test.variance_ratio < test.high


@pytest.mark.parametrize("question", [oldham_r, pitman_morgan])
@pytest.mark.parametrize("link", [z_link, equipercentile_link])
def test_linked_scales_are_refused_by_name(question, link):
    linked = link(BEFORE, AFTER)
    with pytest.raises(ValueError, match="0 by construction"):
        question(linked.before, linked.after, linked.scale)


@pytest.mark.parametrize("ddof", [0, 1])
def test_z_linked_scores_are_refused_even_when_not_named(ddof):
    before, after = ((np.array(x) - np.mean(x)) / np.std(x, ddof=ddof) for x in (BEFORE, AFTER))
    with pytest.raises(ValueError, match="z-linked"):
        oldham_r(before, after)


def test_one_standardised_round_is_not_taken_for_a_link():
    before = (np.array(BEFORE) - np.mean(BEFORE)) / np.std(BEFORE)
    assert oldham_r(before, AFTER) > 0


def test_unknown_scale_is_named():
    with pytest.raises(ValueError, match="unknown scale 'logit'"):
        oldham_r(BEFORE, AFTER, "logit")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ([1, 2, np.nan], [1, 2, 3], "missing or infinite"),
        ([1, 2, 3], [1, 2], "expected 3 values"),
        ([1, 2], [1, 2], "at least 3"),
        ([1, 2, 3], [1.1, 2.1, 3.1], "same for everyone"),
    ],
)
def test_pairs_that_cannot_be_used(before, after, message):
    with pytest.raises(ValueError, match=message):
        naive_r(before, after)


def test_a_constant_round_has_no_variance_ratio():
    with pytest.raises(ValueError, match="does not vary"):
        pitman_morgan([2, 2, 2, 2], AFTER)


def test_pomp():
    assert pomp([1, 2, 5], 1, 5).tolist() == [0, 25, 100]
    with pytest.raises(ValueError, match="outside the scale 1 to 5"):
        pomp([1, 6], 1, 5)
    with pytest.raises(ValueError, match="minimum < maximum"):
        pomp([1], 5, 5)


def test_spearman_by_hand():
    # ranks 1 2 3 4 and 1 3 2 4: 1 - 6 * 2 / (4 * 15)
    assert spearman_r(BEFORE, AFTER) == pytest.approx(0.8)
    assert np.isnan(spearman_r([1, 1, 1], [1, 2, 3]))


def test_stability_draws_whole_systems():
    """Copying every organisation adds no information where its system is what is drawn."""
    rng = np.random.default_rng(5)
    before = rng.normal(size=40)
    after = before + rng.normal(size=40)
    systems = np.arange(40)
    once = stability(before, after, systems, np.random.default_rng(1), 500)
    twice = stability(
        np.tile(before, 2), np.tile(after, 2), np.tile(systems, 2), np.random.default_rng(1), 500
    )
    copies_apart = stability(
        np.tile(before, 2), np.tile(after, 2), None, np.random.default_rng(1), 500
    )
    assert (once.n, once.clusters) == (40, 40)
    assert (twice.n, twice.clusters) == (80, 40)
    assert twice.low == pytest.approx(once.low, abs=1e-9)
    assert twice.high == pytest.approx(once.high, abs=1e-9)
    assert copies_apart.high - copies_apart.low < 0.85 * (once.high - once.low)
    assert once.low < once.estimate < once.high


def test_stability_needs_systems_to_draw():
    with pytest.raises(ValueError, match="at least 5"):
        stability(BEFORE, AFTER, ["a", "a", "b", "b"], np.random.default_rng(1))


def test_stability_ladder_is_ordered():
    weak, strong = (Interval(r, r - 0.1, r + 0.1, 100, 42, 2000) for r in (0.2, 0.8))
    ladder = stability_ladder({"2016 to 2025": weak, "2024 to 2025": strong})
    assert ladder["pair"].tolist() == ["2024 to 2025", "2016 to 2025"]
    assert ladder["spearman"].tolist() == [0.8, 0.2]
