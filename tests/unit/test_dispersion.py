import numpy as np
import pytest

from ics_maturity.models.dispersion import bonett_seier, brown_forsythe, dispersion_change


def test_rounds_of_two_instruments_are_refused():
    with pytest.raises(ValueError, match="one instrument"):
        dispersion_change([1, 2, 4], [1, 3, 9], same_instrument=False)


@pytest.mark.parametrize(
    ("df", "leading"), [(None, "pitman_morgan"), (3, "bonett_seier")], ids=["normal", "heavy"]
)
def test_heavy_tails_hand_the_lead_to_the_robust_test(df, leading):
    rng = np.random.default_rng(3)
    draw = (lambda: rng.normal(size=400)) if df is None else (lambda: rng.standard_t(df, 400))
    result = dispersion_change(draw(), draw(), same_instrument=True)
    assert result.leading == leading


def test_bonett_seier_swaps_with_the_rounds():
    rng = np.random.default_rng(8)
    before = rng.normal(size=30)
    after = 2 * before + rng.normal(size=30)
    forth, back = bonett_seier(before, after), bonett_seier(after, before)
    assert forth.ratio == pytest.approx(1 / back.ratio)
    assert (forth.low, forth.high) == pytest.approx((1 / back.high, 1 / back.low))
    assert forth.p == pytest.approx(back.p)
    assert forth.low > 1


def test_identical_rounds_have_ratio_one():
    assert bonett_seier([1, 2, 4], [1, 2, 4]).p == 1.0


def test_constant_round_has_no_ratio():
    with pytest.raises(ValueError, match="does not vary"):
        bonett_seier([1, 1, 1], [1, 2, 3])


def test_brown_forsythe_needs_two_groups():
    with pytest.raises(ValueError, match="two groups"):
        brown_forsythe([1, 2, 3])
