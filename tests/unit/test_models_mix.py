"""Mix, standardisation and composition on small tables whose answers are known by hand."""

import numpy as np
import pandas as pd
import pytest

from ics_maturity.models.composition import (
    kitagawa_reference,
    kitagawa_symmetric,
    oaxaca_blinder,
)
from ics_maturity.models.likeforlike import (
    additivity_test,
    crude,
    equal_provider_weights,
    indirect,
    like_for_like,
    standard_mix,
    standardised,
)
from ics_maturity.models.mix import provider_types, setting_differences, type_test
from ics_maturity.models.shrinkage import empirical_bayes, posterior_intervals

SETTINGS = ("acute", "ambulance", "community", "mental_health")


@pytest.fixture
def rows() -> pd.DataFrame:
    """12 systems, 60 providers, some with two returns; additive system and setting effects."""
    rng = np.random.default_rng(7)
    level = dict(zip(SETTINGS, (0.0, -0.2, 0.3, 0.1), strict=True))
    records = []
    for provider in range(60):
        system = provider % 12
        chosen = rng.choice(SETTINGS, size=1 + provider % 2, replace=False)
        base = 2.5 + 0.05 * system + 0.2 * rng.normal()
        records += [
            (f"Q{system:02d}", f"R{provider:02d}", s, base + level[s] + 0.05 * rng.normal())
            for s in chosen
        ]
    return pd.DataFrame(records, columns=["ics_code", "provider_code", "care_setting", "score"])


def columns_of(rows):
    return (rows[c].to_numpy() for c in ("score", "ics_code", "care_setting", "provider_code"))


def test_within_difference_is_the_fixed_effects_estimate(rows):
    """With provider indicators instead of shares the within coefficients are the same."""
    score, _, setting, provider = columns_of(rows)
    found = setting_differences(score, setting, provider)
    design = np.column_stack(
        [
            (provider[:, None] == np.unique(provider)).astype(float),
            (setting[:, None] == np.array(SETTINGS[1:])).astype(float),
        ]
    )
    fixed = np.linalg.lstsq(design, score, rcond=None)[0][-3:]
    assert [found.within[s].estimate for s in SETTINGS[1:]] == pytest.approx(fixed)
    assert set(found.between) == set(SETTINGS[1:])
    assert all(count >= 2 for count in found.mixed.values())


def test_a_setting_that_one_provider_mixes_has_no_within_answer(rows):
    twice = rows["provider_code"].duplicated(keep=False) & (rows["care_setting"] == "ambulance")
    drop = rows.index[twice][1:]
    fewer = rows.drop(index=drop)
    score, _, setting, provider = columns_of(fewer)
    found = setting_differences(score, setting, provider)
    assert found.mixed["ambulance"] == 1
    assert "ambulance" not in found.within
    assert "ambulance" in found.between


def test_provider_types_pool_the_rare():
    types = provider_types(
        ["b", "a", "a", "a", "c"], ["p1", "p1", "p2", "p3", "p4"], smallest=2, pooled="rare"
    )
    assert types.to_dict() == {"p1": "rare", "p2": "a", "p3": "a", "p4": "rare"}
    named = provider_types(["b", "a"], ["p", "p"], smallest=1)
    assert named.to_dict() == {"p": "a+b"}


def test_type_test_ignores_differences_between_systems():
    rng = np.random.default_rng(1)
    ics = np.repeat(np.arange(12), 6)
    types = np.where(rng.random(72) < (ics / 12), "x", "y")
    score = 2.0 * ics + 0.3 * rng.normal(size=72)
    assert type_test(score, types, ics, rng).p > 0.05
    assert type_test(score + (types == "x"), types, ics, rng).p < 0.01


