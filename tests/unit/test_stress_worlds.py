"""Worlds with a known truth, and how their rates are counted."""

import numpy as np
import pandas as pd
import pytest

from ics_maturity.models.design import indicators
from ics_maturity.models.many import t_answers
from ics_maturity.models.power import minimum_detectable_effect
from ics_maturity.stress import rates, robustness, worlds
from ics_maturity.stress.worlds import METHODS, Cell, Study


@pytest.fixture(scope="module")
def study() -> Study:
    """80 providers in 16 systems."""
    rng = np.random.default_rng(11)
    ics = np.sort(np.concatenate([np.arange(16), np.arange(16), rng.choice(16, 48)]))
    kinds = rng.choice(["a", "b", "c"], 80)
    return Study(
        ics=ics, rural=rng.uniform(0, 0.55, 16)[ics], filed=indicators(kinds)[:, 1:],
        kinds=indicators(kinds)[:, 1:], mix=np.where(kinds == "b", -0.4, 0.0), tau2=0.02,
        sigma2=0.14, margins=(0.5, 0.1),
    )  # fmt: skip


def test_every_method_answers_every_world(study):
    rng = np.random.default_rng(1)
    found = worlds.answers(study, worlds.draw_worlds(study, Cell(), rng, 7), rng, 19)
    assert set(found) == {method.name for method in METHODS}
    assert all(answer.p.shape == (7,) and not np.isnan(answer.p).any() for answer in found.values())


@pytest.mark.parametrize("noise", ["normal", "rough"])
def test_worlds_have_the_planted_means_and_spread(study, noise):
    cell = Cell(mix=1.0, rurality=-0.7, moderation=-0.2, noise=noise)
    world = worlds.draw_worlds(study, cell, np.random.default_rng(2), 8_000)
    expected = worlds.LEVEL - 0.7 * study.rural + study.mix
    assert world.score.mean(axis=1) == pytest.approx(expected, abs=0.03)
    assert world.score.var(axis=1).mean() == pytest.approx(0.16, rel=0.03)
    assert world.moderation.mean() == pytest.approx(-0.2, abs=0.01)
    first, second = world.readings
    r = np.mean([np.corrcoef(first[i], second[i])[0, 1] for i in range(80)])
    assert r == pytest.approx(worlds.RELIABILITY, abs=0.02)


def test_targets_are_what_is_found_without_noise(study):
    cell = Cell(mix=1.0, rurality=-0.7)
    truth = worlds.targets(study, cell)
    exact = Cell(rurality=-0.7)
    assert worlds.targets(study, exact)["reml"] == pytest.approx(-0.7)
    assert truth["direct_reml"] == pytest.approx(-0.7)  # here mix is what the indicators hold
    assert truth["ols"] != pytest.approx(-0.7, abs=1e-4)


def test_the_grid_holds_every_combination_once():
    cells = worlds.planted_cells((0.5, 0.1))
    assert cells[0] == Cell()
    assert len(set(cells)) == len(cells) == 14
    for method in METHODS:
        if method.name != "naive_r":
            assert any(method.name in worlds.true_nulls(c, (0.5, 0.1)) for c in cells), method


def test_blocks_of_worlds_do_not_change_with_their_number(study, tmp_path):
    few = rates.simulate(study, [Cell()], 250, 19, 3, tmp_path)[Cell()]
    more = rates.simulate(study, [Cell()], 300, 19, 3, tmp_path)[Cell()]
    assert more["reml"].p.size == 300
    assert (more["wild"].p[:250] == few["wild"].p).all()


def test_rates_are_shares_of_worlds(study, tmp_path):
    cells = [Cell(), Cell(rurality=-0.7)]
    found = rates.simulate(study, cells, 120, 19, 4, tmp_path)
    table = rates.by_cell(study, found)
    row = table[(table["name"] == "reml") & (table["rurality"] == 0)].iloc[0]
    assert row["rejected"] == np.mean(found[Cell()]["reml"].p <= 0.05)
    assert row["null"]
    methods = rates.by_method(table).set_index("name")
    assert methods.loc["reml", "covered_worlds"] == 240
    assert methods.loc["reml", "null_worlds"] == 120
    assert list(rates.planted(table)["slope_truth"].round(6)) == [0, -0.7]


@pytest.mark.parametrize(
    ("size", "coverage", "verdict"),
    [(0.05, 0.95, "keeps it"), (0.068, 0.95, "falls short"), (0.05, 0.94, "falls short"),
     (0.08, 0.95, "fails"), (0.02, 0.95, "fails"), (0.05, 0.9, "fails")],
)  # fmt: skip
def test_verdicts(size, coverage, verdict):
    rows = [{"name": m.name, "question": m.question, "words": m.words, "role": m.role,
             "noise": "normal", "null": True, "worlds": 10_000, "rejected": size,
             "covered": coverage} for m in METHODS]  # fmt: skip
    found = rates.by_method(pd.DataFrame(rows)).set_index("name")
    assert found.loc["reml", "verdict"] == verdict


def test_detectable_effect_agrees_with_the_formula_where_the_formula_is_right():
    """Normal estimates with a known error: simulation and formula answer the same."""
    rng = np.random.default_rng(9)
    se = np.full(200_000, 0.25)
    found = t_answers(0.25 * rng.standard_normal(se.size), se, np.inf)
    value, error = rates.minimum_detectable(found, np.inf)
    assert value == pytest.approx(minimum_detectable_effect(0.25, np.inf), abs=4 * error)
    power = rates.power_curve(found, np.inf, np.array([0.0, value]))
    assert power["power"].tolist() == pytest.approx([0.05, 0.8], abs=0.003)


def test_what_would_reverse_a_slope():
    rng = np.random.default_rng(6)
    shares = pd.Series(np.linspace(0, 0.6, 20), [f"S{i:02d}" for i in range(20)])
    home = np.repeat(shares.index.to_numpy(), 4)
    frame = pd.DataFrame({"ics_code": home, "score": -1.0 * shares[home].to_numpy()
                          + 0.3 * rng.normal(size=80)})  # fmt: skip
    slope = robustness._slope(frame, shares)
    assert slope.p < 0.05
    moved = frame.assign(score=frame["score"] + robustness.slope_to_reverse(slope) * 1.0001
                         * frame["ics_code"].map(shares))  # fmt: skip
    assert robustness._slope(moved, shares).p > 0.05
    left = robustness.systems_to_reverse(frame, shares)
    assert left is None or left >= 1
    accepted = robustness.margin_to_accept(slope)
    assert accepted == pytest.approx(-slope.estimate + 1.734 * slope.se, abs=0.01)
