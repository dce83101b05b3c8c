"""Many responses at once give what each gives alone."""

from itertools import product

import numpy as np
import pytest

from ics_maturity.models import many
from ics_maturity.models.design import indicators, with_intercept
from ics_maturity.models.inference import (
    cr1,
    cr1_errors,
    cr2,
    cr2_errors,
    cv3,
    cv3_errors,
    hc,
    hc_errors,
    tost,
)
from ics_maturity.models.permutation import freedman_lane, label_permutation
from ics_maturity.models.resampling import sign_flip
from ics_maturity.models.variance import group_level_coefficient, random_intercept
from ics_maturity.models.variance_intervals import profile_intervals
from ics_maturity.models.wild import wild_cluster_bootstrap

WORLDS, DRAWS = 6, 99


@pytest.fixture(scope="module")
def study() -> dict[str, np.ndarray]:
    """60 providers in 15 systems of 1 to 8, with a system-level and a provider-level covariate."""
    rng = np.random.default_rng(7)
    ics = np.sort(np.concatenate([np.arange(15), rng.choice(15, 45)]))
    rural = rng.uniform(0, 0.6, 15)[ics]
    kind = indicators(rng.choice(["a", "b", "c"], 60))[:, 1:]
    noise = 0.2 * rng.normal(size=(15, WORLDS))[ics] + 0.4 * rng.normal(size=(60, WORLDS))
    return {"ics": ics, "rural": rural, "kind": kind, "Y": 2.4 + noise,
            "X": with_intercept(rural), "XK": with_intercept(rural, kind)}  # fmt: skip


def agree(found: many.Answers, single: list) -> None:
    for part in ("estimate", "se", "p", "low", "high"):
        expected = [getattr(one, part) for one in single]
        assert getattr(found, part) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("design", ["X", "XK"])
@pytest.mark.parametrize(
    ("errors", "single"), [(cr1_errors, cr1), (cr2_errors, cr2), (cv3_errors, cv3)]
)
def test_clustered_errors(study, design, errors, single):
    X, ics = study[design], study["ics"]
    found = many.sandwich_many(errors(X, ics), study["Y"], 1)
    agree(found, [single(y, X, ics)[1] for y in study["Y"].T])


def test_errors_of_separate_rows(study):
    found = many.sandwich_many(hc_errors(study["XK"]), study["Y"], 1)
    agree(found, [hc(y, study["XK"])[1] for y in study["Y"].T])


def test_ordinary_least_squares_is_hc_with_one_variance(study):
    import statsmodels.api as sm

    found = many.ordinary_many(study["Y"], study["XK"], 1)
    fits = [sm.OLS(y, study["XK"]).fit() for y in study["Y"].T]
    assert found.estimate == pytest.approx([f.params[1] for f in fits])
    assert found.p == pytest.approx([f.pvalues[1] for f in fits])
    assert found.low == pytest.approx([f.conf_int()[1, 0] for f in fits])


def test_reml_and_equivalence(study):
    X, ics = study["X"], study["ics"]
    single = [group_level_coefficient(random_intercept(y, X, ics), 1) for y in study["Y"].T]
    found, tau2, _ = many.reml_many(study["Y"], X, ics, 1, df=13)
    agree(found, single)
    assert tau2 == pytest.approx([random_intercept(y, X, ics).tau2 for y in study["Y"].T])
    equivalent = many.tost_answers(found, 13, 0.5)
    assert equivalent.p == pytest.approx([tost(c, 0.5).p for c in single])


@pytest.mark.parametrize("nuisance", [False, True])
def test_label_permutation(study, nuisance):
    held = study["kind"] if nuisance else None
    args = study["rural"], study["ics"]
    found = many.label_permutation_many(
        study["Y"], *args, np.random.default_rng(3), nuisance=held, draws=DRAWS
    )
    single = [
        label_permutation(y, *args, np.random.default_rng(3), nuisance=held, draws=DRAWS).p
        for y in study["Y"].T
    ]
    assert found == pytest.approx(single)


def test_freedman_lane_within_systems(study):
    args = study["kind"], indicators(study["ics"])
    found = many.freedman_lane_many(
        study["Y"], *args, np.random.default_rng(4), blocks=study["ics"], draws=DRAWS
    )
    single = [
        freedman_lane(y, *args, np.random.default_rng(4), blocks=study["ics"], draws=DRAWS).p
        for y in study["Y"].T
    ]
    assert found == pytest.approx(single)


@pytest.mark.parametrize("design", ["X", "XK"])
def test_wild_bootstrap(study, design):
    args = study[design], study["ics"], 1
    found = many.wild_bootstrap_many(study["Y"], *args, np.random.default_rng(5), draws=DRAWS)
    single = [
        wild_cluster_bootstrap(y, *args, np.random.default_rng(5), draws=DRAWS).p
        for y in study["Y"].T
    ]
    assert found == pytest.approx(single)


def test_sign_flip_over_all_patterns(study):
    """All patterns are the exact test; the sampled p counts the observed one once more."""
    few = study["ics"] < 6
    D = study["Y"][few] - 2.2
    signs = np.array(list(product([-1.0, 1.0], repeat=6)))
    found = many.sign_flip_many(D, study["ics"][few], signs)
    exact = np.array([sign_flip(d, study["ics"][few]).p for d in D.T])
    assert found == pytest.approx((exact * 64 + 2) / 65)


@pytest.mark.parametrize("tau", [0.02, 0.1, 0.2, 0.5])
def test_profile_interval_asked_about_one_value(study, tau):
    ones = np.ones((60, 1))
    found = many.group_deviation_covered(study["Y"], ones, study["ics"], tau)
    ends = [profile_intervals(y, ones, study["ics"]).tau for y in study["Y"].T]
    assert found.tolist() == [low <= tau <= high for low, high in ends]