def test_standard_mix_counts_rows_providers_or_settings():
    settings, providers = ["a", "b", "b", "b"], ["p", "p", "q", "q"]
    assert standard_mix(settings) == pytest.approx([0.25, 0.75])
    assert standard_mix(settings, "providers", providers) == pytest.approx([0.25, 0.75])
    assert standard_mix(["a", "b", "b"], "providers", ["p", "p", "q"]) == pytest.approx(
        [0.25, 0.75]
    )
    assert standard_mix(settings, "equal") == pytest.approx([0.5, 0.5])
    with pytest.raises(ValueError, match="providers with names"):
        standard_mix(settings, "providers")


def test_a_system_with_the_national_mix_keeps_its_score():
    """Two systems, both settings each in equal parts: nothing to adjust, whatever the method."""
    score = [1.0, 2.0, 3.0, 5.0]
    ics, setting = ["a", "a", "b", "b"], ["x", "y", "x", "y"]
    expected = [1.5, 4.0]
    assert crude(score, ics)[1] == pytest.approx(expected)
    assert indirect(score, ics, setting)[1] == pytest.approx(expected)
    fit = standardised(score, ics, setting, standard_mix(setting))
    assert fit.estimate == pytest.approx(expected)
    assert fit.empty_weight == pytest.approx([0, 0])


def test_standardisation_removes_mix_exactly_when_effects_add():
    """No noise: theta is system effect plus the national setting mean, whatever the mix."""
    setting = np.array(["x", "x", "x", "y", "x", "y", "y", "y", "y"])
    ics = np.array(["a", "a", "a", "a", "b", "b", "c", "c", "c"])
    effect = {"a": 1.0, "b": 1.0, "c": 1.0}
    score = np.array([effect[g] + 2.0 * (s == "y") for g, s in zip(ics, setting, strict=True)])
    fit = standardised(score + 1e-9 * np.arange(9), ics, setting, standard_mix(setting))
    assert fit.estimate == pytest.approx([1 + 2 * 5 / 9] * 3, abs=1e-6)
    assert fit.empty_weight == pytest.approx([0, 0, 4 / 9])
    assert not fit.flagged.any()
    assert np.ptp(crude(score, ics)[1]) > 1


def test_near_copies_do_not_count_as_independent(rows):
    """With providers named, returns of one provider bring less than their number suggests."""
    score, ics, setting, provider = columns_of(rows)
    mix = standard_mix(setting)
    naive = standardised(score, ics, setting, mix)
    honest = standardised(score, ics, setting, mix, provider)
    assert honest.estimate == pytest.approx(naive.estimate)
    assert np.mean(honest.se) > 1.1 * np.mean(naive.se)


def test_like_for_like_table(rows):
    table = like_for_like(rows)
    assert table["ics_code"].tolist() == sorted(rows["ics_code"].unique())
    assert table["rows"].sum() == len(rows)
    assert table["providers"].sum() == 60
    first = rows[rows["ics_code"] == "Q00"]
    assert table["crude_row"][0] == pytest.approx(first["score"].mean())
    by_provider = first.groupby("provider_code")["score"].mean().mean()
    assert table["crude_provider"][0] == pytest.approx(by_provider)
    acute = first.loc[first["care_setting"] == "acute", "score"].mean()
    assert table["single_setting"][0] == pytest.approx(acute)
    assert table["shrinkage"].between(0, 1).all()
    with pytest.raises(KeyError):
        like_for_like(rows.rename(columns={"score": "points"}))


def test_additivity_test_sees_an_interaction(rows):
    rng = np.random.default_rng(3)
    ics = np.repeat(np.arange(10), 8)
    share = np.tile([0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 1.0], 10)
    noise = 0.2 * rng.normal(size=80)
    assert additivity_test(ics * 0.1 + share + noise, share, ics, rng).p > 0.05
    crossed = np.where(ics % 2 == 0, 1, -1) * share
    assert additivity_test(crossed + noise, share, ics, rng).p < 0.01


