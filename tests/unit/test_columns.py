"""Columns of the report's tables: declared once, for the tables that the notebooks show."""

import ast
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from ics_maturity import columns
from ics_maturity.tables import Column, TableError, build


def calls(root: Path) -> Iterator[ast.Call]:
    """Every call in a notebook that shows a table."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                for node in ast.walk(ast.parse(cell.source)):
                    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                    if is_call and ast.unparse(node.func) == "page.table":
                        yield node


def name_of(call: ast.Call) -> str:
    """The table's name; 2025 stands for a year filled in."""
    name = call.args[1]
    if isinstance(name, ast.Constant):
        return str(name.value)
    assert isinstance(name, ast.JoinedStr)
    parts = ast.iter_child_nodes(name)
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "2025" for p in parts)


def brings_its_columns(call: ast.Call) -> bool:
    """Whether a call gives columns of its own that do not start from the declared ones."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "columns"]
    called = {n.func.id for v in given for n in ast.walk(v)
              if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}  # fmt: skip
    return bool(given) and "of" not in called


def test_a_table_is_known_with_and_without_its_year() -> None:
    plain = columns.of("like_for_like")
    assert columns.of("like_for_like_2025") is plain
    assert columns.of("like_for_like_2024") is plain


@pytest.mark.parametrize("name", ["nothing", "like_for_like_25", "like_for_like_2025_again"])
def test_an_undeclared_table_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(TableError, match=rf"{name}\b.*declared in columns"):
        columns.of(name)


def test_every_table_of_the_notebooks_is_declared_and_no_other(root: Path) -> None:
    shown = list(calls(root))
    assert len(shown) > 20
    lacking = [c for c in shown if not brings_its_columns(c)]
    used = {name for call in lacking for name in (name_of(call), name_of(call).split("_2025")[0])}
    for call in lacking:
        assert columns.of(name_of(call)), name_of(call)
    assert set(columns.DECLARED) - used == set()


def test_every_column_says_what_it_is_called_and_means() -> None:
    for table, declared in columns.DECLARED.items():
        for name, column in declared.items():
            assert column.label.strip(), (table, name)
            assert column.meaning.strip(), (table, name)


def test_every_declaration_makes_a_table() -> None:
    """One row of 0.25 in every column that declares how fractions are printed."""
    for name, declared in columns.DECLARED.items():
        frame = pd.DataFrame(
            {key: [0.25] if _fraction(column) else ["x"] for key, column in declared.items()}
        )
        table = build(frame, name, caption="A caption", columns=declared, notebook="01_test")
        assert table.csv.splitlines()[0] == ",".join(declared)


def _fraction(column: Column) -> bool:
    return column.digits is not None or column.style == "p"


def test_the_brief_repeats_the_ladder_in_its_own_words() -> None:
    ladder = columns.of("claims_ladder")
    for name, column in columns.of("brief_claims").items():
        assert ladder[name] is column
