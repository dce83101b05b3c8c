"""Figures in one style: seaborn on matplotlib, readable in print, in grey and by ear."""

import io
import re

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

DPI = 120
_SHORTEST_ALT = 40
_SLUG = re.compile(r"[a-z][a-z0-9_]*")
_FILLER = re.compile(r"^(figure|image|plot|chart|graph|picture|no description.*)\W*\d*$", re.I)


class FigureError(ValueError):
    """A figure that somebody could not read."""


def check_words(name: str, title: str, alt: str) -> None:
    """Refuse a figure without a title or without a real alternative text.

    Raises:
        FigureError: what is missing.
    """
    if not _SLUG.fullmatch(name):
        raise FigureError(f"'{name}' is not a figure's name: use lower-case letters, digits and _")
    if not title.strip():
        raise FigureError(f"figure {name} needs a title that states what is shown")
    if _FILLER.match(alt.strip()) or len(alt.strip()) < _SHORTEST_ALT:
        raise FigureError(
            f"figure {name} needs an alternative text of at least {_SHORTEST_ALT} characters: "
            "the kind of figure, its axes, and what it shows"
        )
    if alt.strip() == title.strip():
        raise FigureError(f"figure {name}: the alternative text repeats the title")


def png(figure: Figure) -> bytes:
    """The figure as PNG, the same bytes for the same content; the figure is closed."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor="white", metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()
