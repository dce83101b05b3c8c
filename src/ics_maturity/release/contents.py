"""The outputs of an executed notebook, reduced to what may leave."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from nbformat import NotebookNode

from ics_maturity import columns as declared
from ics_maturity import tables
from ics_maturity.page import read_table
from ics_maturity.prose import escape_markdown
from ics_maturity.release.rules import Rules, TableRule
from ics_maturity.release.suppression import (
    provider_counts,
    suppressed_systems,
    without_small_rows,
)
from ics_maturity.results import Result, Results

_YEAR = re.compile(r"_(20\d\d)$")
_WITHHELD = "Withheld in this release of aggregates: "


@dataclass
class Sieve:
    """Lets through what may leave, and remembers which files go with it.

    ``processed``: the profile's processed folder. ``returns``: its tidy returns. ``least``: fewest
    units behind a number. ``files``: by place (``tables/NAME``), the CSV and its dictionary,
    filled while notebooks pass through.
    """

    rules: Rules
    processed: Path
    returns: pd.DataFrame
    least: int
    results: Results
    files: dict[str, tuple[str, str]] = field(default_factory=dict)

    def suppressed(self, name: str = "") -> set[str]:
        """Codes of the systems too small to be shown in the table or figure of that name.

        One whose name ends in a year rests on that round; any other may rest on all.
        """
        every = sorted({int(year) for year in self.returns["round"]})
        named = _YEAR.search(name)
        rounds = [int(named[1])] if named else every
        return suppressed_systems(provider_counts(self.returns, rounds), self.least)

    def may_leave(self, result: Result) -> bool:
        """Whether a named result is listed and rests on enough units."""
        enough = result.n is None or result.n == 0 or result.n >= self.least
        return self.rules.result(result.name) and enough

    def notebook(self, executed: NotebookNode) -> NotebookNode:
        """A copy of an executed notebook with only those outputs that may leave."""
        copy = deepcopy(executed)
        for cell in copy.cells:
            if cell.cell_type == "code":
                shown = [self._output(output) for output in cell.outputs]
                cell.outputs = [output for output in shown if output is not None]
        return copy

    def _output(self, output: NotebookNode) -> NotebookNode | None:
        about = output.get("metadata", {}).get("ics_maturity", {})
        match about.get("kind"):
            case "findings":
                return self._findings(output, about)
            case "table":
                return self._table(output, about["name"])
            case "figure":
                return self._figure(output, about["name"])
        return None  # whatever was not shown through Page; figure titles are in their figures

    def _findings(self, output: NotebookNode, about: Mapping[str, Any]) -> NotebookNode:
        used = [self.results.get(name) for name in about.get("uses", [])]
        if "uses" in about and all(result and self.may_leave(result) for result in used):
            return output
        return _note("a finding that rests on what is withheld.")

    def _table(self, output: NotebookNode, name: str) -> NotebookNode:
        rule = self.rules.table(name)
        if rule is None:
            return _note(f"the table {name.replace('_', ' ')}.")
        frame = read_table(self.processed / "tables", name)
        kept = self._kept(frame, rule, name)
        caption, notebook = self._title("tables", name)
        if kept.shape == frame.shape:
            self._keep("tables", name)
            return output
        columns = {key: column for key, column in declared.of(name).items() if key in kept}
        left = len(frame) - len(kept)
        note = f"Small groups, and those that would give them away, are left out ({left} rows)."
        table = tables.build(
            kept.reset_index(drop=True),
            name,
            caption=caption,
            columns=columns,
            note=note if left else "",
            notebook=notebook,
        )
        self.files[f"tables/{name}"] = (table.csv, table.dictionary)
        shown = deepcopy(output)
        shown.data = nbformat.from_dict({"text/html": table.html, "text/plain": table.text})
        return shown

    def _kept(self, frame: pd.DataFrame, rule: TableRule, name: str) -> pd.DataFrame:
        kept = frame
        if rule.system:
            kept = kept[~kept[rule.system].isin(self.suppressed(name))]
        if rule.count:
            kept = without_small_rows(kept, rule.count, self.least)
        return kept[list(rule.columns)] if rule.columns else kept

    def _figure(self, output: NotebookNode, name: str) -> NotebookNode:
        if not self.rules.figure(name, bool(self.suppressed(name))):
            return _note(f"the figure {name.replace('_', ' ')}.")
        self._keep("figures", name)
        return output

    def _title(self, kind: str, name: str) -> tuple[str, str]:
        schema = json.loads((self.processed / kind / f"{name}.schema.json").read_text("utf-8"))
        return schema["title"], schema["notebook"]

    def _keep(self, kind: str, name: str) -> None:
        stem = self.processed / kind / name
        self.files[f"{kind}/{name}"] = (
            stem.with_name(f"{name}.csv").read_text(encoding="utf-8"),
            stem.with_name(f"{name}.schema.json").read_text(encoding="utf-8"),
        )


def _note(what: str) -> NotebookNode:
    text = _WITHHELD + what
    return nbformat.v4.new_output(
        "display_data",
        {"text/markdown": f"*{escape_markdown(text)}*", "text/plain": text},
        metadata={"ics_maturity": {"kind": "findings", "key": ""}},
    )
