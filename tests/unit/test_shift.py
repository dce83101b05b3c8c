import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from ics_maturity.models.shift import mixed_shift, paired_shift


def test_paired_shift_is_the_mean_change_over_organisations():
    result = paired_shift([1, 2, 3, 4], [2, 2, 5, 5], ["a", "a", "b", "c"])
    assert result.change.estimate == pytest.approx(1)
    assert (result.n, result.systems) == (4, 3)
    assert result.sd_before == pytest.approx(np.std([1, 2, 3, 4], ddof=1))
    assert result.sd_change == pytest.approx(np.std([1, 0, 2, 1], ddof=1))


def test_changes_shared_within_systems_widen_the_interval():
    rng = np.random.default_rng(3)
    systems = np.repeat(np.arange(20), 5)
    change = np.repeat(rng.normal(size=20), 5) + 0.1 * rng.normal(size=100)
    before = rng.normal(size=100)
    together = paired_shift(before, before + change, systems).change
    apart = paired_shift(before, before + change, None).change
    assert together.se > 1.8 * apart.se
    assert together.df < 20


def _two_rounds(rng):
    """100 organisations in 20 systems; ten seen only once in each round."""
    organisation = np.tile(np.arange(100), 2)
    later = np.repeat([0, 1], 100)
    ics = organisation // 5
    level = rng.normal(0, 1, 20)[ics] + rng.normal(0, 1, 100)[organisation]
    score = level + 0.5 * later + rng.normal(0, 1, 200)
    keep = ~((organisation < 10) & (later == 0)) & ~((organisation >= 90) & (later == 1))
    return score[keep], later[keep], organisation[keep], ics[keep]


def test_mixed_shift_agrees_with_statsmodels_where_organisations_come_and_go():
    score, later, organisation, ics = _two_rounds(np.random.default_rng(9))
    ours = mixed_shift(score, later, organisation, ics)
    frame = pd.DataFrame({"y": score, "later": later, "organisation": organisation, "ics": ics})
    model = smf.mixedlm(
        "y ~ later", frame, groups="ics", re_formula="1",
        vc_formula={"organisation": "0 + C(organisation)"},
    )  # fmt: skip
    theirs = model.fit(method=["powell"], ftol=1e-12)
    assert ours.estimate == pytest.approx(theirs.params["later"], abs=1e-4)
    assert ours.se == pytest.approx(theirs.bse["later"], rel=1e-3)
    assert ours.df == 79


def test_mixed_shift_refuses_two_scores_in_one_round():
    with pytest.raises(ValueError, match="two scores in one round"):
        mixed_shift([1, 2, 3], [0, 1, 1], ["a", "a", "a"], ["x", "x", "x"])
    with pytest.raises(ValueError, match="0 for the earlier"):
        mixed_shift([1, 2, 3], [2016, 2017, 2017], ["a", "a", "b"], ["x", "x", "x"])
