"""Small valid files of every published layout, as grids that a test may spoil before writing."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

from openpyxl import Workbook

from ics_maturity import readers
from ics_maturity.instruments import Instrument, Item, load
from ics_maturity.readers.result import ReadResult
from ics_maturity.returns import QualityLog

Grid = list[list[object]]
Book = dict[str, Grid]

ORGANISATIONS = (("RAA", "ALPHA NHS TRUST"), ("RBB", "BETA NHS TRUST"), ("RCC", "GAMMA NHS TRUST"))
ROUNDS = {
    "dma_2016_answers": 2016,
    "dma_2016_published_scores": 2016,
    "dma_2017_scores": 2017,
    "question_key": 2017,
    "dma_workbook": 2025,
    "template": 2023,
}


def answer_for(item: Item, instrument: Instrument) -> tuple[str, str]:
    """A scored answer (not the best, not the worst where there is a choice) and its score."""
    if item.answers in ("percentage", "number"):
        return "60", "60"
    table = sorted(instrument.answers[item.answers].items(), key=lambda entry: entry[1])
    answer, points = table[len(table) // 2]
    return answer, f"{points:g}"


def _question_cells(instrument: Instrument, *, score_first: bool) -> tuple[list, list]:
    header: list[object] = []
    cells: list[object] = []
    for item in instrument.items:
        answer, score = answer_for(item, instrument)
        if not item.score_column:
            header.append(item.wording)
            cells.append("" if item.answers == "number" else answer)
        else:
            header += [item.wording, ""]
            cells += [score, answer] if score_first else [answer, score]
    return header, cells


def answers_2016() -> Grid:
    """Three organisations that answer every question of 2015/16 alike."""
    instrument = load("dma_2016")
    questions, cells = _question_cells(instrument, score_first=False)
    profile: list[str] = []
    ticks: list[str] = []
    for known in instrument.profile:
        service = known.kind == "service"  # ticked in one column, named in the next
        profile += [known.heading, ""] if service else [known.heading]
        ticks += ["1", known.heading.rsplit(": ")[-1]] if service else [""]
    header = ["organisation_name", "organisation_id", *profile, *questions]
    return [header] + [[name, code, *ticks, *cells] for code, name in ORGANISATIONS]


def published_2016() -> Grid:
    """The section and theme scores that the answers of :func:`answers_2016` give."""
    scores = _scores(load("dma_2016"))
    header = ["organisation_name", "organisation_id", *scores]
    return [header] + [[name, code, *scores.values()] for code, name in ORGANISATIONS]


def scores_2017() -> Grid:
    """Two organisations as a whole and one by care setting, with the scores their items give."""
    instrument = load("dma_2017")
    questions, cells = _question_cells(instrument, score_first=True)
    scores = _scores(instrument)
    header = ["organisation_name", "care_setting", "organisation_id", *scores, *questions]
    settings = ("General", "General", "Mental health")
    return [header] + [
        [name, setting, code, *scores.values(), *cells]
        for (code, name), setting in zip(ORGANISATIONS, settings, strict=True)
    ]


def _scores(instrument: Instrument) -> dict[str, str]:
    """Section and theme scores by heading, worked out by hand from :func:`answer_for`."""
    found: dict[str, int] = {}
    for section in instrument.sections:
        items = [item for item in instrument.scored_items if item.section == section.id]
        points = [int(answer_for(item, instrument)[1]) for item in items]
        found[section.id] = int(sum(points) / len(points) + 0.5)
    headings = {section.heading: str(found[section.id]) for section in instrument.sections}
    for theme in instrument.themes:
        parts = [found[section.id] for section in instrument.sections if section.theme == theme.id]
        headings[theme.heading] = str(int(sum(parts) / len(parts) + 0.5))
    return headings


def results_workbook() -> Book:
    """The results workbook: a cover, two provider sheets, a sheet of the boards' own returns."""
    pillars = [pillar.heading for pillar in load("dma_2025").pillars]
    place = ["", "SOUTH WEST", "NHS EXAMPLE INTEGRATED CARE BOARD"]
    returns = [("ALPHA NHS TRUST", "Acute"), ("ALPHA NHS TRUST", "Community"),
               ("BETA NHS TRUST", "Mental Health")]  # fmt: skip
    scores = [2.5, 2.4, 2.0, 2.3, 2.0, 3.0, 2.0]
    above: Grid = [[], ["", "2025 DMA: Secondary Care Provider Response Data"], []]
    below: Grid = [[], ["", "Source: NHS England"], ["", "Copyright"]]
    details = ["", "Region", "ICS", "Provider", "Care Setting"]
    return {
        "Introduction ": [[], ["", "In scope: \n- 2 NHS Trusts \n- 1 Integrated Care Boards"]],
        "SC - 2025 Pillar Summary": above
        + [[*details, *pillars]]
        + [[*place, *one, *scores] for one in returns]
        + below,
        "SC - 24 vs 25 Overall DMA": above
        + [[*details, "2025 Average", "2024 Average"]]
        + [[*place, *one, 2.130952380952381, 2.4642857142857144] for one in returns]
        + below,
        "ICB - 2025 Pillar Summary": [
            *above,
            ["", "Region", "ICS", *pillars],
            [*place, *scores],
            *below,
        ],
    }


