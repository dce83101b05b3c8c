"""The scores a rule may be applied to, with what is uncertain about each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ics_maturity import frames, scores, study
from ics_maturity.errors import InputError, Problem
from ics_maturity.models.design import FloatArray
from ics_maturity.models.shrinkage import empirical_bayes, posterior_draws

SCORES = {"crude": "crude", "like_for_like": "like for like", "shrunken": "shrunken"}


@dataclass(frozen=True)
class Scored:
    """System scores, sorted by code, and how far the truth may lie from them.

    ``used`` is what a rule looks at; ``estimate`` is what the truth is inferred from (they differ
    where the score is shrunken). ``covariance`` (k, k) is that of ``estimate`` when providers are
    draws (view A), known from ``df`` degrees of freedom. ``error_shares`` says by view how much of
    it is error: all of it in view A; in view B, and with the error taken from two rounds
    (``b_retest``), the error of reading, the rest being real differences between providers.
    """

    codes: tuple[str, ...]
    used: FloatArray
    estimate: FloatArray
    covariance: FloatArray
    df: float
    error_shares: Mapping[str, float]

    def worlds(self, view: str, rng: np.random.Generator, draws: int) -> FloatArray:
        """True scores (draws, k) that the data allow under a view."""
        share = self.error_shares[view]
        return posterior_draws(
            self.estimate, self.covariance, rng, draws, error_share=share, df=self.df
        )

    def reread(self, worlds: FloatArray, view: str, rng: np.random.Generator) -> FloatArray:
        """Another reading (draws, k) of each true world: what one more round would give."""
        root = np.linalg.cholesky(self.error_shares[view] * self.covariance)
        return worlds + rng.standard_normal(worlds.shape) @ root.T


def reading_errors(returns: pd.DataFrame, round: int) -> dict[str, float]:
    """Error of one provider's score, by the view that takes it: ``b`` and perhaps ``b_retest``.

    A round with nothing but an overall score says nothing of its own consistency: there the error
    from two rounds is ``b``. Empty where neither is known.
    """
    if frames.primary_measure(returns, round).level != "overall":
        return study.measurement_errors(returns, round)[1]
    again = study.retest_error(returns)
    return {} if again is None else {"b": again}


def score_all(
    rows: pd.DataFrame, errors: Mapping[str, float], averaging_rule: str = "provider"
) -> dict[str, Scored]:
    """Crude, like-for-like and shrunken scores of one round, by name.

    Args:
        rows: one row per return, with its system.
        errors: standard errors of measurement of one provider's score, by view.
        averaging_rule: how returns become a crude score.

    Raises:
        InputError: no system has two providers, so nothing tells how providers differ.
    """
    crude = score_crude(rows, errors, averaging_rule)
    like = study.theta(rows)
    standardised = replace(
        crude, used=like.estimate, estimate=like.estimate, covariance=like.covariance
    )
    shrunken = empirical_bayes(like.estimate, np.diag(like.covariance)).estimate
    return {
        "crude": crude,
        "like_for_like": standardised,
        "shrunken": replace(standardised, used=shrunken),
    }


def score_crude(
    rows: pd.DataFrame, errors: Mapping[str, float], averaging_rule: str = "provider"
) -> Scored:
    """Crude scores alone; arguments and errors as in :func:`score_all`."""
    providers = provider_weights(rows, averaging_rule)
    variance, df = _within(providers)
    squares = (providers["weight"] ** 2).groupby(providers["ics_code"]).sum()
    value = crude_scores(rows, averaging_rule)
    shares = {view: min(1.0, sem**2 / variance) for view, sem in errors.items()}
    return Scored(
        codes=tuple(value.index),
        used=value.to_numpy(),
        estimate=value.to_numpy(),
        covariance=np.diag(variance * squares.to_numpy()),
        df=df,
        error_shares={"a": 1.0, **shares},
    )


def crude_scores(rows: pd.DataFrame, averaging_rule: str = "provider") -> pd.Series:
    """Crude score by system code, sorted."""
    return scores.system_scores(rows, averaging_rule).set_index("ics_code")["score"]


def provider_weights(rows: pd.DataFrame, averaging_rule: str) -> pd.DataFrame:
    """Each provider with its system, what it brings to the crude score and its weight there.

    Returns:
        provider_code, ics_code, score (the provider's returns by their weights), weight (share of
        the system's score); sorted by code. Score times weight sums to the crude score.
    """
    weight = scores.return_weights(rows, averaging_rule)
    parts = rows[["provider_code", "ics_code"]].assign(
        weight=weight, weighted=weight * rows["score"]
    )
    found = parts.groupby(["provider_code", "ics_code"], as_index=False).sum()
    return found.assign(score=found["weighted"] / found["weight"]).drop(columns="weighted")


def _within(providers: pd.DataFrame) -> tuple[float, int]:
    """Variance of provider scores within systems, pooled, and its degrees of freedom."""
    by_system = providers.groupby("ics_code")["score"]
    df = len(providers) - by_system.ngroups
    if df < 1:
        raise InputError(
            Problem("two or more providers in some system", column="ics_code",
                    value="one provider in each",
                    fix="choose a round in which systems have several providers")
        )  # fmt: skip
    return float(((providers["score"] - by_system.transform("mean")) ** 2).sum() / df), df
