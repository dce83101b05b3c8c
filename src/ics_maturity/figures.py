"""Figures in one style: seaborn on matplotlib, readable in print, in grey and by ear.

Conventions, after the Government Analysis Function's guidance on charts: the title states what
is shown and stands in the page, not in the picture; lines and groups are labelled where they
are; every estimate carries its n; colour never carries a meaning alone (marker, position or a
printed number repeats it). Every function takes a frame and returns a finished figure; the
page adds title and alternative text and writes the frame beside it.
"""

import io
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.rcsetup import cycler
from matplotlib.ticker import MaxNLocator
from PIL import Image

from ics_maturity.prose import MINUS

DPI = 130
WIDTH = 7.2  # inches

# Dark on white in every case (contrast of at least 3 to 1), each at its own lightness so that
# print in grey keeps them apart, and apart for colour-blind readers too.
INK = "#212b32"
QUIET = "#5d6b75"
FAINT = "#d3dade"
MAIN = "#003d80"
ACCENT = "#b3480b"
PALETTE = ("#0b2545", "#8a1c5c", "#1a6fc4", "#bf7d00")
MARKERS = ("o", "s", "^", "D")
SETTING_NAMES = {
    "acute": "Acute",
    "mental_health": "Mental health",
    "community": "Community",
    "ambulance": "Ambulance",
    "all": "All settings",
}
_BACKING = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}
_TILE_HEIGHT = 0.8  # of its width
_SEQUENTIAL = LinearSegmentedColormap.from_list("maturity", ["#f3f7fb", "#8db9e0", "#0b2f5b"])

_SHORTEST_ALT = 40
_SLUG = re.compile(r"[a-z][a-z0-9_]*")
_FILLER = re.compile(r"(figure|image|plot|chart|graph|picture|no description.*)\W*\d*", re.I)


class FigureError(ValueError):
    """A figure that somebody could not read."""


# Style


