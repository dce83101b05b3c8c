"""Figures of one system among the others."""

import pandas as pd
from matplotlib.figure import Figure

from ics_maturity.figures.base import (
    ACCENT,
    FAINT,
    MAIN,
    QUIET,
    canvas,
    label_line,
    light_grid,
    need,
    rows_of,
    style,
)


@style()
def pillar_positions(pillars: pd.DataFrame, *, score_label: str = "Score (1 to 5)") -> Figure:
    """One row per pillar: the middle half of the systems, the nearest, and the system's interval.

    Args:
        pillars: pillar, score, low, high, national, q1, q3, near.
        score_label: title of the axis, with the scale.
    """
    need(pillars, "pillar", "score", "low", "high", "national", "q1", "q3", "near")
    figure, axes = canvas(1.2 + 0.42 * len(pillars))
    y = rows_of(axes, pillars["pillar"].tolist())
    light_grid(axes)
    axes.hlines(y, pillars["q1"], pillars["q3"], color=FAINT, linewidth=11,
                label="middle half of systems")  # fmt: skip
    axes.plot(pillars["national"], y, "|", color=QUIET, markersize=13, markeredgewidth=2,
              label="mean of all providers")  # fmt: skip
    axes.hlines(y, pillars["low"], pillars["high"], color=MAIN, linewidth=1.6)
    axes.plot(pillars["score"], y, "o", color=MAIN, markersize=6, markeredgecolor="white",
              label="this system, 95% interval")  # fmt: skip
    axes.plot(pillars["near"], y, "D", markerfacecolor="white", markeredgecolor=ACCENT,
              markersize=5, label="mean of the nearest systems")  # fmt: skip
    axes.set_xlabel(score_label)
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2, fontsize="small")
    return figure


@style()
def differences(systems: pd.DataFrame) -> Figure:
    """How far the like-for-like scores of the nearest systems lie from this one's, nearest first.

    Args:
        systems: short_name, difference, low, high, in the order to be drawn.
    """
    need(systems, "short_name", "difference", "low", "high")
    figure, axes = canvas(1.1 + 0.3 * len(systems))
    y = rows_of(axes, systems["short_name"].tolist())
    light_grid(axes)
    axes.hlines(y, systems["low"], systems["high"], color=MAIN, linewidth=1.6)
    axes.plot(systems["difference"], y, "o", color=MAIN, markersize=5, markeredgecolor="white")
    label_line(axes, 0, "this system")
    axes.set_xlabel("That system less this one, like for like (points)")
    return figure
