"""A small executed notebook with everything a page may hold, for the tests of the report."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from nbformat import NotebookNode, v4

from ics_maturity import figures, page
from ics_maturity.page import Column, Page
from ics_maturity.report.context import PageContext, PageLink

HASH = "3f2a" * 16
PAGES = (
    PageLink("02", "02_describe_rounds", "What do the rounds say?", "02_describe_rounds.demo.html"),
    PageLink("03", "03_sample", "Does provider mix matter?", "03_sample.demo.html"),
    PageLink("09", "09_brief", "What can be said?", "09_brief.demo.html"),
)


def context(**changes: Any) -> PageContext:
    """The context of the sample page in an invented demo report."""
    settings: dict[str, Any] = {
        "profile": "demo",
        "label": "Demo data",
        "banner": "Demo data: invented returns of invented organisations. Nothing here is real.",
        "file_suffix": ".demo",
        "page": PAGES[1],
        "pages": PAGES,
        "provenance": {
            "profile": "demo",
            "page": "03_sample",
            "parameters": {"profile": "demo", "seed": 20160401},
            "notebooks": [{"slug": "03_sample", "sha256": HASH, "parameters": {}}],
            "inputs": [{"id": "demo_2016", "path": "demo/returns_2016.csv", "sha256": HASH}],
            "package": {"version": "0.1.0", "sha256": HASH},
            "lock_sha256": HASH,
            "python": "3.11",
            "commit": "0123456789abcdef",
        },
    }
    return PageContext(**(settings | changes))


class Recorder:
    """Stands in for the kernel: keeps what a page displays as a cell's outputs."""

    def __init__(self) -> None:
        self.outputs: list[NotebookNode] = []

    def __call__(self, bundle: dict[str, str], metadata: dict[str, Any], raw: bool) -> None:
        self.outputs.append(v4.new_output("display_data", data=bundle, metadata=metadata))


class Sheet:
    """A notebook in the making, executed as it is written."""

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.notebook = v4.new_notebook()
        self._recorder = Recorder()
        monkeypatch.setattr(page, "display", self._recorder)
        self.page = Page("03_sample", profile="demo", seed=1, folder=folder)

    def words(self, text: str) -> None:
        self.notebook.cells.append(v4.new_markdown_cell(text))

    def code(self, source: str, run: Callable[[], None], tags: tuple[str, ...] = ()) -> None:
        self._recorder.outputs = []
        run()
        cell = v4.new_code_cell(source, outputs=self._recorder.outputs, execution_count=7)
        cell.metadata["tags"] = list(tags)
        self.notebook.cells.append(cell)


def scores(names: list[str], seed: int = 1) -> pd.DataFrame:
    """Invented scores of one system per name."""
    rng = np.random.default_rng(seed)
    n = len(names)
    frame = pd.DataFrame({"ics_name": names, "providers": rng.integers(2, 12, n)})
    frame["crude"] = 2.5 + rng.normal(0, 0.3, n)
    frame["standardised"] = frame["crude"] + rng.normal(0, 0.1, n)
    frame["rural_share"] = rng.beta(1, 4, n)
    frame["p"] = rng.uniform(0, 1, n)
    return frame


COLUMNS = {
    "ics_name": Column("System", "Name of the Integrated Care System"),
    "providers": Column("Providers", "Providers with a return", "n"),
    "crude": Column("Crude", "Mean of its providers", "1 to 5", digits=2, group="Score"),
    "standardised": Column("Like for like", "At the national mix", "1 to 5", 2, group="Score"),
    "rural_share": Column("Rural share", "Residents in rural areas", digits=0, style="percent"),
    "p": Column("p", "Permutation p-value", style="p"),
}


def sample(folder: Path, monkeypatch: Any, names: list[str] | None = None) -> NotebookNode:
    """The sample notebook; ``names`` are its systems' names, ordinary by default."""
    names = names or [f"System {letter}" for letter in "ABCDEFGHIJKL"]
    sheet = Sheet(folder, monkeypatch)
    frame = scores(names)
    sheet.words(
        "# Does provider mix matter?\n\nWhat an ICS scores depends on which providers it has. "
        "This page estimates by how much, from returns of one round.\n\n"
        "* **Needs**: notebook 01\n* **Runs**: a few seconds\n\n"
        "It follows the [Analysis Function's advice](https://analysisfunction.civilservice.gov.uk)."
    )
    sheet.code('profile = "demo"\nseed = 1  # a comment', lambda: None, ("parameters",))
    sheet.words("## Systems' scores\n\nEach care setting answers its own questions.")
    sheet.code(
        'page.result("mix.tau2", tau2, low=0.01, high=0.21, n=204)',
        lambda: sheet.page.result("mix.tau2", 0.123, unit="points squared", low=-0.01, high=0.21,
                                  n=204, method="REML") and None,
    )  # fmt: skip
    sheet.code(
        'page.result("mix.top", top)',
        lambda: sheet.page.result("mix.top", names[0]) and None,
    )
    sheet.code(
        'page.findings("...")',
        lambda: sheet.page.findings(
            "Between systems the variance is **{mix.tau2:ci2dp}**, REML, n = {mix.tau2:n}; "
            "highest is {mix.top}."
        ),
    )
    sheet.code(
        'page.table(frame, "scores", caption="...", columns=columns)',
        lambda: sheet.page.table(
            frame, "scores", caption=f"Scores of systems in 2025, from {names[0]}",
            columns=COLUMNS, note=f"Ordered as published, from {names[0]}.",
        ),
    )  # fmt: skip
    sheet.words("### A longer table")
    sheet.code(
        'page.table(frame, "long_scores", caption="...", columns=columns)',
        lambda: sheet.page.table(
            scores([f"{names[i % len(names)]} {i}" for i in range(80)]), "long_scores",
            caption="Scores of many systems", columns=COLUMNS,
        ),
    )  # fmt: skip
    sheet.words("## Rurality")
    drawn = frame.assign(
        short_name=frame["ics_name"], score=frame["crude"], n=frame["providers"],
        low=frame["crude"] - 0.2, high=frame["crude"] + 0.2,
    )  # fmt: skip
    line = pd.DataFrame({"rural_share": [0.0, 0.6], "fit": [2.6, 2.4], "low": [2.4, 1.9],
                         "high": [2.8, 2.9]})  # fmt: skip
    for name, figure in (
        ("rural_scatter", figures.rural_scatter(drawn, line, detectable=0.5)),
        ("caterpillar", figures.caterpillar(drawn, national=2.5)),
    ):
        sheet.code(
            f'page.figure(figure, "{name}", title="...", alt="...", data=frame)',
            lambda name=name, figure=figure: sheet.page.figure(
                figure, name, title=f"Scores and rural share of {names[0]} and others, 2025",
                alt=f"Scatter of systems' scores from {names[0]} on, with a line that falls gently",
                data=frame, note="One mark is one system.",
            ),
        )  # fmt: skip
    sheet.words("## Checked text\n\nPlain output stays text.")
    sheet.code("print(frame)", lambda: None)
    sheet.notebook.cells[-1].outputs = [
        v4.new_output("stream", name="stdout", text=frame.head(3).round(2).to_string()),
        v4.new_output("execute_result", data={"text/html": frame.head(2).to_html(),
                                              "text/plain": "x"}, execution_count=3),
    ]  # fmt: skip
    sheet.page.close()
    return sheet.notebook
