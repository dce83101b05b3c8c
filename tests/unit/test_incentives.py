from dataclasses import replace

import numpy as np
import pytest

from ics_maturity.models.incentives import Step, incentive_gap, regional_difference


def _world(seed, chosen_by="random", gap=0.0, n=200, reliability=0.8):
    """Three rounds of stable true scores with error; the incentive lowers the third."""
    rng = np.random.default_rng(seed)
    ics = rng.integers(0, 42, n)
    true = rng.normal(0, 0.3, 42)[ics] + rng.normal(0, 0.95, n)
    rounds = true + rng.normal(0, np.sqrt(1 / reliability - 1), (3, n))
    by = {"random": rng.normal(size=n), "true": true, "first": rounds[0], "second": rounds[1]}
    incentive = (by[chosen_by] < np.quantile(by[chosen_by], 0.3)).astype(float)
    rounds[2] -= gap * incentive
    return rounds, incentive, ics


def _gap(rounds, incentive, ics):
    placebo = Step(2016, 2017, rounds[0], rounds[1])
    return incentive_gap(Step(2017, 2019, rounds[1], rounds[2]), placebo, incentive, ics)


def test_difference_of_steps_is_main_less_placebo():
    result = _gap(*_world(1))
    assert result.beyond_placebo.estimate == pytest.approx(
        result.main.estimate - result.placebo.estimate
    )
    assert result.beyond_both.estimate == pytest.approx(
        result.main_both.estimate - result.placebo.estimate
    )
    assert (result.n, result.incentivised) == (200, 60)


def test_main_step_is_a_regression_on_the_baseline():
    rounds, incentive, ics = _world(2, "true")
    design = np.column_stack([np.ones(200), incentive, rounds[1]])
    expected = np.linalg.lstsq(design, rounds[2] - rounds[1])[0][1]
    assert _gap(rounds, incentive, ics).main.estimate == pytest.approx(expected)


def test_what_an_organisation_does_in_both_steps_cancels():
    """Its two rows are one cluster: shared change leaves the difference of steps precise."""
    rounds, incentive, ics = _world(7)
    steady = np.random.default_rng(8).normal(size=200)
    noise = np.random.default_rng(9).normal(0, 0.1, 200)
    start = 20 * rounds[0]  # wide, so that baselines hardly tell who changes steadily
    result = _gap(np.array([start, start + steady, start + 2 * steady + noise]), incentive, ics)
    assert result.beyond_placebo.se < 0.3 * result.placebo.se


def test_only_what_survives_every_reading_holds():
    result = _gap(*_world(3, gap=0.8))
    weak = replace(result.main, p=0.06)
    opposite = replace(result.main, estimate=0.8)
    for reading in ("main", "beyond_placebo", "main_both", "beyond_both"):
        assert not replace(result, **{reading: weak}).holds()
        assert not replace(result, **{reading: opposite}).holds()
        assert replace(result, **{reading: weak}).holds(alpha=0.06)


def test_a_planted_gap_is_found():
    result = _gap(*_world(3, gap=0.8))
    assert result.holds()
    assert result.beyond_placebo.low < -0.8 < result.beyond_placebo.high


@pytest.mark.slow
@pytest.mark.parametrize("chosen_by", ["random", "true", "first", "second"])
def test_regression_to_the_mean_alone_is_not_called_gaming(chosen_by):
    """However the incentive was given out, at most 1 in 20 of 60 null worlds claim a fall."""
    claims = 0
    for seed in range(60):
        result = _gap(*_world([4, seed], chosen_by))
        claims += result.holds() and result.main.estimate < 0
    assert claims <= 3


@pytest.mark.slow
def test_single_reading_would_be_fooled_where_the_first_round_decided():
    """The reason for demanding every reading: this one alone claims a fall most of the time."""
    claims = [_gap(*_world([5, seed], "first")).beyond_placebo for seed in range(40)]
    assert np.mean([claim.p < 0.05 and claim.estimate < 0 for claim in claims]) > 0.25


def test_conditioning_on_the_incentivised_round_is_refused():
    rounds, incentive, ics = _world(6)
    later = Step(2019, 2024, rounds[2], rounds[0])
    with pytest.raises(ValueError, match="never on the round in which it applied"):
        incentive_gap(later, Step(2016, 2017, rounds[0], rounds[1]), incentive, ics)


@pytest.mark.parametrize(
    ("incentive", "message"),
    [
        (np.full(200, 0.5), "0 or 1"),
        (np.r_[np.ones(4), np.zeros(196)], "at least 5"),
        (np.ones(200), "at least 5"),
        (np.ones(199), "expected 200 values"),
    ],
)
def test_groups_that_cannot_be_compared(incentive, message):
    rounds, _, ics = _world(6)
    with pytest.raises(ValueError, match=message):
        _gap(rounds, incentive, ics)


def test_regional_difference_by_hand():
    region = ["N", "N", "S", "S", "W", "E"]
    result = regional_difference([3, 5, 1, 1, 0, 1], region, "N")
    assert result.difference == pytest.approx(4 - 3 / 4)
    assert result.rank == 1
    assert result.p == result.smallest_p == 0.25
    assert result.regions["region"].tolist()[0] == "N"
    assert regional_difference([3, 5, 1, 1, 0, 1], region, "E").p > 0.25


def test_unknown_region_is_named():
    with pytest.raises(ValueError, match="'X' must be one of at least two regions"):
        regional_difference([1, 2, 3], ["N", "N", "S"], "X")
