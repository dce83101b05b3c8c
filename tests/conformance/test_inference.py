"""Published robust errors and equivalence tests."""

import numpy as np
import pandas as pd
import pytest

from ics_maturity.models.design import with_intercept
from ics_maturity.models.estimate import t_coefficient
from ics_maturity.models.inference import cr1, cr2, cv3, hc, tost


@pytest.mark.parametrize(
    ("kind", "published"),
    [
        ("HC0", (460.891663315173, 1243.04299569457, 829.992665606634)),
        ("HC1", (475.373453766768, 1282.10095577225, 856.072069545625)),
        ("HC2", (688.481389099025, 1866.40614102357, 1250.14705811349)),
        ("HC3", (1095.00061350482, 2975.41140882985, 1995.24196328074)),
        ("HC4", (3008.01010644121, 8183.1913346119, 5488.92924035858)),
    ],
)
def test_public_schools(dataset, kind, published):
    """Zeileis 2004, Journal of Statistical Software 11(10), section 5.2 (R package sandwich)."""
    table = dataset("public_schools").dropna()
    X = with_intercept(table["Income"], table["Income"] ** 2)
    found = [c.se for c in hc(table["Expenditure"], X, kind)]
    # Income and its square are nearly collinear: the last digits depend on the solver.
    assert found == pytest.approx(published, rel=1e-10)


def test_sleepstudy_cr2(dataset):
    """R package clubSandwich, CR2 with Satterthwaite degrees of freedom."""
    table = dataset("sleepstudy")
    X = with_intercept(table["Days"])
    days = cr2(table["Reaction"], X, table["Subject"])[1]
    assert days.estimate == pytest.approx(10.467285959596, rel=1e-12)
    assert days.se == pytest.approx(1.545788896295, rel=1e-12)
    assert days.statistic == pytest.approx(6.771484763984, rel=1e-12)
    assert days.df == pytest.approx(17, rel=1e-12)
    assert days.p == pytest.approx(3.263788071332e-06, rel=1e-11)
    unscaled = cv3(table["Reaction"], X, table["Subject"], scaled=False)[1]
    assert unscaled.se == pytest.approx(1.590603651861, rel=1e-12)


def test_petersen_clustered(reference_data):
    """Petersen 2009, Review of Financial Studies 22:435-480, test data page."""
    table = pd.read_csv(reference_data / "PetersenCL.csv")
    X = with_intercept(table["x"])
    by_firm = cr1(table["y"], X, table["firm"])
    by_year = cr1(table["y"], X, table["year"])
    white = hc(table["y"], X, "HC1")
    assert [c.estimate for c in by_firm] == pytest.approx([0.02967972073452, 1.034833439462])
    assert [c.se for c in by_firm] == pytest.approx([0.06701270369877, 0.05059572588403], rel=1e-11)
    assert [c.se for c in by_year] == pytest.approx([0.02338672110095, 0.03338891341193], rel=1e-11)
    assert [c.se for c in white] == pytest.approx([0.02836067223139, 0.02839516146794], rel=1e-11)
    assert round(by_firm[1].se, 4) == 0.0506
    assert round(by_year[1].se, 4) == 0.0334
    assert round(white[1].se, 4) == 0.0284


def test_sleep_equivalence(dataset):
    """Student's paired sleep data, margin half an hour (R package TOSTER)."""
    table = dataset("sleep").set_index(["group", "ID"])["extra"]
    difference = table.loc[1] - table.loc[2]
    mean = t_coefficient("paired t", difference.mean(), difference.sem(), 9)
    result = tost(mean, 0.5)
    assert (mean.estimate + 0.5) / mean.se == pytest.approx(-2.776644239274)
    assert (mean.estimate - 0.5) / mean.se == pytest.approx(-5.34761112749)
    assert result.p_lower == pytest.approx(0.9892407566216)
    assert result.p_upper == pytest.approx(0.0002319027044816)
    assert not result.equivalent


def test_plain_clustering_is_the_only_one_with_infinite_df(dataset):
    table = dataset("sleepstudy")
    X = with_intercept(table["Days"])
    assert np.isinf(cr1(table["Reaction"], X, table["Subject"])[1].df)
    assert np.isfinite(cv3(table["Reaction"], X, table["Subject"])[1].df)
