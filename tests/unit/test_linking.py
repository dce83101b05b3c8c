import numpy as np
import pandas as pd
import pytest

from ics_maturity.models.linking import (
    LinkTooWeakError,
    crosswalk,
    equipercentile_link,
    link_strength,
    organisation_changes,
    organisation_level_allowed,
    reduction_in_uncertainty,
    z_link,
)


def test_z_link_by_hand():
    linked = z_link([1, 2, 3], [10, 20, 60])
    assert linked.before.tolist() == [-1, 0, 1]
    assert linked.after == pytest.approx(np.array([-20, -10, 30]) / np.sqrt(700))
    assert linked.forced_to_zero == ("mean shift", "variance shift")


def test_z_link_needs_variation():
    with pytest.raises(ValueError, match="all scores of a round are equal"):
        z_link([1, 1, 1], [1, 2, 3])


def test_equipercentile_gives_the_score_of_the_same_rank():
    linked = equipercentile_link([3, 1, 4, 2], [10, 20, 30, 70])
    assert linked.before.tolist() == [30, 10, 70, 20]
    assert linked.scale == "equipercentile"


def test_equipercentile_with_unequal_numbers_by_hand():
    # mid-ranks 1/12 3/12 .. 11/12 against 1/6 3/6 5/6: ends stand, the rest are interpolated
    linked = equipercentile_link([1, 2, 3, 4, 5, 6], [10, 20, 30])
    assert linked.before == pytest.approx([10, 12.5, 17.5, 22.5, 27.5, 30])


def test_equipercentile_with_ties_by_hand():
    # mid-ranks 1/4 1/4 5/8 7/8 against 1/8 3/8 5/8 7/8
    assert equipercentile_link([1, 1, 2, 3], [10, 20, 30, 40]).before.tolist() == [15, 15, 30, 40]
    # and tied later scores: ranks 2/8 for 10, 5/8, 7/8; before 1/8 3/8 5/8 7/8
    linked = equipercentile_link([1, 2, 3, 4], [10, 10, 30, 40]).before
    assert linked == pytest.approx([10, 10 + 20 * (1 / 8) / (3 / 8), 30, 40])


@pytest.mark.parametrize(
    ("r", "reduction"), [(0.0, 0.0), (0.6, 0.2), (-0.6, 0.2), (0.8, 0.4), (1.0, 1.0)]
)
def test_reduction_in_uncertainty(r, reduction):
    assert reduction_in_uncertainty(r) == pytest.approx(reduction)


def test_reduction_needs_a_correlation():
    with pytest.raises(ValueError, match="between -1 and 1"):
        reduction_in_uncertainty(1.01)


def test_half_the_uncertainty_must_go():
    assert organisation_level_allowed(0.5)
    assert not organisation_level_allowed(0.4999)
    assert organisation_level_allowed(reduction_in_uncertainty(0.867))
    assert not organisation_level_allowed(reduction_in_uncertainty(0.866))


def _rounds(noise, sign=1.0):
    rng = np.random.default_rng(11)
    before = rng.normal(size=80)
    return before, sign * before + noise * rng.normal(size=80), np.arange(80) % 20


def test_link_strength_and_what_it_allows():
    before, after, ics = _rounds(noise=0.2)
    strength = link_strength(before, after, ics, np.random.default_rng(1), 0.9, 0.8, 500)
    assert strength.r == pytest.approx(np.corrcoef(before, after)[0, 1])
    assert strength.disattenuated == pytest.approx(strength.r / np.sqrt(0.72))
    assert strength.low < strength.r < strength.high
    assert strength.allowed
    linked = z_link(before, after)
    assert organisation_changes(linked, strength) == pytest.approx(linked.after - linked.before)


@pytest.mark.parametrize(("noise", "sign"), [(2.0, 1.0), (0.2, -1.0)], ids=["weak", "backwards"])
def test_no_organisation_level_change_over_a_weak_or_backward_link(noise, sign):
    before, after, ics = _rounds(noise, sign)
    strength = link_strength(before, after, ics, np.random.default_rng(1), resamples=200)
    assert not strength.allowed
    with pytest.raises(LinkTooWeakError, match="no organisation-level linked change"):
        organisation_changes(z_link(before, after), strength)


def test_crosswalk_averages_the_named_themes():
    scores = pd.DataFrame(
        [
            ("A", "readiness", 80.0),
            ("A", "capabilities", 40.0),
            ("B", "readiness", 60.0),
            ("B", "unused", 1.0),
        ],
        columns=["organisation", "theme", "score"],
    )
    table = pd.DataFrame(
        [
            ("readiness", "well_led", 1.0),
            ("readiness", "improve_care", 1.0),
            ("capabilities", "improve_care", 3.0),
            ("capabilities", "well_led", 0.0),
        ],
        columns=["theme", "pillar", "weight"],
    )
    result = crosswalk(scores, table)
    # B has no capabilities, so no value for a pillar that needs them
    assert result.to_dict("records") == [
        {"organisation": "A", "pillar": "improve_care", "score": 50.0, "themes": 2},
        {"organisation": "A", "pillar": "well_led", "score": 80.0, "themes": 1},
        {"organisation": "B", "pillar": "well_led", "score": 60.0, "themes": 1},
    ]
    with pytest.raises(ValueError, match="A has theme readiness more than once"):
        crosswalk(pd.concat([scores, scores.head(1)]), table)
    with pytest.raises(ValueError, match="negative"):
        crosswalk(scores, table.assign(weight=-1.0))
