"""Tables of the argument that take several estimators: too long for a cell of a notebook.

Everything here starts from the frames of :mod:`ics_maturity.frames` and ends in a frame that a
notebook shows. What could be an estimator of its own is in :mod:`ics_maturity.models`.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from ics_maturity import frames, geography
from ics_maturity.models import likeforlike, measurement, multiplicity, ranks, rurality, space
from ics_maturity.models.design import with_intercept
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.variance import RandomIntercept
from ics_maturity.page import Page
from ics_maturity.tables import Column

ESTIMATE_COLUMNS = {
    "estimate": Column("Estimate", unit="points", digits=3),
    "low": Column("Low", "Lower end of the 95% interval", digits=3),
    "high": Column("High", "Upper end of the 95% interval", digits=3),
    "p": Column("p", "Two-sided test of nought", style="p"),
}

_RANK_SET = "95% set of ranks"
LIKE_FOR_LIKE_COLUMNS = {
    "ics_code": Column("Code", "ODS code of the system's board"),
    "ics_name": Column("Name"),
    "short_name": Column("System"),
    "providers": Column("Providers"),
    "rows": Column("Returns"),
    "rural_share": Column("Rural share", "Share of residents in rural areas", digits=3),
    "crude_row": Column("Rows", "Mean of returns", digits=2, group="Crude"),
    "crude_provider": Column("Providers", "Mean of providers", digits=2, group="Crude"),
    "indirect": Column("Indirect", "Own mean less what its settings score nationally, plus the "
                       "national mean", digits=2, group="Like for like"),
    "standardised": Column("Standardised", "Additive model at the standard mix", digits=2,
                           group="Like for like"),
    "standardised_se": Column("SE", "Standard error, view A", digits=2, group="Like for like"),
    "empirical_bayes": Column("Shrunken", "Empirical Bayes of the standardised score", digits=2,
                              group="Like for like"),
    "shrinkage": Column("Kept", "Share of the distance to the mean that is kept", digits=2,
                        group="Like for like"),
    "acute_only": Column("Acute only", "Mean of acute returns alone", digits=2,
                         group="Like for like"),
    "empty_weight": Column("Empty", "Share of the standard mix in settings it lacks", digits=2),
    "flagged": Column("Flagged", "More than half of the standard mix is empty"),
    "rank": Column("Rank", "1 is highest", group="Like for like"),
    "rank_low_a": Column("from", "Marginal, view A", group=f"{_RANK_SET}, A"),
    "rank_high_a": Column("to", "Marginal, view A", group=f"{_RANK_SET}, A"),
    "rank_low_a_simultaneous": Column("from", "Simultaneous, view A", group="A, all at once"),
    "rank_high_a_simultaneous": Column("to", "Simultaneous, view A", group="A, all at once"),
    "rank_low_b": Column("from", "Marginal, view B", group=f"{_RANK_SET}, B"),
    "rank_high_b": Column("to", "Marginal, view B", group=f"{_RANK_SET}, B"),
    "rank_low_b_simultaneous": Column("from", "Simultaneous, view B", group="B, all at once"),
    "rank_high_b_simultaneous": Column("to", "Simultaneous, view B", group="B, all at once"),
    "p_top5": Column("top five", "Probability of being among the five highest", digits=2,
                     group="Chance of"),
    "p_bottom5": Column("bottom five", "Probability of being among the five lowest", digits=2,
                        group="Chance of"),
}  # fmt: skip


def systems(page: Page, definition: str = "ruc2021") -> pd.DataFrame:
    """The systems of the processed map with their rural share, by code.

    Returns:
        ics_name, short_name, region, rural_share (0 to 1), indexed by ``ics_code``, sorted.
    """
    table = page.read("systems")
    present = set(page.read("returns")["ics_code"])
    vintage = max(table["vintage"], key=lambda v: _held(table, v, present))
    chosen = table[table["vintage"] == vintage].set_index("ics_code").sort_index()
    name = "rurality" if vintage == min(table["vintage"]) else "rurality_2026"
    rural = page.read(name)
    shares = rural[rural["definition"] == definition].set_index("ics_code")["rural_share"]
    return chosen[["ics_name", "short_name", "region"]].assign(rural_share=shares)


def _held(table: pd.DataFrame, vintage: int, codes: set[str]) -> int:
    """How many of the returns' systems are on that map."""
    return len(codes & set(table.loc[table["vintage"] == vintage, "ics_code"]))


def pillar_scores(returns: pd.DataFrame, measure: frames.Measure) -> pd.DataFrame:
    """Provider by construct: the mean over the provider's returns, providers sorted by code."""
    kept = returns[
        (returns["round"] == measure.round)
        & (returns["level"] == measure.level)
        & (returns["ics_code"] != "")
    ]
    if measure.assessed_by is not None:
        kept = kept[kept["assessed_by"] == measure.assessed_by]
    wide = kept.pivot_table(
        index="provider_code", columns="construct", values="score", aggfunc="mean"
    )
    return wide.dropna()


def measurement_error(returns: pd.DataFrame, round: int) -> measurement.Consistency:
    """Consistency of the pillars of one round over providers."""
    measure = frames.primary_measure(returns, round)
    return measurement.consistency(pillar_scores(returns, measure).to_numpy())


def theta(rows: pd.DataFrame, standard: likeforlike.Standard = "rows") -> likeforlike.Standardised:
    """Like-for-like scores of the systems with their covariance (view A), sorted by code."""
    mix = likeforlike.standard_mix(rows["care_setting"], standard, rows["provider_code"])
    return likeforlike.standardised(
        rows["score"], rows["ics_code"], rows["care_setting"], mix, rows["provider_code"]
    )


