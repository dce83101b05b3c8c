"""Which earlier score belongs to which of today's providers, and who is lost on the way.

Trusts merged, and one split. A provider of the later round therefore has none, one or several
predecessors; how several become one number is a choice, so it is a named rule, and every rule
comes with its attrition table.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

Rule = Literal["unweighted", "weighted", "largest", "drop_merged"]
RULES: tuple[Rule, ...] = get_args(Rule)
SIZED_RULES: tuple[Rule, ...] = ("weighted", "largest")


@dataclass(frozen=True)
class Predecessors:
    """Earlier values carried to later providers under one rule.

    by_provider: provider_code, score, predecessors (organisations that went into the provider),
    scored (how many of them hold a score), sorted by provider_code. whole, reached: the links with
    the scores, all of them and those that lead to a provider. later: who has a later score, if
    known.
    """

    by_provider: pd.DataFrame
    rule: Rule
    whole: pd.DataFrame
    reached: pd.DataFrame
    later: set[str] | None

    @property
    def attrition(self) -> pd.DataFrame:
        """step, organisations, providers, in the order in which they are lost."""
        values, reached = self.by_provider, self.reached
        gone = self.whole.loc[~self.whole.index.isin(reached.index), "code_returned"]
        kept = reached[reached["provider_code"].isin(values["provider_code"])]
        joined = values.loc[values["predecessors"] > 1, "provider_code"]
        rows: list[tuple[str, int | None, int | None]] = [
            ("in the succession table", self.whole["code_returned"].nunique(), None),
            ("no successor among later providers", gone.nunique(), 0),
            ("successor known, but no score", *_sizes(reached[reached["score"].isna()])),
            ("scored, but left out by the rule", *_sizes(
                reached[reached["score"].notna() & ~reached.index.isin(kept.index)])),
            ("given a value", *_sizes(kept[kept["score"].notna()])),
            ("of these, of several predecessors", *_sizes(
                kept[kept["provider_code"].isin(joined)])),
        ]  # fmt: skip
        if self.later is not None:
            known = set(values["provider_code"])
            rows += [
                ("value, but no later score", None, len(known - self.later)),
                ("later score, but no value", None, len(self.later - known)),
                ("in both rounds", None, len(known & self.later)),
            ]
        frame = pd.DataFrame(rows, columns=["step", "organisations", "providers"])
        return frame.astype({"organisations": "Int64", "providers": "Int64"})


def predecessor_values(
    scores: pd.Series,
    links: pd.DataFrame,
    rule: Rule,
    sizes: pd.Series | None = None,
    later_providers: set[str] | None = None,
) -> Predecessors:
    """One earlier value for each later provider.

    scores: earlier score by code_returned (one construct of one round). links: code_returned,
    provider_code (missing or empty where the organisation has no successor), weight (share of
    the organisation that went there, 1 except for splits). sizes: activity or staff by
    code_returned, needed by "weighted" and "largest". later_providers: who has a later score,
    for the last two steps of the attrition table.

    unweighted: mean over predecessors, each counting for the share that went there; weighted:
    the same times its size; largest: the score of the predecessor that brought most size (the
    first code where two brought the same); drop_merged: only providers that are one whole
    organisation. A provider whose largest predecessor holds no score has no value under
    "largest"; under the means the predecessors that hold one stand for all.

    ValueError on an unknown rule, a repeated or unlinked code, or a size that is missing.
    """
    _check(scores, links, rule, sizes)
    whole = links.assign(score=links["code_returned"].map(scores))
    gone = whole["provider_code"].isna() | (whole["provider_code"] == "")
    reached = whole[~gone].copy()
    reached["pull"] = reached["weight"] * (
        1.0 if rule in ("unweighted", "drop_merged") else reached["code_returned"].map(sizes)
    )
    reached = reached.sort_values(["provider_code", "code_returned"], kind="stable")
    counts = reached.groupby("provider_code")["score"].agg(predecessors="size", scored="count")
    values = counts.join(_RULES[rule](reached).rename("score"), how="inner").reset_index()
    values = values.dropna(subset="score")[["provider_code", "score", "predecessors", "scored"]]
    return Predecessors(values.reset_index(drop=True), rule, whole, reached, later_providers)


def _mean(reached: pd.DataFrame) -> pd.Series:
    scored = reached.dropna(subset="score")
    products = (scored["score"] * scored["pull"]).groupby(scored["provider_code"]).sum()
    return products / scored.groupby("provider_code")["pull"].sum()


def _largest(reached: pd.DataFrame) -> pd.Series:
    first = reached.sort_values(
        ["provider_code", "pull", "code_returned"], ascending=[True, False, True], kind="stable"
    ).drop_duplicates("provider_code")
    return first.set_index("provider_code")["score"]


def _single(reached: pd.DataFrame) -> pd.Series:
    alone = ~reached.duplicated("provider_code", keep=False)
    whole = reached["weight"] == 1
    return reached[alone & whole].set_index("provider_code")["score"]


_RULES = {"unweighted": _mean, "weighted": _mean, "largest": _largest, "drop_merged": _single}


def _check(scores: pd.Series, links: pd.DataFrame, rule: Rule, sizes: pd.Series | None) -> None:
    if rule not in RULES:
        raise ValueError(f"unknown rule {rule!r}; expected one of {RULES}")
    if not scores.index.is_unique:
        raise ValueError(f"{scores.index[scores.index.duplicated()][0]} holds two scores")
    if links.duplicated(["code_returned", "provider_code"]).any():
        raise ValueError("a code is linked to the same provider twice")
    unlinked = sorted(set(scores.dropna().index) - set(links["code_returned"]))
    if unlinked:
        raise ValueError(f"no row in the succession table for {', '.join(unlinked)}")
    if rule in SIZED_RULES:
        if sizes is None:
            raise ValueError(f"the rule {rule!r} needs a size for every organisation")
        lacking = sorted(set(links["code_returned"]) - set(sizes.dropna().index))
        if lacking or (sizes <= 0).any():
            named = ", ".join(lacking) or ", ".join(sizes.index[sizes <= 0])
            raise ValueError(f"no positive size for {named}")


def _sizes(rows: pd.DataFrame) -> tuple[int, int]:
    return rows["code_returned"].nunique(), rows["provider_code"].nunique()
