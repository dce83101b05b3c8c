"""Tables of the argument that take several estimators: too long for a cell of a notebook.

Everything here starts from the frames of :mod:`ics_maturity.frames` and ends in a frame that a
notebook shows. What could be an estimator of its own is in :mod:`ics_maturity.models`.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from ics_maturity import columns, frames, geography, instruments
from ics_maturity.models import (
    coarse,
    composition,
    likeforlike,
    measurement,
    multiplicity,
    ranks,
    rurality,
    space,
)
from ics_maturity.models.design import with_intercept
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.inference import hc
from ics_maturity.models.nested import nested_components
from ics_maturity.models.power import minimum_detectable_effect
from ics_maturity.models.variance import RandomIntercept, random_intercept
from ics_maturity.page import Page
from ics_maturity.scores import AVERAGING_RULES, round_half_up, system_scores

LIKE_FOR_LIKE_SHOWN = (
    "short_name", "providers", "rank_low_a", "rank_high_a", "rank_low_b", "rank_high_b",
    "crude_provider", "indirect", "standardised", "empirical_bayes", "flagged",
)  # fmt: skip


def titles(round: int) -> dict[str, str]:
    """Names of the pillars, themes and sections of a round as its instrument prints them."""
    instrument = instruments.for_round(round)
    parts = (*instrument.pillars, *instrument.themes, *instrument.sections)
    return {part.id: part.title for part in parts}


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


def retest_error(returns: pd.DataFrame) -> float | None:
    """Standard error of measurement from the last two rounds on comparable domains, if two."""
    years = sorted(set(returns.loc[returns["construct"] == frames.COMPARABLE, "round"]))[-2:]
    if len(years) < 2:
        return None
    first, second = (
        frames.analysis_round(
            returns, frames.comparable_domains(year), pd.Series(dtype=float)
        ).providers
        for year in years
    )
    both = frames.paired_providers(first, second)
    return measurement.retest(both["before"], both["after"]).sem


def measurement_errors(
    returns: pd.DataFrame, round: int
) -> tuple[measurement.Consistency, dict[str, float]]:
    """Consistency of a round, and the error of one provider's score by two yardsticks (view B).

    The errors are named ``b`` (internal consistency) and, where two rounds share domains,
    ``b_retest``.
    """
    inner, again = measurement_error(returns, round), retest_error(returns)
    return inner, {"b": inner.sem} | ({} if again is None else {"b_retest": again})


def theta(rows: pd.DataFrame, standard: likeforlike.Standard = "rows") -> likeforlike.Standardised:
    """Like-for-like scores of the systems with their covariance (view A), sorted by code."""
    mix = likeforlike.standard_mix(rows["care_setting"], standard, rows["provider_code"])
    return likeforlike.standardised(
        rows["score"], rows["ics_code"], rows["care_setting"], mix, rows["provider_code"]
    )


def like_for_like(
    rows: pd.DataFrame,
    systems: pd.DataFrame,
    errors: Mapping[str, float],
    standard: likeforlike.Standard,
    single_setting: str,
    rng: Callable[[str], np.random.Generator],
) -> tuple[pd.DataFrame, dict[str, ranks.RankSets]]:
    """All versions of the system scores with their sets of ranks under both views.

    Args:
        rows: one row per return.
        systems: the frame of :func:`systems`.
        errors: standard errors of measurement of one provider's score, by the name of the view B
            that takes them: ``b`` (from internal consistency), ``b_retest`` (from two rounds).
        standard: which national mix to standardise to.
        single_setting: the setting compared alone.
        rng: gives a generator by name (:meth:`ics_maturity.page.Page.rng`).

    Returns:
        The columns declared for the table ``like_for_like`` by system, sorted by code; and the
        rank sets by view: ``a`` (providers as draws, covariance of the standardised scores), ``b``
        (readings with error).
    """
    table = likeforlike.like_for_like(rows, standard, single_setting)
    table = table.rename(columns={"single_setting": "acute_only"})
    covariance = theta(rows, standard).covariance
    variances: dict[str, np.ndarray] = {"a": covariance}
    for name, sem in errors.items():
        variances[name] = measurement.measurement_variances(sem, table["providers"])
    sets = {
        view: ranks.rank_sets(table["standardised"], spread, rng(f"ranks_{view}"))
        for view, spread in variances.items()
    }
    table["rank"] = sets["a"].rank
    for view in ("a", "b"):
        table[f"rank_low_{view}"] = sets[view].marginal_low
        table[f"rank_high_{view}"] = sets[view].marginal_high
        table[f"rank_low_{view}_simultaneous"] = sets[view].simultaneous_low
        table[f"rank_high_{view}_simultaneous"] = sets[view].simultaneous_high
    table["may_be_top5"] = sets["a"].tau_best(5)
    table["may_be_bottom5"] = sets["a"].tau_worst(5)
    ends = ranks.top_and_bottom(table["standardised"], np.diag(covariance), rng("top_and_bottom"))
    table["p_top5"], table["p_bottom5"] = ends.top, ends.bottom
    known = systems.reindex(table["ics_code"]).reset_index()
    for name in ("ics_name", "short_name", "rural_share"):
        table[name] = known[name].to_numpy()
    return table[list(columns.of("like_for_like"))], sets


def full_sets(sets: ranks.RankSets) -> int:
    """How many marginal sets hold every rank: systems about whose place nothing is known."""
    width = sets.marginal_high - sets.marginal_low + 1
    return int((width == sets.rank.size).sum())


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
    """Mean provider score by system: ics_code, short_name, rural_share, score, n."""
    grouped = providers.groupby("ics_code")["score"].agg(score="mean", n="size")
    return systems[["short_name", "rural_share"]].join(grouped, how="inner").reset_index()


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
        pillar, title, estimate, low, high, p, p_holm, p_bh, p_westfall_young, detectable (smallest
        slope found with 80% power), sorted by pillar.
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
    table["detectable"] = [minimum_detectable_effect(c.se, c.df) for c in found.values()]
    table.insert(1, "title", table["pillar"].map(titles(now.measure.round)))
    return table


def variance_table(returns: pd.DataFrame, now: frames.Round) -> pd.DataFrame:
    """Where the variance lies: over providers, over returns, and for each pillar.

    Returns:
        score, unit, n, tau2 (between systems), provider2 (between providers, only where returns
        are the unit), sigma2, icc.
    """
    providers = now.providers
    ones = np.ones((len(providers), 1))
    whole = random_intercept(providers["score"], ones, providers["ics_code"])
    rows = [("all pillars", "providers", whole.n, whole.tau2, np.nan, whole.sigma2, whole.icc)]
    nested = nested_components(
        now.rows["score"],
        np.ones((len(now.rows), 1)),
        now.rows["ics_code"],
        now.rows["provider_code"],
    )
    total = nested.tau2_upper + nested.tau2_lower + nested.sigma2
    rows.append(("all pillars", "returns", len(now.rows), nested.tau2_upper, nested.tau2_lower,
                 nested.sigma2, nested.tau2_upper / total))  # fmt: skip
    wide = pillar_scores(returns, now.measure)
    ics = providers.set_index("provider_code")["ics_code"].reindex(wide.index)
    named = titles(now.measure.round)
    for pillar in wide.columns:
        fit = random_intercept(wide[pillar], np.ones((len(wide), 1)), ics)
        rows.append((named.get(pillar, pillar), "providers", fit.n, fit.tau2, np.nan, fit.sigma2,
                     fit.icc))  # fmt: skip
    return pd.DataFrame(rows, columns=["score", "unit", "n", "tau2", "provider2", "sigma2", "icc"])


def composition_table(now: frames.Round, systems: pd.DataFrame, reference: str) -> pd.DataFrame:
    """How much of the differences mix accounts for, by three splits.

    Reference-price and symmetric Kitagawa over all systems (share of variance between crude row
    means), Oaxaca-Blinder between the most urban and the most rural third (both references).

    Returns:
        what, method, explained, whole, share.
    """
    rows = now.rows
    parts = []
    for name, split in (
        ("Kitagawa, national prices (primary)", composition.kitagawa_reference),
        ("Kitagawa, symmetric, gaps filled additively", composition.kitagawa_symmetric),
    ):
        found = split(rows["score"], rows["ics_code"], rows["care_setting"])
        by_mix, whole = found.composition.sum(axis=1), found.difference
        parts.append(("variance between systems", name, by_mix.var(), whole.var()))
    tercile = rows["ics_code"].map(geography.rural_terciles(systems["rural_share"]))
    ends = rows[tercile.isin(["urban", "rural"])]
    kept = [s for s in now.settings if s != reference]
    X = np.column_stack([(ends["care_setting"] == s).to_numpy(float) for s in kept])
    gap = composition.oaxaca_blinder(ends["score"], X, (tercile[ends.index] == "urban").to_numpy())
    what = "rural less urban third"
    for name, mixed in (("rural", gap.explained_by_first), ("urban", gap.explained_by_second)):
        parts.append((what, f"Oaxaca-Blinder, {name} prices", mixed, gap.gap))
    table = pd.DataFrame(parts, columns=["what", "method", "explained", "whole"])
    # A share of a gap that may well be zero says nothing; shares are of variances only.
    share = (table["explained"] / table["whole"]).where(table["what"] != what)
    return table.assign(share=share)


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
            label = f"press statements on 2023 ({measure}), worst-case bounds"
            rows.append((label, n, np.nan, press.low, press.high))
    return pd.DataFrame(rows, columns=["what", "n", "estimate", "low", "high"])


def scores_by_rule(filed: pd.DataFrame, systems: pd.DataFrame) -> pd.DataFrame:
    """Crude score of each system under every averaging rule, and how far they lie apart.

    Returns:
        system, row, provider, setting_balanced, apart (largest less smallest), sorted by system.
    """
    rules = list(AVERAGING_RULES)
    table = pd.DataFrame(
        {rule: system_scores(filed, rule).set_index("ics_code")["score"] for rule in rules}
    )
    table["apart"] = table.max(axis=1) - table.min(axis=1)
    table.insert(0, "system", systems["short_name"].reindex(table.index))
    return table.sort_values("system", ignore_index=True)


def map_moves(filed: pd.DataFrame, providers: pd.DataFrame, rule: str) -> pd.DataFrame:
    """What redrawing the map does to the score of the system a provider sits in.

    Args:
        filed: return scores on the map of 2022.
        providers: the processed table, with the system on both maps.
        rule: the averaging rule.

    Returns:
        ics_code_2026, providers, score (on the new map), smallest and largest score of the old
        systems its providers come from, old (how many), sorted by code.
    """
    new = filed["provider_code"].map(providers.set_index("provider_code")["ics_code_2026"])
    old_scores = system_scores(filed, rule).set_index("ics_code")["score"]
    moved = filed.assign(old=filed["ics_code"], ics_code=new.fillna(""))
    after = system_scores(moved, rule).set_index("ics_code")
    came_from = moved[moved["ics_code"] != ""].groupby("ics_code")["old"].unique()
    return pd.DataFrame(
        {
            "ics_code_2026": after.index,
            "providers": after["providers"].to_numpy(),
            "old": came_from.map(len).to_numpy(),
            "smallest": came_from.map(lambda codes: old_scores[codes].min()).to_numpy(),
            "largest": came_from.map(lambda codes: old_scores[codes].max()).to_numpy(),
            "score": after["score"].to_numpy(),
        }
    )


def lattice_table(returns: pd.DataFrame, round: int) -> pd.DataFrame:
    """How coarse the published pillar scores are: possible and seen values by pillar and setting.

    Returns:
        pillar, care_setting, domains (inferred; missing where not told), possible (values from 1 to
        5 that a mean of that many domains can take), seen (different values published), returns.
    """
    instrument = instruments.find_round(round)
    named = titles(round) if instrument else {}
    pillars = returns[(returns["round"] == round) & (returns["level"] == "pillar")]
    rows = []
    for (pillar, setting), part in pillars.groupby(["construct", "care_setting"]):
        domains = instrument.domain_count(pillar, setting) if instrument else None
        possible = None if domains is None else 4 * domains + 1
        rows.append((named.get(pillar, pillar), setting, domains, possible,
                     part["score"].nunique(), len(part)))  # fmt: skip
    columns = ["pillar", "care_setting", "domains", "possible", "seen", "returns"]
    return pd.DataFrame(rows, columns=columns).astype({"domains": "Int64", "possible": "Int64"})
