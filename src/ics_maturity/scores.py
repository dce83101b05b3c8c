"""From pillars to returns, providers and systems: averaging rules, rounding, the score lattice.

A return is one provider's assessment of one care setting. An Integrated Care System has no score
of its own: its score is an average of its providers' returns, and which average is part of what
is being estimated. So every average here has a name.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ics_maturity.errors import InputError, Problem

_RETURN = ["provider_code", "care_setting"]
_SAME = ["provider_name", "ics_code", "region"]  # in all rows of a provider
_PROVIDER = ["provider_code", *_SAME]
_BINARY_NOISE = 9  # decimals of a rounding unit below which a difference is noise, not a score


def return_scores(
    returns: pd.DataFrame,
    round: int,
    *,
    level: str = "pillar",
    constructs: Iterable[str] | None = None,
    assessed_by: str | None = None,
) -> pd.DataFrame:
    """Score of each return: the plain mean of its pillars (or of another level's constructs).

    Args:
        returns: tidy returns with provider codes.
        round: which round.
        level: whose constructs to average: pillar, theme, section, overall or item.
        constructs: only these, where given.
        assessed_by: ``self`` or ``moderated``; needed only where a round holds both.

    Returns:
        One row per provider and care setting, sorted: ``provider_code``, ``provider_name``,
        ``ics_code``, ``region``, ``care_setting``, ``score`` (on the round's own scale) and
        ``parts``, the number of constructs in the mean. A return that lacks one is a mean of
        fewer parts, and says so here.

    Raises:
        InputError: no such scores, or both assessors present and none chosen.
    """
    rows = returns[(returns["round"] == round) & (returns["level"] == level)]
    if constructs is not None:
        rows = rows[rows["construct"].isin(list(constructs))]
    if assessed_by is not None:
        rows = rows[rows["assessed_by"] == assessed_by]
    if rows.empty:
        what = f"{assessed_by or ''} {level} scores of round {round}".strip()
        raise InputError(Problem(what, value="none", fix="choose a round and level present"))
    if len(set(rows["assessed_by"])) > 1:
        raise InputError(
            Problem("one assessor", column="assessed_by", value="self and moderated",
                    fix="choose assessed_by='self' or 'moderated'")
        )  # fmt: skip
    rows = rows.sort_values([*_RETURN, "construct"], kind="stable")
    grouped = rows.groupby(_RETURN)
    scores = grouped[_SAME].first().assign(score=grouped["score"].mean(), parts=grouped.size())
    return scores.reset_index()[[*_PROVIDER, "care_setting", "score", "parts"]]


def provider_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Score of each provider: the plain mean of its returns.

    Args:
        scores: the frame of :func:`return_scores`.

    Returns:
        ``provider_code``, ``provider_name``, ``ics_code``, ``region``, ``score`` and
        ``returns``, the number of returns, sorted by code.
    """
    grouped = scores.groupby("provider_code")
    means = grouped[_SAME].first().assign(score=grouped["score"].mean(), returns=grouped.size())
    return means.reset_index()


def row_mean(scores: pd.DataFrame, by: str = "ics_code") -> pd.Series:
    """Mean of all returns: a provider that files three counts three times."""
    return scores.groupby(by)["score"].mean()


def provider_mean(scores: pd.DataFrame, by: str = "ics_code") -> pd.Series:
    """Mean of the providers' own means: each provider counts once."""
    return _mean_of_means(scores, by, "provider_code")


def setting_balanced_mean(scores: pd.DataFrame, by: str = "ics_code") -> pd.Series:
    """Mean of the care settings' means: each setting that has a return counts once."""
    return _mean_of_means(scores, by, "care_setting")


def _mean_of_means(scores: pd.DataFrame, by: str, within: str) -> pd.Series:
    return scores.groupby([by, within])["score"].mean().groupby(level=by).mean()


@dataclass(frozen=True)
class AveragingRule:
    """A named way to average returns: one sentence for readers, one function for the machine.

    ``mean(scores, by)`` takes the frame of :func:`return_scores` and a column to group by, and
    gives one value per group, sorted.
    """

    name: str
    definition: str
    mean: Callable[[pd.DataFrame, str], pd.Series]


AVERAGING_RULES: dict[str, AveragingRule] = {
    rule.name: rule
    for rule in (
        AveragingRule(
            "row",
            "The mean of all returns, so that a provider counts once for each care setting it "
            "files.",
            row_mean,
        ),
        AveragingRule(
            "provider",
            "The mean of the providers' scores, each the mean of its own returns, so that every "
            "provider counts once.",
            provider_mean,
        ),
        AveragingRule(
            "setting_balanced",
            "The mean of the care settings' means, so that every care setting with a return "
            "counts once.",
            setting_balanced_mean,
        ),
    )
}


def averaging_rule(name: str) -> AveragingRule:
    """The rule of that name, or an error that lists the names there are."""
    if name not in AVERAGING_RULES:
        raise InputError(
            Problem("one of " + ", ".join(AVERAGING_RULES), column="averaging_rule", value=name,
                    fix="choose one of these")
        )  # fmt: skip
    return AVERAGING_RULES[name]


def system_scores(scores: pd.DataFrame, rule: str = "provider") -> pd.DataFrame:
    """Crude score of each system under one averaging rule.

    Args:
        scores: the frame of :func:`return_scores`; returns without a system are left out.
        rule: a name in :data:`AVERAGING_RULES`.

    Returns:
        ``ics_code``, ``score``, ``providers`` and ``rows`` (returns), sorted by code.
    """
    placed = scores[scores["ics_code"] != ""]
    grouped = placed.groupby("ics_code")
    return pd.DataFrame(
        {
            "score": averaging_rule(rule).mean(placed, "ics_code"),
            "providers": grouped["provider_code"].nunique(),
            "rows": grouped.size(),
        }
    ).reset_index()


def return_weights(scores: pd.DataFrame, rule: str = "provider") -> pd.Series:
    """Weight of each return in its system's crude score; the weights of a system sum to 1.

    Args:
        scores: the frame of :func:`return_scores`, returns with a system only.
        rule: a name in :data:`AVERAGING_RULES`.
    """
    within = {"row": None, "provider": "provider_code", "setting_balanced": "care_setting"}
    inner = within[averaging_rule(rule).name]
    system = scores.groupby("ics_code")["ics_code"]
    if inner is None:
        return 1 / system.transform("size").astype(float)
    groups = scores.groupby("ics_code")[inner].transform("nunique")
    return 1 / (groups * scores.groupby(["ics_code", inner])[inner].transform("size"))


def national_score(scores: pd.DataFrame, rule: str = "provider") -> float:
    """Mean over all returns of the frame under one averaging rule, systems ignored."""
    return float(averaging_rule(rule).mean(scores.assign(nation=""), "nation").iloc[0])


def round_half_up(values: float | np.ndarray | pd.Series, decimals: int = 1) -> np.ndarray:
    """Round as the publisher does: a half goes up (towards plus infinity).

    2.25 becomes 2.3, where binary rounding to even would give 2.2. A mean computed in binary may
    miss its half by noise (2.2499999999999996): values within a billionth of a rounding unit of
    a half count as the half.
    """
    units = np.round(np.asarray(values, dtype=float) * 10**decimals, _BINARY_NOISE)
    return np.floor(units + 0.5) / 10**decimals


def lattice(domains: int, scale_min: int = 1, scale_max: int = 5) -> np.ndarray:
    """Every mean that ``domains`` whole-number domain scores can have, in order."""
    if domains < 1:
        raise ValueError(f"a mean needs at least one domain, not {domains}")
    return np.arange(domains * scale_min, domains * scale_max + 1) / domains


@dataclass(frozen=True)
class LatticeMatch:
    """The unrounded means that could lie behind one published value.

    ``exact`` is the mean if there is just one, else nan.
    """

    published: float
    domains: int
    candidates: tuple[float, ...]

    @property
    def exact(self) -> float:
        return self.candidates[0] if len(self.candidates) == 1 else float("nan")

    @property
    def status(self) -> str:
        """``exact``, ``ambiguous`` (several means round so) or ``impossible`` (none does)."""
        return ("impossible", "exact", "ambiguous")[min(len(self.candidates), 2)]


def invert_lattice(
    published: float, domains: int, scale_min: int = 1, scale_max: int = 5, decimals: int = 1
) -> LatticeMatch:
    """Undo the rounding of a published mean of ``domains`` whole-number domain scores.

    With up to 10 domains one decimal is enough to tell the means apart.
    """
    means = lattice(domains, scale_min, scale_max)
    hits = means[np.isclose(round_half_up(means, decimals), published, rtol=0, atol=1e-9)]
    return LatticeMatch(published, domains, tuple(float(hit) for hit in hits))


def exact_pillars(
    returns: pd.DataFrame, domain_count: Callable[[str, str], int | None]
) -> pd.DataFrame:
    """Pillar scores of tidy returns before they were rounded for publication.

    Args:
        returns: tidy returns; only rows of level pillar are used.
        domain_count: number of domains of a pillar in a care setting, ``None`` if not known
            (``Instrument.domain_count``).

    Returns:
        The pillar rows with ``domains`` (nullable), ``exact`` (nan unless one mean is possible)
        and ``status``: exact, ambiguous, impossible, or unknown (no count of domains).
    """
    pillars = returns[returns["level"] == "pillar"]
    kinds = ["score", "construct", "care_setting", "scale_min", "scale_max"]
    distinct = pillars[kinds].drop_duplicates()
    rows: list[tuple[int | None, float, str]] = []
    for cell in distinct.itertuples(index=False):
        domains = domain_count(cell.construct, cell.care_setting)
        if domains is None:
            rows.append((None, np.nan, "unknown"))
        else:
            match = invert_lattice(cell.score, domains, int(cell.scale_min), int(cell.scale_max))
            rows.append((domains, match.exact, match.status))
    found = pd.DataFrame(rows, columns=["domains", "exact", "status"], index=distinct.index)
    found["domains"] = found["domains"].astype("Int64")
    return pillars.merge(distinct.join(found), on=kinds, how="left", validate="m:1")
