"""Signs that answers were shaped by something other than digital maturity.

Each sign is one number per organisation. Honest answers also reverse and bunch, and honest drift
moves every sign, so that a rise is held against the rise of organisations with nothing at stake,
and against the same difference in an earlier step. None of them identifies intent. There are no
tests for jumps in the density of scores, because scores that can take few values jump everywhere.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ics_maturity.models.design import FloatArray, with_intercept
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.inference import Sandwich, cr2_errors
from ics_maturity.models.multiplicity import holm
from ics_maturity.models.pairs import cluster_codes

AGREE = 75.0


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
    errors = cr2_errors(with_intercept(group), codes)
    now, before, beyond = (_difference(errors, x) for x in (rise, earlier, rise - earlier))
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
    return frame.assign(p_holm=holm(frame["p"]) if rows else [])


def _difference(errors: Sandwich, values: FloatArray) -> Coefficient:
    """Difference between the groups; none, for certain, where all organisations have one value."""
    if np.ptp(values) == 0:
        return Coefficient("no value differs", 0.0, 0.0, np.inf, 0.0, 1.0, 0.0, 0.0)
    return errors.coefficients(values)[1]
