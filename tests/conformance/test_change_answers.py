"""Published answers for paired change, dispersion, sign flips and equivalence."""

import numpy as np
import pytest

from ics_maturity.models.change import pitman_morgan
from ics_maturity.models.dispersion import bonett_seier, brown_forsythe
from ics_maturity.models.inference import tost
from ics_maturity.models.moderation import moderation_effect
from ics_maturity.models.resampling import sign_flip
from ics_maturity.models.shift import mixed_shift, paired_shift


@pytest.fixture(scope="module")
def sleep(dataset) -> tuple[np.ndarray, np.ndarray]:
    """Extra sleep under the two drugs, by patient; Student (1908), Biometrika 6, 1-25."""
    table = dataset("sleep")
    return tuple(table.loc[table["group"] == group, "extra"].to_numpy() for group in (1, 2))


def test_pitman_morgan_on_sleep(sleep):
    """R's PairedData gives t -0.5263627 on 8 df for drug 1 against drug 2."""
    first, second = sleep
    test = pitman_morgan(second, first)
    assert test.t == pytest.approx(-0.5263626751064, abs=1e-11)
    assert test.df == 8
    assert test.p == pytest.approx(0.6129128774611, abs=1e-12)
    assert pitman_morgan(first, second).t == pytest.approx(0.5263626751064, abs=1e-11)


def test_pitman_morgan_interval_is_where_the_test_turns(sleep):
    """At either end of the interval for the variance ratio the test's p is exactly .05."""
    first, second = sleep
    interval = pitman_morgan(first, second)
    for ratio in (interval.low, interval.high):
        assert pitman_morgan(first, second / np.sqrt(ratio)).p == pytest.approx(0.05, abs=1e-12)


def test_exact_sign_flip_on_sleep(sleep):
    """2 of 2^9 patterns of the nine differences that are not zero are as extreme: 1/256."""
    first, second = sleep
    result = sign_flip(second - first)
    assert result.p == pytest.approx(0.00390625, abs=1e-15)
    assert result.exact
    assert result.patterns == 2**9


def test_equivalence_on_sleep(sleep):
    """Two one-sided paired tests with margin 0.5, by hand from mean -1.58 and se 0.38896."""
    first, second = sleep
    change = paired_shift(second, first, None).change
    assert change.df == pytest.approx(9)
    result = tost(change, 0.5)
    assert result.p_lower == pytest.approx(0.9892407566216, abs=1e-12)
    assert result.p_upper == pytest.approx(0.0002319027044816, abs=1e-14)
    whole = moderation_effect(second, first, None, np.random.default_rng(1), margin=0.5)
    assert whole.equivalence == result
    assert whole.sign_flip.p == pytest.approx(0.00390625, abs=1e-15)


def test_students_paired_t_on_sleep(sleep):
    """Student's own example: mean 1.58, t 4.0621 on 9 df, p .002833, from both models."""
    first, second = sleep
    patient = np.tile(np.arange(10), 2)
    paired = paired_shift(first, second, None).change
    mixed = mixed_shift(
        np.concatenate([first, second]), np.repeat([0, 1], 10), patient, patient // 2
    )
    for change in (paired, mixed):
        assert change.estimate == pytest.approx(1.58, abs=1e-12)
        assert change.statistic == pytest.approx(4.062127683382, rel=1e-8)
        assert change.p == pytest.approx(0.00283289019738, rel=1e-7)


def test_brown_forsythe_on_moore():
    """Conformity by partner's status and authoritarianism, Moore and Krupat (1971),

    Sociometry 34, 122-137; R's car help page prints F 1.4694 on 5 and 39 df, p 0.2219.
    """
    groups = (
        [19, 9, 7, 11, 14, 13, 10],
        [21, 23, 15, 12, 16],
        [12, 17, 14, 16, 20, 8, 14, 17, 7, 17, 15],
        [4, 8, 13, 9, 24, 7, 23, 13],
        [8, 7, 10, 6, 13, 12, 7, 6, 8, 12],
        [12, 4, 4, 9],
    )
    result = brown_forsythe(*groups)
    assert (result.df1, result.df2) == (5, 39)
    assert result.f == pytest.approx(1.469419921143, abs=1e-11)
    assert result.p == pytest.approx(0.2219279016894, abs=1e-12)


def test_bonett_seier_on_its_published_example():
    """Example of ci.ratio.mad.ps in R's statpsych: 1.695238 (1.109176 to 2.590961)."""
    before = [21, 4, 9, 12, 35, 18, 10, 22, 24, 1, 6, 8, 13, 16, 19]
    after = [67, 28, 30, 28, 52, 40, 25, 37, 44, 10, 14, 20, 28, 40, 51]
    result = bonett_seier(before, after)
    assert result.ratio == pytest.approx(1.695238, abs=5e-7)
    assert result.low == pytest.approx(1.109176, abs=5e-7)
    assert result.high == pytest.approx(2.590961, abs=5e-7)
