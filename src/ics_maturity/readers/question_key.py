"""The question key: which question of 2015/16 matches which of 2017.

One question per column; the first cell of each row says what the row holds. Matched questions
carry the same number in the key's own codes (``x54`` of 2016 is ``y54`` of 2017); a code in
``z`` marks a question without a match. The key also lists the 2016 questions beside those of
2017, but that listing slips out of step for a stretch, so the numbers decide and the slips are
noted.
"""

from collections.abc import Mapping

import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Instrument, Item, load
from ics_maturity.instruments.wording import same_wording, wording_key
from ics_maturity.readers.cells import text
from ics_maturity.readers.guard import Sheet, read_workbook
from ics_maturity.readers.result import ReadResult, Source
from ics_maturity.returns import empty_returns

_CODES_2016, _WORDINGS_2016 = "2016_key", "2016_all"
_CODES_2017, _WORDINGS_2017 = "2017_key", "2017_all"
_BESIDE_2017 = "2016_key_mapped"
_ROWS = (_CODES_2016, _WORDINGS_2016, _CODES_2017, _WORDINGS_2017, _BESIDE_2017)


def read_key(source: Source) -> ReadResult:
    """Matched questions: item_2016, item_2017, section, theme, verbatim_identical.

    ``section`` and ``theme`` are those of the 2017 instrument; ``verbatim_identical`` is true
    if both wordings have the same words, punctuation and case aside.

    Raises:
        InputError: the workbook cannot be opened, a named row is missing, or a question is not
            in the instrument of its round.
    """
    rows = _named_rows(read_workbook(source), source)
    later = load("dma_2017")
    problems: list[Problem] = []
    old = _items(rows, _CODES_2016, _WORDINGS_2016, load("dma_2016"), source, problems)
    new = _items(rows, _CODES_2017, _WORDINGS_2017, later, source, problems)
    if problems:
        raise InputError(problems)
    pairs = [(old[code], new[match]) for code in old if (match := _match(code)) in new]
    for code in old:
        if _match(code) not in new:
            source.note(
                "question_without_match",
                "The key gives the 2016 question no counterpart in 2017.",
                column=old[code].id,
                value=code,
                action="not among the matched questions",
                rule="no 2017 code with the number of the 2016 code",
            )
    _log_slips(rows, source)
    return ReadResult(empty_returns(), empty_returns(), item_match=_frame(pairs, later))


def _match(code: str) -> str:
    """The 2017 code that an ``x`` code of 2016 stands for."""
    return "y" + code[1:] if code.startswith("x") else ""


def _named_rows(sheets: list[Sheet], source: Source) -> dict[str, list[str]]:
    """The rows of the key by the name in their first cell, all equally long."""
    for sheet in sheets:
        named = {text(row[0]): [text(cell) for cell in row[1:]] for row in sheet.rows if row}
        if any(name in named for name in _ROWS):
            break
    if missing := [name for name in _ROWS if name not in named]:
        raise InputError(
            source.problem(
                f"a row named {name} in its first cell",
                sheet=sheet.name,
                column="A",
                fix="restore the row",
            )
            for name in missing
        )
    first = [text(row[0]) for row in sheet.rows if row]
    if repeated := [name for name in _ROWS if first.count(name) > 1]:
        raise InputError(
            source.problem(
                "each row once",
                sheet=sheet.name,
                row=max(
                    at for at, row in enumerate(sheet.rows, start=1) if row and text(row[0]) == name
                ),
                column="A",
                value=name,
                fix="remove the repeated row",
            )
            for name in repeated
        )
    width = max(len(row) for row in named.values())
    return {name: row + [""] * (width - len(row)) for name, row in named.items()}


def _items(
    rows: Mapping[str, list[str]],
    codes: str,
    wordings: str,
    instrument: Instrument,
    source: Source,
    problems: list[Problem],
) -> dict[str, Item]:
    """The instrument's items by the key's codes; wordings it does not know become problems."""
    found: dict[str, Item] = {}
    for column, (code, wording) in enumerate(
        zip(rows[codes], rows[wordings], strict=True), start=2
    ):
        item = instrument.by_wording.get(wording_key(wording))
        if not code and not wording:
            continue
        if item is None or not code or code in found:
            problems.append(
                source.problem(
                    "a code, each once, above the wording of a question of that round",
                    column=f"{column} ({codes}, {wordings})",
                    value=f"{code}: {wording}",
                    fix="copy code and question from the published key",
                )
            )
        else:
            found[code] = item
    return found


def _log_slips(rows: Mapping[str, list[str]], source: Source) -> None:
    """Note each column whose 2016 code beside a 2017 question is not that question's match."""
    for column, (new, beside) in enumerate(
        zip(rows[_CODES_2017], rows[_BESIDE_2017], strict=True), start=2
    ):
        if beside and _match(beside) != new:
            source.note(
                "key_out_of_step",
                "The 2016 question listed beside this 2017 question is not its match.",
                column=str(column),
                value=f"{beside} beside {new}",
                action="matched by number",
                severity="warning",
                rule="numbers of the two codes differ",
            )


def _frame(pairs: list[tuple[Item, Item]], later: Instrument) -> pd.DataFrame:
    theme_of = {section.id: section.theme for section in later.sections}
    return pd.DataFrame(
        {
            "item_2016": [old.id for old, _ in pairs],
            "item_2017": [new.id for _, new in pairs],
            "section": [new.section for _, new in pairs],
            "theme": [theme_of[new.section] for _, new in pairs],
            "verbatim_identical": [same_wording(old.wording, new.wording) for old, new in pairs],
        }
    )
