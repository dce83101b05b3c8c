"""Figures of estimates: by method, under scoring rules, and under assumptions."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ics_maturity.figures.base import (
    ACCENT,
    BACKING,
    FAINT,
    INK,
    MAIN,
    QUIET,
    FigureError,
    canvas,
    label_line,
    light_grid,
    need,
    rows_of,
    signed,
    style,
    with_n,
)
from ics_maturity.prose import MINUS


@style()
def forest(
    estimates: pd.DataFrame,
    *,
    estimate_label: str,
    reference: float = 0.0,
    detectable: float | None = None,
    digits: int = 2,
) -> Figure:
    """Estimates of one quantity by several methods, with intervals, numbers and n.

    Args:
        estimates: label, estimate, low, high, n; optionally primary (bool: drawn filled and
            named first). One row per method, in the order to draw.
        estimate_label: title of the axis, with the unit.
        reference: value of no effect.
        detectable: smallest effect the study would find with 80% power, shaded on both sides.
        digits: decimals printed.
    """
    need(estimates, "label", "estimate", "low", "high", "n")
    figure, axes = canvas(1.2 + 0.34 * len(estimates))
    y = rows_of(axes, [str(label) for label in estimates["label"]])
    light_grid(axes)
    if detectable is not None:
        reach = abs(detectable)
        axes.axvspan(reference - reach, reference + reach, color=FAINT, alpha=0.5, linewidth=0)
        axes.annotate(f"shaded: effects under {reach:.{digits}f}, which this study could miss",
                      (0, 1), xycoords="axes fraction", xytext=(0, 4), fontsize="small",
                      textcoords="offset points", color=QUIET)  # fmt: skip
    axes.axvline(reference, color=INK, linewidth=1)
    primary = estimates.get("primary", pd.Series(False, index=estimates.index)).to_numpy(bool)
    axes.hlines(y, estimates["low"], estimates["high"], color=MAIN,
                linewidth=np.where(primary, 3, 1.5))  # fmt: skip
    for row, estimate, main in zip(y, estimates.itertuples(), primary, strict=True):
        axes.plot(estimate.estimate, row, "D" if main else "o", color=MAIN,
                  markerfacecolor=MAIN if main else "white", markersize=7 if main else 6,
                  )  # fmt: skip
        axes.annotate(_estimate_words(estimate, digits), (1, row), va="center", fontsize="small",
                      xycoords=("axes fraction", "data"), xytext=(6, 0), annotation_clip=False,
                      textcoords="offset points")  # fmt: skip
    axes.set_xlabel(estimate_label)
    return figure


def _estimate_words(estimate: Any, digits: int) -> str:
    low, high = signed(estimate.low, digits), signed(estimate.high, digits)
    return f"{signed(estimate.estimate, digits)} ({low} to {high}), n = {estimate.n:,}"


@style()
def scoring_bracket(
    rules: pd.DataFrame, *, later: float, later_label: str, score_label: str, digits: int = 1
) -> Figure:
    """An earlier round's mean under several scoring rules, against a later round's mean.

    Args:
        rules: label, mean, n and optionally low, high (95% interval); one row per scoring
            rule applied to the earlier round's answers, in the order to draw.
        later: mean of the later round on the same scale.
        later_label: what the line is, such as "2017 as published".
        score_label: title of the axis, with the scale.
        digits: decimals printed.
    """
    need(rules, "label", "mean", "n")
    figure, axes = canvas(1.3 + 0.42 * len(rules))
    y = rows_of(axes, with_n(rules["label"], rules["n"]))
    light_grid(axes)
    low, high = rules["mean"].min(), rules["mean"].max()
    axes.axvspan(low, high, color=MAIN, alpha=0.1, linewidth=0)
    words = f"bracket: {signed(low, digits)} to {signed(high, digits)}"
    axes.annotate(words, ((low + high) / 2, -0.5), ha="center", va="center", color=MAIN,
                  fontsize="small", bbox=BACKING, zorder=5)  # fmt: skip
    if {"low", "high"} <= set(rules):
        axes.hlines(y, rules["low"], rules["high"], color=MAIN, linewidth=1.6)
    axes.plot(rules["mean"], y, "o", color=MAIN, markersize=7, markeredgecolor="white")
    for value, row in zip(rules["mean"], y, strict=True):
        axes.annotate(signed(value, digits), (value, row), xytext=(0, 6),
                      textcoords="offset points", ha="center", fontsize="small")  # fmt: skip
    label_line(axes, later, f"{later_label} {signed(later, digits)}", color=ACCENT)
    axes.set_xlabel(score_label)
    return figure


@style()
def tipping_point(
    grid: pd.DataFrame,
    *,
    x_label: str,
    y_label: str,
    shift_label: str,
    marks: pd.DataFrame | None = None,
) -> Figure:
    """What is left of a shift under two assumptions at once; nought is drawn thick.

    Args:
        grid: x, y, shift; every combination of the two assumptions once.
        x_label: the first assumption, with its unit.
        y_label: the second assumption, with its unit.
        shift_label: what the lines are, with their unit.
        marks: x, y, label; named points (what other evidence suggests), optional.
    """
    need(grid, "x", "y", "shift")
    if grid.duplicated(["x", "y"]).any():
        raise FigureError("the grid of assumptions gives a combination twice")
    table = grid.set_index(["y", "x"])["shift"].unstack().sort_index()  # noqa: PD010
    if table.isna().any(axis=None):
        raise FigureError("the grid of assumptions has holes: give every combination once")
    figure, axes = canvas(4.8)
    x, y = np.meshgrid(table.columns, table.index)
    levels = MaxNLocator(9).tick_values(table.min(axis=None), table.max(axis=None))
    lines = axes.contour(x, y, table, levels=levels[levels != 0], colors=QUIET, linewidths=0.9)
    axes.clabel(lines, fontsize="small", fmt=lambda value: f"{value:g}".replace("-", MINUS))
    if table.min(axis=None) < 0 < table.max(axis=None):
        zero = axes.contour(x, y, table, levels=[0], colors=ACCENT, linewidths=2.6)
        axes.clabel(zero, fontsize="small", fmt=lambda _: "no shift left")
    if marks is not None:
        axes.plot(marks["x"], marks["y"], "D", color=MAIN, markersize=7, markeredgecolor="white")
        for mark in marks.itertuples():
            axes.annotate(str(mark.label), (mark.x, mark.y), xytext=(8, 0), va="center",
                          textcoords="offset points", color=MAIN, fontsize="small",
                          bbox=BACKING)  # fmt: skip
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.set_title(f"lines: {shift_label}", fontsize="small", color=QUIET)
    return figure