@contextmanager
def style() -> Iterator[None]:
    """The workbook's style: ``with figures.style():`` around what draws a figure.

    matplotlib looks its settings up when a line or a word is made, so the whole drawing
    stands inside.
    """
    settings: dict[str, Any] = {
        **sns.axes_style("ticks"),
        **sns.plotting_context("paper", font_scale=1.1),
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same everywhere
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": QUIET,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": True,
        "axes.prop_cycle": cycler(color=PALETTE),
        "xtick.color": QUIET,
        "ytick.color": QUIET,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "grid.color": FAINT,
        "legend.frameon": False,
        "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    }
    with mpl.rc_context(settings):  # type: ignore[arg-type]
        yield


@style()
def canvas(
    height: float = 4.2, *, width: float = WIDTH, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, Any]:
    """A figure in the style and its axes (one, or an array), sizes in inches.

    The figure stands outside pyplot, so that a notebook does not display it a second time.
    ``options`` go to ``Figure.subplots``.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def check_words(name: str, title: str, alt: str) -> None:
    """Refuse a figure without a title or without a real alternative text.

    Raises:
        FigureError: what is missing.
    """
    if not _SLUG.fullmatch(name):
        raise FigureError(f"'{name}' is not a figure's name: use lower-case letters, digits and _")
    if not title.strip():
        raise FigureError(f"figure {name} needs a title that states what is shown")
    if _FILLER.fullmatch(alt.strip()) or len(alt.strip()) < _SHORTEST_ALT:
        raise FigureError(
            f"figure {name} needs an alternative text of at least {_SHORTEST_ALT} characters: "
            "the kind of figure, its axes, and what it shows"
        )
    if alt.strip() == title.strip():
        raise FigureError(f"figure {name}: the alternative text repeats the title")


@style()
def png(figure: Figure) -> bytes:
    """The figure as PNG of 256 colours: the same bytes for the same content."""
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=DPI, facecolor="white")
    image = Image.open(full).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


# Parts that figures share


def setting_name(slug: str) -> str:
    """The care setting as a reader knows it."""
    return SETTING_NAMES.get(slug, slug.replace("_", " ").capitalize())


def _need(frame: pd.DataFrame, *columns: str) -> None:
    missing = [column for column in columns if column not in frame]
    if missing:
        raise FigureError(f"the figure's frame lacks the columns {', '.join(missing)}")
    if frame.empty:
        raise FigureError("the figure's frame has no rows")


def _label_line(axes: Axes, x: float, text: str, *, color: str = QUIET) -> None:
    """A vertical reference line with its words above the axes."""
    axes.axvline(x, color=color, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.annotate(
        text,
        (x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=color,
        fontsize="small",
    )


def _light_grid(axes: Axes, axis: Literal["x", "y", "both"] = "x") -> None:
    axes.grid(axis=axis, color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def _rows(axes: Axes, labels: Sequence[str]) -> np.ndarray:
    """Named rows from top to bottom; returns their positions."""
    positions = np.arange(len(labels))[::-1]
    axes.set_yticks(positions, labels)
    axes.set_ylim(-0.7, len(labels) - 0.3)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return positions


def _with_n(names: Iterable[str], counts: Iterable[int]) -> list[str]:
    return [f"{name} (n = {count:,})" for name, count in zip(names, counts, strict=True)]


def _signed(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", MINUS)


# Systems and providers


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
    _need(providers, "short_name", "score")
    systems = providers.groupby("short_name")["score"].agg(["mean", "size"])
    systems = systems.sort_values(["mean"], ascending=False, kind="stable")
    figure, axes = canvas(1.1 + 0.2 * len(systems))
    labels = _with_n(systems.index, systems["size"])
    position = dict(zip(systems.index, _rows(axes, labels), strict=True))
    _light_grid(axes)
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
        _label_line(axes, national, f"mean of all providers {_signed(national, 2)}")
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
) -> Figure:
    """Systems' scores with comparison intervals, and beside them their sets of ranks.

    Two systems whose intervals do not overlap differ at about the 5% level when
    ``low`` and ``high`` are the score -/+ 1.39 standard errors (Goldstein and Healy 1995).

    Args:
        systems: short_name, n, score, low, high; optionally rank, rank_low, rank_high (the 95%
            confidence set of the rank, 1 is highest). One row per system.
        score_label: title of the axis, with the scale.
        national: national mean, drawn as a labelled line.
    """
    _need(systems, "short_name", "n", "score", "low", "high")
    ranked = {"rank", "rank_low", "rank_high"} <= set(systems)
    frame = systems.sort_values(["score", "short_name"], ascending=[False, True])
    figure, panels = canvas(
        1.0 + 0.2 * len(frame),
        columns=2 if ranked else 1,
        sharey=True,
        squeeze=False,
        width_ratios=(3, 2) if ranked else None,
    )
    left = panels[0, 0]
    y = _rows(left, _with_n(frame["short_name"], frame["n"]))
    left.tick_params(axis="y", labelsize="small")
    _interval_rows(left, y, frame["score"], frame["low"], frame["high"], MAIN, "o")
    left.set_xlabel(score_label)
    if national is not None:
        _label_line(left, national, f"national mean {_signed(national, 2)}")
    if ranked:
        right = panels[0, 1]
        _interval_rows(right, y, frame["rank"], frame["rank_low"], frame["rank_high"], ACCENT, "D")
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
) -> None:
    """A dot and its interval in every row."""
    _light_grid(axes)
    axes.hlines(y, low, high, color=color, linewidth=1.6)
    axes.plot(value, y, marker, color=color, markersize=4.5, markeredgecolor="white")
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
    _need(values, "ics_code", "short_name", "value")
    _need(tiles, "ics_code", "tile_row", "tile_column")
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
    bar = figure.colorbar(
        mpl.cm.ScalarMappable(scale, _SEQUENTIAL), ax=axes, location="bottom", shrink=0.5, aspect=30
    )
    bar.set_label(value_label)
    bar.outline.set_visible(False)
    return figure


def _tile(axes: Axes, tile: Any, fill: tuple[float, ...], digits: int) -> None:
    x, y = tile.tile_column, tile.tile_row
    axes.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, facecolor=fill, edgecolor=QUIET,
                             linewidth=0.5))  # fmt: skip
    ink = "white" if _luminance(fill) < 0.179 else "black"  # at least 4.5 to 1 on any fill
    axes.text(x + 0.5, y + 0.24, _signed(tile.value, digits), ha="center", va="center",
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
        named: how many of the systems furthest from the line to name.
    """
    _need(systems, "short_name", "rural_share", "score", "n")
    _need(line, "rural_share", "fit", "low", "high")
    line = line.sort_values("rural_share")
    x = 100 * line["rural_share"]
    figure, axes = canvas(4.9)
    _light_grid(axes, "both")
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
    _name_furthest(axes, systems, line, named)
    _size_key(axes, systems["n"])
    axes.set_xlabel("Residents in rural areas (%)")
    axes.set_ylabel(score_label)
    figure.legend(loc="outside upper center", ncols=2, fontsize="small")
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
    for _, system in systems.loc[distance.nlargest(count).index].iterrows():
        axes.annotate(
            system["short_name"],
            (100 * system["rural_share"], system["score"]),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
        )


def _size_key(axes: Axes, n: pd.Series) -> None:
    sizes = sorted({int(n.min()), int(n.median()), int(n.max())})
    for size in sizes:
        axes.scatter([], [], s=14 + 9 * size, facecolor="white", edgecolor=INK,
                     label=f"n = {size} provider{'' if size == 1 else 's'}")  # fmt: skip


# Rounds


@style()
def distributions(
    scores: pd.DataFrame, *, score_label: dict[int, str] | str = "Score", seed: int = 1
) -> Figure:
    """Scores by round and care setting: every return, the quartiles, and n.

    Args:
        scores: round, care_setting, score; one row per return. Rounds on different scales
            get axes of their own.
        score_label: title of the axis, one for all rounds or one per round.
        seed: seed of the vertical scatter, which only keeps the points apart.
    """
    _need(scores, "round", "care_setting", "score")
    rounds = sorted(scores["round"].unique())
    present = set(scores["care_setting"])
    settings = [s for s in SETTING_NAMES if s in present]
    settings += sorted(present - set(settings))
    figure, panels = canvas(
        1.2 + 0.62 * len(settings) * len(rounds), rows=len(rounds), squeeze=False
    )
    rng = np.random.default_rng(seed)
    for axes, year in zip(panels[:, 0], rounds, strict=True):
        of_round = scores[scores["round"] == year]
        here = [s for s in settings if s in set(of_round["care_setting"])]
        groups = [of_round.loc[of_round["care_setting"] == s, "score"] for s in here]
        labels = [
            f"{setting_name(s)}\nn = {len(group)}" for s, group in zip(here, groups, strict=True)
        ]
        for y, setting, group in zip(_rows(axes, labels), here, groups, strict=True):
            _distribution_row(axes, y, group, settings.index(setting), rng)
        axes.set_title(str(year), loc="left", fontweight="bold")
        axes.set_xlabel(score_label if isinstance(score_label, str) else score_label[year])
        _light_grid(axes)
    _share_scale(panels[:, 0])
    return figure


def _share_scale(panels: Sequence[Axes]) -> None:
    """The same limits for every panel whose axis has the same title."""
    for label in {axes.get_xlabel() for axes in panels}:
        alike = [axes for axes in panels if axes.get_xlabel() == label]
        low = min(axes.get_xlim()[0] for axes in alike)
        high = max(axes.get_xlim()[1] for axes in alike)
        for axes in alike:
            axes.set_xlim(low, high)


def _distribution_row(
    axes: Axes, y: float, scores: pd.Series, order: int, rng: np.random.Generator
) -> None:
    color, marker = PALETTE[order % len(PALETTE)], MARKERS[order % len(MARKERS)]
    axes.plot(scores, y + rng.uniform(-0.22, 0.22, len(scores)), marker, color=color,
              markersize=3, alpha=0.45, markeredgewidth=0)  # fmt: skip
    low, middle, high = np.quantile(scores, [0.25, 0.5, 0.75])
    axes.hlines(y, low, high, color=INK, linewidth=3)
    axes.plot(middle, y, "o", color="white", markeredgecolor=INK, markersize=7, markeredgewidth=1.6)
    axes.annotate(_signed(middle, 1), (middle, y + 0.3), ha="center", va="bottom", fontsize="small")


@style()
def paired_change(
    pairs: pd.DataFrame, *, names: tuple[str, str], score_label: str = "Score (1 to 5)"
) -> Figure:
    """Each unit's two scores joined by a line, and the two means.

    Args:
        pairs: first, second; one row per unit assessed twice on one scale.
        names: what the two are, such as ("2024", "2025").
        score_label: title of the axis, with the scale.
    """
    _need(pairs, "first", "second")
    figure, axes = canvas(4.4, width=5.4)
    rose = pairs["second"] > pairs["first"]
    for chosen, dashes in ((rose, "-"), (~rose, (0, (3, 2)))):
        lines = pairs.loc[chosen, ["first", "second"]].to_numpy().T
        axes.plot([0, 1], lines, color=QUIET, alpha=0.3, linewidth=0.8, linestyle=dashes)
    means = pairs[["first", "second"]].mean()
    axes.plot([0, 1], means, "-o", color=ACCENT, linewidth=3, markersize=8, markeredgecolor="white")
    for x, value, side in ((0, means["first"], "right"), (1, means["second"], "left")):
        axes.annotate(f"mean {value:.2f}", (x, value), xytext=(-9 if x == 0 else 9, 0),
                      textcoords="offset points", ha=side, va="center", color=ACCENT,
                      fontweight="bold")  # fmt: skip
    axes.set_xticks([0, 1], [f"{name}\nn = {len(pairs)}" for name in names])
    axes.set_xlim(-0.5, 1.5)
    axes.set_ylabel(score_label)
    axes.set_title(f"solid lines: {int(rose.sum())} rose; dashed: {int((~rose).sum())} did not",
                   fontsize="small", color=QUIET)  # fmt: skip
    _light_grid(axes, "y")
    return figure


@style()
def bland_altman(
    pairs: pd.DataFrame, *, names: tuple[str, str], unit: str = "points", digits: int = 2
) -> Figure:
    """Difference against mean of two scores, with mean difference and limits of agreement.

    Args:
        pairs: first, second; one row per unit assessed twice on one scale.
        names: what the two are, such as ("self-assessed", "moderated").
        unit: unit of the scores.
        digits: decimals printed.
    """
    _need(pairs, "first", "second")
    middle = pairs[["first", "second"]].mean(axis=1)
    change = pairs["second"] - pairs["first"]
    mean, spread = change.mean(), change.std(ddof=1)
    figure, axes = canvas(4.2)
    _light_grid(axes, "both")
    axes.plot(middle, change, "o", color=MAIN, alpha=0.55, markersize=5, markeredgecolor="white")
    axes.axhline(0, color=QUIET, linewidth=1)
    for value, words, dashes in (
        (mean, "mean difference", "-"),
        (mean + 1.96 * spread, "upper limit of agreement", (0, (4, 3))),
        (mean - 1.96 * spread, "lower limit of agreement", (0, (4, 3))),
    ):
        axes.axhline(value, color=ACCENT, linewidth=1.4, linestyle=dashes)
        axes.annotate(f"{words} {_signed(value, digits)}", (1, value), xytext=(-2, 3),
                      xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
                      color=ACCENT, fontsize="small", bbox=_BACKING)  # fmt: skip
    axes.set_xlabel(f"Mean of {names[0]} and {names[1]} ({unit}), n = {len(pairs)}")
    axes.set_ylabel(f"{names[1]} minus {names[0]} ({unit})")
    return figure


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
    _need(rules, "label", "mean", "n")
    figure, axes = canvas(1.3 + 0.42 * len(rules))
    y = _rows(axes, _with_n(rules["label"], rules["n"]))
    _light_grid(axes)
    low, high = rules["mean"].min(), rules["mean"].max()
    axes.axvspan(low, high, color=MAIN, alpha=0.1, linewidth=0)
    words = f"bracket: {_signed(low, digits)} to {_signed(high, digits)}"
    axes.annotate(words, ((low + high) / 2, -0.5), ha="center", va="center", color=MAIN,
                  fontsize="small", bbox=_BACKING, zorder=5)  # fmt: skip
    if {"low", "high"} <= set(rules):
        axes.hlines(y, rules["low"], rules["high"], color=MAIN, linewidth=1.6)
    axes.plot(rules["mean"], y, "o", color=MAIN, markersize=7, markeredgecolor="white")
    for value, row in zip(rules["mean"], y, strict=True):
        axes.annotate(_signed(value, digits), (value, row), xytext=(0, 6),
                      textcoords="offset points", ha="center", fontsize="small")  # fmt: skip
    _label_line(axes, later, f"{later_label} {_signed(later, digits)}", color=ACCENT)
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
    _need(grid, "x", "y", "shift")
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
                          bbox=_BACKING)  # fmt: skip
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.set_title(f"lines: {shift_label}", fontsize="small", color=QUIET)
    return figure


# Estimates


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
    _need(estimates, "label", "estimate", "low", "high", "n")
    figure, axes = canvas(1.2 + 0.34 * len(estimates))
    y = _rows(axes, [str(label) for label in estimates["label"]])
    _light_grid(axes)
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
    low, high = _signed(estimate.low, digits), _signed(estimate.high, digits)
    return f"{_signed(estimate.estimate, digits)} ({low} to {high}), n = {estimate.n:,}"
