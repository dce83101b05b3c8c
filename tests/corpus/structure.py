"""Tables out of shape: headings, columns, rows and sheets that are not where they should be."""

from ics_maturity.instruments import load

from .case import (
    FIRST,
    OVERALL,
    PILLARS,
    TEMPLATE_XLSX,
    WORDING,
    WORDING_2017,
    Case,
    Logged,
    Read,
    Refused,
    Spoil,
    column,
    drop,
    insert,
    put,
    rename,
    repeat,
    shift,
    spoilt,
    spoilt_book,
    swap,
    to_the_end,
    twice,
)

HEADER = FIRST - 1
ANSWERS, PUBLISHED, SCORES_2017 = "dma_2016_answers", "dma_2016_published_scores", "dma_2017_scores"


def case(layout: str, name: str, spoil: Spoil, outcome: Refused | Logged | Read) -> Case:
    return Case("structure", layout, name, spoilt(layout, spoil), outcome)


def unheaded(row: int = 0) -> Spoil:
    """Add a column that has values but no heading, beside one that takes no neighbour."""

    def spoil(grid: list[list[object]]) -> None:
        for number, cells in enumerate(grid[row:]):
            cells.insert(2, "note" if number else "")

    return spoil


def _csv() -> list[Case]:
    cases = []
    for layout, one, misspelt in (
        (ANSWERS, "organisation_id", "organization_id"),
        (PUBLISHED, "readiness", "readyness"),
        (SCORES_2017, "capabilities", "capability"),
        ("template", "score", "scores"),
        (TEMPLATE_XLSX, "score", "scores"),
    ):
        sheet = "returns" if layout == TEMPLATE_XLSX else ""
        headed = Refused(f"a column headed '{one}'", "add the column", 1, one, sheet=sheet)
        cases += [
            case(layout, "missing column", drop(one), headed),
            case(layout, "renamed column", rename(one, misspelt),
                 Refused(f"a column headed '{one}'", f"rename the column '{misspelt}'", 1, one,
                         sheet=sheet)),
            case(layout, "repeated column", twice(one),
                 Refused("each heading once", "remove the repeated", 1, one, "2 times", sheet)),
            case(layout, "column moved to the end", to_the_end(one), Read()),
            case(layout, "heading in capitals, with blanks", rename(one, f"  {one.upper()} "),
                 Read()),
            case(layout, "heading of two merged cells", rename(one, ""), headed),
            case(layout, "column of its own", lambda g: [r.append("1") for r in g],
                 Refused("a heading of this layout", "remove the column", 1, "1", "1", sheet)),
            case(layout, "blank row between returns", insert(2), Logged("blank_row", "note")),
            case(layout, "blank rows at the end", lambda g: [g.append([]) for _ in range(3)],
                 Read() if sheet else Logged("blank_row", "note")),
        ]  # fmt: skip
    for layout in (ANSWERS, PUBLISHED, SCORES_2017, "template"):
        cases += [
            case(layout, "row pushed right", shift(2),
                 Refused("cells, as in the header", "shifted or cut off", 3, value="cells")),
            case(layout, "row cut off", lambda g: g[2].pop(),
                 Refused("cells, as in the header", "shifted or cut off", 3, value="cells")),
            case(layout, "header only", lambda g: g.__delitem__(slice(1, None)),
                 Refused("rows of returns below the header", "export", value="header only")),
            case(layout, "blank row above the header", lambda g: g.insert(0, [""] * len(g[0])),
                 Refused("a header in row 1", "remove blank rows")),
            case(layout, "footer in a short row", lambda g: g.append(["Source: NHS England"]),
                 Refused("cells, as in the header", "shifted or cut off", len_of(layout) + 1,
                         value="1 cells")),
        ]  # fmt: skip
    return cases


def len_of(layout: str) -> int:
    """Number of rows of the layout's valid CSV, header included."""
    from return_files import GRIDS

    return len(GRIDS[layout]())


