"""Tables of the argument that take several estimators: too long for a cell of a notebook.

Everything here starts from the frames of :mod:`ics_maturity.frames` and ends in a frame that a
notebook shows. What could be an estimator of its own is in :mod:`ics_maturity.models`.
"""

from ics_maturity.study.detectable import detectable, name_detectable
from ics_maturity.study.ranking import (
    LIKE_FOR_LIKE_SHOWN,
    caterpillar_rows,
    full_sets,
    like_for_like,
    measurement_error,
    measurement_errors,
    retest_error,
    theta,
)
from ics_maturity.study.rounds import (
    lattice_table,
    map_moves,
    pillar_scores,
    scores_by_rule,
    system_means,
    systems,
)
from ics_maturity.study.rurality import (
    SPARSE,
    coarse_table,
    fitted_line,
    moran_table,
    pillar_slopes,
    rurality_sensitivity,
)
from ics_maturity.study.spread import composition_table, settings_table, variance_table

__all__ = [
    "LIKE_FOR_LIKE_SHOWN",
    "SPARSE",
    "caterpillar_rows",
    "coarse_table",
    "composition_table",
    "detectable",
    "fitted_line",
    "full_sets",
    "lattice_table",
    "like_for_like",
    "map_moves",
    "measurement_error",
    "measurement_errors",
    "moran_table",
    "name_detectable",
    "pillar_scores",
    "pillar_slopes",
    "retest_error",
    "rurality_sensitivity",
    "scores_by_rule",
    "settings_table",
    "system_means",
    "systems",
    "theta",
    "variance_table",
]
