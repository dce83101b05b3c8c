"""Section and theme scores from item scores, and how they compare with the published ones."""

import numpy as np
import pandas as pd

from ics_maturity.instruments import Instrument
from ics_maturity.instruments.lattice import half_up
from ics_maturity.readers.result import Source

_KEYS = ["provider_code_returned", "provider_name", "care_setting"]


def score_questionnaire(
    items: pd.DataFrame, instrument: Instrument
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Section and theme scores from item scores by the published averaging rule.

    A section is the mean of its scored items, rounded half up; a theme is the mean of its
    ROUNDED sections, rounded half up.

    Args:
        items: tidy returns of level item, one round, constructs being the instrument's item ids.

    Returns:
        Two frames (sections, themes) with provider_code_returned, provider_name, care_setting,
        construct, score (whole numbers as float) and ``parts``, the number of items or
        sections averaged. Sections without a scored item have no row.
    """
    section_of = {item.id: item.section for item in instrument.scored_items}
    theme_of = {section.id: section.theme for section in instrument.sections}
    scored = items[items["construct"].isin(section_of.keys())]
    sections = _rounded_means(scored, scored["construct"].map(section_of))
    themes = _rounded_means(sections, sections["construct"].map(theme_of))
    return sections, themes


def _rounded_means(frame: pd.DataFrame, construct: pd.Series) -> pd.DataFrame:
    grouped = frame.assign(construct=construct).groupby([*_KEYS, "construct"], sort=True)["score"]
    means = grouped.agg(["mean", "size"]).reset_index()
    means["score"] = half_up(np.round(means["mean"], 9))
    return means.rename(columns={"size": "parts"})[[*_KEYS, "construct", "score", "parts"]]


def compare_scores(recomputed: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Recomputed beside published section and theme scores.

    Args:
        recomputed, published: tidy returns of levels section and theme, the same round.

    Returns:
        organisation (code), care_setting, level, construct, recomputed, published, equal; one
        row per score that either side has, for the organisations in ``published``. A score
        printed once in the published file is compared once: as the theme where one heading
        serves a section and a theme.
    """
    keys = ["provider_code_returned", "care_setting", "level", "construct"]
    theirs = published[published["level"].isin(["section", "theme"])]
    theirs = theirs.sort_values("level", ascending=False, kind="stable")
    theirs = theirs.drop_duplicates(["source_locator"])
    kinds = pd.MultiIndex.from_frame(theirs[["level", "construct"]])
    same_organisation = recomputed["provider_code_returned"].isin(theirs["provider_code_returned"])
    same_kind = pd.MultiIndex.from_frame(recomputed[["level", "construct"]]).isin(kinds)
    mine = recomputed[same_organisation & same_kind]
    both = mine[[*keys, "score"]].merge(
        theirs[[*keys, "score"]], on=keys, how="outer", suffixes=("_mine", "_theirs")
    )
    both = both.rename(
        columns={
            "provider_code_returned": "organisation",
            "score_mine": "recomputed",
            "score_theirs": "published",
        }
    )
    both["equal"] = both["recomputed"] == both["published"]
    return both.sort_values(
        ["organisation", "care_setting", "level", "construct"], ignore_index=True
    )


def log_differences(comparison: pd.DataFrame, source: Source) -> None:
    """Note how many published scores the answers reproduce, and each one they do not."""
    wrong = comparison[~comparison["equal"]]
    organisations = comparison["organisation"].nunique()
    source.note(
        "scores_recomputed",
        "Published scores were recomputed from the item scores.",
        value=f"{len(comparison) - len(wrong)} of {len(comparison)} scores equal, "
        f"{organisations - wrong['organisation'].nunique()} of {organisations} organisations "
        "in full",
        action="compared",
        rule="section: mean of scored items; theme: mean of rounded sections",
    )
    for row in wrong.itertuples():
        source.note(
            "score_not_reproduced",
            "The published score is not the one its items give.",
            provider_code=str(row.organisation),
            column=f"{row.level} {row.construct}",
            value=f"{row.care_setting}: published {row.published}, from items {row.recomputed}",
            action="published score kept",
            severity="warning",
            rule="section: mean of scored items; theme: mean of rounded sections",
        )
