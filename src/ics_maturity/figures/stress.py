"""Figures of the stress test: every analysis at once, error rates, power."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ics_maturity.figures.base import (
    ACCENT,
    BACKING,
    FAINT,
    INK,
    MAIN,
    MARKERS,
    PALETTE,
    QUIET,
    canvas,
    label_line,
    light_grid,
    need,
    rows_of,
    signed,
    style,
)


@style()
def specification_curve(
    table: pd.DataFrame, choices: Mapping[str, Mapping[str, str]], *, estimate_label: str
) -> Figure:
    """Slopes of many analyses in order of size, and below them which choices each one made.

    Args:
        table: place, estimate, low, high, p and one column per choice, one row per analysis.
        choices: by column of the table, words of its options by id, in the order to draw.
        estimate_label: title of the upper axis, with the unit.
    """
    need(table, "place", "estimate", "low", "high", "p", *choices)
    lines = [(column, option, words) for column, options in choices.items()
             for option, words in options.items() if (table[column] == option).any()]  # fmt: skip
    below = 0.19 * (len(lines) + 0.4 * len(choices))
    figure, (upper, lower) = canvas(
        2.9 + below, rows=2, sharex=True, height_ratios=[2.9, below]
    )  # fmt: skip
    place = table["place"].to_numpy()
    upper.fill_between(place, table["low"], table["high"], color=FAINT, step="mid", linewidth=0)
    upper.axhline(0, color=INK, linewidth=1)
    shown = table["p"].to_numpy() <= 0.05
    upper.plot(place[~shown], table["estimate"][~shown], "o", color=MAIN, markersize=2)
    upper.plot(place[shown], table["estimate"][shown], "^", color=ACCENT, markersize=3.5)
    words = f"{shown.sum():,} of {len(table):,} analyses with p at most .05 (triangles); grey: 95% intervals"  # noqa: E501
    upper.annotate(words, (0, 1), xycoords="axes fraction", xytext=(0, 4), fontsize="small",
                   textcoords="offset points", color=QUIET)  # fmt: skip
    median = float(table["estimate"].median())
    upper.annotate(f"median {signed(median, 2)}", (1, median), fontsize="small", va="center",
                   xycoords=("axes fraction", "data"), xytext=(4, 0), annotation_clip=False,
                   textcoords="offset points")  # fmt: skip
    upper.axhline(median, color=MAIN, linewidth=0.8, linestyle=(0, (4, 3)))
    upper.set_ylabel(estimate_label)
    light_grid(upper, "y")
    _choices_below(lower, table, lines)
    lower.set_xlabel("Analyses, smallest estimate first")
    return figure


def _choices_below(axes, table: pd.DataFrame, lines: Sequence[tuple[str, str, str]]) -> None:  # type: ignore[no-untyped-def]
    """A mark for every analysis on the line of each option it chose; neighbours' marks are one."""
    place = table["place"].to_numpy()
    y, heights = 0.0, []
    before = lines[0][0]
    for column, option, _ in lines:
        y += 1.0 + 0.4 * (column != before)
        before = column
        heights.append(y)
        chosen = place[(table[column] == option).to_numpy()]
        colour = MAIN if list(dict.fromkeys(c for c, _, _ in lines)).index(column) % 2 else QUIET
        x = _runs(chosen)
        axes.plot(x, np.full(len(x), y), color=colour, linewidth=9, solid_capstyle="butt")
    axes.set_yticks(heights, [words for _, _, words in lines], fontsize="small")
    axes.set_ylim(heights[-1] + 0.8, 0.2)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(place.min() - 1, place.max() + 1)


def _runs(places: np.ndarray) -> np.ndarray:
    """Begin, end and a gap of every run of neighbouring whole numbers, as one line to be drawn."""
    last = np.append(np.diff(places) > 1, True)
    first = np.append(True, last[:-1])
    gaps = np.full(last.sum(), np.nan)
    return np.column_stack([places[first] - 0.5, places[last] + 0.5, gaps]).ravel()


