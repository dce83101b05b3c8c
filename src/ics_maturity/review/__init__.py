"""Tables and findings of notebook 04 that take several estimators.

Links between rounds and scales; shifts of the mean; rounds of one instrument; moderation; signs of
shaped answers by incentive; and the claims ladder that is filled from them. What could be an
estimator of its own is in :mod:`ics_maturity.models`.
"""

from ics_maturity.review.answers import matched_answers, name_reversals
from ics_maturity.review.claims import ladder_findings
from ics_maturity.review.detectable import detectable_change, detectable_reordering
from ics_maturity.review.evidence import Evidence, gather, name_ladder
from ics_maturity.review.groups import (
    at_stake,
    group_changes,
    group_sources,
    group_table,
    incentive_effect,
    incentive_groups,
    provider_groups,
)
from ics_maturity.review.links import (
    SIZES_WANTED,
    attrition_table,
    link_rules,
    link_table,
    name_links,
)
from ics_maturity.review.mixed import shift_models
from ics_maturity.review.moderated import (
    moderated_pairs,
    moderated_round,
    moderation_groups,
    name_moderation,
)
from ics_maturity.review.naming import name_evidence, name_national
from ics_maturity.review.repeats import (
    Repeat,
    blomqvist_table,
    common_overall,
    dispersion_table,
    kelley_table,
    name_reordering,
    name_repeat,
    rank_rungs,
    rank_table,
    repeats,
    reworded,
    same_instrument,
)
from ics_maturity.review.scales import crosswalk_scores, scale_meanings, scale_table
from ics_maturity.review.shifts import (
    bracket_table,
    drift_per_year,
    largest_multiple,
    name_bracket,
    possible_drift,
    questionnaire_shifts,
    regional_pilot,
    rule_means,
    scoring_bracket,
    tipping_grid,
    trend_table,
)
from ics_maturity.review.signs import sign_gaps, sign_values

__all__ = [
    "SIZES_WANTED",
    "Evidence",
    "Repeat",
    "at_stake",
    "attrition_table",
    "blomqvist_table",
    "bracket_table",
    "common_overall",
    "crosswalk_scores",
    "detectable_change",
    "detectable_reordering",
    "dispersion_table",
    "drift_per_year",
    "gather",
    "group_changes",
    "group_sources",
    "group_table",
    "incentive_effect",
    "incentive_groups",
    "kelley_table",
    "ladder_findings",
    "largest_multiple",
    "link_rules",
    "link_table",
    "matched_answers",
    "moderated_pairs",
    "moderated_round",
    "moderation_groups",
    "name_bracket",
    "name_evidence",
    "name_ladder",
    "name_links",
    "name_moderation",
    "name_national",
    "name_reordering",
    "name_repeat",
    "name_reversals",
    "possible_drift",
    "provider_groups",
    "questionnaire_shifts",
    "rank_rungs",
    "rank_table",
    "regional_pilot",
    "repeats",
    "reworded",
    "rule_means",
    "same_instrument",
    "scale_meanings",
    "scale_table",
    "scoring_bracket",
    "shift_models",
    "sign_gaps",
    "sign_values",
    "tipping_grid",
    "trend_table",
]
