"""Figures of systems: their providers, their ranks, the map, and rurality."""

import textwrap
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from ics_maturity.figures.base import (
    ACCENT,
    FAINT,
    INK,
    MAIN,
    QUIET,
    WIDTH,
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

_TILE_HEIGHT = 0.8  # of its width
_SEQUENTIAL = LinearSegmentedColormap.from_list("maturity", ["#f3f7fb", "#8db9e0", "#0b2f5b"])


@style()
def strip_by_system(
    providers: pd.DataFrame,
    *,
    score_label: str = "Score (1 to 5)",
    national: float | None = None,
) -> Figure:
    """Every provider's score in its system; systems by their mean, with n.

    Args:
        providers: short_name, score; one row per provider.
        score_label: title of the axis, with the scale.
        national: national mean, drawn as a labelled line.
    """
    need(providers, "short_name", "score")
    systems = providers.groupby("short_name")["score"].agg(["mean", "size"])
    systems = systems.sort_values(["mean"], ascending=False, kind="stable")
    figure, axes = canvas(1.1 + 0.2 * len(systems))
    labels = with_n(systems.index, systems["size"])
    position = dict(zip(systems.index, rows_of(axes, labels), strict=True))
    light_grid(axes)
    for y in position.values():
        axes.axhline(y, color=FAINT, linewidth=0.6, zorder=0)
    axes.plot(
        providers["score"],
        providers["short_name"].map(position),
        "o",
        markersize=4.5,
        markerfacecolor="white",
        markeredgecolor=MAIN,
        alpha=0.9,
        label="a provider",
    )
    axes.plot(systems["mean"], list(position.values()), "|", color=ACCENT, markersize=11,
              markeredgewidth=2.4, label="mean of the system's providers")  # fmt: skip
    if national is not None:
        label_line(axes, national, f"mean of all providers {signed(national, 2)}")
    axes.set_xlabel(score_label)
    axes.tick_params(axis="y", labelsize="small")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0 + 0.6 / len(systems)), ncols=2)
    return figure


@style()
def caterpillar(
    systems: pd.DataFrame,
    *,
    score_label: str = "Score (1 to 5)",
    national: float | None = None,
    dense: bool = False,
) -> Figure:
    """Systems' scores with comparison intervals, and beside them their sets of ranks.

    Two systems whose intervals do not overlap differ at about the 5% level when
    ``low`` and ``high`` are the score -/+ 1.39 standard errors (Goldstein and Healy 1995).

    Args:
        systems: short_name, n, score, low, high; optionally rank, rank_low, rank_high (the 95%
            confidence set of the rank, 1 is highest). One row per system.
        score_label: title of the axis, with the scale.
        national: national mean, drawn as a labelled line.
        dense: rows half as high, where all systems have to fit on part of a printed page.
    """
    need(systems, "short_name", "n", "score", "low", "high")
    ranked = {"rank", "rank_low", "rank_high"} <= set(systems)
    frame = systems.sort_values(["score", "short_name"], ascending=[False, True])
    figure, panels = canvas(
        1.0 + (0.1 if dense else 0.2) * len(frame),
        columns=2 if ranked else 1,
        sharey=True,
        squeeze=False,
        width_ratios=(3, 2) if ranked else None,
    )
    left = panels[0, 0]
    y = rows_of(left, with_n(frame["short_name"], frame["n"]))
    left.tick_params(axis="y", labelsize=6.5 if dense else "small")
    _interval_rows(left, y, frame["score"], frame["low"], frame["high"], MAIN, "o", dense)
    left.set_xlabel(score_label)
    if national is not None:
        label_line(left, national, f"national mean {signed(national, 2)}")
    if ranked:
        right = panels[0, 1]
        sets = frame["rank"], frame["rank_low"], frame["rank_high"]
        _interval_rows(right, y, *sets, ACCENT, "D", dense)
        right.set_xlabel("Rank (95% set)")
        right.tick_params(axis="y", length=0)
        right.set_xlim(0, len(frame) + 1)
    return figure


def _interval_rows(
    axes: Axes,
    y: np.ndarray,
    value: pd.Series,
    low: pd.Series,
    high: pd.Series,
    color: str,
    marker: str,
    dense: bool,
) -> None:
    """A dot and its interval in every row."""
    light_grid(axes)
    axes.hlines(y, low, high, color=color, linewidth=1 if dense else 1.6)
    size = 3.2 if dense else 4.5
    axes.plot(value, y, marker, color=color, markersize=size, markeredgecolor="white",
              markeredgewidth=0.5 if dense else 1)  # fmt: skip
    axes.spines["left"].set_visible(False)


@style()
def tile_map(
    values: pd.DataFrame, tiles: pd.DataFrame, *, value_label: str, digits: int = 1
) -> Figure:
    """One tile per system, roughly where it lies, with its number printed.

    Args:
        values: ics_code, short_name, value; one row per system.
        tiles: ics_code, tile_row (0 is north), tile_column (0 is west).
        value_label: what the numbers are, with the scale.
        digits: decimals printed.
    """
    need(values, "ics_code", "short_name", "value")
    need(tiles, "ics_code", "tile_row", "tile_column")
    placed = values.merge(tiles[["ics_code", "tile_row", "tile_column"]], on="ics_code", how="left")
    lost = placed.loc[placed["tile_row"].isna(), "ics_code"].tolist()
    if lost:
        raise FigureError(f"no tile is laid out for {', '.join(lost)}")
    placed["tile_row"] -= placed["tile_row"].min()
    placed["tile_column"] -= placed["tile_column"].min()
    rows, columns = placed["tile_row"].max() + 1, placed["tile_column"].max() + 1
    figure, axes = canvas(_TILE_HEIGHT * WIDTH * rows / columns + 0.7)
    scale = Normalize(placed["value"].min(), placed["value"].max())
    for tile in placed.itertuples():
        _tile(axes, tile, _SEQUENTIAL(scale(tile.value)), digits)
    axes.set(xlim=(-0.02, columns), ylim=(rows, -0.02), aspect=_TILE_HEIGHT)
    axes.axis("off")
    # From 50 steps on matplotlib would draw the bar as pixels; edges close the gaps between steps.
    steps = mpl.cm.ScalarMappable(scale, _SEQUENTIAL.resampled(40))
    bar = figure.colorbar(steps, ax=axes, location="bottom", shrink=0.5, aspect=30)
    bar.solids.set_edgecolor("face")  # type: ignore[union-attr]
    bar.set_label(value_label)
    bar.outline.set_visible(False)
    return figure


