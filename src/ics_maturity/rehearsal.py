"""A rehearsal of what pages do, for the process that their kernels are forked from.

The first figure and the first table of a process take as long as the next ten: libraries load
parts of themselves, read fonts, fill tables of their own. Done once before the fork, that is done
for every page. Nothing is kept but what libraries keep for themselves.
"""

import io

import pandas as pd

from ics_maturity import figures, tables


def rehearse() -> None:
    """Read a file, group it, draw it and write it as a table; throw everything away."""
    read = pd.read_csv(io.StringIO("system,score\nA,1.5\nA,2\nB,\n"))
    frame = read.groupby("system", as_index=False)["score"].mean()
    with figures.style():
        canvas, axes = figures.canvas(1)
        axes.errorbar(frame["score"], frame.index, xerr=0.1, fmt="o", label="score")
        axes.set_yticks(frame.index, frame["system"])
        axes.set_xlabel("Score")
        axes.legend()
    figures.svg(canvas)
    columns = {
        "system": tables.Column("System", "what is scored"),
        "score": tables.Column("Score", "its mean", unit="points", digits=2),
    }
    tables.build(frame, "rehearsal", caption="A rehearsal", columns=columns)
