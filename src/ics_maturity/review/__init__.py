"""Tables and findings of notebook 04 that take several estimators.

Links between rounds, shifts of the mean, rounds of one instrument, moderation, signs of shaped
answers, and the claims ladder that is filled from them.
"""

from ics_maturity.review.claims import ladder_findings
from ics_maturity.review.groups import incentive_effect, incentive_groups, provider_groups
from ics_maturity.review.links import link_table
from ics_maturity.review.moderated import moderated_pairs, moderation_groups, name_moderation
from ics_maturity.review.repeats import same_instrument
from ics_maturity.review.shifts import (
    bracket_table,
    drift_per_year,
    largest_multiple,
    name_bracket,
    possible_drift,
    questionnaire_shifts,
    regional_pilot,
    scoring_bracket,
)
from ics_maturity.review.signs import gaming_signs, matched_answers

__all__ = [
    "bracket_table",
    "drift_per_year",
    "gaming_signs",
    "incentive_effect",
    "incentive_groups",
    "ladder_findings",
    "largest_multiple",
    "link_table",
    "matched_answers",
    "moderated_pairs",
    "moderation_groups",
    "name_bracket",
    "name_moderation",
    "possible_drift",
    "provider_groups",
    "questionnaire_shifts",
    "regional_pilot",
    "same_instrument",
    "scoring_bracket",
]
