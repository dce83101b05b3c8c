"""The data taken apart: left out, made up at their worst, and what would reverse a conclusion."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from ics_maturity import frames, geography, scores
from ics_maturity.models import rurality
from ics_maturity.models.bracket import nearest_to_zero
from ics_maturity.models.composition import kitagawa_reference
from ics_maturity.models.design import FloatArray
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.inference import tost
from ics_maturity.results import Results

ALPHA = 0.05
SMALL_MIX = 0.1  # share of the variance between systems above which mix is no longer small
_LARGEST_TIMES = 1000.0


def left_out(providers: pd.DataFrame, pillars: pd.DataFrame, shares: pd.Series) -> pd.DataFrame:
    """The primary slope with one of each kind left out at a time.

    Args:
        providers: provider_code, ics_code, region, score.
        pillars: score by provider (rows) and pillar (columns); empty where there are none.
        shares: rural share by system.

    Returns:
        what, number (how many were left out in turn), lowest, highest (slope), p_lowest,
        p_highest (smallest and largest p), significant (how many times p is at most .05).
    """
    rural = providers["ics_code"].map(shares)
    rows = []
    for what, column in (("provider", "provider_code"), ("system", "ics_code"),
                         ("region", "region")):  # fmt: skip
        found = rurality.leave_one_out(
            providers["score"], rural, providers["ics_code"], providers[column]
        )
        rows.append((what, found))
    if pillars.shape[1] > 2:
        places = providers.set_index("provider_code").loc[pillars.index]
        each = [
            rurality.slope(pillars.drop(columns=name).mean(axis=1),
                           places["ics_code"].map(shares), places["ics_code"])
            for name in pillars.columns
        ]  # fmt: skip
        rows.append(("pillar", pd.DataFrame([{"estimate": c.estimate, "p": c.p} for c in each])))
    return pd.DataFrame(
        [(what, len(f), f["estimate"].min(), f["estimate"].max(), f["p"].min(), f["p"].max(),
          int((f["p"] <= ALPHA).sum())) for what, f in rows],
        columns=["what", "number", "lowest", "highest", "p_lowest", "p_highest", "significant"],
    )  # fmt: skip


def other_data(now: frames.Round, shares: pd.Series) -> pd.DataFrame:
    """The primary slope on other data: near copies dropped, and made-up returns at their worst.

    A made-up provider scores what a quarter of the returns of its setting are below (or above);
    the setting is the commonest one. "In every system" pushes the slope as far as one unreturned
    provider in each could: the good quarter where rural share is above average and the poor one
    elsewhere, and the other way round.

    Returns:
        what, n (providers), estimate, low, high, p; the slope as it is comes first.
    """
    providers = now.providers[["ics_code", "score"]]
    single = _without_near_copies(now)
    poor, good = _quartiles(now)
    codes = sorted(set(providers["ics_code"]))
    one_more = [(_added(providers, [code], [score]), code) for code in codes
                for score in (poor, good)]  # fmt: skip
    fitted = sorted(((_slope(frame, shares).estimate, i) for i, (frame, _) in enumerate(one_more)))
    middle = shares.reindex(codes).mean()
    rural = np.array([shares[code] > middle for code in codes])
    cases = [
        ("as it is", providers),
        ("one return per provider where returns are near copies", single),
        ("one provider more, wherever it lowers the slope most", one_more[fitted[0][1]][0]),
        ("one provider more, wherever it raises the slope most", one_more[fitted[-1][1]][0]),
        ("one more in every system, poor where rural",
         _added(providers, codes, np.where(rural, poor, good))),
        ("one more in every system, good where rural",
         _added(providers, codes, np.where(rural, good, poor))),
    ]  # fmt: skip
    rows = []
    for what, frame in cases:
        c = _slope(frame, shares)
        rows.append((what, len(frame), c.estimate, c.low, c.high, c.p))
    return pd.DataFrame(rows, columns=["what", "n", "estimate", "low", "high", "p"])


def _slope(frame: pd.DataFrame, shares: pd.Series) -> Coefficient:
    return rurality.slope(frame["score"], frame["ics_code"].map(shares), frame["ics_code"])


def _added(
    providers: pd.DataFrame, codes: Sequence[str], made_up: Sequence[float] | FloatArray
) -> pd.DataFrame:
    return pd.concat(
        [providers, pd.DataFrame({"ics_code": codes, "score": made_up})], ignore_index=True
    )


def _quartiles(now: frames.Round) -> tuple[float, float]:
    commonest = now.rows["care_setting"].value_counts().sort_index().idxmax()
    own = now.rows.loc[now.rows["care_setting"] == commonest, "score"]
    return float(own.quantile(0.25)), float(own.quantile(0.75))


def _without_near_copies(now: frames.Round, closest: float = 0.1) -> pd.DataFrame:
    """Providers' scores where a return within ``closest`` points of their first one is dropped."""
    rows = now.rows.sort_values(["provider_code", "care_setting"])
    first = rows.groupby("provider_code")["score"].transform("first")
    repeated = rows.duplicated("provider_code") & ((rows["score"] - first).abs() <= closest)
    return scores.provider_scores(rows[~repeated])[["ics_code", "score"]]


