"""The 2024/25 results workbook: pillar scores of one round, overall scores of two.

Sheets and header rows are found by the names of their columns, never by position. A sheet that
lists providers holds returns; a sheet of the same columns without providers holds the boards'
own returns, which are another thing and are left out. Data end at the footer.
"""

from collections.abc import Sequence

import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Instrument, find_round
from ics_maturity.readers import workbook_checks as checks
from ics_maturity.readers.frames import tidy
from ics_maturity.readers.guard import Sheet, read_workbook
from ics_maturity.readers.lattice_check import log_off_lattice
from ics_maturity.readers.result import ReadResult, Source
from ics_maturity.readers.workbook_tables import (
    PLACE_HEADINGS,
    PROVIDER_HEADINGS,
    Fact,
    find_tables,
    scores_of,
)
from ics_maturity.returns import empty_returns


def read_results(source: Source) -> ReadResult:
    """Pillar scores of ``round``, overall scores of the rounds named in the headings, places.

    Provider codes are empty: the workbook has none.

    Raises:
        InputError: the workbook cannot be opened; no sheet lists providers with all pillars;
            headings unknown or repeated; a row without provider, system or a known setting; a
            score missing or off the scale; a provider and setting twice, or in two systems.
    """
    instrument = find_round(source.round)
    if instrument is None or not instrument.pillars:
        raise InputError(
            source.problem(
                "the round of an assessment with pillars",
                value=str(source.round),
                fix="give the round whose pillar scores the workbook holds, such as 2025",
            )
        )
    sheets = read_workbook(source)
    tables, boards = find_tables(sheets, instrument, source)
    if not any(column.level == "pillar" for table in tables for column in table.columns):
        raise InputError(_no_provider_sheet(source, sheets, instrument))
    problems: list[Problem] = []
    facts = [fact for table in tables for fact in scores_of(table, instrument, source, problems)]
    problems += checks.repeated(facts, source) + checks.moved(facts, source)
    if problems:
        raise InputError(problems)
    returns = _frame(facts, instrument, source)
    checks.log_boards(boards, source)
    log_off_lattice(returns, instrument, source)
    checks.log_counts(sheets, facts, source)
    checks.log_coverage(facts, source)
    return ReadResult(returns=returns, items=empty_returns(), places=_places(facts, source.round))


def _no_provider_sheet(source: Source, sheets: Sequence[Sheet], instrument: Instrument) -> Problem:
    headings = [
        *PLACE_HEADINGS,
        *PROVIDER_HEADINGS,
        *(pillar.heading for pillar in instrument.pillars),
    ]
    return source.problem(
        "a visible sheet with the columns " + ", ".join(headings),
        value="sheets " + ", ".join(f"'{sheet.name}'" for sheet in sheets),
        fix="restore the published sheet of provider pillar scores",
    )


def _frame(facts: Sequence[Fact], instrument: Instrument, source: Source) -> pd.DataFrame:
    return tidy(
        {
            "round": [fact.round for fact in facts],
            "provider_code_returned": "",
            "provider_name": [fact.provider for fact in facts],
            "region": [fact.region for fact in facts],
            "care_setting": [fact.setting for fact in facts],
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


def _places(facts: Sequence[Fact], round: int) -> pd.DataFrame:
    """One row per provider: the system and region the workbook puts it in."""
    frame = pd.DataFrame(
        {
            "round": round,
            "provider_name": [fact.provider for fact in facts],
            "ics_name": [fact.ics_name for fact in facts],
            "region": [fact.region for fact in facts],
            "source_locator": [f"sheet '{fact.sheet}' row {fact.row}" for fact in facts],
        }
    )
    first = frame.drop_duplicates("provider_name")
    return first.sort_values("provider_name", ignore_index=True)