def _csv_of_one_kind() -> list[Case]:
    profile = load("dma_2016").profile
    return [
        case(ANSWERS, "missing question", drop(WORDING),
             Refused("a column headed", "add the column", 1, WORDING)),
        case(ANSWERS, "reworded question", rename(WORDING, WORDING + " or not"),
             Refused("a column headed", "rename the column", 1, WORDING)),
        case(ANSWERS, "question with no-break spaces", rename(WORDING, WORDING.replace(
            " ", "\u00a0")), Read()),
        case(ANSWERS, "repeated question", twice(WORDING),
             Refused("each heading once", "remove the repeated", 1, value="2 times")),
        case(ANSWERS, "repeated organisation", repeat(1),
             Refused("one row per organisation", "keep the return", 5, "organisation_id",
                     "as in row 2")),
        case(ANSWERS, "names and codes exchanged", swap("organisation_name", "organisation_id"),
             Refused("an organisation code", "use the ODS code", 2, "organisation_id", "ALPHA")),
        case(ANSWERS, "column without a heading", unheaded(),
             Logged("unheaded_column", "quarantined")),
        case(ANSWERS, "return without any answer",
             lambda g: g[1].__setitem__(slice(2, None), [""] * (len(g[1]) - 2)),
             Logged("empty_row", "quarantined", "set aside")),
        case(ANSWERS, "theme not answered", lambda g: g[1].__setitem__(
            slice(column(g, load("dma_2016").items[-11].wording), None), [""] * 22),
            Logged("theme_missing", "warning", "as given")),
        case(ANSWERS, "service neither ticked nor empty", put(1, profile[0].heading, "yes"),
             Refused("1 for a service", "correct the cell", 2, profile[0].heading, "yes")),
        case(ANSWERS, "answers and scores exchanged", exchange_pairs, Read()),
        case(ANSWERS, "footer with the header's number of cells",
             lambda g: g.append(["Source: NHS England", *[""] * (len(g[0]) - 1)]),
             Refused("an organisation code", "use the ODS code", 5, "organisation_id")),
        case(SCORES_2017, "repeated organisation and setting", repeat(2),
             Refused("one row per organisation", "keep the return", 5, "organisation_id",
                     "as in row 3")),
        case(SCORES_2017, "missing question", drop(WORDING_2017),
             Refused("a column headed", "", 1)),
        case(SCORES_2017, "missing care setting column", drop("care_setting"),
             Refused("a column headed 'care_setting'", "add the column", 1, "care_setting")),
        case(SCORES_2017, "section without a score", put(1, "decision_support", ""),
             Logged("section_missing", "note", "as given")),
        case(PUBLISHED, "repeated organisation, another score", repeat(1, readiness="1"),
             Refused("one row per organisation", "keep the return", 5, "organisation_id",
                     "as in row 2")),
        case("template", "construct under another heading", rename("construct", "pillar_name"),
             Refused("a column headed 'construct'", "", 1, "construct")),
        case("template", "score and construct exchanged", swap("score", "construct"),
             Refused("a pillar of 2023", "use a pillar", 2, "construct", "2.5")),
        case("template", "code and name exchanged", swap("provider_code", "provider_name"),
             Refused("letters and digits", "correct", 2, "provider_code", "ALPHA")),
        case("template", "repeated row", repeat(1),
             Refused("one row per provider", "keep the row", column="construct", value="2.5")),
        case("template", "repeated row, another score", repeat(1, score="3"),
             Refused("one row per provider", "keep the row", column="construct", value="3 at")),
        case("template", "rows in another order", lambda g: g.__setitem__(
            slice(1, None), g[:0:-1]), Read()),
        case("template", "column without a heading", unheaded(),
             Logged("unheaded_column", "quarantined")),
        case("template", "footer with the header's number of cells",
             lambda g: g.append(["Source: NHS England", *[""] * (len(g[0]) - 1)]),
             Logged("remark", "note")),
    ]  # fmt: skip


def exchange_pairs(grid: list[list[object]]) -> None:
    """Put the score of every question before its answer; headings stay over the first."""
    wordings = {item.wording for item in load("dma_2016").items if item.score_column}
    for at, heading in enumerate(grid[0]):
        if heading in wordings:
            for row in grid[1:]:
                row[at], row[at + 1] = row[at + 1], row[at]


