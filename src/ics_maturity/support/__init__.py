"""What happens when scores decide who gets support: the assembly of notebook 05.

Rules and probabilities are in :mod:`ics_maturity.models.targeting`; here they meet the returns.
"""

from ics_maturity.support.honesty import Calibration, calibration, compare, size_correlation
from ics_maturity.support.incentive import points_by_system
from ics_maturity.support.named import (
    name_calibration,
    name_comparison,
    name_demo_worlds,
    name_map,
    name_overlaps,
    name_points,
    name_rules,
    name_size,
)
from ics_maturity.support.redrawn import map_choice, moved_places, on_maps, reread_moves
from ics_maturity.support.rules import (
    RULES_SHOWN,
    SURE,
    VIEWS,
    by_system,
    chance_rows,
    chances,
    compare_rules,
    draw_worlds,
    expected,
    picks,
    rules_for,
    rules_from,
    shown_tiers,
    tier_names,
    words,
)
from ics_maturity.support.scored import SCORES, Scored, reading_errors, score_all, score_crude
from ics_maturity.support.stability import (
    choice_stability,
    coarse_overlap,
    lot_overlap,
    reread_overlap,
    two_rounds,
)

__all__ = [
    "RULES_SHOWN",
    "SCORES",
    "SURE",
    "VIEWS",
    "Calibration",
    "Scored",
    "by_system",
    "calibration",
    "chance_rows",
    "chances",
    "choice_stability",
    "coarse_overlap",
    "compare",
    "compare_rules",
    "draw_worlds",
    "expected",
    "lot_overlap",
    "map_choice",
    "moved_places",
    "name_calibration",
    "name_comparison",
    "name_demo_worlds",
    "name_map",
    "name_overlaps",
    "name_points",
    "name_rules",
    "name_size",
    "on_maps",
    "picks",
    "points_by_system",
    "reading_errors",
    "reread_moves",
    "reread_overlap",
    "rules_for",
    "rules_from",
    "score_all",
    "score_crude",
    "shown_tiers",
    "size_correlation",
    "tier_names",
    "two_rounds",
    "words",
]
