"""The rurality gradient: sensitivity, space, pillars and coarse publication."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from ics_maturity import frames, geography
from ics_maturity.models import (
    coarse,
    multiplicity,
    power,
    rurality,
    space,
)
from ics_maturity.models.design import with_intercept
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.inference import hc
from ics_maturity.models.variance import random_intercept
from ics_maturity.page import Page
from ics_maturity.scores import round_half_up
from ics_maturity.study.rounds import pillar_scores

SPARSE = "sparse areas of 2011 alone"
_DEFINITIONS = {
    "ruc2021": "rural areas of 2021",
    "ruc2011": "rural areas of 2011",
    "ruc2011_sparse": SPARSE,
}


def fitted_line(providers: pd.DataFrame, slope: Coefficient) -> pd.DataFrame:
    """The fitted line over the range of rural shares with its pointwise 95% band (t, G - 2).

    Args:
        providers: score, rural_share, ics_code.
        slope: the primary slope, for its degrees of freedom.
    """
    rural = providers["rural_share"].to_numpy(float)
    fit = random_intercept(providers["score"], with_intercept(rural), providers["ics_code"])
    grid = np.linspace(0, float(rural.max()), 41)
    X = with_intercept(grid)
    centre = X @ fit.beta
    half = stats.t(slope.df).ppf(0.975) * np.sqrt(np.einsum("ij,jk,ik->i", X, fit.covariance, X))
    return pd.DataFrame(
        {"rural_share": grid, "fit": centre, "low": centre - half, "high": centre + half}
    )


def _slope_row(label: str, providers: pd.DataFrame, rural: pd.Series) -> dict[str, object]:
    share = providers["ics_code"].map(rural)
    found = rurality.slope(providers["score"], share, providers["ics_code"])
    return {"label": label, "estimate": found.estimate, "low": found.low, "high": found.high,
            "p": found.p, "n": len(providers)}  # fmt: skip


def rurality_sensitivity(
    returns: pd.DataFrame, now: frames.Round, systems: pd.DataFrame, rural: pd.DataFrame
) -> pd.DataFrame:
    """The rurality slope under other definitions, rounds, subsets and averages.

    Args:
        returns: tidy returns.
        now: the round analysed.
        systems: the frame of :func:`systems`.
        rural: the processed table of rural shares, every definition.

    Returns:
        label, estimate, low, high, p, n; the primary slope first.
    """
    providers, primary = now.providers, systems["rural_share"]
    rows = [_slope_row("primary", providers, primary)]
    for name, table in rural.groupby("definition"):
        shares = table.set_index("ics_code")["rural_share"]
        if set(providers["ics_code"]) <= set(shares.index) and not shares.equals(primary):
            rows.append(_slope_row(_DEFINITIONS.get(str(name), str(name)), providers, shares))
    for setting in now.settings:
        alone = now.rows[now.rows["care_setting"] == setting]
        if alone["ics_code"].nunique() > len(systems) // 2:
            words = setting.replace("_", " ")
            rows.append(_slope_row(f"{words} returns only", alone, primary))
    comparable = returns[returns["construct"] == frames.COMPARABLE]
    for year in sorted(set(comparable["round"])):
        one = frames.analysis_round(returns, frames.comparable_domains(year), primary)
        rows.append(_slope_row(f"comparable domains, {year}", one.providers, primary))
    shares = providers["ics_code"].map(primary)
    for what, leave in (("region", "region"), ("system", "ics_code")):
        left = rurality.leave_one_out(
            providers["score"], shares, providers["ics_code"], providers[leave]
        )
        for end, row in (("lowest", left.iloc[0]), ("highest", left.iloc[-1])):
            found = {name: row[name] for name in ("estimate", "low", "high", "p")}
            kept = int((providers[leave] != row["left_out"]).sum())
            rows.append({"label": f"one {what} left out, {end}", **found, "n": kept})
    return pd.DataFrame(rows)


_FEWEST = 5  # systems: with no more than these, neighbours say nothing
_MORAN = ["round", "measure", "what", "weights", "n", "statistic", "expected", "p_greater",
          "p_permutation"]  # fmt: skip


def moran_table(page: Page, rounds: list[frames.Round], systems: pd.DataFrame) -> pd.DataFrame:
    """Moran's I of system means and of residuals from the rurality slope, two kinds of neighbour.

    Where only some systems have returns, those that border none of the others are left out of the
    comparison by shared borders, and ``n`` says how many remain.

    Returns:
        round, what (means, residuals), weights (shared border, 4 nearest), n, statistic,
        expected, p_greater, p_permutation.
    """
    rows = []
    for one in rounds:
        means = one.providers.groupby("ics_code")["score"].mean().sort_index()
        codes = list(means.index)
        adjacency, centroids = page.read("adjacency"), page.read("centroids")
        bordering = geography.bordering(adjacency, codes)
        kinds: dict[str, pd.DataFrame] = {}
        if len(bordering) > _FEWEST:
            kinds["shared border"] = geography.border_weights(adjacency, bordering)
        if len(codes) > _FEWEST:
            kinds["4 nearest"] = geography.nearest_weights(centroids, codes)
        for weights, matrix in kinds.items():
            W, there = matrix.to_numpy(), list(matrix.index)
            scores = means.reindex(there)
            X = with_intercept(systems["rural_share"].reindex(there))
            name = f"moran_{one.measure.round}_{weights}"
            found = {
                "means": space.moran(scores, W, page.rng(f"{name}_means")),
                "residuals": space.moran_residuals(scores, X, W, page.rng(f"{name}_residuals")),
            }
            rows += [
                {"round": one.measure.round, "measure": one.measure.words, "what": what,
                 "weights": weights, "n": len(there), "statistic": moran.statistic,
                 "expected": moran.expected, "p_greater": moran.p_greater,
                 "p_permutation": moran.p_permutation}
                for what, moran in found.items()
            ]  # fmt: skip
    return pd.DataFrame(rows, columns=_MORAN)


def pillar_slopes(
    returns: pd.DataFrame,
    now: frames.Round,
    titles: Mapping[str, str],
    rng: np.random.Generator,
    draws: int,
) -> pd.DataFrame:
    """The rurality slope of each pillar (or theme), corrected for looking at all of them.

    Args:
        returns: tidy returns.
        now: the round analysed.
        titles: names of its pillars (:meth:`ics_maturity.instruments.Catalogue.titles`).
        rng, draws: of the permutations.

    Returns:
        pillar, title, estimate, low, high, p, p_holm, p_bh, p_westfall_young, detectable (smallest
        slope that Holm's correction finds in 80% of simulated worlds if it is the only one), sorted
        by pillar.
    """
    wide = pillar_scores(returns, now.measure)
    places = now.providers.set_index("provider_code").loc[wide.index]
    found = {
        pillar: rurality.slope(wide[pillar], places["rural_share"], places["ics_code"])
        for pillar in wide.columns
    }
    table = pd.DataFrame(
        [{"pillar": p, "estimate": c.estimate, "low": c.low, "high": c.high, "p": c.p}
         for p, c in found.items()]
    )  # fmt: skip
    table["p_holm"] = multiplicity.holm(table["p"])
    table["p_bh"] = multiplicity.benjamini_hochberg(table["p"])
    together = multiplicity.westfall_young(
        wide.to_numpy(), places["rural_share"], places["ics_code"], rng, draws=draws
    )
    table["p_westfall_young"] = together.p_adjusted
    table["detectable"] = _detectable(wide, places, rng)
    table.insert(1, "title", [titles.get(pillar, pillar) for pillar in table["pillar"]])
    return table


def _detectable(wide: pd.DataFrame, places: pd.DataFrame, rng: np.random.Generator) -> list[float]:
    """Smallest slope of each pillar that passes the hardest step of Holm's correction."""
    X, ics = with_intercept(places["rural_share"].to_numpy(float)), places["ics_code"].to_numpy()
    found = []
    for score in wide.to_numpy(float).T:
        fit = random_intercept(score, X, ics)
        alpha = power.ALPHA / wide.shape[1]
        found.append(
            power.slope(X, ics, 1, fit.tau2, fit.sigma2, rng, worlds=1_000, alpha=alpha).value
        )
    return found


def coarse_table(by_system: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """The rurality slope from system scores that are known only coarsely.

    Args:
        by_system: the frame of :func:`system_means`.
        claims: the processed table of press statements (the interval that the words leave open
            to each system); may be empty.

    Returns:
        what, n, estimate (none for bounds), low, high.
    """
    rural = by_system["rural_share"].to_numpy()
    X = with_intercept(rural)
    exact = hc(by_system["score"], X, "HC3")[1]
    rounded = round_half_up(by_system["score"], 1)
    low, high = coarse.rounding_interval(rounded, 1)
    fitted = coarse.jackknife_coefficient(low, high, X, 1)
    bounds = coarse.slope_bounds(low, high, rural)
    n = len(by_system)
    rows = [
        ("system means in full", n, exact.estimate, exact.low, exact.high),
        ("published to one decimal, interval regression", n, fitted.estimate, fitted.low,
         fitted.high),
        ("published to one decimal, worst-case bounds", n, np.nan, bounds.low, bounds.high),
    ]  # fmt: skip
    for measure, said in claims.groupby("measure_id"):
        known = said.set_index("ics_code")[["low", "high"]].reindex(by_system["ics_code"])
        if known.notna().all(axis=None):
            press = coarse.slope_bounds(known["low"], known["high"], rural)
            label = f"{str(measure).replace('_', ' ')}, worst-case bounds"
            rows.append((label, n, np.nan, press.low, press.high))
    return pd.DataFrame(rows, columns=["what", "n", "estimate", "low", "high"])
