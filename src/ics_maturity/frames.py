"""From tidy returns to the frames that estimators take: rows, providers, linked rounds.

The notebooks choose a round and a measure; these functions give one row per return or per
provider with everything the models need beside the score.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.models.mix import provider_types
from ics_maturity.scores import provider_scores, return_scores

COMPARABLE = "overall_comparable"
_LEVELS = ("pillar", "theme", "overall")
_WORDS = dict(enumerate(("two", "three", "four", "five", "six", "seven", "eight", "nine"), start=2))


@dataclass(frozen=True)
class Measure:
    """Which scores of a round are averaged into a return's score.

    ``level`` is pillar, theme or overall; ``constructs`` limits them; ``assessed_by`` is needed
    where a round holds self-assessed and moderated scores; ``words`` says it in prose.
    """

    round: int
    level: str
    constructs: tuple[str, ...] | None = None
    assessed_by: str | None = None
    words: str = ""


@dataclass(frozen=True)
class Scale:
    """From the lowest to the highest score that a round allows."""

    low: float
    high: float

    @property
    def span(self) -> float:
        return self.high - self.low

    @property
    def words(self) -> str:
        """As prose and axes say it: ``1 to 5``."""
        return f"{self.low:g} to {self.high:g}"


def scale(returns: pd.DataFrame, round: int) -> Scale:
    """The scale of a round's scores.

    Raises:
        InputError: the round's scores are on several scales, so that they cannot be averaged.
    """
    rows = returns[returns["round"] == round]
    ends = sorted(set(zip(rows["scale_min"], rows["scale_max"], strict=True)))
    if len(ends) != 1:
        found = ", ".join(Scale(*each).words for each in ends) or "none"
        raise InputError(
            Problem(f"one scale for all scores of {round}", column="scale_min, scale_max",
                    value=found, fix="put the scores on one scale before they are read")
        )  # fmt: skip
    return Scale(*ends[0])


def all_domains(round: int, assessed_by: str | None = None, parts: int = 7) -> Measure:
    """Mean of the pillars (seven, unless given), all domains of that round in them."""
    words = f"mean of the {_WORDS.get(parts, parts)} pillars"
    return Measure(round, "pillar", None, assessed_by, words)


def comparable_domains(round: int) -> Measure:
    """The published average over the domains that 2024 and 2025 have in common."""
    return Measure(round, "overall", (COMPARABLE,), None, "average over comparable domains")


def primary_measure(returns: pd.DataFrame, round: int) -> Measure:
    """The measure a round is analysed on: pillars if it has them, else themes, else overall.

    A round with self-assessed and moderated scores is analysed on the moderated ones, which are
    its published result.
    """
    rows = returns[returns["round"] == round]
    assessed = set(rows["assessed_by"])
    by = "moderated" if assessed == {"self", "moderated"} else None
    for level in _LEVELS:
        if (rows["level"] == level).any():
            if level == "pillar":
                return all_domains(
                    round, by, rows.loc[rows["level"] == level, "construct"].nunique()
                )
            if level == "overall":
                return comparable_domains(round)
            return Measure(round, level, None, by, f"mean of the {level}s")
    raise ValueError(f"round {round} has no pillar, theme or overall scores")


def as_returned(returns: pd.DataFrame) -> pd.DataFrame:
    """The returns under the codes they came with, where they came with one.

    Organisations that merged later are then told apart, as they were when they returned.
    """
    code = returns["provider_code_returned"]
    return returns.assign(provider_code=code.where(code != "", returns["provider_code"]))


@dataclass(frozen=True)
class Round:
    """One round ready for analysis, on the scale that its scores have.

    ``rows``: one per return (provider_code, provider_name, ics_code, region, care_setting,
    score, parts, rural_share). ``providers``: one per provider (score is the mean of its
    returns; provider_type; one 0/1 column per care setting; rural_share). Both sorted by code,
    only organisations that belong to a system.
    """

    measure: Measure
    rows: pd.DataFrame
    providers: pd.DataFrame
    scale: Scale

    @property
    def settings(self) -> list[str]:
        """The care settings of the round, sorted."""
        return sorted(set(self.rows["care_setting"]))


def scored_returns(returns: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Scores of the measure by return, of organisations that belong to a system.

    See :func:`ics_maturity.scores.return_scores` for the columns.
    """
    scores = return_scores(
        returns,
        measure.round,
        level=measure.level,
        constructs=measure.constructs,
        assessed_by=measure.assessed_by,
    )
    return scores[scores["ics_code"] != ""].reset_index(drop=True)


