"""Figures in one style: seaborn on matplotlib, readable in print, in grey and by ear.

Conventions, after the Government Analysis Function's guidance on charts: the title states what
is shown and stands in the page, not in the picture; lines and groups are labelled where they
are; every estimate carries its n; colour never carries a meaning alone (marker, position or a
printed number repeats it). Every function takes a frame and returns a finished figure; the
page adds title and alternative text and writes the frame beside it.
"""

from ics_maturity.figures.base import (
    ACCENT,
    FAINT,
    INK,
    MAIN,
    MARKERS,
    PALETTE,
    QUIET,
    WIDTH,
    FigureError,
    canvas,
    check_words,
    setting_name,
    style,
    svg,
)
from ics_maturity.figures.estimates import (
    forest,
    scoring_bracket,
    tipping_point,
)
from ics_maturity.figures.profile import differences, pillar_positions
from ics_maturity.figures.rounds import (
    bland_altman,
    distributions,
    paired_change,
)
from ics_maturity.figures.stress import (
    error_rates,
    kept_word,
    power_curves,
    specification_curve,
)
from ics_maturity.figures.support import (
    chances,
    points_needed,
)
from ics_maturity.figures.systems import (
    caterpillar,
    rural_scatter,
    strip_by_system,
    tile_map,
)

__all__ = [
    "ACCENT",
    "FAINT",
    "INK",
    "MAIN",
    "MARKERS",
    "PALETTE",
    "QUIET",
    "WIDTH",
    "FigureError",
    "bland_altman",
    "canvas",
    "caterpillar",
    "chances",
    "check_words",
    "differences",
    "distributions",
    "error_rates",
    "forest",
    "kept_word",
    "paired_change",
    "pillar_positions",
    "points_needed",
    "power_curves",
    "rural_scatter",
    "scoring_bracket",
    "setting_name",
    "specification_curve",
    "strip_by_system",
    "style",
    "svg",
    "tile_map",
    "tipping_point",
]
