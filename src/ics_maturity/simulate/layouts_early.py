"""The early returns in the layouts of the published files, for the very same readers.

Headings and wordings are those of the published questionnaires; every answer and score below
them is invented.
"""

from pathlib import Path

import numpy as np
from openpyxl import Workbook

from ics_maturity.instruments import Item, load
from ics_maturity.simulate.answers import EarlyRound
from ics_maturity.simulate.files import write_rows, write_workbook
from ics_maturity.simulate.matching import matched_items
from ics_maturity.simulate.questions import (
    BLANK,
    DONT_KNOW,
    NOT_APPLICABLE,
    section_scores,
    theme_scores,
)

_SERVICES = {
    "Acute": "acute",
    "Mental Health": "mental_health",
    "Community Health": "community",
    "Ambulance": "ambulance",
}
_GAPS = {DONT_KNOW: "Don't Know", NOT_APPLICABLE: "N/A", BLANK: ""}


def write_2016_answers(path: Path, returns: EarlyRound) -> None:
    """Every answer of 2015/16, each followed by its score under an empty heading.

    Service columns are ticked and followed by the service's name; context columns stay empty.
    """
    instrument = returns.questionnaire.instrument
    header = ["organisation_name", "organisation_id"]
    for column in instrument.profile:
        header += [column.heading] + [""] * (column.kind == "service")
    for item in instrument.items:
        header += [item.wording] + [""] * item.score_column
    services = [c.heading.rsplit(": ", 1)[-1] for c in instrument.profile if c.kind == "service"]
    context = [""] * sum(column.kind == "context" for column in instrument.profile)
    cells = _cells(returns, "Not scored")
    rows = []
    for k, org in enumerate(returns.organisations.itertuples()):
        row = [org.name_returned, org.code_returned]
        for service in services:
            ticked = _SERVICES.get(service) in str(org.care_settings).split()
            row += ["1", service] if ticked else ["", ""]
        row += context
        for item in instrument.items:
            answer, score = cells[item.id]
            row += [answer[k], score[k]] if item.score_column else [answer[k]]
        rows.append(row)
    write_rows(path, [header, *rows])


def write_2016_published_scores(path: Path, returns: EarlyRound) -> None:
    """Section and theme scores of the organisations that tick acute services."""
    form = returns.questionnaire
    sections = section_scores(form, returns.scores)
    themes = theme_scores(form, sections)
    columns = {theme.heading: themes[theme.id] for theme in form.instrument.themes}
    columns |= {
        section.heading: sections[section.id]
        for section in form.instrument.sections
        if section.heading not in columns
    }
    acute = returns.organisations["care_settings"].str.split().map(lambda s: "acute" in s)
    rows = [
        [org.name_returned, org.code_returned]
        + [_whole(score.iloc[k]) for score in columns.values()]
        for k, org in enumerate(returns.organisations.itertuples())
        if acute.iloc[k]
    ]
    write_rows(path, [["organisation_name", "organisation_id", *columns], *rows])


def write_2017_scores(path: Path, returns: EarlyRound) -> None:
    """Section and theme scores, then every answer: its score first, the answer beside it."""
    form = returns.questionnaire
    instrument = form.instrument
    sections = section_scores(form, returns.scores)
    themes = theme_scores(form, sections)
    summary = {section.heading: sections[section.id] for section in instrument.sections}
    summary |= {
        theme.heading: themes[theme.id]
        for theme in instrument.themes
        if theme.heading not in summary
    }
    header = ["organisation_name", "care_setting", "organisation_id", *summary]
    for item in instrument.items:
        header += [item.wording] + [""] * item.score_column
    general = next(setting.names[0] for setting in instrument.settings if setting.id == "all")
    cells = _cells(returns, "")
    rows = []
    for k, org in enumerate(returns.organisations.itertuples()):
        row = [org.name_returned, general, org.code_returned]
        row += [_whole(score.iloc[k]) for score in summary.values()]
        for item in instrument.items:
            answer, score = cells[item.id]
            row += [score[k], answer[k]] if item.score_column else [answer[k]]
        rows.append(row)
    write_rows(path, [header, *rows])


def _cells(returns: EarlyRound, not_scored: str) -> dict[str, tuple[list[str], list[str]]]:
    """Answer and score cells of every item of the file, follow-up questions left empty."""
    form, count = returns.questionnaire, len(returns.organisations)
    cells = {item.id: ([""] * count, [""] * count) for item in form.instrument.items}
    for column, item_id in enumerate(form.ids):
        item = form.instrument.by_id[item_id]
        words = _words(item, form.instrument.answers)
        steps, scores = returns.steps[:, column], returns.scores[:, column]
        answers = [_GAPS[s] if s < 0 else words[s] if words else str(s) for s in steps]
        points = [
            not_scored if np.isnan(score) and step == NOT_APPLICABLE else _whole(score)
            for step, score in zip(steps, scores, strict=True)
        ]
        cells[item_id] = (answers, points)
    return cells


def _words(item: Item, tables: dict[str, dict[str, float]]) -> list[str]:
    """The answers of an item from the lowest score up; empty for a percentage."""
    first: dict[float, str] = {}
    for words, score in tables.get(item.answers, {}).items():
        first.setdefault(score, words)
    return [first[score] for score in sorted(first)]


def _whole(score: float) -> str:
    return "" if np.isnan(score) else f"{score:.0f}"


def write_question_key(path: Path) -> None:
    """Which 2016 question is asked again in 2017, in the layout of the published key.

    Questions match where their keys carry the same number (x7 and y7); a question of 2016
    that is not asked again has a key that starts with z.
    """
    old = [item for item in load("dma_2016").items if item.id.startswith("2016.a")
           and item.id[6:].isdigit()]  # fmt: skip
    new = [item for item in load("dma_2017").items if item.id.startswith("2017.y")]
    numbers = {item.id: item.id.removeprefix("2017.y") for item in new}
    keys, unmatched = {}, 0
    for item in old:
        twin = matched_items().get(item.id)
        unmatched += twin is None
        keys[item.id] = f"x{numbers[twin]}" if twin else f"z{unmatched}"
    by_key = {key: item_id for item_id, key in keys.items()}
    twins = [by_key.get(f"x{numbers[item.id]}") for item in new]
    wording = {item.id: item.wording for item in old}
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Sheet1"
    for row in (
        ["2016_theme", *(_theme("dma_2016", item) for item in old)],
        ["2016_section", *(_short(item.section) for item in old)],
        ["2016_count", *(item.id.removeprefix("2016.") for item in old)],
        ["2016_key", *keys.values()],
        ["2016_all", *wording.values()],
        [],
        ["2017_theme", *(_theme("dma_2017", item) for item in new)],
        ["2017_section", *(_short(item.section) for item in new)],
        ["2017_key", *(f"y{numbers[item.id]}" for item in new)],
        ["2017_all", *(item.wording for item in new)],
        [],
        ["2016_key_mapped", *(keys[twin] if twin else None for twin in twins)],
        ["2016_all_mapped", *(wording[twin] if twin else None for twin in twins)],
    ):
        sheet.append(row)
    write_workbook(path, book)


def _theme(instrument: str, item: Item) -> str:
    return next(s.theme for s in load(instrument).sections if s.id == item.section)


def _short(section: str) -> str:
    """The key's name of a section: its first word."""
    return "infrastructure" if section == "enabling_infrastructure" else section.split("_")[0]
