"""Figures of support: how surely each system belongs, and how near the others are to a place."""

import numpy as np
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
    with_n,
)


@style()
def chances(systems: pd.DataFrame, *, sure: float, names: dict[str, str]) -> Figure:
    """How probably each system belongs to the supported group, under each view.

    Args:
        systems: short_name, n, supported (bool), and a column of probabilities (0 to 1) for each
            view; in the order to draw. Supported systems stand on a grey band.
        sure: probability from which a system counts as sure, drawn as a labelled line.
        names: what the views' columns are called.
    """
    need(systems, "short_name", "n", "supported", *names)
    figure, axes = canvas(1.3 + 0.2 * len(systems))
    y = rows_of(axes, with_n(systems["short_name"], systems["n"]))
    axes.tick_params(axis="y", labelsize="small")
    light_grid(axes)
    for row, given in zip(y, systems["supported"], strict=True):
        if given:
            axes.axhspan(row - 0.5, row + 0.5, color=FAINT, alpha=0.6, linewidth=0, zorder=0)
    looks = zip(names.items(), (("o", "white", ACCENT), ("D", MAIN, MAIN)), strict=False)
    for (column, label), (marker, fill, line) in looks:
        axes.plot(systems[column], y, marker, markersize=5.5, markerfacecolor=fill,
                  markeredgecolor=line, label=label)  # fmt: skip
    axes.fill_between([], [], [], color=FAINT, alpha=0.6, label="supported by the rule")
    label_line(axes, sure, f"{sure:.0%}")
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel("Probability of belonging to the supported group")
    figure.legend(loc="outside upper center", ncols=3, fontsize="small")
    return figure


@style()
def points_needed(
    points: pd.DataFrame, *, names: dict[str, str], error: float | None = None
) -> Figure:
    """How many systems outside the group could have entered it for at most so many points.

    Args:
        points: one row per system outside; one column for each way to move, in points, missing
            where it cannot be done.
        names: what the columns are called.
        error: error of one provider's score, drawn as a labelled line.
    """
    need(points, *names)
    figure, axes = canvas(4.2)
    light_grid(axes, "both")
    lines = zip(names.items(), ((MAIN, "-"), (ACCENT, (0, (5, 2)))), strict=False)
    reach = float(points[list(names)].max(axis=None)) * 1.05
    for (column, label), (color, dashes) in lines:
        values = np.sort(points[column].dropna())
        count = np.arange(1, values.size + 1)
        axes.step([0, *values, reach], [0, *count, values.size], where="post", color=color,
                  linestyle=dashes, linewidth=2, label=label)  # fmt: skip
    if error is not None:
        label_line(axes, error, f"error of one provider's score {error:.2f}", color=QUIET)
    axes.axhline(len(points), color=QUIET, linewidth=0.8)
    words = f"all {len(points)} systems outside the group"
    axes.annotate(words, (reach, len(points)), xytext=(0, 4), textcoords="offset points",
                  ha="right", fontsize="small", color=QUIET)  # fmt: skip
    axes.set_xlim(0, reach)
    axes.set_ylim(0, len(points) * 1.12)
    axes.set_xlabel("Points of difference that would have bought a place, at most")
    axes.set_ylabel("Systems outside the group")
    figure.legend(loc="outside upper center", ncols=2, fontsize="small")
    return figure
