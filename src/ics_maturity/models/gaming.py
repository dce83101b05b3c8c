"""Signs that answers were shaped by something other than digital maturity.

Each sign is one number per organisation, so that the later rounds can be held against the same
number in an earlier pair of rounds (the base rate): honest answers also reverse, bunch and
repeat. None of them identifies intent. There are no tests for jumps in the density of scores,
because scores that can take few values jump everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from ics_maturity.models.design import FloatArray
from ics_maturity.models.pairs import Clusters
from ics_maturity.models.resampling import cluster_bca, sign_flip

AGREE = 75.0


@dataclass(frozen=True)
class Excess:
    """Mean of a sign now less its base rate, over organisations that have both."""

    sign: str
    now: float
    base: float
    excess: float
    low: float
    high: float
    p: float
    n: int


def low_end_bunching(answers: pd.DataFrame, lowest: float = 0.0) -> pd.Series:
    """Excess of lowest answers where nobody could check, by organisation.

    answers: organisation, score (0-100), verifiable (True where a document or system could
    show it). Share of unverifiable answers at or below ``lowest`` less the same share of
    verifiable ones; organisations without answers of both kinds are absent.
    """
    low = answers["score"] <= lowest
    shares = low.groupby([answers["organisation"], answers["verifiable"].astype(bool)]).mean()
    table = shares.unstack().reindex(columns=[True, False])  # noqa: PD010
    return (table[False] - table[True]).dropna().sort_index().rename("low_end_bunching")


def long_string(answers: pd.DataFrame) -> pd.Series:
    """Longest run of one repeated answer, as a share of an organisation's answers.

    answers: organisation, position (order in the questionnaire), score. Johnson (2005),
    Journal of Research in Personality 39, 103-129.
    """
    ordered = answers.sort_values(["organisation", "position"], kind="stable")
    run = (ordered["score"] != ordered["score"].shift()).cumsum().rename("run")
    lengths = ordered.groupby(["organisation", run]).size()
    longest = lengths.groupby("organisation", sort=True).max()
    return (longest / ordered.groupby("organisation").size()).rename("long_string")


def guttman_errors(answers: pd.DataFrame, agree: float = AGREE) -> pd.Series:
    """Person misfit: how often a rare yes goes with a common no, by organisation.

    answers: organisation, item, score; yes is ``agree`` or more. Number of item pairs in which
    the commoner yes is missing and the rarer one given, over the largest number possible for
    that many yeses: 0 is a perfect Guttman scale, 1 its reverse. van der Flier (1977); Meijer
    (1994), Applied Psychological Measurement 18, 311-314. Organisations that answered yes (or
    no) throughout have no such pair and are absent. Ties in commonness follow item names.
    """
    table = answers.pivot(index="organisation", columns="item", values="score")  # noqa: PD010
    table = table.sort_index(axis=1)
    given = table.notna().to_numpy()
    yes = (table >= agree).to_numpy() & given
    easiest_first = np.argsort(-(yes.sum(axis=0) / given.sum(axis=0)), kind="stable")
    yes, no = yes[:, easiest_first], (given & ~yes)[:, easiest_first]
    errors = (yes * np.cumsum(no, axis=1)).sum(axis=1)
    possible = yes.sum(axis=1) * no.sum(axis=1)
    defined = possible > 0
    return pd.Series(
        errors[defined] / possible[defined], index=table.index[defined], name="guttman_errors"
    )


def against_base(
    sign: str,
    now: pd.Series,
    base: pd.Series,
    rng: np.random.Generator,
    clusters: Mapping[str, str] | None = None,
    resamples: int = 2000,
) -> Excess:
    """One sign now against its base rate in the same organisations.

    now and base: value by organisation. Mean difference, BCa interval and sign-flip p, with
    whole clusters (organisation -> system) where given, else organisations, as units. Under no
    effect an organisation's two values are taken to be exchangeable; a base pair of rounds
    closer in time than the present one makes honest change look like a sign.
    """
    both = pd.concat({"now": now, "base": base}, axis=1, join="inner").sort_index()
    difference = (both["now"] - both["base"]).to_numpy(dtype=float)
    units: Clusters = None
    if clusters is not None:
        units = [clusters[organisation] for organisation in both.index]
    interval = cluster_bca(_mean, (difference,), units, rng, resamples)
    p = sign_flip(difference, units, rng).p
    return Excess(
        sign, float(both["now"].mean()), float(both["base"].mean()),
        interval.estimate, interval.low, interval.high, p, len(both),
    )  # fmt: skip


def holm(signs: list[Excess]) -> pd.DataFrame:
    """All signs with p-values adjusted for their number; Holm (1979).

    Frame: sign, now, base, excess, low, high, p, p_holm, n; the order given is kept.
    """
    if not signs:
        return pd.DataFrame(columns=[*(field.name for field in fields(Excess)), "p_holm"])
    frame = pd.DataFrame([vars(sign) for sign in signs])
    adjusted = multipletests(frame["p"], method="holm")[1]
    frame.insert(frame.columns.get_loc("p") + 1, "p_holm", adjusted)
    return frame


def _mean(values: FloatArray) -> float:
    return float(values.mean())
