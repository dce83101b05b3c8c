"""Spoilt files of every layout: each gives one clear error, or an entry in the quality log.

Every case starts from a valid file and spoils one thing. Errors must name the file and say what
was expected and how to put it right; cases about cells must name the row and column too.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ics_maturity.errors import InputError
from ics_maturity.instruments import load
from ics_maturity.returns import QualityLog
from return_files import (
    GRIDS,
    ROUNDS,
    Grid,
    column,
    question_key,
    read,
    results_workbook,
    write_book,
    write_csv,
    write_layout,
)

PILLARS = "SC - 2025 Pillar Summary"
OVERALL = "SC - 24 vs 25 Overall DMA"
FIRST = 4  # first row of returns in the workbook's sheets (0-based)
Spoil = Callable[[Grid], object]


@dataclass(frozen=True)
class Case:
    """One way to spoil a grid; ``where`` and ``says`` must be in the error's first problem."""

    name: str
    spoil: Spoil
    says: str = ""
    row: int | None = None
    column: str = ""


def put(row: int, heading: str, value: object, header: int = 0) -> Spoil:
    """Overwrite the cell under a heading."""

    def spoil(grid: Grid) -> None:
        grid[row][column(grid, heading, header)] = value

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


def shift(row: int) -> Spoil:
    """Push a row one cell to the right."""
    return lambda grid: grid[row].insert(0, "")


def repeat(row: int) -> Spoil:
    return lambda grid: grid.append(list(grid[row]))


WORDING = load("dma_2016").items[0].wording
WORDING_2017 = load("dma_2017").items[0].wording


def put_score(row: int, wording: str, value: object, offset: int) -> Spoil:
    """Overwrite a cell of a question: the headed column (0) or its neighbour (1)."""

    def spoil(grid: Grid) -> None:
        grid[row][column(grid, wording) + offset] = value

    return spoil


