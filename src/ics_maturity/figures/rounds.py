"""Figures of rounds: distributions, and the same units assessed twice."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ics_maturity.figures.base import (
    ACCENT,
    BACKING,
    INK,
    MAIN,
    MARKERS,
    PALETTE,
    QUIET,
    SETTING_NAMES,
    canvas,
    light_grid,
    need,
    rows_of,
    setting_name,
    signed,
    style,
)


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
    need(scores, "round", "care_setting", "score")
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
        for y, setting, group in zip(rows_of(axes, labels), here, groups, strict=True):
            _distribution_row(axes, y, group, settings.index(setting), rng)
        axes.set_title(str(year), loc="left", fontweight="bold")
        axes.set_xlabel(score_label if isinstance(score_label, str) else score_label[year])
        light_grid(axes)
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
    axes.annotate(signed(middle, 1), (middle, y + 0.3), ha="center", va="bottom", fontsize="small")


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
    need(pairs, "first", "second")
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
    light_grid(axes, "y")
    return figure


@style()
def bland_altman(
    pairs: pd.DataFrame, *, names: tuple[str, str], unit: str = "points", digits: int = 2
) -> Figure:
    """Difference against mean of two scores, with mean difference and limits of agreement.

    The limits are 1.96 standard deviations of the difference to both sides of its mean: Bland and
    Altman (1986), Lancet 327, 307-310.

    Args:
        pairs: first, second; one row per unit assessed twice on one scale.
        names: what the two are, such as ("self-assessed", "moderated").
        unit: unit of the scores.
        digits: decimals printed.
    """
    need(pairs, "first", "second")
    middle = pairs[["first", "second"]].mean(axis=1)
    change = pairs["second"] - pairs["first"]
    mean, spread = change.mean(), change.std(ddof=1)
    figure, axes = canvas(4.2)
    light_grid(axes, "both")
    axes.plot(middle, change, "o", color=MAIN, alpha=0.55, markersize=5, markeredgecolor="white")
    axes.axhline(0, color=QUIET, linewidth=1)
    for value, words, dashes in (
        (mean, "mean difference", "-"),
        (mean + 1.96 * spread, "upper limit of agreement", (0, (4, 3))),
        (mean - 1.96 * spread, "lower limit of agreement", (0, (4, 3))),
    ):
        axes.axhline(value, color=ACCENT, linewidth=1.4, linestyle=dashes)
        axes.annotate(f"{words} {signed(value, digits)}", (1, value), xytext=(-2, 3),
                      xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
                      color=ACCENT, fontsize="small", bbox=BACKING)  # fmt: skip
    axes.set_xlabel(f"Mean of {names[0]} and {names[1]} ({unit}), n = {len(pairs)}")
    axes.set_ylabel(f"{names[1]} minus {names[0]} ({unit})")
    return figure
