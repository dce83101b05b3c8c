import numpy as np
import pytest

from ics_maturity.models.regression_to_mean import blomqvist, equal_groups, kelley_tables

BEFORE = np.array([0.0, 2.0, 4.0, 6.0])
AFTER = np.array([2.0, 2.0, 5.0, 5.0])  # changes 2 0 1 -1


def test_blomqvist_by_hand():
    # slope of change (-3*2 + 1*1 - 3*1) / 20 = -.4, and (-.4 + .2) / .8 = -.25
    naive, corrected = blomqvist(BEFORE, AFTER, None, reliabilities=(1.0, 0.8))
    assert naive.slope == pytest.approx(-0.4)
    assert corrected.slope == pytest.approx(-0.25)
    assert corrected.high - corrected.low == pytest.approx((naive.high - naive.low) / 0.8)


def test_blomqvist_finds_no_slope_where_there_is_only_error():
    rng = np.random.default_rng(2)
    true = rng.normal(0, 1, 20_000)
    noise = rng.normal(0, 0.5, (2, true.size))  # reliability 1 / 1.25 = .8
    systems = np.arange(true.size) % 40
    (result,) = blomqvist(true + noise[0], true + noise[1], systems, reliabilities=(0.8,))
    assert result.slope == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("reliability", [0, 1.1, -0.5])
def test_reliability_must_be_a_share(reliability):
    with pytest.raises(ValueError, match="reliability"):
        blomqvist(BEFORE, AFTER, None, (reliability,))
    with pytest.raises(ValueError, match="reliability"):
        kelley_tables(BEFORE, AFTER, reliability, 2)


def test_kelley_by_hand():
    # mean change 0; half of the distance from the mean 3 is error: predicted 1.5 .5 -.5 -1.5
    table = kelley_tables(BEFORE, [1, 3, 3, 5], reliability=0.5, groups=2).forward
    assert table["n"].tolist() == [2, 2]
    assert table["baseline_mean"].tolist() == [1, 5]
    assert table["observed_change"].tolist() == [1, -1]
    assert table["predicted_change"].tolist() == [1, -1]
    assert table["excess"].tolist() == [0, 0]


def test_backward_table_is_the_forward_table_of_reversed_time():
    rng = np.random.default_rng(4)
    before, after = rng.normal(size=60), rng.normal(size=60)
    tables, swapped = kelley_tables(before, after, 0.8), kelley_tables(after, before, 0.8)
    assert tables.backward.equals(swapped.forward)
    assert tables.forward.equals(swapped.backward)


def test_mere_error_regresses_in_both_directions_and_leaves_no_excess():
    rng = np.random.default_rng(6)
    true = rng.normal(0, 1, 40_000)
    noise = rng.normal(0, 0.5, (2, true.size))
    tables = kelley_tables(true + noise[0], true + noise[1], 0.8)
    for table in (tables.forward, tables.backward):
        assert table["observed_change"].iloc[0] > 0.2 > -0.2 > table["observed_change"].iloc[-1]
        assert table["excess"].abs().max() < 0.03


def test_equal_scores_share_a_group():
    groups = equal_groups(np.array([5.0, 1.0, 1.0, 1.0, 9.0, 5.0]), 3)
    assert groups.tolist() == [3, 1, 1, 1, 3, 3]
    assert equal_groups(np.arange(10.0), 5).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_linked_scales_are_refused():
    with pytest.raises(ValueError, match="0 by construction"):
        kelley_tables(BEFORE, AFTER, 0.8, 2, scale="z")
    with pytest.raises(ValueError, match="0 by construction"):
        blomqvist(BEFORE, AFTER, None, scale="equipercentile")