def test_kitagawa_by_hand():
    """System a: all x at 2; system b: x at 4 and y at 6. National x mean 3, y 6, overall 4."""
    split = kitagawa_reference([2.0, 4.0, 6.0], ["a", "b", "b"], ["x", "x", "y"])
    assert split.difference == pytest.approx([-2, 1])
    assert split.composition == pytest.approx(
        np.array([[(1 - 2 / 3) * 3, (0 - 1 / 3) * 6], [(0.5 - 2 / 3) * 3, (0.5 - 1 / 3) * 6]])
    )
    assert split.within == pytest.approx(np.array([[2 - 3, 0], [0.5 * (4 - 3), 0]]))


def test_filling_empty_cells_keeps_the_group_effect_out_of_composition():
    """Group a lacks y and is 1 worse throughout: its composition must not contain that."""
    score = [2.0, 2.0, 4.0, 4.0, 5.0, 5.0]
    ics = ["a", "a", "b", "b", "b", "b"]
    setting = ["x", "x", "x", "x", "y", "y"]
    split = kitagawa_symmetric(score, ics, setting)
    reference = kitagawa_reference(score, ics, setting)
    filled = reference.within.sum(axis=1)[0]
    assert split.within.sum(axis=1)[0] == pytest.approx(filled)
    assert split.composition.sum(axis=1)[0] == pytest.approx(reference.composition.sum(axis=1)[0])


def test_weights_by_provider_reproduce_the_provider_rule(rows):
    score, ics, setting, provider = columns_of(rows)
    weights = equal_provider_weights(provider)
    split = kitagawa_reference(score, ics, setting, weights)
    means = rows.groupby(["ics_code", "provider_code"])["score"].mean()
    by_system = means.groupby("ics_code").mean().to_numpy()
    assert split.difference == pytest.approx(by_system - means.mean())


def test_oaxaca_parts_add_up():
    rng = np.random.default_rng(0)
    second = np.arange(80) >= 30
    x = rng.normal(size=80) + second
    y = 1 + 0.5 * x + 0.2 * second * x + rng.normal(size=80)
    split = oaxaca_blinder(y, x, second)
    assert split.gap == pytest.approx(y[~second].mean() - y[second].mean())
    assert split.endowments + split.coefficients + split.interaction == pytest.approx(split.gap)
    slope = np.polyfit(x[~second], y[~second], 1)[0]
    assert split.explained_by_first == pytest.approx(slope * (x[~second].mean() - x[second].mean()))
    rest = split.unexplained(split.explained_by_second)
    assert rest + split.explained_by_second == pytest.approx(split.gap)


def test_empirical_bayes_with_tau2_given():
    fit = empirical_bayes([1.0, 2.0, 6.0], [1.0, 1.0, 2.0], tau2=1.0)
    mean = (1 / 2 + 2 / 2 + 6 / 3) / (1 / 2 + 1 / 2 + 1 / 3)
    assert fit.mean == pytest.approx(mean)
    assert fit.shrinkage == pytest.approx([0.5, 0.5, 1 / 3])
    assert fit.estimate == pytest.approx([0.5 + mean / 2, 1 + mean / 2, 2 + 2 * mean / 3])
    with pytest.raises(ValueError, match="positive variances"):
        empirical_bayes([1.0, 2.0, 3.0], [1.0, 0.0, 1.0])


def test_posterior_intervals_widen_where_tau2_is_uncertain():
    """Equal estimates say that tau2 is small, not that it is zero."""
    values, v = np.full(8, 2.0) + 0.01 * np.arange(8), np.full(8, 0.1)
    plug_in = empirical_bayes(values, v)
    assert plug_in.tau2 == 0
    low, high = posterior_intervals(values, v, np.random.default_rng(0))
    assert np.all(high - low > 1.2 * 2 * 1.96 * plug_in.se)
    assert np.all((low < plug_in.estimate) & (plug_in.estimate < high))
    with pytest.raises(ValueError, match="5 groups or more"):
        posterior_intervals(values[:4], v[:4], np.random.default_rng(0))
