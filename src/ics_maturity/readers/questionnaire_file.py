"""What the CSV layouts of the two questionnaires share: opening them and shaping their scores."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Instrument
from ics_maturity.instruments.wording import wording_key
from ics_maturity.readers.cells import NotANumber, number_between, text
from ics_maturity.readers.frames import tidy
from ics_maturity.readers.guard import read_csv
from ics_maturity.readers.headings import heading_problems, log_unheaded, positions
from ics_maturity.readers.organisations import (
    code_and_name,
    log_organisations,
    refuse_duplicates,
)
from ics_maturity.readers.questionnaire import Fact, Return
from ics_maturity.readers.result import Source

NAME, CODE, SETTING = "organisation_name", "organisation_id", "care_setting"


def open_questionnaire(
    source: Source, instrument: Instrument, required: Iterable[str]
) -> tuple[list[object], list[Return]]:
    """Header and rows of a questionnaire file, once its headings and organisations are sound.

    Args:
        instrument: where it knows care settings the file must have a column for them;
            otherwise a row covers all settings.
        required: every heading the file must have besides name, code and setting; a heading
            not among them is refused, because it may be a required one misspelt.

    Raises:
        InputError: headings missing, unknown or repeated; codes, names or settings that
            cannot be; two rows of one organisation and setting.
    """
    sheet = read_csv(source)
    header = sheet.rows[0]
    identifying = [NAME, CODE, *([SETTING] if instrument.settings else [])]
    if wrong := heading_problems(header, [*identifying, *required], source):
        raise InputError(wrong)
    at = {name: positions(header)[wording_key(name)] for name in identifying}
    returns: list[Return] = []
    problems: list[Problem] = []
    for row, cells in enumerate(sheet.rows[1:], start=2):
        if not cells:
            continue
        code, name, found = code_and_name(cells, at[CODE], at[NAME], row, source)
        problems += found
        setting: str | None = "all"
        if instrument.settings:
            written = text(cells[at[SETTING]])
            setting = instrument.setting_named(written)
            if setting is None:
                problems.append(_unknown_setting(instrument, written, row, source))
        returns.append(Return(row, code, name, setting or "", cells))
    if problems:
        raise InputError(problems)
    refuse_duplicates(returns, source)
    log_organisations(returns, source)
    beside = [at + 1 for at, cell in enumerate(header) if _takes_two(text(cell), instrument)]
    log_unheaded(header, (one.cells for one in returns), source, read=beside)
    return header, returns


def _takes_two(heading: str, instrument: Instrument) -> bool:
    """Whether the column after this heading belongs to it: a score, or a service's name."""
    services = {known.heading for known in instrument.profile if known.kind == "service"}
    return wording_key(heading) in instrument.by_wording or heading in services


def _unknown_setting(instrument: Instrument, written: str, row: int, source: Source) -> Problem:
    known = ", ".join(name for setting in instrument.settings for name in setting.names)
    return source.problem(
        f"one of {known}", row=row, column=SETTING, value=written, fix="correct the care setting"
    )


def facts_frame(facts: Sequence[Fact], instrument: Instrument, source: Source) -> pd.DataFrame:
    """Tidy returns from scores, in the order given."""
    return tidy(
        {
            "round": source.round,
            "provider_code_returned": [fact.returned.code for fact in facts],
            "provider_name": [fact.returned.name for fact in facts],
            "care_setting": [fact.returned.care_setting for fact in facts],
            "level": [fact.level for fact in facts],
            "construct": [fact.construct for fact in facts],
            "score": [fact.score for fact in facts],
            "scale_min": instrument.scale_min,
            "scale_max": instrument.scale_max,
            "assessed_by": source.assessed_by or "self",
            "source_id": source.source_id,
            "source_locator": [fact.locator for fact in facts],
        },
        file=source.file,
    )


def published_scores(
    header: Sequence[object], returns: Sequence[Return], instrument: Instrument, source: Source
) -> list[Fact]:
    """Section and theme scores from the columns that hold them; an empty cell gives none.

    One heading, enabling infrastructure, is both a section and a theme, and gives both.

    Raises:
        InputError: cells that hold no number of the scale, all of them.
    """
    at = positions(header)
    facts: list[Fact] = []
    problems: list[Problem] = []
    low, high = instrument.scale_min, instrument.scale_max
    for level, parts in (("section", instrument.sections), ("theme", instrument.themes)):
        for part in parts:
            column = at[wording_key(part.heading)]
            for one in returns:
                written = text(one.cells[column])
                if not written:
                    continue
                try:
                    score = number_between(written, low, high)
                except NotANumber as error:
                    problems.append(
                        source.problem(
                            f"a score from {low:g} to {high:g}, or an empty cell",
                            row=one.row,
                            column=part.heading,
                            value=written,
                            fix=str(error),
                        )
                    )
                    continue
                locator = f"row {one.row} column {column + 1}"
                facts.append(Fact(one, level, part.id, score, locator))
    if problems:
        raise InputError(problems)
    return facts


def log_gaps(
    facts: Sequence[Fact], returns: Sequence[Return], instrument: Instrument, source: Source
) -> None:
    """Note the rows without any score, and the sections and themes a row has none for."""
    wanted = [("section", section.id) for section in instrument.sections]
    wanted += [("theme", theme.id) for theme in instrument.themes]
    present: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    for fact in facts:
        present[fact.returned.row].add((fact.level, fact.construct))
    for one in returns:
        have = present[one.row]
        missing = [f"{level} {name}" for level, name in wanted if (level, name) not in have]
        if not have:
            source.note(
                "empty_row",
                "The row names an organisation but holds no score.",
                row=one.row,
                provider_code=one.code,
                value=one.name,
                action="no rows in the returns",
                severity="quarantined",
                rule="no scored answer and no score",
            )
        elif missing:
            theme = any(level.startswith("theme") for level in missing)
            source.note(
                "theme_missing" if theme else "section_missing",
                "The return has no score for these.",
                row=one.row,
                provider_code=one.code,
                value="; ".join(missing),
                action="no rows in the returns for these",
                severity="warning" if theme and one.care_setting == "all" else "note",
                rule="no scored answer or no score in the section or theme",
            )
