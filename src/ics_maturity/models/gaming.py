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

from ics_maturity.models.design import FloatArray, with_intercept
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.pairs import Clusters, cluster_codes
from ics_maturity.models.resampling import cluster_bca, sign_flip
from ics_maturity.models.shift import clustered

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


@dataclass(frozen=True)
class SignGap:
    """How much more a sign rose where funding was at stake than elsewhere.

    at_stake, others: mean of the sign's rise in the main step; main: their difference; placebo:
    the same difference one step earlier; beyond: main less placebo. CR2 by system.
    p: the larger p-value of main and beyond where both are rises, else 1: honest drift common to
    all cancels in main, a group that always differed cancels in beyond, and only what both show
    is evidence.
    """

    sign: str
    at_stake: float
    others: float
    main: Coefficient
    placebo: Coefficient
    beyond: Coefficient
    p: float
    n: int
    incentivised: int


def sign_gap(
    sign: str, main: pd.Series, placebo: pd.Series, at_stake: pd.Series, ics: pd.Series
) -> SignGap:
    """Difference in a sign's rise by incentive, against the same one step earlier.

    Args:
        sign: in words.
        main: rise of the sign by organisation in the step before which the incentive was known;
            for reversals, which are counted over a step, their share in it.
        placebo: the same in the step before that.
        at_stake: 1 where the incentive applied, 0 elsewhere, by organisation.
        ics: system, by organisation.

    Raises:
        ValueError: fewer than 5 organisations, of those with all four, on either side.
    """
    series = {"main": main, "placebo": placebo, "at_stake": at_stake, "ics": ics}
    both = pd.concat(series, axis=1, join="inner").dropna().sort_index()
    group = both["at_stake"].to_numpy(dtype=float)
    if min(group.sum(), group.size - group.sum()) < 5:
        raise ValueError("at least 5 organisations with and 5 without the incentive are needed")
    rise, earlier = both["main"].to_numpy(dtype=float), both["placebo"].to_numpy(dtype=float)
    codes = cluster_codes(both["ics"].to_numpy(dtype=object), group.size)
    design = with_intercept(group)
    now, before, beyond = (
        clustered(design, values, codes, 1) for values in (rise, earlier, rise - earlier)
    )
    upward = now.estimate > 0 and beyond.estimate > 0
    return SignGap(
        sign, float(rise[group == 1].mean()), float(rise[group == 0].mean()), now, before, beyond,
        max(now.p, beyond.p) if upward else 1.0, group.size, int(group.sum()),
    )  # fmt: skip


def sign_gap_table(gaps: list[SignGap]) -> pd.DataFrame:
    """All signs, with p-values adjusted for their number; Holm (1979).

    Frame: sign, n, at_stake, others, gap, low, high (of main), placebo, beyond, p, p_holm.
    """
    columns = ["sign", "n", "at_stake", "others", "gap", "low", "high", "placebo", "beyond", "p"]
    rows = [
        (gap.sign, gap.n, gap.at_stake, gap.others, gap.main.estimate, gap.main.low,
         gap.main.high, gap.placebo.estimate, gap.beyond.estimate, gap.p)
        for gap in gaps
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(p_holm=multipletests(frame["p"], method="holm")[1] if rows else [])


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