def like_for_like(
    rows: pd.DataFrame,
    systems: pd.DataFrame,
    sem: float,
    standard: likeforlike.Standard,
    single_setting: str,
    rng: Callable[[str], np.random.Generator],
) -> tuple[pd.DataFrame, dict[str, ranks.RankSets]]:
    """All versions of the system scores with their sets of ranks under both views.

    Args:
        rows: one row per return.
        systems: the frame of :func:`systems`.
        sem: standard error of measurement of one provider's score (view B).
        standard: which national mix to standardise to.
        single_setting: the setting compared alone.
        rng: gives a generator by name (:meth:`ics_maturity.page.Page.rng`).

    Returns:
        The columns of :data:`LIKE_FOR_LIKE_COLUMNS` by system, sorted by code; and the rank sets
        by view: ``a`` (providers as draws, covariance of the standardised scores), ``b``
        (readings with error).
    """
    table = likeforlike.like_for_like(rows, standard, single_setting)
    table = table.rename(columns={"single_setting": "acute_only"})
    covariance = theta(rows, standard).covariance
    read_error = measurement.measurement_variances(sem, table["providers"])
    sets = {
        view: ranks.rank_sets(table["standardised"], variances, rng(f"ranks_{view}"))
        for view, variances in (("a", covariance), ("b", read_error))
    }
    table["rank"] = sets["a"].rank
    for view, found in sets.items():
        table[f"rank_low_{view}"] = found.marginal_low
        table[f"rank_high_{view}"] = found.marginal_high
        table[f"rank_low_{view}_simultaneous"] = found.simultaneous_low
        table[f"rank_high_{view}_simultaneous"] = found.simultaneous_high
    ends = ranks.top_and_bottom(table["standardised"], np.diag(covariance), rng("top_and_bottom"))
    table["p_top5"], table["p_bottom5"] = ends.top, ends.bottom
    known = systems.reindex(table["ics_code"]).reset_index()
    for name in ("ics_name", "short_name", "rural_share"):
        table[name] = known[name].to_numpy()
    return table[list(LIKE_FOR_LIKE_COLUMNS)], sets


def caterpillar_rows(like: pd.DataFrame) -> pd.DataFrame:
    """What the caterpillar figure draws, from the like-for-like table.

    Scores with +-1.39 standard errors, and marginal 95% sets of ranks, view A.
    """
    low, high = ranks.goldstein_healy(like["standardised"], like["standardised_se"])
    return pd.DataFrame(
        {
            "short_name": like["short_name"],
            "n": like["providers"],
            "score": like["standardised"],
            "low": low,
            "high": high,
            "rank": like["rank"],
            "rank_low": like["rank_low_a"],
            "rank_high": like["rank_high_a"],
        }
    )


def system_means(providers: pd.DataFrame, systems: pd.DataFrame) -> pd.DataFrame:
    """Mean provider score by system: short_name, rural_share, score, n."""
    grouped = providers.groupby("ics_code")["score"].agg(score="mean", n="size")
    return systems[["short_name", "rural_share"]].join(grouped, how="inner").reset_index(drop=True)


def fitted_line(fit: RandomIntercept, slope: Coefficient, rural: np.ndarray) -> pd.DataFrame:
    """The fitted line over the range of rural shares with its pointwise 95% band (t, G - 2)."""
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
            rows.append(_slope_row(f"definition {name}", providers, shares))
    for setting in now.settings:
        alone = now.rows[now.rows["care_setting"] == setting]
        if alone["ics_code"].nunique() > len(systems) // 2:
            rows.append(_slope_row(f"{setting} returns only", alone, primary))
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


def moran_table(page: Page, rounds: list[frames.Round], systems: pd.DataFrame) -> pd.DataFrame:
    """Moran's I of system means and of residuals from the rurality slope, two kinds of neighbour.

    Returns:
        round, what (means, residuals), weights (shared border, 4 nearest), n, statistic,
        expected, p_greater, p_permutation.
    """
    rows = []
    for one in rounds:
        means = one.providers.groupby("ics_code")["score"].mean().sort_index()
        codes = list(means.index)
        kinds = {
            "shared border": geography.border_weights(page.read("adjacency"), codes),
            "4 nearest": geography.nearest_weights(page.read("centroids"), codes),
        }
        X = with_intercept(systems["rural_share"].reindex(codes))
        for weights, matrix in kinds.items():
            W = matrix.to_numpy()
            name = f"moran_{one.measure.round}_{weights}"
            found = {
                "means": space.moran(means, W, page.rng(f"{name}_means")),
                "residuals": space.moran_residuals(means, X, W, page.rng(f"{name}_residuals")),
            }
            rows += [
                {"round": one.measure.round, "measure": one.measure.words, "what": what,
                 "weights": weights, "n": len(codes), "statistic": moran.statistic,
                 "expected": moran.expected, "p_greater": moran.p_greater,
                 "p_permutation": moran.p_permutation}
                for what, moran in found.items()
            ]  # fmt: skip
    return pd.DataFrame(rows)


def pillar_slopes(
    returns: pd.DataFrame, now: frames.Round, rng: np.random.Generator, draws: int
) -> pd.DataFrame:
    """The rurality slope of each pillar (or theme), corrected for looking at all of them.

    Returns:
        pillar, estimate, low, high, p, p_holm, p_bh, p_westfall_young, sorted by pillar.
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
    return table
