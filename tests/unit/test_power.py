"""The smallest effects a design can show: by simulation, and by formula where there is one."""

import numpy as np
import pytest
from scipy import stats

from ics_maturity.models import power
from ics_maturity.models.change import pitman_morgan
from ics_maturity.models.design import indicators, with_intercept
from ics_maturity.models.many import freedman_lane_many, t_answers
from ics_maturity.models.space import moran
from ics_maturity.models.variance_intervals import boundary_test

SYSTEMS, WITHIN = 20, 5
ICS = np.repeat(np.arange(SYSTEMS), WITHIN)
RURAL = np.linspace(0, 0.6, SYSTEMS)[ICS]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_formula():
    assert power.minimum_detectable_effect(1.0, np.inf) == pytest.approx(2.8016, abs=1e-4)
    with pytest.raises(ValueError, match="between 0 and 1"):
        power.minimum_detectable_effect(1.0, 40, power=1.2)


def test_simulation_agrees_with_the_formula_where_the_formula_is_right():
    """Normal estimates with a known error."""
    se = np.full(200_000, 0.25)
    found = power.smallest_found(
        t_answers(0.25 * rng().standard_normal(se.size), se, np.inf), np.inf
    )
    assert found.value == pytest.approx(
        power.minimum_detectable_effect(0.25, np.inf), abs=4 * found.se
    )


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 7])
def test_slope_in_a_balanced_design(alpha):
    """The error is that of a regression of 20 means with variance tau2 + sigma2 / 5."""
    found = power.slope(with_intercept(RURAL), ICS, 1, 0.02, 0.1, rng(), 4_000, alpha)
    x = np.linspace(0, 0.6, SYSTEMS)
    se = np.sqrt((0.02 + 0.1 / WITHIN) / np.sum((x - x.mean()) ** 2))
    formula = power.minimum_detectable_effect(se, SYSTEMS - 2, alpha=alpha)
    assert found.value == pytest.approx(formula, rel=0.05)
    assert found.se < 0.03 * found.value


def test_paired_change_in_a_balanced_design():
    found = power.paired(ICS, 0.001, 0.02, rng(), 4_000)
    formula = power.minimum_detectable_effect(
        np.sqrt((0.001 + 0.02 / WITHIN) / SYSTEMS), SYSTEMS - 1
    )
    assert found.value == pytest.approx(formula, rel=0.03)


def test_worlds_in_batches_find_the_same(monkeypatch):
    """Not the same worlds, but as good ones."""
    at_once = power.paired(ICS, 0.001, 0.02, rng(), 2_000), power.spread_ratio(0.8, 100, rng())
    monkeypatch.setattr(power, "_CELLS", ICS.size * 300)
    in_batches = power.paired(ICS, 0.001, 0.02, rng(), 2_000), power.spread_ratio(0.8, 100, rng())
    for one, other in zip(at_once, in_batches, strict=True):
        assert one.worlds == other.worlds == 2_000
        assert other.value == pytest.approx(one.value, abs=4 * np.hypot(one.se, other.se))


def share_found(p: list[float] | np.ndarray) -> float:
    return float(np.mean(np.asarray(p) <= 0.05 + 1e-12))


def test_the_printed_test_finds_kinds_of_that_size_four_times_out_of_five():
    kinds = indicators(np.arange(ICS.size) % 3)[:, 1:]
    found = power.kinds_within(kinds, ICS, 0.1, rng())
    held = indicators(ICS)
    fresh = kinds - held @ np.linalg.lstsq(held, kinds, rcond=None)[0]
    pattern = fresh[:, 0] * np.sqrt(ICS.size) / np.linalg.norm(fresh[:, 0])
    scores = np.sqrt(0.1) * rng(2).standard_normal((ICS.size, 800)) + found.value * pattern[:, None]
    p = freedman_lane_many(scores, kinds, held, rng(3), ICS, 199)
    assert share_found(p) == pytest.approx(0.8, abs=0.05)


def test_kinds_told_apart_by_other_columns_are_the_same_kinds():
    """Also between machines, whose singular vectors differ where singular values are equal."""
    kinds = indicators(np.arange(ICS.size) % 3)[:, 1:]
    turned = kinds @ np.array([[0.6, -0.8], [0.8, 0.6]])
    one, other = (power.kinds_within(columns, ICS, 0.1, rng()).value for columns in (kinds, turned))
    assert one == pytest.approx(other, rel=1e-9)


def test_the_printed_test_finds_a_spread_of_that_size():
    found = power.group_spread(ICS, 0.1, rng())
    draw = rng(4)
    p = []
    for _ in range(120):
        score = found.value * draw.standard_normal(SYSTEMS)[ICS]
        score += np.sqrt(0.1) * draw.standard_normal(ICS.size)
        p.append(boundary_test(score, np.ones((ICS.size, 1)), ICS, draw, 99).p_bootstrap)
    assert share_found(p) == pytest.approx(0.8, abs=0.11)


def test_the_printed_test_finds_neighbours_as_alike_as_that():
    ring = (np.roll(np.eye(30), 1, axis=1) + np.roll(np.eye(30), -1, axis=1)) / 2
    found = power.neighbours(ring, rng())
    assert 0.2 < found.value < 0.6
    assert found.se < 0.05
    draw = rng(5)
    for rho in (
        0.2,
        0.8,
    ):  # so much less and more than is needed that it is seldom and mostly found
        values = np.linalg.solve(np.eye(30) - rho * ring, draw.standard_normal((30, 100)))
        p = [moran(column, ring, draw, 99).p_permutation for column in values.T]
        assert (share_found(p) > 0.8) == (rho == 0.8)


def test_the_printed_test_finds_that_ratio_of_spreads():
    found = power.spread_ratio(0.8, 100, rng())
    first, own = rng(6).standard_normal((2, 100, 600))
    second = found.value * (0.8 * first + 0.6 * own)
    p = [pitman_morgan(a, b).p for a, b in zip(first.T, second.T, strict=True)]
    assert share_found(p) == pytest.approx(0.8, abs=0.06)


def test_what_cannot_be_searched():
    with pytest.raises(ValueError, match="sigma2 must be positive"):
        power.slope(with_intercept(RURAL), ICS, 1, 0.1, 0.0, rng())
    with pytest.raises(ValueError, match="search further up"):
        power.searched(lambda effect: effect + np.zeros(10), 5.0, 1.0)


def test_a_known_test_is_searched_to_its_known_effect():
    """One normal reading with error 1, one-sided: the effect is the sum of two quantiles."""
    noise = rng(7).standard_normal(100_000)
    found = power.searched(lambda effect: noise + effect, stats.norm.ppf(0.95), 10.0)
    exact = stats.norm.ppf(0.95) + stats.norm.ppf(0.8)
    assert found.value == pytest.approx(exact, abs=4 * found.se)
    assert found.se == pytest.approx(np.sqrt(0.16 / noise.size) / stats.norm.pdf(0.8416), rel=0.1)
