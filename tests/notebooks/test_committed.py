"""The committed notebooks keep the form that readers, papermill and nbval rely on."""

import re
from pathlib import Path

import nbformat
import pytest

from ics_maturity.lint import lint_findings
from ics_maturity.report.parameters import check_cell
from ics_maturity.report.plan import load_plan

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
TAGS = {"parameters", "findings", "nbval-check-output", "appendix"}
HEAD = ("**Answers.**", "**Is not.**", "**Needs.**", "**Writes.**", "**Takes.**")
# Cells whose printed output nbval compares. Raise a number when cells are added; a lower one
# means that outputs were cleared or tags lost.
CHECKED_CELLS = {
    "01_clean_returns": 6,
    "02_describe_rounds": 5,
    "03_model_mix_and_rurality": 8,
    "04_test_peer_review": 6,
    "05_target_support": 10,
    "06_check_published_claims": 5,
    "07_stress_test": 12,
    "08_profile_ics": 9,
    "09_brief": 3,
}

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def load(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_lines(cell: nbformat.NotebookNode) -> list[str]:
    """Lines of code: neither blank nor comment, prose templates counted as one line."""
    source = re.sub(r'"""(.|\n)*?"""', '""', cell.source)
    return [line for line in source.splitlines() if line.strip() and line.lstrip()[0] != "#"]


def test_every_notebook_is_listed_here(path: Path) -> None:
    assert path.stem in CHECKED_CELLS


def test_head_says_what_the_notebook_answers(path: Path) -> None:
    cells = load(path).cells
    assert cells[0].cell_type == "markdown"
    title = cells[0].source.splitlines()[0]
    assert re.fullmatch(r"# .+\?", title), "the title is a question"
    assert [part for part in HEAD if part not in cells[0].source] == []


def test_one_parameters_cell_before_anything_else(path: Path) -> None:
    code = [cell for cell in load(path).cells if cell.cell_type == "code"]
    tagged = [i for i, cell in enumerate(code) if "parameters" in cell.metadata.get("tags", [])]
    assert tagged == [0]


def test_tags_are_from_the_allowed_list(path: Path) -> None:
    used = {tag for cell in load(path).cells for tag in cell.metadata.get("tags", [])}
    assert used <= TAGS
    assert not any("NBVAL" in cell.source for cell in load(path).cells), "use the tag instead"


def test_cells_and_notebook_are_short(path: Path) -> None:
    code = [cell for cell in load(path).cells if cell.cell_type == "code"]
    long = {i: len(code_lines(cell)) for i, cell in enumerate(code) if len(code_lines(cell)) > 16}
    assert long == {}
    assert sum(len(code_lines(cell)) for cell in code) <= 225


def test_executed_in_order_without_errors(path: Path) -> None:
    code = [cell for cell in load(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {output.output_type for cell in code for output in cell.outputs}
    assert "error" not in kinds
    streams = [o.name for cell in code for o in cell.outputs if o.output_type == "stream"]
    assert "stderr" not in streams, "a warning on a committed page"


def test_enough_outputs_are_compared(path: Path) -> None:
    checked = [
        cell
        for cell in load(path).cells
        if "nbval-check-output" in cell.metadata.get("tags", []) and cell.get("outputs")
    ]
    assert len(checked) >= CHECKED_CELLS[path.stem]


def test_prose_prints_numbers_only_from_named_results(path: Path) -> None:
    assert [str(fault) for fault in lint_findings(load(path))] == []


def test_parameters_are_those_declared(path: Path) -> None:
    planned = load_plan(ROOT)[path.stem[:2]]
    check_cell(planned.notebook, planned.step.parameters)


def test_nothing_of_the_machine_or_the_clock_is_stored(path: Path) -> None:
    notebook = load(path)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert not any("execution" in cell.metadata for cell in notebook.cells)
    text = path.read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert not re.search(r"/(home|Users|root|tmp)/", text)


def test_only_demo_returns_are_stored(path: Path) -> None:
    code = [cell for cell in load(path).cells if cell.cell_type == "code"]
    assert re.search(r'^profile = "demo"$', code[0].source, re.MULTILINE)
