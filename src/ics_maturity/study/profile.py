"""What the page of one system shows: every function takes all systems and the code of one.

Intervals are of view A, which takes providers as draws: the spread between providers of the same
system is pooled over all systems, so that a system of one provider has an interval too.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from ics_maturity import frames
from ics_maturity.errors import InputError, Problem
from ics_maturity.models.composition import kitagawa_reference
from ics_maturity.scores import provider_scores
from ics_maturity.study.neighbours import nearest, setting_shares

LEVEL = 0.95
NEIGHBOURS_SHOWN = (
    "short_name", "providers", "rural_share", "mix_gap", "distance", "difference", "low", "high",
)  # fmt: skip


def check_code(code: str, known: Set[str]) -> None:
    """Raise InputError for a system without returns in the round; the others are listed."""
    if code not in known:
        raise InputError(
            Problem("one of " + ", ".join(sorted(known)), column="ics", value=code,
                    fix="choose a system with returns in this round")
        )  # fmt: skip


def half_width(variance: float, n: int, df: int) -> float:
    """Half of the 95% interval of a mean of ``n`` values with a pooled variance."""
    return float(stdtrit(df, (1 + LEVEL) / 2) * np.sqrt(variance / n))


def pooled(scores: pd.Series, ics: pd.Series) -> tuple[float, int]:
    """Variance within systems, pooled over systems, and its degrees of freedom."""
    residual = scores - scores.groupby(ics).transform("mean")
    df = len(scores) - ics.nunique()
    if df < 1:
        raise InputError(Problem("a system with two providers", fix="intervals need one"))
    return float((residual**2).sum() / df), df


def provider_table(now: frames.Round, code: str) -> pd.DataFrame:
    """The system's providers with their scores by setting, and the system's score without each.

    Returns:
        provider_name, provider_code, one column per care setting (missing where the provider files
        none), score, from_mean (less the mean of all providers), without (mean of the system's
        other providers; missing where there are none), sorted by name.
    """
    own = now.providers[now.providers["ics_code"] == code]
    rows = now.rows[now.rows["ics_code"] == code]
    wide = rows.pivot_table(index="provider_code", columns="care_setting", values="score")
    table = own[["provider_name", "provider_code", "score"]].merge(
        wide.reindex(columns=now.settings).reset_index(), on="provider_code"
    )
    n, total = len(own), own["score"].sum()
    table["from_mean"] = table["score"] - now.providers["score"].mean()
    table["without"] = (total - table["score"]) / (n - 1) if n > 1 else np.nan
    ordered = ["provider_name", "provider_code", *now.settings, "score", "from_mean", "without"]
    return table[ordered].sort_values(["provider_name", "provider_code"], ignore_index=True)


def setting_table(now: frames.Round, code: str) -> pd.DataFrame:
    """How the system's difference from the national mean of returns splits by care setting.

    Returns:
        care_setting, returns, share and national_share (of returns), score and national_score
        (means of returns; score missing where the system has none), composition, within (points;
        see :func:`ics_maturity.models.composition.kitagawa_reference`), one row per setting. A
        setting is priced at what it scores above the mean of all returns, which leaves the sum of
        the compositions as it is and makes each of them readable alone.
    """
    rows = now.rows
    split = kitagawa_reference(rows["score"], rows["ics_code"], rows["care_setting"])
    at = list(split.groups).index(code)
    own = rows[rows["ics_code"] == code].groupby("care_setting")["score"]
    national = rows.groupby("care_setting")["score"]
    returns = own.size().reindex(split.settings, fill_value=0)
    table = pd.DataFrame(
        {
            "returns": returns,
            "share": returns / returns.sum(),
            "national_share": national.size() / len(rows),
            "score": own.mean(),
            "national_score": national.mean(),
        }
    ).reindex(split.settings)
    more = table["share"] - table["national_share"]
    table["composition"] = split.composition[at] - more * rows["score"].mean()
    table["within"] = split.within[at]
    return table.rename_axis("care_setting").reset_index()


def pillar_systems(wide: pd.DataFrame, ics: pd.Series) -> pd.DataFrame:
    """Mean of each pillar over the providers of each system: systems by pillars.

    Args:
        wide: providers by pillars (:func:`ics_maturity.study.pillar_scores`).
        ics: system by provider code.
    """
    return wide.groupby(ics.reindex(wide.index)).mean()


def pillar_table(
    wide: pd.DataFrame, ics: pd.Series, code: str, near: pd.Series, titles: Mapping[str, str]
) -> pd.DataFrame:
    """The system's pillars against all systems and against the nearest.

    Args:
        wide: providers by pillars.
        ics: system by provider code.
        code: the system.
        near: codes of the nearest systems.
        titles: names of the pillars.

    Returns:
        pillar, score, low and high (95%, view A), national (mean of all providers), q1 and q3
        (between which the middle half of the systems lies), near (mean of the nearest systems),
        apart (the interval excludes the national mean), in the order of the columns of ``wide``.
    """
    systems, placed = pillar_systems(wide, ics), ics.reindex(wide.index)
    rows = []
    for pillar in wide:
        variance, df = pooled(wide[pillar], placed)
        half = half_width(variance, int((placed == code).sum()), df)
        score, national = systems.loc[code, pillar], wide[pillar].mean()
        rows.append(
            {
                "pillar": titles.get(str(pillar), str(pillar)),
                "score": score,
                "low": score - half,
                "high": score + half,
                "national": national,
                "q1": systems[pillar].quantile(0.25),
                "q3": systems[pillar].quantile(0.75),
                "near": systems.loc[systems.index.isin(near), pillar].mean(),
                "apart": bool(abs(score - national) > half),
            }
        )
    return pd.DataFrame(rows)


def neighbour_table(now: frames.Round, like: pd.DataFrame, code: str, count: int) -> pd.DataFrame:
    """The nearest systems with what makes them near, and how far their scores lie from this one's.

    Args:
        now: the round.
        like: notebook 03's table of like-for-like scores.
        code: the system.
        count: how many.

    Returns:
        ics_code, short_name, providers, rural_share, mix_gap, distance, standardised, difference
        (that system less this one, like for like), low, high (95%, view A), nearest first.
    """
    by_code = like.set_index("ics_code")
    near = nearest(code, by_code["rural_share"], setting_shares(now.rows), count)
    table = near.merge(
        like[["ics_code", "short_name", "providers", "rural_share", "standardised",
              "standardised_se"]], on="ics_code", how="left",
    )  # fmt: skip
    df = len(now.providers) - now.providers["ics_code"].nunique()
    se = np.hypot(table["standardised_se"], by_code.loc[code, "standardised_se"])
    half = stdtrit(max(df, 1), (1 + LEVEL) / 2) * se
    table["difference"] = table["standardised"] - by_code.loc[code, "standardised"]
    table["low"], table["high"] = table["difference"] - half, table["difference"] + half
    ordered = ["ics_code", "short_name", "providers", "rural_share", "mix_gap", "distance",
               "standardised", "difference", "low", "high"]  # fmt: skip
    return table[ordered]


def comparable_pairs(returns: pd.DataFrame) -> tuple[list[int], pd.DataFrame]:
    """The last two rounds with an average over comparable domains, and providers in both.

    Returns:
        The years (fewer than two where there are not two: then the frame is empty), and provider,
        system, before, after, change and expected: the change that regression to the mean alone
        would give (Kelley 1947, Fundamentals of Statistics), taking the correlation between the
        two rounds as the reliability of a score.
    """
    comparable = returns["construct"] == frames.COMPARABLE
    years = sorted(set(returns.loc[comparable, "round"]))[-2:]
    columns = ["provider_code", "ics_code", "region", "before", "after", "change", "expected"]
    if len(years) < 2:
        return years, pd.DataFrame(columns=columns)
    first, second = (
        provider_scores(frames.scored_returns(returns, frames.comparable_domains(year)))
        for year in years
    )
    both = frames.paired_providers(first, second)
    reliability = float(np.corrcoef(both["before"], both["after"])[0, 1])
    regressed = (1 - reliability) * (both["before"] - both["before"].mean())
    both["expected"] = both["change"].mean() - regressed
    return years, both[columns]


def log_entries(log: pd.DataFrame, returns: pd.DataFrame, code: str) -> pd.DataFrame:
    """Entries of the quality log about organisations of the system, by round and file."""
    own = returns[returns["ics_code"] == code]
    codes = (set(own["provider_code"]) | set(own["provider_code_returned"])) - {""}
    found = log[log["provider_code"].isin(codes)]
    return found.sort_values(["round", "file", "provider_code"], kind="stable", ignore_index=True)


def other_map(
    providers: pd.DataFrame, systems: pd.DataFrame, vintage: int, code: str
) -> pd.DataFrame:
    """Where the system's providers stand on the other map of systems.

    Args:
        providers: the processed table, with the system on both maps.
        systems: the register of systems of both maps.
        vintage: the map that the page is on.
        code: the system on that map.

    Returns:
        ics_code, short_name (on the other map), here (providers of this system in it), providers
        (all that are in it), sorted by code.
    """
    this, that = ("ics_code", "ics_code_2026")
    other = 2026
    if vintage == 2026:
        this, that, other = that, this, 2022
    here = providers[providers[this] == code].groupby(that).size()
    names = systems[systems["vintage"] == other].set_index("ics_code")["short_name"]
    return pd.DataFrame(
        {
            "ics_code": here.index,
            "short_name": names.reindex(here.index).fillna("no system").to_numpy(),
            "here": here.to_numpy(),
            "providers": providers.groupby(that).size().reindex(here.index).to_numpy(),
        }
    )


def score_table(now: frames.Round, like: pd.Series, sigma2: float, sem: float) -> pd.DataFrame:
    """The system's score by several rules, with intervals under both views of uncertainty.

    Args:
        now: the round.
        like: the system's row of notebook 03's table of like-for-like scores.
        sigma2: variance of provider scores within systems.
        sem: standard error of measurement of one provider's score.

    Returns:
        version, score, low and high (view A; missing where a version has no standard error), low_b
        and high_b (view B), national.
    """
    n, df = int(like["providers"]), len(now.providers) - now.providers["ics_code"].nunique()
    t = stdtrit(max(df, 1), (1 + LEVEL) / 2)
    half_a = {
        "crude_provider": t * np.sqrt(sigma2 / n),
        "standardised": t * like["standardised_se"],
    }
    half_b = stdtrit(np.inf, (1 + LEVEL) / 2) * sem / np.sqrt(n)
    providers, returns = now.providers["score"].mean(), now.rows["score"].mean()
    versions = {
        "crude_provider": ("Crude, mean of its providers", providers),
        "crude_row": ("Crude, mean of its returns", returns),
        "standardised": ("Like for like, at the national mix of settings", returns),
        "empirical_bayes": ("Like for like, drawn towards the mean", returns),
    }
    rows = []
    for version, (words, national) in versions.items():
        score, a = like[version], half_a.get(version, np.nan)
        b = half_b if version in half_a else np.nan
        rows.append((words, score, score - a, score + a, score - b, score + b, national))
    columns = ["version", "score", "low", "high", "low_b", "high_b", "national"]
    return pd.DataFrame(rows, columns=columns)


def words(now: frames.Round, scores: pd.DataFrame, own: pd.Series) -> dict[str, str]:
    """Phrases that depend on what the system has: who, verdict, empty, rural.

    Args:
        now: the round.
        scores: the frame of :func:`score_table`.
        own: the system's row of notebook 03's table of like-for-like scores.
    """
    rows = now.rows[now.rows["ics_code"] == own["ics_code"]]
    has = set(rows["care_setting"])
    lacks = [s.replace("_", " ") for s in now.settings if s not in has]
    share = own["rural_share"]
    return {
        "who": f"{_count(own['providers'], 'provider')} with {_count(own['rows'], 'return')}",
        "verdict": _verdict(scores.iloc[0]),
        "empty": f"It has no return for {_listed(lacks)}, so nothing here says how it would score "
        "there." if lacks else "It has returns for every setting.",
        "rural": "Its rural share is not known, so nearness rests on mix alone."
        if pd.isna(share)
        else f"{100 * share:.0f}% of its residents live in rural areas.",
    }  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"one {what}" if number == 1 else f"{number} {what}s"


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _verdict(crude: pd.Series) -> str:
    """Which interval of the crude score excludes the mean of all providers."""
    by_a = not crude["low"] <= crude["national"] <= crude["high"]
    by_b = not crude["low_b"] <= crude["national"] <= crude["high_b"]
    if by_a and by_b:
        return "Both intervals exclude that mean."
    if by_a:
        return "Only the interval of view A excludes that mean."
    if by_b:
        return "Only the interval of view B excludes that mean."
    return "Neither interval excludes that mean."


def change_table(pairs: pd.DataFrame, members: pd.DataFrame, code: str) -> pd.DataFrame:
    """The system's providers in both rounds: provider_name, before, after, change, expected.

    Args:
        pairs: the frame of :func:`comparable_pairs`.
        members: the frame of :func:`provider_table`, for the names.
        code: the system.
    """
    own = pairs[pairs["ics_code"] == code]
    names = members.set_index("provider_code")["provider_name"]
    named = own["provider_code"].map(names).fillna(own["provider_code"])
    table = own.assign(provider_name=named).sort_values(["provider_name", "provider_code"])
    return table[["provider_name", "before", "after", "change", "expected"]].reset_index(drop=True)


@dataclass(frozen=True)
class Change:
    """Mean change of a system's providers, what was to be expected, and what is left (95%)."""

    change: float
    expected: float
    beyond: float
    low: float
    high: float

    @property
    def words(self) -> str:
        """What is left, in a sentence."""
        if self.low <= 0 <= self.high:
            return "That is within the scatter of providers."
        return "That is beyond the scatter of providers, whatever the reason."


def mean_change(pairs: pd.DataFrame, code: str) -> Change:
    """The system's mean change against the expected one, view A.

    Args:
        pairs: the frame of :func:`comparable_pairs`.
        code: a system in it.
    """
    beyond = pairs["change"] - pairs["expected"]
    own = pairs["ics_code"] == code
    variance, df = pooled(beyond, pairs["ics_code"])
    half, left = half_width(variance, int(own.sum()), df), float(beyond[own].mean())
    return Change(
        change=float(pairs.loc[own, "change"].mean()),
        expected=float(pairs.loc[own, "expected"].mean()),
        beyond=left,
        low=left - half,
        high=left + half,
    )
