"""Published standardised means, meta-analysis and Oaxaca-Blinder splits."""

import numpy as np
import pandas as pd
import pytest

from ics_maturity.models.composition import oaxaca_blinder
from ics_maturity.models.likeforlike import standard_mix, standardised
from ics_maturity.models.shrinkage import empirical_bayes


@pytest.mark.parametrize(
    ("standard", "means", "errors"),
    [
        (
            "equal",
            (3.394492409558, 3.796770088596, 3.667260253677),
            (0.03668122439188, 0.03938283434974, 0.03744798233823),
        ),
        (
            "rows",
            (3.380189298791, 3.782466977829, 3.652957142909),
            (0.03722116995092, 0.03860723942641, 0.03671879999859),
        ),
    ],
)
def test_pigs_marginal_means(dataset, standard, means, errors):
    """R package emmeans, log(conc) ~ source + factor(percent), equal and proportional weights."""
    table = dataset("pigs")
    fit = standardised(
        np.log(table["conc"]),
        table["source"],
        table["percent"],
        standard_mix(table["percent"], standard),
    )
    assert fit.groups.tolist() == ["fish", "skim", "soy"]
    assert fit.estimate == pytest.approx(means, rel=1e-12)
    assert fit.se == pytest.approx(errors, rel=1e-11)


def test_bcg_reml(dataset):
    """R package metafor, rma(method = "REML") and blup()."""
    table = dataset("bcg")
    fit = empirical_bayes(table["yi"], table["vi"])
    # metafor stops its search for tau2 within 1e-7; our root is exact.
    assert fit.tau2 == pytest.approx(0.3132433259809, rel=5e-7)
    assert fit.mean == pytest.approx(-0.7145323483651, rel=5e-8)
    assert fit.mean_se == pytest.approx(0.1797815317804, rel=5e-7)
    assert fit.i2 == pytest.approx(0.92221386074966, rel=5e-7)
    assert fit.q == pytest.approx(152.233008082373, rel=1e-12)
    assert fit.estimate == pytest.approx(
        [-0.800233574594, -1.25170602726, -0.9869031305262, -1.397897705755, -0.2873797943489,
         -0.784571534107, -1.243963515442, 0.002879249759817, -0.5068363533731,
         -1.247173038982, -0.3536583977783, -0.2847336581581, -0.146743048182], rel=1e-6
    )  # fmt: skip
    assert fit.se == pytest.approx(
        [0.4099304686316, 0.3532273150761, 0.4348316016451, 0.1375684164599, 0.211311761254,
         0.08229035289646, 0.3685919752195, 0.0625870944857, 0.2203912715169,
         0.2457122162656, 0.1094809661154, 0.4583005055439, 0.2434403017772], rel=5e-7
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tau2", "mean", "error"),
    [
        (0.3087602628624, -0.7141172220732, 0.1787420895354),  # DerSimonian-Laird
        (0.318093711863, -0.7149704056324, 0.1808979841258),  # Paule-Mandel
        (0.2800281710496, -0.7111991391903, 0.1718968170227),  # maximum likelihood
    ],
)
def test_bcg_mean_at_other_published_tau2(dataset, tau2, mean, error):
    table = dataset("bcg")
    fit = empirical_bayes(table["yi"], table["vi"], tau2=tau2)
    assert fit.mean == pytest.approx(mean, rel=1e-11)
    assert fit.mean_se == pytest.approx(error, rel=1e-11)


def test_eight_schools_have_no_variance_between(dataset):
    table = dataset("eight_schools")
    fit = empirical_bayes(table["y"], table["se"] ** 2)
    assert fit.tau2 == 0.0
    assert fit.mean == pytest.approx(7.685616724956, rel=1e-12)
    assert fit.mean_se == pytest.approx(4.071919158402, rel=1e-12)
    assert fit.q == pytest.approx(4.7070788644, rel=1e-10)
    assert fit.estimate == pytest.approx([fit.mean] * 8)


def test_chicago_wages(reference_data):
    """Hlavac 2014, R package oaxaca, vignette example (natives less foreign-born)."""
    table = pd.read_csv(reference_data / "chicago.csv").dropna(subset=["ln.real.wage"])
    covariates = ["age", "female", "LTHS", "some.college", "college", "advanced.degree"]
    foreign = table["foreign.born"] == 1
    split = oaxaca_blinder(table["ln.real.wage"], table[covariates], foreign)
    assert ((~foreign).sum(), foreign.sum()) == (287, 379)
    assert split.gap == pytest.approx(0.1433657234042, rel=1e-11)
    assert split.endowments == pytest.approx(0.07694359217828, rel=1e-11)
    assert split.coefficients == pytest.approx(0.1222296747169, rel=1e-11)
    assert split.interaction == pytest.approx(-0.05580754349095, rel=1e-11)
    assert split.explained_by_second == pytest.approx(0.07694359217828, rel=1e-11)
    assert split.unexplained(split.explained_by_second) == pytest.approx(0.06642213122594)
    assert split.explained_by_first == pytest.approx(0.02113604868733, rel=1e-11)
    assert split.unexplained(split.explained_by_first) == pytest.approx(0.1222296747169)
    assert split.explained_pooled == pytest.approx(0.05001391736071, rel=1e-11)
    assert split.unexplained(split.explained_pooled) == pytest.approx(0.09335180604352)
    # Any weighted price lies on the line between the two groups' prices.
    for weight, published in ((0.5, 0.04903982043281), (287 / 666, 0.05289439550876)):
        mixed = weight * split.explained_by_first + (1 - weight) * split.explained_by_second
        assert mixed == pytest.approx(published, rel=1e-11)