def template_rows() -> Grid:
    """Self-assessed and moderated pillar scores of two providers, in the template."""
    header = ["round", "provider_code", "provider_name", "care_setting", "level", "construct",
              "score", "assessed_by"]  # fmt: skip
    rows = [
        ["2023", code, name, "acute", "pillar", pillar, score, who]
        for code, name in ORGANISATIONS[:2]
        for who, score in (("self", "2.5"), ("moderated", "2.25"))
        for pillar in ("well_led", "safe_practice")
    ]
    return [header, *rows]


def question_key() -> Grid:
    """Three matched questions, one of them unchanged, and one of 2016 without a match."""
    old, new = load("dma_2016").by_id, load("dma_2017").by_id
    return [
        ["2016_key", "x1", "x3", "x19", "z1"],
        ["2016_all", *(old[f"2016.{i}"].wording for i in ("a1", "a3", "a16", "a21"))],
        ["2017_key", "y1", "y3", "y19", ""],
        ["2017_all", *(new[f"2017.{i}"].wording for i in ("y1", "y3", "y19")), ""],
        ["2016_key_mapped", "x1", "x3", "x19", ""],
    ]


GRIDS: dict[str, Callable[[], Grid]] = {
    "dma_2016_answers": answers_2016,
    "dma_2016_published_scores": published_2016,
    "dma_2017_scores": scores_2017,
    "template": template_rows,
}


def write_csv(path: Path, grid: Iterable[Iterable[object]], encoding: str = "utf-8") -> Path:
    """Write a grid as CSV."""
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(grid)
    return path


def write_book(path: Path, sheets: Book, hidden: Iterable[str] = ()) -> Path:
    """Write sheets as a workbook; an empty text is an empty cell."""
    book = Workbook()
    book.remove(book.active)
    for name, grid in sheets.items():
        sheet = book.create_sheet(name)
        for row in grid:
            sheet.append([None if cell == "" else cell for cell in row])
        if name in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def write_layout(folder: Path, layout: str) -> Path:
    """A valid file of that layout."""
    if layout == "dma_workbook":
        return write_book(folder / "results.xlsx", results_workbook())
    if layout == "question_key":
        return write_book(folder / "key.xlsx", {"Sheet1": question_key()})
    return write_csv(folder / f"{layout}.csv", GRIDS[layout]())


def read(path: Path, layout: str, log: QualityLog | None = None, **known: object) -> ReadResult:
    """Read a file as its layout's usual round."""
    return readers.read(
        path,
        layout,
        log=QualityLog() if log is None else log,
        **({"round": ROUNDS[layout], "source_id": "test"} | known),  # type: ignore[arg-type]
    )


def column(grid: Grid, heading: str, row: int = 0) -> int:
    """Position of a heading in a row of the grid."""
    return grid[row].index(heading)
