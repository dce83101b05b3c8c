"""Ranks and chances of support in worlds with a known truth, and the list of promises elsewhere."""

import re
from pathlib import Path

import numpy as np
import pytest

from ics_maturity.models import ranks
from ics_maturity.models.targeting import Rule
from ics_maturity.stress import elsewhere, order
from ics_maturity.stress.worlds import Cell, Study

RULES = (Rule("lowest", 3), Rule("quantiles", 3))


@pytest.fixture(scope="module")
def study() -> Study:
    """60 providers in 12 systems, seven pillars."""
    ics = np.repeat(np.arange(12), 5)
    none = np.zeros((60, 0))
    return Study(ics, np.linspace(0, 0.5, 12)[ics], none, none, np.zeros(60), 0.02, 0.14,
                 (0.5, 0.1), parts=7, alike=0.4)  # fmt: skip


@pytest.fixture(scope="module")
def found(study, tmp_path_factory):
    return order.simulate(study, RULES, 30, 5, tmp_path_factory.mktemp("kept"))


def test_truth_has_the_planted_spreads(study):
    rng = np.random.default_rng(1)
    drawn = [order.draw(study, Cell(), rng) for _ in range(2_000)]
    levels = np.array([one.truth["a"] for one in drawn])
    means = np.array([one.truth["b"] for one in drawn])
    seen = np.array([one.parts.mean(axis=1) for one in drawn])
    assert levels.var() == pytest.approx(study.tau2, rel=0.05)
    error2 = study.error2
    assert (means - levels).var() == pytest.approx((study.sigma2 - error2) / 5, rel=0.05)
    assert seen.var() == pytest.approx(study.tau2 + study.sigma2, rel=0.05)


def test_tables_count_what_was_so(study, found):
    arrays = found[order.AS_FOUND]
    table = order.rule_table(found, RULES)
    row = table[(table["rule"] == "the 3 lowest") & (table["spread"] == order.AS_FOUND)].iloc[0]
    wrong = [
        np.sum((placed == 0) & (tier != 0))
        for placed, tier in zip(arrays["a.lowest3.placed"], arrays["a.lowest3.tier"], strict=True)
    ]
    assert row["actual"] == np.mean(wrong)
    assert row["gap"] == pytest.approx(row["actual"] - row["stated"])
    assert len(table) == len(order.CELLS) * 2 * 2
    chances = order.chance_table(found, RULES)
    own = chances[(chances["view"].str[0] == "A") & (chances["spread"] == order.AS_FOUND)]
    assert own["cases"].sum() == 30 * 12 * 4  # one tier of the first rule, three of the second


def test_rank_sets_are_judged_by_all_systems_and_by_one(found):
    table = order.rank_table(found).set_index(["spread", "view"])
    assert table[["single", "together"]].stack().between(0.5, 1).all()
    hardest = table.xs("none at all")
    assert hardest["worlds"].eq(30).all()  # every world
    # Every third of 25 worlds, and of the 5 left.
    assert table.drop(index="none at all")["worlds"].eq(11).all()
    assert hardest["pairs"].notna().tolist() == [True, False]


def test_a_set_that_misses_is_counted(found):
    broken = {name: dict(arrays) for name, arrays in found.items()}
    broken[order.AS_FOUND]["a.all"] = np.zeros_like(found[order.AS_FOUND]["a.all"])
    table = order.rank_table(broken).set_index(["spread", "view"])
    assert table["verdict"].iloc[0] == "fails"


@pytest.mark.parametrize(("missed", "verdict"), [(5, "keeps it"), (6, "fails")])
def test_sets_fail_by_more_than_the_luck_of_few_worlds(found, missed, verdict):
    held = {name: dict(arrays) for name, arrays in found.items()}
    held[order.AS_FOUND]["a.single"] = np.ones(30)
    held[order.AS_FOUND]["a.all"] = np.arange(30) >= missed
    assert order.rank_table(held)["verdict"].iloc[0] == verdict


def test_any_pair_told_apart_is_what_holm_finds():
    rng = np.random.default_rng(3)
    for spread in (0.1, 1.0):
        estimates = rng.normal(0, spread, 12)
        variances = np.full(12, 0.05)
        pairs, _ = ranks.distinct_pairs(estimates, variances)
        assert order.any_pair_told_apart(estimates, variances) == (pairs > 0)


def test_few_systems_or_one_pillar(study, tmp_path):
    ics = np.repeat(np.arange(5), 4)
    none = np.zeros((20, 0))
    few = Study(ics, np.linspace(0, 0.5, 5)[ics], none, none, np.zeros(20), 0.02, 0.14, (0.5, 0.1))
    assert order.simulate(few, RULES, 5, 1, tmp_path) == {}
    assert order.rank_table({}).empty
    assert order.rule_table({}, RULES).empty
    assert order.chance_table({}, RULES).empty
    single = Study(study.ics, study.rural, none, none, np.zeros(60), 0.02, 0.14, (0.5, 0.1))
    one = order.simulate(single, RULES, 4, 1, tmp_path)
    assert set(order.rank_table(one)["view"].str[0]) == {"A"}


def test_every_promise_shown_elsewhere_has_its_test(root: Path):
    table = elsewhere.table()
    assert table["shown"].notna().all()
    for named in table["test"]:
        path, function = named.split("::")
        text = (root / path).read_text(encoding="utf-8")
        assert re.search(rf"^def {function}\(", text, re.MULTILINE), named
