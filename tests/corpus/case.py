"""What a case of bad input is, and what may come of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ics_maturity.instruments import load
from return_files import (
    GRIDS,
    Book,
    Grid,
    column,
    question_key,
    results_workbook,
    write_book,
    write_csv,
)

PROFILE, OWN = "profile.yaml", "own returns"
TEMPLATE_XLSX = "template (xlsx)"
LAYOUTS = (
    "dma_2016_answers", "dma_2016_published_scores", "dma_2017_scores", "question_key",
    "dma_workbook", "template", TEMPLATE_XLSX,
)  # fmt: skip
WORKBOOKS = ("question_key", "dma_workbook", TEMPLATE_XLSX)
PILLARS, OVERALL = "SC - 2025 Pillar Summary", "SC - 24 vs 25 Overall DMA"
FIRST = 4  # first row of returns in the workbook's sheets (0-based); its header is one above
WORDING = load("dma_2016").items[0].wording
WORDING_2017 = load("dma_2017").items[0].wording

Spoil = Callable[[Grid], object]
Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Refused:
    """The first problem of the one error: parts that its fields must hold.

    ``row`` and ``sheet`` must be equal, ``column`` begins the problem's, the others are in it.
    """

    expected: str
    fix: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class Logged:
    """An entry in the quality log, and what becomes of the scores.

    ``scores``: the same as without the fault; some set aside and the others the same; or used as
    the file gives them.
    """

    kind: str
    severity: Literal["note", "warning", "quarantined"]
    scores: Literal["the same", "set aside", "as given"] = "the same"


@dataclass(frozen=True)
class Read:
    """Read like the valid file: the fault changes nothing and there is nothing to say."""


@dataclass(frozen=True)
class Case:
    """One fault in one valid file; ``make`` writes the faulty file into a folder."""

    family: str
    layout: str
    name: str
    make: Make
    outcome: Refused | Logged | Read
    slow: bool = False

    @property
    def id(self) -> str:
        return f"{self.layout}: {self.name}"


# Ways to spoil a grid


def put(row: int, heading: str, value: object, header: int = 0) -> Spoil:
    """Overwrite the cell under a heading."""

    def spoil(grid: Grid) -> None:
        grid[row][column(grid, heading, header)] = value

    return spoil


def put_beside(row: int, wording: str, value: object, offset: int) -> Spoil:
    """Overwrite a cell of a question: the headed column (0) or its neighbour (1)."""

    def spoil(grid: Grid) -> None:
        grid[row][column(grid, wording) + offset] = value

    return spoil


def rename(old: str, new: str, header: int = 0) -> Spoil:
    return put(header, old, new, header)


def drop(heading: str, header: int = 0) -> Spoil:
    """Remove a column, heading and cells."""

    def spoil(grid: Grid) -> None:
        at = column(grid, heading, header)
        for row in grid[header:]:
            del row[at : at + 1]

    return spoil


def twice(heading: str, header: int = 0) -> Spoil:
    """Repeat a column at the end, heading and cells."""

    def spoil(grid: Grid) -> None:
        at = column(grid, heading, header)
        width = max(len(row) for row in grid[header:])
        for row in grid[header:]:
            row.extend([""] * (width - len(row)))
            row.append(row[at])

    return spoil


def to_the_end(heading: str, header: int = 0) -> Spoil:
    """Move a column to the end."""

    def spoil(grid: Grid) -> None:
        at = column(grid, heading, header)
        width = max(len(row) for row in grid[header:])
        for row in grid[header:]:
            row.extend([""] * (width - len(row)))
            row.append(row.pop(at))

    return spoil


def swap(first: str, second: str, header: int = 0) -> Spoil:
    """Exchange two headings, so that each stands over the other's cells."""

    def spoil(grid: Grid) -> None:
        one, other = column(grid, first, header), column(grid, second, header)
        top = grid[header]
        top[one], top[other] = top[other], top[one]

    return spoil


def shift(row: int) -> Spoil:
    """Push a row one cell to the right."""
    return lambda grid: grid[row].insert(0, "")


def repeat(row: int, **changed: object) -> Spoil:
    """Add a row again at the end, with other values under some headings of the first row."""

    def spoil(grid: Grid) -> None:
        again = list(grid[row])
        for heading, value in changed.items():
            again[column(grid, heading)] = value
        grid.append(again)

    return spoil


def insert(row: int, *cells: object) -> Spoil:
    """Insert a row; a short one is filled up with empty cells."""
    return lambda grid: grid.insert(row, [*cells, *[""] * (len(grid[0]) - len(cells))])


# From a spoilt grid to a file


def valid(layout: str) -> Book:
    """The sheets of a valid file; a CSV has one, without a name."""
    if layout == "dma_workbook":
        return results_workbook()
    if layout == "question_key":
        return {"Sheet1": question_key()}
    if layout == TEMPLATE_XLSX:
        return {"returns": GRIDS["template"]()}
    return {"": GRIDS[layout]()}


def write(folder: Path, layout: str, book: Book, hidden: Iterable[str] = ()) -> Path:
    if layout in WORKBOOKS:
        return write_book(folder / "returns.xlsx", book, hidden)
    return write_csv(folder / "returns.csv", book[""])


def spoilt(layout: str, *spoils: Spoil, sheets: Iterable[str] = ()) -> Make:
    """A file of that layout with its first table (or the sheets named) spoilt."""
    usual = {"dma_workbook": PILLARS, "question_key": "Sheet1", TEMPLATE_XLSX: "returns"}

    def make(folder: Path) -> Path:
        book = valid(layout)
        for name in list(sheets) or [usual.get(layout, "")]:
            for spoil in spoils:
                spoil(book[name])
        return write(folder, layout, book)

    return make


def spoilt_book(layout: str, spoil: Callable[[Book], object], hidden: Iterable[str] = ()) -> Make:
    """A workbook with its sheets spoilt as a whole."""

    def make(folder: Path) -> Path:
        book = valid(layout)
        spoil(book)
        return write(folder, layout, book, hidden)

    return make