ERRORS: dict[str, list[Case]] = {
    "dma_2016_answers": [
        Case("missing code column", drop("organisation_id"), "headed 'organisation_id'", 1),
        Case("missing question", drop(WORDING), "headed", 1, WORDING),
        Case("reworded question", rename(WORDING, WORDING + " or not"), "headed", 1, WORDING),
        Case("repeated question", lambda g: [r.append(r[26]) for r in g], "each heading once", 1),
        Case("score off the scale", put_score(1, WORDING, "105", 1), "0 to 100", 2, "28"),
        Case("negative score", put_score(1, WORDING, "-5", 1), "0 to 100", 2),
        Case("word for a score", put_score(2, WORDING, "n/a", 1), "0 to 100", 3),
        Case("infinite score", put_score(2, WORDING, "inf", 1), "0 to 100", 3),
        Case("decimal comma", put_score(2, WORDING, "7,5", 1), "0 to 100", 3),
        Case("percent sign", put_score(2, WORDING, "75%", 1), "0 to 100", 3),
        Case("digits of another script", put_score(2, WORDING, "٧٥", 1), "0 to 100", 3),
        Case("duplicate organisation", repeat(1), "one row per organisation", 5, "organisation_id"),
        Case("no code", put(1, "organisation_id", ""), "organisation code", 2, "organisation_id"),
        Case("code in lower case", put(1, "organisation_id", "raa"), "capital letters", 2),
        Case("code with a look-alike letter", put(1, "organisation_id", "RАA"), "capital", 2),
        Case("no name", put(1, "organisation_name", " "), "name of the organisation", 2),
        Case("name that is a formula", put(1, "organisation_name", "=1+1"), "does not start", None),
        Case("control character in a name", put(1, "organisation_name", "A\x1b[31m"), "printable"),
        Case("row pushed right", shift(2), "cells, as in the header", 3),
        Case("row cut off", lambda g: g[3].__delitem__(slice(50, None)), "cells, as in", 4),
        Case("service neither ticked nor empty", put(1, load("dma_2016").profile[0].heading, "yes"),
             "1 for a service", 2),
        Case("header only", lambda g: g.__delitem__(slice(1, None)), "rows of returns"),
        Case("blank header", lambda g: g.insert(0, [""] * len(g[0])), "a header in row 1"),
    ],
    "dma_2016_published_scores": [
        Case("renamed theme", rename("readiness", "readyness"), "headed 'readiness'", 1),
        Case("unknown column", lambda g: [r.append("1") for r in g], "a heading of this layout", 1),
        Case("score off the scale", put(1, "readiness", "101"), "0 to 100", 2, "readiness"),
        Case("date for a score", put(1, "readiness", "2016-04-01"), "0 to 100", 2, "readiness"),
    ],
    "dma_2017_scores": [
        Case("unknown care setting", put(1, "care_setting", "Acut"), "General, Acute", 2,
             "care_setting"),
        Case("missing care setting column", drop("care_setting"), "headed 'care_setting'", 1),
        Case("duplicate organisation and setting", repeat(2), "one row per organisation", 5),
        Case("published score off the scale", put(1, "leadership", "160"), "0 to 100", 2,
             "leadership"),
        Case("question score off the scale", put_score(1, WORDING_2017, "500", 0), "0 to 100", 2),
        Case("theme missing", drop("capabilities"), "headed 'capabilities'", 1, "capabilities"),
    ],
    "template": [
        Case("missing score column", drop("score"), "headed 'score'", 1, "score"),
        Case("renamed header", rename("construct", "pillar_name"), "headed 'construct'", 1),
        Case("score 6", put(1, "score", "6"), "a score from 1 to 5", 2, "score"),
        Case("score n/a", put(1, "score", "n/a"), "a score from 1 to 5", 2, "score"),
        Case("empty score", put(1, "score", ""), "a score from 1 to 5", 2, "score"),
        Case("NaN word", put(1, "score", "NaN"), "a score from 1 to 5", 2, "score"),
        Case("decimal comma", put(1, "score", "2,5"), "a score from 1 to 5", 2, "score"),
        Case("duplicate row, other score", lambda g: g.append([*g[1][:6], "3", "self"]),
             "one row per provider"),
        Case("unknown setting", put(1, "care_setting", "dental"), "one of all, acute", 2),
        Case("unknown level", put(1, "level", "chapter"), "one of item, section", 2, "level"),
        Case("misspelt pillar", put(1, "construct", "well_lead"), "a pillar of 2023", 2),
        Case("another round", put(1, "round", "2024"), "2023, as", 2, "round"),
        Case("unknown assessor", put(1, "assessed_by", "board"), "self or moderated", 2),
        Case("impossible code", put(1, "provider_code", "R/1"), "letters and digits", 2),
        Case("no name", put(1, "provider_name", ""), "the name of the provider", 2),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("layout", "case"),
    [
        pytest.param(layout, c, id=f"{layout}: {c.name}")
        for layout in ERRORS
        for c in ERRORS[layout]
    ],
)
def test_spoilt_csv_is_refused(layout: str, case: Case, tmp_path: Path) -> None:
    grid = GRIDS[layout]()
    case.spoil(grid)
    check_refused(write_csv(tmp_path / "spoilt.csv", grid), layout, case)


def sheet_of(sheet: str, spoil: Spoil) -> Callable[[dict[str, Grid]], object]:
    return lambda book: spoil(book[sheet])


HEADER = FIRST - 1
WORKBOOK = {
    "no provider sheet": (lambda b: b.pop(PILLARS), "a visible sheet with the columns", None),
    "provider heading renamed": (
        sheet_of(PILLARS, rename("Provider", "Trust", HEADER)), "headed 'Provider'", FIRST),
    "pillar heading renamed": (
        sheet_of(PILLARS, rename("Well Led", "Well Run", HEADER)), "headed 'Well Led'", FIRST),
    "pillar removed": (sheet_of(PILLARS, drop("Safe Practice", HEADER)), "'Safe Practice'", FIRST),
    "both provider headings renamed": (
        sheet_of(OVERALL, lambda g: g[HEADER].__setitem__(slice(3, 5), ["Trust", "Kind"])),
        "a heading of this layout", FIRST),
    "score 6": (sheet_of(PILLARS, put(FIRST, "Well Led", 6, HEADER)), "from 1 to 5", FIRST + 1),
    "score 0": (sheet_of(PILLARS, put(FIRST, "Well Led", 0, HEADER)), "from 1 to 5", FIRST + 1),
    "text score": (sheet_of(PILLARS, put(FIRST, "Well Led", "n/a", HEADER)), "from 1", FIRST + 1),
    "empty score": (sheet_of(PILLARS, put(FIRST, "Well Led", "", HEADER)), "from 1", FIRST + 1),
    "true for a score": (
        sheet_of(PILLARS, put(FIRST, "Well Led", True, HEADER)), "from 1", FIRST + 1),
    "date for a score": (
        sheet_of(PILLARS, put(FIRST, "Well Led", datetime.datetime(2025, 2, 5), HEADER)),
        "from 1 to 5", FIRST + 1),
    "formula without a value": (
        sheet_of(PILLARS, put(FIRST, "Well Led", "=1+1", HEADER)), "from 1 to 5", FIRST + 1),
    "unknown setting": (
        sheet_of(PILLARS, put(FIRST, "Care Setting", "Dental", HEADER)), "one of Acute", FIRST + 1),
    "no provider in a row": (
        sheet_of(PILLARS, put(FIRST, "Provider", "", HEADER)), "no empty cell", FIRST + 1),
    "row pushed right": (sheet_of(PILLARS, shift(FIRST)), "no empty cell", FIRST + 1),
    "last row without scores": (
        sheet_of(PILLARS, lambda g: g[FIRST + 2].__delitem__(slice(5, None))),
        "from 1 to 5",
        FIRST + 3,
    ),
    "duplicate return": (
        sheet_of(PILLARS, lambda g: g.insert(FIRST + 3, list(g[FIRST]))), "one row per provider",
        FIRST + 4),
    "provider in two systems": (
        sheet_of(PILLARS, put(FIRST, "ICS", "NHS OTHER INTEGRATED CARE BOARD", HEADER)),
        "one system and region", None),
    "formula for a name": (
        lambda b: [put(FIRST, "Provider", "@SUM(A1)", HEADER)(b[s]) for s in (PILLARS, OVERALL)],
        "does not start with", None),
    "headings repeated": (
        sheet_of(PILLARS, lambda g: g[HEADER].append("Well Led")), "each heading once", FIRST),
    "no sheet with anything": (lambda b: [g.clear() for g in b.values()], "visible sheet", None),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKBOOK)
def test_spoilt_workbook_is_refused(name: str, tmp_path: Path) -> None:
    spoil, says, row = WORKBOOK[name]
    book = results_workbook()
    spoil(book)
    path = write_book(tmp_path / "spoilt.xlsx", book)
    check_refused(path, "dma_workbook", Case(name, spoil, says, row))


KEY = {
    "row of codes missing": (lambda g: g.pop(0), "a row named 2016_key"),
    "question of another round": (
        put(1, WORDING, "Do you like computers?", 1),
        "a code, each once",
    ),
    "code missing": (lambda g: g[0].__setitem__(1, ""), "a code, each once"),
    "code twice": (lambda g: g[0].__setitem__(2, "x1"), "a code, each once"),
}


@pytest.mark.parametrize("name", KEY)
def test_spoilt_question_key_is_refused(name: str, tmp_path: Path) -> None:
    spoil, says = KEY[name]
    grid = question_key()
    spoil(grid)
    path = write_book(tmp_path / "spoilt.xlsx", {"Sheet1": grid})
    check_refused(path, "question_key", Case(name, spoil, says))


def check_refused(path: Path, layout: str, case: Case) -> None:
    """One error, whose first problem is the one expected, and every problem is complete."""
    with pytest.raises(InputError) as caught:
        read(path, layout)
    problems = caught.value.problems
    assert all(problem.file == path.name for problem in problems)
    assert all(problem.expected for problem in problems)
    assert all(problem.fix for problem in problems)
    first = problems[0]
    assert case.says in first.expected
    assert case.row is None or first.row == case.row
    assert first.column.startswith(case.column)
    assert str(first) in str(caught.value)


def unheaded(grid: Grid) -> None:
    """Add a column that has values but no heading, beside one that takes no neighbour."""
    for number, row in enumerate(grid):
        row.insert(2, "note" if number else "")


LOGGED: dict[str, list[tuple[str, Spoil, str, str]]] = {
    "dma_2016_answers": [
        ("column without a heading", unheaded, "unheaded_column", "quarantined"),
        ("blank row", lambda g: g.insert(2, [""] * len(g[0])), "blank_row", "note"),
        ("empty return", lambda g: g[1].__setitem__(slice(2, None), [""] * (len(g[1]) - 2)),
         "empty_row", "quarantined"),
        ("score of another answer", put_score(1, WORDING, "100", 1), "score_not_matching_answer",
         "warning"),
        ("answer nobody offered", put_score(1, WORDING, "43593", 0), "answer_not_on_scale",
         "warning"),
        ("answer without score", put_score(1, WORDING, "", 1), "answer_without_score",
         "quarantined"),
        ("score without answer", put_score(1, WORDING, "", 0), "score_without_answer", "warning"),
        ("scored N/A", put_score(1, WORDING, "N/A", 0), "unscorable_answer_scored", "warning"),
        ("code of a part", put(1, "organisation_id", "RAA2"), "code_form", "warning"),
        ("row of a part", put(1, "organisation_name", "BETA NHS TRUST - Community"),
         "duplicate_name_stem", "warning"),
        ("theme not answered", lambda g: g[1].__setitem__(
            slice(column(g, load("dma_2016").items[-11].wording), None), [""] * 22),
         "theme_missing", "warning"),
    ],
    "template": [("column without a heading", unheaded, "unheaded_column", "quarantined")],
    "dma_2017_scores": [
        ("published score that items do not give", put(1, "leadership", "99"),
         "score_not_reproduced", "warning"),
        ("section without a score", put(1, "decision_support", ""), "section_missing", "note"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("layout", "spoil", "kind", "severity"),
    [pytest.param(layout, *rest, id=f"{layout}: {name}")
     for layout in LOGGED for name, *rest in LOGGED[layout]],
)  # fmt: skip
def test_oddity_is_logged(
    layout: str, spoil: Spoil, kind: str, severity: str, tmp_path: Path
) -> None:
    valid = QualityLog()
    read(write_csv(tmp_path / "valid.csv", GRIDS[layout]()), layout, valid)
    assert kind not in set(valid.frame()["kind"])
    grid = GRIDS[layout]()
    spoil(grid)
    log = QualityLog()
    read(write_csv(tmp_path / "odd.csv", grid), layout, log)
    entries = log.frame().query("kind == @kind")
    assert set(entries["severity"]) == {severity}
    assert (entries["rule"] != "").all()
    assert (entries["action"] != "").all()


WORKBOOK_LOGGED = {
    "column without a heading": (lambda g: g[FIRST].append("see e-mail"), "unheaded_column"),
    "off the lattice": (put(FIRST, "Well Led", 2.1, HEADER), "off_lattice"),
    "blank row between returns": (lambda g: g.insert(FIRST + 1, []), "blank_row"),
    "return in one sheet only": (lambda g: g.pop(FIRST), "return_in_one_sheet"),
}


@pytest.mark.parametrize("name", WORKBOOK_LOGGED)
def test_oddity_in_workbook_is_logged(name: str, tmp_path: Path) -> None:
    spoil, kind = WORKBOOK_LOGGED[name]
    book = results_workbook()
    spoil(book[PILLARS])
    log = QualityLog()
    read(write_book(tmp_path / "odd.xlsx", book), "dma_workbook", log)
    assert kind in set(log.frame()["kind"])


@pytest.mark.parametrize("layout", ROUNDS)
def test_valid_files_read_without_a_warning(layout: str, tmp_path: Path) -> None:
    log = QualityLog()
    read(write_layout(tmp_path, layout), layout, log)
    assert set(log.frame()["severity"]) <= {"note"}


def test_all_faults_of_a_file_are_listed_at_once(tmp_path: Path) -> None:
    grid = GRIDS["template"]()
    put(1, "score", "6")(grid)
    put(2, "score", "n/a")(grid)
    put(3, "care_setting", "dental")(grid)
    with pytest.raises(InputError) as caught:
        read(write_csv(tmp_path / "spoilt.csv", grid), "template")
    assert [problem.row for problem in caught.value.problems] == [2, 3, 4]
