"""Read a reference folder: every table whole, every fault named in one error."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.reference_checks import contradictions
from ics_maturity.reference_tables import TABLES, Reference, Table


def load_reference(folder: Path) -> Reference:
    """Read and check every table of a reference folder.

    Args:
        folder: holds one CSV per entry of :data:`reference_tables.TABLES`, in UTF-8.

    Raises:
        InputError: every cell that breaks its column's rule; or, when all cells are sound, every
            contradiction between the tables (an unknown system, weights that do not sum to 1, a
            system without neighbours, two systems on one tile, ...).
    """
    problems: list[Problem] = []
    frames = {name: read_table(folder / f"{name}.csv", table, problems)
              for name, table in TABLES.items()}  # fmt: skip
    if not problems:
        problems = contradictions(Reference(**frames))
    if problems:
        raise InputError(problems)
    return Reference(**frames)


def read_table(path: Path, table: Table, problems: list[Problem]) -> pd.DataFrame:
    """One declared table, typed; what is wrong with it is added to ``problems``."""
    empty = pd.DataFrame(columns=list(table.fields), dtype="str")
    if not path.is_file():
        if table.required:
            problems.append(Problem(f"a CSV table in {path.parent.name}/", file=path.name,
                                    fix="put the table into the folder"))  # fmt: skip
        return _typed(empty, table)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        problems.append(Problem("a CSV table in UTF-8", file=path.name, value=str(error),
                                fix="save the table as CSV (UTF-8)"))  # fmt: skip
        return _typed(empty, table)
    found = _shape_problems(path.name, rows, table)
    if not found:
        frame = pd.DataFrame(rows[1:], columns=list(table.fields), dtype="str")
        found = _cell_problems(path.name, frame, table) or _key_problems(path.name, frame, table)
    problems += found
    return _typed(empty if found else frame, table)


def _shape_problems(file: str, rows: list[list[str]], table: Table) -> list[Problem]:
    """The header as expected, and as many cells in every row."""
    header = list(table.fields)
    if not rows or rows[0] != header:
        return [Problem("the columns " + ", ".join(header), file=file, row=1,
                        value=", ".join(rows[0]) if rows else "an empty file",
                        fix="name the columns so, in this order")]  # fmt: skip
    return [
        Problem(f"{len(header)} cells", file=file, row=at, value=f"{len(row)} cells",
                fix="quote cells that hold a comma; remove blank lines")
        for at, row in enumerate(rows[1:], start=2)
        if len(row) != len(header)
    ]  # fmt: skip


def _cell_problems(file: str, frame: pd.DataFrame, table: Table) -> list[Problem]:
    return [
        Problem(field.expected, file=file, row=int(at) + 2, column=column,
                value=frame[column].iloc[at], fix="correct the cell")
        for column, field in table.fields.items()
        for at in np.flatnonzero(~frame[column].str.fullmatch(field.pattern))
    ]  # fmt: skip


def _key_problems(file: str, frame: pd.DataFrame, table: Table) -> list[Problem]:
    keys = list(table.key)
    return [
        Problem("one row per " + ", ".join(keys), file=file, row=int(at) + 2,
                column=", ".join(keys), value=", ".join(frame[keys].iloc[at]),
                fix="keep one of the rows")
        for at in np.flatnonzero(frame.duplicated(keys))
    ]  # fmt: skip


def _typed(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Text to numbers where the column holds numbers; rows in the order of the key."""
    types = {"string": "str", "integer": "int64", "number": "float64"}
    typed = frame.astype({column: types[field.kind] for column, field in table.fields.items()})
    return typed.sort_values(list(table.key), kind="stable", ignore_index=True)
