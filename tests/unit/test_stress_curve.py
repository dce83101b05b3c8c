"""Specifications as data, their slopes together, and the matrices behind them."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from ics_maturity.models.design import group_sums, with_intercept
from ics_maturity.models.inference import hc
from ics_maturity.models.permutation import weighted_means
from ics_maturity.stress import analyses, curve, specifications
from ics_maturity.stress.analyses import Filed

G = 20


@pytest.fixture(scope="module")
def some() -> curve.Analyses:
    """Six analyses of twenty systems, one of which two analyses do not see."""
    rng = np.random.default_rng(2)
    weights = rng.uniform(0.5, 2, (G, 6))
    weights[3, 4:] = 0
    return curve.Analyses(
        scores=rng.normal(size=(G, 6)), weights=weights, rural=rng.uniform(0, 0.6, (G, 2)),
        definition=np.array([0, 1, 0, 1, 0, 1]), robust=np.array([False, True] * 3), predicted=-1,
    )  # fmt: skip


def test_families_are_declared_whole():
    families = specifications.families()
    assert set(families) == {"rurality", "direct", "relative_shift", "mean_shift"}
    total, direct = families["rurality"], families["direct"]
    assert [c.id for c in total.choice] == [c.id for c in direct.choice]
    assert [c.id for c, d in zip(total.choice, direct.choice, strict=True) if c != d] == ["returns"]


def test_there_are_enough_valid_combinations_on_the_published_rounds():
    """2016, 2017, 2024 and 2025 are published."""
    published = {2016, 2017, 2024, 2025}

    def present(option: specifications.Option) -> bool:
        return option.facts.get("round", 2025) in published

    count = {name: len(specifications.combinations(family, present))
             for name, family in specifications.families().items()}  # fmt: skip
    assert count["rurality"] >= 300
    assert count["relative_shift"] >= 100


def test_options_that_ask_for_another_are_left_out_without_it():
    found = specifications.combinations(specifications.families()["rurality"], lambda o: True)
    domains = {(one["measure"].id, one["domains"].id) for one in found}
    assert ("2025", "no_safe") in domains
    assert ("2024c", "no_safe") not in domains


def test_slopes_are_weighted_least_squares(some):
    found = curve.slopes(some)
    for s in range(6):
        seen = some.weights[:, s] > 0
        x, y = some.shares()[seen, s], some.scores[seen, s]
        w = some.weights[seen, s]
        fit = sm.WLS(y, sm.add_constant(x), weights=w).fit()
        robust = hc(y * np.sqrt(w), with_intercept(x) * np.sqrt(w)[:, None])[1]
        se = robust.se if some.robust[s] else fit.bse[1]
        assert found.estimate[s] == pytest.approx(fit.params[1])
        assert found.se[s] == pytest.approx(se)
        assert found.df[s] == seen.sum() - 2


def test_exchanged_labels_move_every_definition_together(some):
    order = np.random.default_rng(1).permutation(G)
    moved = curve.Analyses(some.scores, some.weights, some.rural[order], some.definition,
                           some.robust, some.predicted)  # fmt: skip
    assert curve.slopes(some, order).estimate == pytest.approx(curve.slopes(moved).estimate)


def test_together_agrees_with_one_exchange_at_a_time(some):
    draws, rng = 30, np.random.default_rng(5)
    observed = np.median(curve.slopes(some).estimate)
    null = [np.median(curve.slopes(some, rng.permutation(G)).estimate) for _ in range(draws)]
    found = curve.together(some, np.random.default_rng(5), draws)
    assert found.median == pytest.approx(observed)
    assert found.median_p == pytest.approx((1 + np.sum(np.abs(null) >= abs(observed))) / 31)


def test_only_the_foretold_direction_counts_as_significant():
    rng = np.random.default_rng(3)
    x = np.linspace(0, 1, G)
    rising = curve.Analyses(
        scores=(2 * x + 0.1 * rng.normal(size=G))[:, None].repeat(3, 1), weights=np.ones((G, 3)),
        rural=x[:, None], definition=np.zeros(3, int), robust=np.zeros(3, bool), predicted=-1,
    )  # fmt: skip
    assert curve.together(rising, rng, 19).share == 0
    either = curve.Analyses(rising.scores, rising.weights, rising.rural, rising.definition,
                            rising.robust, 0)  # fmt: skip
    assert curve.together(either, rng, 19).share == 1


@pytest.fixture
def small() -> Filed:
    """Two systems: A with providers p (two returns) and q, B with r."""
    return Filed(
        provider=np.array(["p", "p", "q", "r"]), system=np.array(["A", "A", "A", "B"]),
        setting=np.array(["acute", "community", "acute", "acute"]),
        parts=np.array([[1.0, 3.0], [2.0, 4.0], [5.0, 5.0], [4.0, 2.0]]), names=("x", "y"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("row", [1 / 3, 1 / 3, 1 / 3, 1]), ("provider", [0.25, 0.25, 0.5, 1]),
     ("setting_balanced", [0.25, 0.5, 0.25, 1])],
)  # fmt: skip
def test_averaging_rules_as_weights(small, rule, expected):
    assert analyses.averaging_weights(small, rule).tolist() == pytest.approx(expected)


def test_a_part_can_be_left_out(small):
    assert small.score().tolist() == [2, 3, 5, 3]
    assert small.score("y").tolist() == [1, 2, 5, 4]


def test_equal_settings_take_out_what_settings_differ_inside_systems():
    system = np.repeat(["A", "B", "C"], [3, 4, 2])
    setting = np.array(["a", "b", "b", "a", "a", "b", "b", "a", "b"])
    plain = np.repeat([2.0, 3.0, 2.5], [3, 4, 2])
    y = analyses.at_equal_settings(plain - 0.4 * (setting == "b"), setting, system)
    assert y - plain == pytest.approx(np.full(9, -0.4 * 5 / 9))


def test_every_scale_of_place_forces_the_mean_change_to_nought():
    rng = np.random.default_rng(1)
    before, after = rng.normal(50, 10, 40), rng.normal(2.4, 0.4, 40)
    for scale in ("z", "equipercentile", "ranks"):
        change = analyses.change_of_place(before, after, scale)
        assert change.mean() == pytest.approx(0, abs=1e-12)
        assert 0.5 < change.std() < 2


def test_precision_weights_are_those_of_the_label_permutation():
    rng = np.random.default_rng(4)
    ics = np.sort(rng.choice(12, 60))
    y = rng.normal(size=60) + 0.7 * rng.normal(size=12)[ics]
    own = Filed(np.arange(60).astype(str), np.array([f"S{i:02d}" for i in ics]),
                np.full(60, "acute"), y[:, None], ("x",))  # fmt: skip
    systems = pd.Index(sorted(set(own.system)))
    read = analyses._read(own, {}, systems)
    means = group_sums(read.scores * analyses.averaging_weights(own, "provider"), ics, 12)
    root = np.sqrt(analyses._weights("precision", read.counts, read.tau2, read.sigma2))
    expected = weighted_means(y, np.zeros(60), ics)
    assert means * root == pytest.approx(expected[0])
    assert root == pytest.approx(expected[2][:, 0])