def _workbook() -> list[Case]:
    book = "dma_workbook"
    place = {"sheet": PILLARS}

    def of_sheet(name: str, spoil: Spoil, outcome: Refused | Logged | Read,
                 *sheets: str) -> Case:  # fmt: skip
        return Case("structure", book, name, spoilt(book, spoil, sheets=sheets), outcome)

    return [
        Case("structure", book, "no provider sheet", spoilt_book(book, lambda b: b.pop(PILLARS)),
             Refused("a visible sheet with the columns", "")),
        of_sheet("provider heading renamed", rename("Provider", "Trust", HEADER),
                 Refused("a column headed 'Provider'", "", FIRST, "Provider", **place)),
        of_sheet("pillar heading renamed", rename("Well Led", "Well Run", HEADER),
                 Refused("a column headed 'Well Led'", "rename the column", FIRST, "Well Led",
                         **place)),
        of_sheet("pillar removed", drop("Safe Practice", HEADER),
                 Refused("a column headed 'Safe Practice'", "add", FIRST, "Safe Practice",
                         **place)),
        of_sheet("both provider headings renamed",
                 lambda g: g[HEADER].__setitem__(slice(3, 5), ["Trust", "Kind"]),
                 Refused("a heading of this layout", "remove the column", FIRST, "Trust",
                         "Trust", OVERALL), OVERALL),
        of_sheet("heading repeated", twice("Well Led", HEADER),
                 Refused("each heading once", "remove the repeated", FIRST, "Well Led", "2 times",
                         **place)),
        of_sheet("column moved to the end", to_the_end("Well Led", HEADER), Read()),
        of_sheet("two headings merged into one cell", rename("Care Setting", "", HEADER),
                 Refused("a column headed 'Care Setting'", "add", FIRST, "Care Setting", **place)),
        of_sheet("row pushed right", shift(FIRST),
                 Refused("no empty cell", "fill in the region", FIRST + 1, "Region", **place)),
        of_sheet("rows above the header removed", lambda g: g.__delitem__(slice(0, HEADER)),
                 Read()),
        of_sheet("last row without scores", lambda g: g[FIRST + 2].__delitem__(slice(5, None)),
                 Refused("a score from 1 to 5", "", FIRST + 3, value="an empty cell", **place)),
        of_sheet("repeated return", lambda g: g.insert(FIRST + 3, list(g[FIRST])),
                 Refused("one row per provider", "keep the return", FIRST + 4, "Provider",
                         "as in row 5", PILLARS)),
        of_sheet("repeated return, other scores",
                 lambda g: g.insert(FIRST + 3, [*g[FIRST][:5], *[1.0] * 7]),
                 Refused("one row per provider", "keep the return", FIRST + 4, "Provider",
                         "as in row 5", PILLARS)),
        of_sheet("provider in two systems",
                 put(FIRST, "ICS", "NHS OTHER INTEGRATED CARE BOARD", HEADER),
                 Refused("one system and region per provider", "put all its rows", FIRST + 2, "ICS",
                         "ALPHA NHS TRUST in NHS EXAMPLE", OVERALL)),
        of_sheet("no provider in a row", put(FIRST, "Provider", "", HEADER),
                 Refused("no empty cell", "fill in the provider", FIRST + 1, "Provider", **place)),
        of_sheet("column without a heading", lambda g: g[FIRST].append("see e-mail"),
                 Logged("unheaded_column", "quarantined")),
        of_sheet("blank row between returns", insert(FIRST + 1), Logged("blank_row", "note")),
        of_sheet("longer footer", lambda g: g.append(["", "Amended", "on request"]),
                 Logged("footer", "note")),
        of_sheet("return in one sheet only", lambda g: g.pop(FIRST),
                 Logged("return_in_one_sheet", "warning", "set aside")),
        Case("structure", book, "sheets in another order", spoilt_book(
            book, lambda b: [b.update({n: b.pop(n)}) for n in reversed(list(b))]), Read()),
        Case("structure", book, "sheet of notes added", spoilt_book(
            book, lambda b: b.update({"Notes": [["Ask the board"]]})), Read()),
        Case("structure", book, "sheet of last year's scores, hidden", spoilt_book(
            book, lambda b: b.update({"Old": [list(r) for r in b[PILLARS]]}), ["Old"]),
            Logged("hidden_sheet", "note")),
        Case("structure", book, "sheet of scores twice", spoilt_book(
            book, lambda b: b.update({"Old": [list(r) for r in b[PILLARS]]})),
            Refused("one row per provider", "keep the return", FIRST + 1, "Provider",
                    "as in row 5", "Old")),
        Case("structure", book, "sheets emptied", spoilt_book(
            book, lambda b: [grid.clear() for grid in b.values()]),
            Refused("at least one visible sheet with content", "export")),
        Case("structure", book, "overall scores removed", spoilt_book(
            book, lambda b: b.pop(OVERALL)), Logged("sheet_missing", "warning", "set aside")),
        case(TEMPLATE_XLSX, "title above the header",
             lambda g: g.insert(0, ["Returns of our systems"]), Logged("above_header", "note")),
        case(TEMPLATE_XLSX, "row pushed right", shift(2),
             Refused("one of item, section", "", 3, "level", "acute", "returns")),
        Case("structure", TEMPLATE_XLSX, "second sheet of scores", spoilt_book(
            TEMPLATE_XLSX, lambda b: b.update({"more": [b["returns"][0], [
                "2023", "RCC", "GAMMA NHS TRUST", "acute", "pillar", "well_led", "3", "self"]]})),
            Refused("scores on one sheet", "put all rows on one sheet", value="returns, more")),
        Case("structure", TEMPLATE_XLSX, "hidden second sheet of scores", spoilt_book(
            TEMPLATE_XLSX, lambda b: b.update({"more": [list(r) for r in b["returns"]]}),
            ["more"]), Logged("hidden_sheet", "note")),
        Case("structure", TEMPLATE_XLSX, "sheet of notes added", spoilt_book(
            TEMPLATE_XLSX, lambda b: b.update({"Notes": [["score", "ask the board"]]})),
            Logged("sheet_not_read", "note")),
        *(
            case("question_key", name, spoil, outcome)
            for name, spoil, outcome in (
                ("row of codes missing", lambda g: g.pop(0),
                 Refused("a row named 2016_key", "restore the row", column="A", sheet="Sheet1")),
                ("row renamed", lambda g: g[1].__setitem__(0, "2016 questions"),
                 Refused("a row named 2016_all", "restore the row", column="A", sheet="Sheet1")),
                ("row of codes twice", lambda g: g.append(["2016_key", "x9", "x1", "x19", "z1"]),
                 Refused("each row once", "remove the repeated row", 6, "A", "2016_key",
                         "Sheet1")),
                ("rows in another order", lambda g: g.reverse(), Read()),
                ("question of another round", put(1, WORDING, "Do you like computers?", 1),
                 Refused("a code, each once", "copy code and question", column="2",
                         value="computers")),
                ("code missing", lambda g: g[0].__setitem__(1, ""),
                 Refused("a code, each once", "copy code and question", column="2")),
                ("code twice", lambda g: g[0].__setitem__(2, "x1"),
                 Refused("a code, each once", "copy code and question", column="3", value="x1")),
                ("row pushed right", shift(0),
                 Refused("a row named 2016_key", "restore the row", column="A", sheet="Sheet1")),
                ("slipped by one beside 2017", lambda g: g[4].__setitem__(2, "x19"),
                 Logged("key_out_of_step", "warning")),
                ("blank row", lambda g: g.insert(2, []), Read()),
            )
        ),
        Case("structure", "question_key", "hidden copy of the sheet", spoilt_book(
            "question_key", lambda b: b.update({"Old": [list(r) for r in b["Sheet1"]]}),
            ["Old"]), Logged("hidden_sheet", "note")),
    ]  # fmt: skip


CASES = [*_csv(), *_csv_of_one_kind(), *_workbook()]
