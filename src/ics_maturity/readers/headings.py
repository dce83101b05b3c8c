"""Finding columns by their headings, and saying which one is missing or unknown."""

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from openpyxl.utils import get_column_letter

from ics_maturity.errors import Problem
from ics_maturity.instruments.wording import wording_key
from ics_maturity.readers.cells import is_filled, text
from ics_maturity.readers.result import Source


def positions(header: Sequence[object]) -> dict[str, int]:
    """Column index by heading key; of a repeated heading the first."""
    found: dict[str, int] = {}
    for index, cell in enumerate(header):
        if key := wording_key(text(cell)):
            found.setdefault(key, index)
    return found


def heading_problems(
    header: Sequence[object],
    required: Iterable[str],
    source: Source,
    *,
    allowed: Iterable[str] = (),
    sheet: str = "",
    row: int = 1,
) -> list[Problem]:
    """What is wrong with a header: headings missing, unknown, or given twice."""
    required = list(required)
    known = {wording_key(name): name for name in (*required, *allowed)}
    present = [text(cell) for cell in header]
    keys = Counter(wording_key(name) for name in present if name)
    unknown = [name for name in present if name and wording_key(name) not in known]
    place: dict[str, Any] = {"sheet": sheet, "row": row}
    problems = [
        source.problem(
            f"a column headed '{name}'",
            column=name,
            **place,
            fix=_rename_hint(name, unknown),
        )
        for name in required
        if wording_key(name) not in keys
    ]
    problems += [
        source.problem(
            "a heading of this layout",
            column=name,
            value=name,
            **place,
            fix=_known_hint(name, known.values()),
        )
        for name in unknown
    ]
    problems += [
        source.problem(
            "each heading once",
            column=known[key],
            value=f"{count} times",
            **place,
            fix="remove the repeated column",
        )
        for key, count in keys.items()
        if count > 1 and key in known
    ]
    return problems


def log_unheaded(
    header: Sequence[object],
    rows: Iterable[Sequence[object]],
    source: Source,
    *,
    sheet: str = "",
    read: Collection[int] = (),
) -> None:
    """Note the columns that hold values below no heading, and so are not read.

    Args:
        rows: the rows of returns below the header.
        read: positions of columns without a heading that are read none the less.
    """
    unheaded = [at for at, cell in enumerate(header) if not text(cell) and at not in read]
    filled = Counter(
        at
        for row in rows
        for at in (*unheaded, *range(len(header), len(row)))
        if at < len(row) and is_filled(row[at])
    )
    for at, count in sorted(filled.items()):
        source.note(
            "unheaded_column",
            "A column without a heading holds values.",
            sheet=sheet,
            column=get_column_letter(at + 1),
            value=f"{count} cells",
            action="not read",
            severity="quarantined",
            rule="values below an empty heading",
        )


def _rename_hint(missing: str, unknown: Sequence[str]) -> str:
    near = difflib.get_close_matches(missing, unknown, n=1, cutoff=0.6)
    return f"rename the column '{near[0]}'" if near else "add the column"


def _known_hint(unknown: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(unknown, list(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else "remove the column"