def analysis_round(returns: pd.DataFrame, measure: Measure, rural_shares: pd.Series) -> Round:
    """Scores of one round by return and by provider, with mix and rurality beside them.

    Args:
        returns: tidy returns with provider and system codes.
        measure: which scores are averaged.
        rural_shares: share of residents in rural areas by system code, 0 to 1.
    """
    rows = scored_returns(returns, measure)
    rows = rows.assign(rural_share=rows["ics_code"].map(rural_shares))
    providers = provider_scores(rows).set_index("provider_code")
    has = rows.pivot_table(
        index="provider_code", columns="care_setting", values="score", aggfunc="size", fill_value=0
    ).clip(upper=1)
    providers = providers.join(
        provider_types(rows["care_setting"], rows["provider_code"]).rename("provider_type")
    ).join(has)
    providers["rural_share"] = providers["ics_code"].map(rural_shares)
    return Round(measure, rows, providers.reset_index(), scale(returns, measure.round))


def paired_providers(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Providers with a score in both rounds, sorted by code.

    Args:
        before, after: frames with ``provider_code`` and ``score``; the later one's system and
            region are kept.

    Returns:
        provider_code, ics_code, region, before, after, change.
    """
    columns = ["provider_code", "ics_code", "region", "score"]
    both = after[columns].merge(before[["provider_code", "score"]], on="provider_code")
    both.columns = [*columns[:3], "after", "before"]
    both["change"] = both["after"] - both["before"]
    ordered = [*columns[:3], "before", "after", "change"]
    return both[ordered].sort_values("provider_code", ignore_index=True)


def near_copies(returns: pd.DataFrame, round: int, assessed_by: str | None = None) -> pd.DataFrame:
    """How alike the pillar scores are when one provider files for two care settings.

    Args:
        returns: tidy returns with provider and system codes.
        round: a round with pillar scores.
        assessed_by: needed where the round holds both assessors.

    Returns:
        One row per pair of returns of different settings in the same system: same_provider
        (bool), equal (share of pillars with the same published score), distance (mean absolute
        difference). Pairs of different providers show what likeness to expect by chance.
    """
    rows = returns[(returns["round"] == round) & (returns["level"] == "pillar")]
    if assessed_by is not None:
        rows = rows[rows["assessed_by"] == assessed_by]
    wide = rows.pivot_table(
        index=["ics_code", "provider_code", "care_setting"], columns="construct", values="score"
    ).dropna()
    if wide.empty:
        return pd.DataFrame(columns=["same_provider", "equal", "distance"])
    systems = [_likeness(own) for _, own in wide.groupby(level="ics_code", sort=True)]
    return pd.concat(systems, ignore_index=True)


def _likeness(wide: pd.DataFrame) -> pd.DataFrame:
    """Every two returns of a system, unless they are for the same setting."""
    provider, setting = (
        wide.index.get_level_values(of).to_numpy() for of in ("provider_code", "care_setting")
    )
    first, second = np.triu_indices(len(wide), 1)
    differ = setting[first] != setting[second]
    first, second = first[differ], second[differ]
    gaps = np.abs(wide.to_numpy()[first] - wide.to_numpy()[second])
    same = provider[first] == provider[second]
    return pd.DataFrame(
        {"same_provider": same, "equal": (gaps < 1e-9).mean(axis=1), "distance": gaps.mean(axis=1)}
    )
