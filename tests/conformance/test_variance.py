"""lme4's published answers (Bates et al. 2015, Journal of Statistical Software 67(1))."""

import numpy as np
import pytest

from ics_maturity.models.design import with_intercept
from ics_maturity.models.nested import nested_components
from ics_maturity.models.variance import guarded
from ics_maturity.models.variance_intervals import (
    profile_interval_coefficient,
    profile_intervals,
)

# lme4 stops its own search within about 1e-8 of the optimum; the exact answer is no further.
OPTIMUM = {"rel": 5e-8}
# lme4 reads its profile intervals off an interpolating spline.
SPLINE = {"rel": 2e-4}


@pytest.fixture(scope="module")
def dyestuff(dataset):
    table = dataset("dyestuff")
    return table["Yield"].to_numpy(), np.ones((30, 1)), table["Batch"].to_numpy()


@pytest.fixture(scope="module")
def sleepstudy(dataset):
    table = dataset("sleepstudy")
    return table["Reaction"].to_numpy(), with_intercept(table["Days"]), table["Subject"].to_numpy()


def test_dyestuff(dyestuff):
    fit = guarded(*dyestuff)
    assert fit.beta[0] == pytest.approx(1527.5, **OPTIMUM)
    assert fit.se[0] == pytest.approx(19.383412178753, **OPTIMUM)
    assert fit.tau2 == pytest.approx(1764.0500064271, **OPTIMUM)
    assert fit.sigma2 == pytest.approx(2451.24999860715, **OPTIMUM)
    assert fit.log_likelihood == pytest.approx(-159.827138421129, rel=1e-12)
    assert fit.reml_criterion == pytest.approx(319.654276842257, rel=1e-12)
    assert fit.blup == pytest.approx(
        [-17.606851366879, 0.3912633637076, 28.562225550712,
         -23.084538458797, 56.733187737718, -44.995286826467], **OPTIMUM
    )  # fmt: skip
    assert fit.blup_variance == pytest.approx([383.633727898101] * 6, **OPTIMUM)


def test_dyestuff_balanced_closed_form(dyestuff):
    """In balanced data REML is the analysis of variance: (MSB - MSW) / 5 and MSW."""
    fit = guarded(*dyestuff)
    by_batch = dyestuff[0].reshape(6, 5)
    within = by_batch.var(axis=1, ddof=1).mean()
    between = 5 * by_batch.mean(axis=1).var(ddof=1)
    assert fit.sigma2 == pytest.approx(within, rel=1e-12)
    assert fit.tau2 == pytest.approx((between - within) / 5, rel=1e-12)


def test_dyestuff_profile_intervals(dyestuff):
    intervals = profile_intervals(*dyestuff)
    assert intervals.tau == pytest.approx((12.198535213114, 84.063046710771), **SPLINE)
    assert intervals.sigma == pytest.approx((38.229984882571, 67.657696244822), **SPLINE)
    assert profile_interval_coefficient(*dyestuff, 0) == pytest.approx(
        (1486.45149996883, 1568.54849436812), **SPLINE
    )


def test_dyestuff2_variance_is_exactly_zero(dataset):
    table = dataset("dyestuff2")
    fit = guarded(table["Yield"], np.ones(30), table["Batch"])
    assert fit.tau2 == 0.0
    assert not fit.blup.any()
    assert fit.beta[0] == pytest.approx(5.6656, rel=1e-12)
    assert fit.se[0] == pytest.approx(0.6783880312325, rel=1e-12)
    assert fit.sigma2 == pytest.approx(13.806309627586, rel=1e-12)
    assert fit.log_likelihood == pytest.approx(-80.914138906144, rel=1e-12)
    assert fit.reml_criterion == pytest.approx(161.828277812288, rel=1e-12)


def test_sleepstudy_random_intercept(sleepstudy):
    fit = guarded(*sleepstudy)
    assert fit.beta == pytest.approx([251.405104848484, 10.467285959596], **OPTIMUM)
    assert fit.se == pytest.approx([9.746716269209, 0.8042214289452], **OPTIMUM)
    assert fit.tau2 == pytest.approx(1378.17851380905, **OPTIMUM)
    assert fit.sigma2 == pytest.approx(960.456578560467, **OPTIMUM)
    assert fit.log_likelihood == pytest.approx(-893.232542697461, rel=1e-12)
    assert fit.reml_criterion == pytest.approx(1786.46508539492, rel=1e-12)
    published = {
        308: 40.783709839631, 309: -77.849553822414, 310: -63.108567413973, 330: 4.40644211246,
        331: 10.216189165785, 332: 8.221237894856, 333: 16.50049414077, 334: -2.996981184132,
        335: -45.282127172471, 337: 72.182686131788, 349: -21.19624896683, 350: 14.111363353919,
        351: -7.862221204797, 352: 36.378425383128, 369: 7.036380919011, 370: -6.362703056737,
        371: -3.294272842755, 372: 18.115746722771,
    }  # fmt: skip
    assert fit.groups.tolist() == list(published)
    assert fit.blup == pytest.approx(list(published.values()), **OPTIMUM)


def test_sleepstudy_profile_intervals(sleepstudy):
    intervals = profile_intervals(*sleepstudy)
    assert intervals.tau == pytest.approx((26.007120448076, 52.935983529674), **SPLINE)
    assert intervals.sigma == pytest.approx((27.81384720813, 34.591049857869), **SPLINE)
    assert profile_interval_coefficient(*sleepstudy, 0) == pytest.approx(
        (231.992326372124, 270.817883468577), **SPLINE
    )
    assert profile_interval_coefficient(*sleepstudy, 1) == pytest.approx(
        (8.886550958051, 12.048020962009), **SPLINE
    )


def test_pastes_three_levels(dataset):
    """Bates 2010, lme4: Mixed-effects Modeling with R, section 2.2.1, printed to 4 digits."""
    table = dataset("pastes")
    fit = nested_components(
        table["strength"], np.ones(60), table["batch"], table["batch"] + table["cask"]
    )
    assert fit.beta[0] == pytest.approx(60.0533, abs=5e-5)
    assert fit.se[0] == pytest.approx(0.6769, abs=5e-5)
    assert fit.tau2_lower == pytest.approx(8.434, abs=5e-4)
    assert fit.tau2_upper == pytest.approx(1.657, abs=5e-4)
    assert fit.sigma2 == pytest.approx(0.678, abs=5e-4)
    assert -2 * fit.log_likelihood == pytest.approx(246.99, abs=5e-3)