def _tile(axes: Axes, tile: Any, fill: tuple[float, ...], digits: int) -> None:
    x, y = tile.tile_column, tile.tile_row
    axes.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, facecolor=fill, edgecolor=QUIET,
                             linewidth=0.5))  # fmt: skip
    ink = "white" if _luminance(fill) < 0.179 else "black"  # at least 4.5 to 1 on any fill
    axes.text(x + 0.5, y + 0.24, signed(tile.value, digits), ha="center", va="center",
              color=ink, fontweight="bold", fontsize=11)  # fmt: skip
    axes.text(x + 0.5, y + 0.66, _wrapped(tile.short_name), ha="center", va="center", color=ink,
              fontsize=6.8, linespacing=1.05)  # fmt: skip


def _wrapped(name: str, width: int = 12, most: int = 4) -> str:
    lines = textwrap.wrap(name, width, break_long_words=False)
    return "\n".join(lines if len(lines) <= most else [*lines[: most - 1], "…"])


def _luminance(color: tuple[float, ...]) -> float:
    """Relative luminance (WCAG 2.2) of an RGB colour, parts from 0 to 1."""
    parts = np.asarray(color[:3])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@style()
def rural_scatter(
    systems: pd.DataFrame,
    line: pd.DataFrame,
    *,
    detectable: float | None = None,
    score_label: str = "Mean score of the system's providers (1 to 5)",
    named: int = 5,
) -> Figure:
    """Systems' scores by rural share, the fitted line, its band, and what could be detected.

    Args:
        systems: short_name, rural_share (0 to 1), score, n; one row per system.
        line: rural_share, fit, low, high; the fitted line with its 95% band.
        detectable: smallest slope the study would find with 80% power; the wedge of slopes
            that it could have missed is drawn through the middle of the line.
        score_label: title of the axis, with the scale.
        named: how many of the systems furthest from the line to name, where a name finds room.
    """
    need(systems, "short_name", "rural_share", "score", "n")
    need(line, "rural_share", "fit", "low", "high")
    line = line.sort_values("rural_share")
    x = 100 * line["rural_share"]
    figure, axes = canvas(4.9)
    light_grid(axes, "both")
    axes.plot(x, line["fit"], color=MAIN, linewidth=2.2, label="fitted line")
    axes.plot(x, line[["low", "high"]], color=MAIN, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.fill_between(x, line["low"], line["high"], facecolor=MAIN, alpha=0.16, linewidth=0,
                      label="its 95% band")  # fmt: skip
    if detectable is not None:
        _detectable_wedge(axes, line, abs(detectable))
    axes.scatter(
        100 * systems["rural_share"],
        systems["score"],
        s=14 + 9 * systems["n"],
        facecolor="white",
        edgecolor=INK,
        linewidth=1,
        zorder=3,
    )
    _size_key(axes, systems["n"])
    axes.set_xlabel("Residents in rural areas (%)")
    axes.set_ylabel(score_label)
    figure.legend(loc="outside upper center", ncols=2, fontsize="small")
    figure.draw_without_rendering()  # now it is known where everything lies
    _name_furthest(axes, systems, line, named)
    return figure


def _detectable_wedge(axes: Axes, line: pd.DataFrame, slope: float) -> None:
    share = line["rural_share"].to_numpy()
    middle = (share[0] + share[-1]) / 2
    level = float(np.interp(middle, share, line["fit"]))
    reach = slope * (share - middle)
    axes.fill_between(
        100 * share,
        level - reach,
        level + reach,
        facecolor=FAINT,
        alpha=0.75,
        linewidth=0,
        zorder=0,
        label=f"slopes under {slope:.2f}, which could be missed",
    )


def _name_furthest(axes: Axes, systems: pd.DataFrame, line: pd.DataFrame, count: int) -> None:
    fitted = np.interp(systems["rural_share"], line["rural_share"], line["fit"])
    distance = (systems["score"] - fitted).abs()
    points = axes.transData.transform(systems[["rural_share", "score"]] * [100, 1])
    taken: list[Bbox] = []
    for _, system in systems.loc[distance.nlargest(count).index].iterrows():
        name = axes.annotate(
            system["short_name"],
            (100 * system["rural_share"], system["score"]),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
        )
        room = name.get_window_extent()
        if room.count_overlaps(taken) or room.count_contains(points):
            name.remove()
        else:
            taken.append(room)


def _size_key(axes: Axes, n: pd.Series) -> None:
    sizes = sorted({int(n.min()), int(n.median()), int(n.max())})
    for size in sizes:
        axes.scatter([], [], s=14 + 9 * size, facecolor="white", edgecolor=INK,
                     label=f"n = {size} provider{'' if size == 1 else 's'}")  # fmt: skip