def systems_to_reverse(providers: pd.DataFrame, shares: pd.Series, most: int = 10) -> int | None:
    """How many systems must be left out, the most telling first, to turn the test of zero round.

    Greedy, so an upper bound: fewer could do. None where ``most`` are not enough.
    """
    frame = providers[["ics_code", "score"]]
    before = _slope(frame, shares).p <= ALPHA
    for left in range(1, most + 1):
        tried = []
        for code in sorted(set(frame["ics_code"])):
            rest = frame[frame["ics_code"] != code]
            tried.append((_slope(rest, shares).p, code))
        p, code = max(tried) if before else min(tried)
        frame = frame[frame["ics_code"] != code]
        if (p <= ALPHA) != before:
            return left
    return None


def slope_to_reverse(slope: Coefficient) -> float:
    """Points by which the slope would have to move for the test of zero to turn round."""
    critical = (slope.high - slope.low) / 2
    return float(abs(abs(slope.estimate) - critical))


def margin_to_accept(slope: Coefficient) -> float:
    """The smallest margin at which the slope would count as equivalent to none."""
    return float(brentq(lambda m: tost(slope, m).p - ALPHA, 1e-9, 1e3))


def between_thirds(points: float, shares: pd.Series) -> float:
    """A slope as the difference of the mean rural and the mean urban third of systems."""
    thirds = geography.rural_terciles(shares)
    return points * float(shares[thirds == "rural"].mean() - shares[thirds == "urban"].mean())


def mix_times(rows: pd.DataFrame) -> float:
    """How many times larger setting differences would have to be for mix to be no longer small.

    The composition part of every system is multiplied and the rest left as it is, until mix
    accounts for :data:`SMALL_MIX` of the variance between systems. Below 1 where it already does
    more; infinite where no multiple is enough.
    """
    split = kitagawa_reference(rows["score"], rows["ics_code"], rows["care_setting"])
    by_mix, rest = split.composition.sum(axis=1), split.within.sum(axis=1)

    def share(times: float) -> float:
        return float(np.var(times * by_mix) / np.var(times * by_mix + rest))

    if share(_LARGEST_TIMES) < SMALL_MIX:
        return float("inf")
    return float(brentq(lambda times: share(times) - SMALL_MIX, 1e-9, _LARGEST_TIMES))


def reversals(now: frames.Round, shares: pd.Series, margin: float, known: Results) -> pd.DataFrame:
    """What would have to be true for each conclusion to turn round.

    Args:
        now: the round analysed.
        shares: rural share by system.
        margin: of equivalence of the slope, in points.
        known: named results of the notebooks before, for the conclusions drawn there.

    Returns:
        name (slug), conclusion, reversal, value, unit.
    """
    providers = now.providers
    slope = _slope(providers, shares)
    shown = slope.p <= ALPHA
    move = slope_to_reverse(slope)
    accepted = margin_to_accept(slope)
    inside = "lies inside" if accepted <= margin else "is not shown to lie inside"
    words = "differs from zero" if shown else "cannot be told from zero"
    rows: list[tuple[str, str, str, float, str]] = [
        ("slope", f"the rurality slope {words}",
         "nearer to zero by" if shown else "further from zero by", move, "points"),
        ("thirds", f"the rurality slope {words}",
         "the same, as error in the most rural third's scores against the most urban third's",
         between_thirds(move, shares), "points"),
        ("margin", f"the slope {inside} {margin} points", "at a margin of", accepted, "points"),
    ]  # fmt: skip
    if (systems := systems_to_reverse(providers, shares)) is not None:
        without = "without the most telling systems, at most"
        rows.insert(2, ("systems", f"the rurality slope {words}", without, systems, "systems"))
    if len(now.settings) > 1 and np.isfinite(times := mix_times(now.rows)):
        share = "less" if times > 1 else "more"
        rows.append(("mix", f"mix accounts for {share} than a tenth of the differences",
                     "setting differences multiplied by", times, "times"))  # fmt: skip
    if "shift.tipping_sd" in known:
        moved = abs(float(known["shift.tipping_sd"].value))
        rows.append(("shift", "the mean of the last linked rounds shifted",
                     "something other than change moved scores by", moved,
                     "SD of the earlier round"))  # fmt: skip
    if "moderation.effect" in known:
        effect = known["moderation.effect"]
        near = nearest_to_zero(effect.low or 0.0, effect.high or 0.0)
        rows.append(("moderation", "review moved scores within one round",
                     "a fault of all moderated scores of", abs(near), "points"))  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "conclusion", "reversal", "value", "unit"])
