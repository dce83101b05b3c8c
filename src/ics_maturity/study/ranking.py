"""Like-for-like scores and ranks, with the measurement error that view B needs."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from ics_maturity import columns, frames
from ics_maturity.models import (
    likeforlike,
    measurement,
    ranks,
)
from ics_maturity.study.rounds import pillar_scores

LIKE_FOR_LIKE_SHOWN = (
    "short_name", "providers", "rank_low_a", "rank_high_a", "rank_low_b", "rank_high_b",
    "crude_provider", "indirect", "standardised", "empirical_bayes", "flagged",
)  # fmt: skip


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

    The errors are named ``b`` (internal consistency) and, where the round is on the scale of two
    rounds that share domains, ``b_retest``.
    """
    inner, again = measurement_error(returns, round), retest_error(returns)
    twice = returns["construct"] == frames.COMPARABLE
    here = set(returns.loc[returns["round"] == round, "scale_max"])
    same_scale = here <= set(returns.loc[twice, "scale_max"])
    return inner, {"b": inner.sem} | ({"b_retest": again} if again and same_scale else {})


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
