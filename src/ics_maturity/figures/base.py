"""The one style of all figures: colours, sizes, words, and the SVG."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

from ics_maturity.prose import MINUS

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
BACKING = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}

_SHORTEST_ALT = 40
_SLUG = re.compile(r"[a-z][a-z0-9_]*")
_NAME = re.compile(r"\b[hmp][0-9a-f]{10}\b")
_PLACE = re.compile(r"\d{2,}\.\d{3,}")  # not a scale, which is small and multiplies
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_FILLER = re.compile(r"(figure|image|plot|chart|graph|picture|no description.*)\W*\d*", re.I)


class FigureError(ValueError):
    """A figure that somebody could not read."""


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
        "svg.fonttype": "path",  # letters are drawn, so that they look the same everywhere
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
def svg(figure: Figure) -> str:
    """The figure as one line of SVG: sharp at every size, the same text for the same content."""
    figure.set(facecolor="white")
    file = io.StringIO()
    FigureCanvasSVG(figure).print_svg(file, metadata=_NO_METADATA)
    drawn = file.getvalue()
    # Without the head of an XML file, which names an address; line breaks mean nothing here.
    return _alike_everywhere(" ".join(drawn[drawn.index("<svg") :].split()))


def _alike_everywhere(drawn: str) -> str:
    """Places to a hundredth of a point, and parts named in their order.

    Last digits differ between processors, and matplotlib names parts by a hash of all digits.
    """
    names: dict[str, str] = {}
    drawn = _NAME.sub(lambda name: names.setdefault(name[0], f"{name[0][0]}{len(names)}"), drawn)
    return _PLACE.sub(lambda place: f"{float(place[0]):.2f}", drawn)


# Parts that figures share


def setting_name(slug: str) -> str:
    """The care setting as a reader knows it."""
    return SETTING_NAMES.get(slug, slug.replace("_", " ").capitalize())


def need(frame: pd.DataFrame, *columns: str) -> None:
    missing = [column for column in columns if column not in frame]
    if missing:
        raise FigureError(f"the figure's frame lacks the columns {', '.join(missing)}")
    if frame.empty:
        raise FigureError("the figure's frame has no rows")


def label_line(axes: Axes, x: float, text: str, *, color: str = QUIET) -> None:
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


def light_grid(axes: Axes, axis: Literal["x", "y", "both"] = "x") -> None:
    axes.grid(axis=axis, color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def rows_of(axes: Axes, labels: Sequence[str]) -> np.ndarray:
    """Named rows from top to bottom; returns their positions."""
    positions = np.arange(len(labels))[::-1]
    axes.set_yticks(positions, labels)
    axes.set_ylim(-0.7, len(labels) - 0.3)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return positions


def with_n(names: Iterable[str], counts: Iterable[int]) -> list[str]:
    return [f"{name} (n = {count:,})" for name, count in zip(names, counts, strict=True)]


def signed(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", MINUS)