@style()
def error_rates(
    rates: pd.DataFrame, *, size_band: tuple[float, float], coverage_band: tuple[float, float]
) -> Figure:
    """False positives and coverage of methods with their simulation error, against the bands.

    Args:
        rates: label, role, size, size_se, coverage, coverage_se (nan where it has none).
        size_band, coverage_band: drawn as the shaded band that a method should stay in.
    """
    need(rates, "label", "role", "size", "size_se", "coverage", "coverage_se")
    figure, (left, right) = canvas(1.2 + 0.25 * len(rates), width=8.4, columns=2, sharey=True)
    y = rows_of(left, [str(label) for label in rates["label"]])
    left.tick_params(axis="y", labelsize="small")
    used = (rates["role"] != "not used").to_numpy()
    for axes, what, band, nominal in (
        (left, "size", size_band, 0.05), (right, "coverage", coverage_band, 0.95)
    ):  # fmt: skip
        axes.axvspan(*band, color=FAINT, alpha=0.6, linewidth=0)
        label_line(axes, nominal, f"{nominal:.2f}")
        light_grid(axes)
        widest = max(abs(edge - nominal) for edge in band) * 3
        value = rates[what].to_numpy(float)
        near = np.abs(value - nominal) <= widest
        for style_, chosen, colour in (("o", used, MAIN), ("X", ~used, ACCENT)):
            at = chosen & near
            axes.errorbar(value[at], y[at], xerr=1.96 * rates[f"{what}_se"].to_numpy(float)[at],
                          fmt=style_, color=colour, markersize=5.5, linewidth=1.3)  # fmt: skip
        for row in np.flatnonzero(~near & ~np.isnan(value)):
            edge, arrow = (nominal + widest, "→") if value[row] > nominal else (nominal - widest,
                                                                                "←")  # fmt: skip
            axes.annotate(
                f"{value[row]:.2f} {arrow}",
                (edge, y[row]),
                color=ACCENT,
                va="center",
                ha="right" if arrow == "→" else "left",
                fontsize="small",
                bbox=BACKING,
            )
        axes.set_xlim(nominal - widest, nominal + widest)
    left.set_xlabel("False positives")
    right.set_xlabel("Coverage")
    right.tick_params(axis="y", length=0)
    return figure


@style()
def power_curves(
    power: pd.DataFrame, *, effect_label: str, detectable: float, target: float = 0.8
) -> Figure:
    """How often a true effect is found, by its size and the method.

    Args:
        power: method (words), effect, power; one row per point.
        effect_label: title of the axis, with the unit.
        detectable: effect found in a share ``target`` of worlds by the first method.
        target: that share.
    """
    need(power, "method", "effect", "power")
    figure, axes = canvas(3.8)
    names = list(dict.fromkeys(power["method"]))
    for i, name in enumerate(names):
        own = power[power["method"] == name]
        axes.plot(own["effect"], own["power"], color=PALETTE[i % len(PALETTE)], linewidth=1.4,
                  marker=MARKERS[i % len(MARKERS)], markersize=4, markevery=(i, len(names)),
                  label=name)  # fmt: skip
    axes.axhline(target, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.axhline(0.05, color=FAINT, linewidth=1)
    label_line(axes, detectable, f"{target:.0%} power at {detectable:.2f}")
    axes.set(xlabel=effect_label, ylabel="Share of worlds in which it is found", ylim=(0, 1.02))
    axes.legend(loc="lower right", fontsize="small")
    light_grid(axes, "both")
    return figure


@style()
def kept_word(table: pd.DataFrame, *, chance_label: str, happened_label: str) -> Figure:
    """Stated chances against what was so, one panel per view, one line per kind of world.

    Args:
        table: view, spread, stated, happened, se; one row per bin of stated chances.
        chance_label, happened_label: titles of the axes.
    """
    need(table, "view", "spread", "stated", "happened", "se")
    views, kinds = (list(dict.fromkeys(table[name])) for name in ("view", "spread"))
    figure, panels = canvas(3.9, width=8.4, columns=len(views), sharey=True)
    for axes, view in zip(np.atleast_1d(panels), views, strict=True):
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)))
        for i, kind in enumerate(kinds):
            own = table[(table["view"] == view) & (table["spread"] == kind)]
            axes.errorbar(own["stated"], own["happened"], yerr=1.96 * own["se"].fillna(0.0),
                          color=PALETTE[i % len(PALETTE)], marker=MARKERS[i % len(MARKERS)],
                          markersize=4.5, linewidth=1.2, elinewidth=0.7, label=kind)  # fmt: skip
        axes.set(xlabel=chance_label, title=view, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        light_grid(axes, "both")
    first = np.atleast_1d(panels)[0]
    first.set_ylabel(happened_label)
    first.legend(loc="upper left", fontsize="small")
    return figure
