import numpy as np
import pytest

from ics_maturity.models import moderation
from ics_maturity.models.moderation import MARGIN, moderation_by, moderation_effect


def null_world(seed, effect=0.0, systems=42):
    """Self and moderated scores of one round: a third of organisations moved, up or down."""
    rng = np.random.default_rng(seed)
    ics = np.repeat(np.arange(systems), rng.integers(2, 9, systems))
    n = ics.size
    self_assessed = rng.normal(2.4, 0.4, n)
    shared = rng.normal(0, 0.05, systems)[ics]
    moved = rng.random(n) < 0.33
    return self_assessed, self_assessed + effect + moved * (shared + rng.normal(0, 0.2, n)), ics


def test_margin_is_fixed_beforehand():
    assert MARGIN == 0.10
    assert "LOWER BOUND" in moderation.__doc__


def test_shares_by_hand():
    self_assessed = np.array([2.0, 2.0, 2.0, 2.0, 2.0, 2.0])
    moderated = np.array([1.8, 1.8, 2.0, 2.0, 2.0, 2.1])
    result = moderation_effect(self_assessed, moderated, None, np.random.default_rng(1))
    assert (result.raised, result.lowered, result.unchanged) == pytest.approx((1 / 6, 2 / 6, 0.5))
    assert result.shift.change.estimate == pytest.approx(-0.05)
    assert result.sign_flip.exact


def test_a_planted_effect_is_found_and_not_called_negligible():
    result = moderation_effect(*null_world(3, effect=-0.2), np.random.default_rng(1))
    assert result.shift.change.low < -0.2 < result.shift.change.high
    assert result.shift.change.high < 0
    assert result.sign_flip.p < 0.01
    assert not result.equivalence.equivalent


def test_no_effect_is_shown_to_be_negligible_not_merely_unproven():
    result = moderation_effect(*null_world(4), np.random.default_rng(1))
    assert result.equivalence.equivalent
    assert result.equivalence.margin == MARGIN


def test_returns_without_any_moderated_change_are_refused():
    with pytest.raises(ValueError, match="no moderated score differs"):
        moderation_effect([1, 2, 3], [1, 2, 3], None, np.random.default_rng(1))


def test_moderation_by_group():
    self_assessed, moderated, ics = null_world(5)
    groups = np.where(ics < 40, "acute", "ambulance")
    table = moderation_by(self_assessed, moderated, ics, groups).set_index("group")
    difference = moderated - self_assessed
    assert table.index.tolist() == ["acute", "ambulance"]
    assert table.loc["acute", "mean_difference"] == pytest.approx(difference[ics < 40].mean())
    assert table["n"].sum() == ics.size
    assert table[["raised", "lowered", "unchanged"]].sum(axis=1).tolist() == pytest.approx([1, 1])
    assert table.loc["acute", "low"] < table.loc["acute", "high"]
    assert np.isnan(table.loc["ambulance", "low"])  # two systems carry no interval


@pytest.mark.slow
def test_false_positives_stay_near_five_in_a_hundred():
    """200 null worlds; both tests. [.02, .08] is .05 within two standard errors of 200 draws."""
    p_values = []
    for seed in range(200):
        self_assessed, moderated, ics = null_world([2023, seed])
        rng = np.random.default_rng([1, seed])
        result = moderation_effect(self_assessed, moderated, ics, rng, draws=1999)
        p_values.append((result.shift.change.p, result.sign_flip.p))
    for rate in (np.array(p_values) <= 0.05).mean(axis=0):
        assert 0.02 <= rate <= 0.08


@pytest.mark.slow
def test_planted_effect_is_found_in_most_worlds():
    found = 0
    for seed in range(200):
        self_assessed, moderated, ics = null_world([2024, seed], effect=-0.2)
        rng = np.random.default_rng([2, seed])
        result = moderation_effect(self_assessed, moderated, ics, rng, draws=1999)
        found += result.shift.change.p <= 0.05 and result.sign_flip.p <= 0.05
    assert found >= 160
