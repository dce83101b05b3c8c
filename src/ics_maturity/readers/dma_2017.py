"""The second round (autumn 2017): published section and theme scores, answers and item scores.

The 2019 round used the same instrument; its returns are read with ``round=2019``.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Instrument, for_round
from ics_maturity.readers.questionnaire import (
    item_scores,
    log_missing_columns,
    question_columns,
)
from ics_maturity.readers.questionnaire_file import (
    facts_frame,
    log_gaps,
    open_questionnaire,
    published_scores,
)
from ics_maturity.readers.result import ReadResult
from ics_maturity.readers.scoring import compare_scores, log_differences, score_questionnaire
from ics_maturity.returns import QualityLog


def read_scores(
    path: Path,
    *,
    round: int,
    source_id: str,
    log: QualityLog,
    names: Mapping[str, str] | None = None,
) -> ReadResult:
    """Published section and theme scores, and item scores; how far the two agree is logged.

    Raises:
        InputError: the file cannot be opened, a heading is missing or unknown, an
            organisation has no usable code, an unknown care setting or two rows for one, or a
            score is off the scale.
    """
    instrument = _instrument(round, path)
    required = [part.heading for part in instrument.published_parts]
    required += [item.wording for item in instrument.items]
    header, returns = open_questionnaire(
        path, instrument, required, round=round, log=log, with_setting=True, names=names
    )
    body = [one.cells for one in returns]
    columns = question_columns(header, body, instrument, score_first=True)
    log_missing_columns(columns, file=path.name, round=round, log=log)
    item_facts = item_scores(returns, columns, instrument, file=path.name, round=round, log=log)
    facts = published_scores(header, returns, instrument, file=path.name)
    log_gaps(facts, returns, instrument, file=path.name, round=round, log=log)
    items = facts_frame(item_facts, instrument, file=path.name, round=round, source_id=source_id)
    scores = facts_frame(facts, instrument, file=path.name, round=round, source_id=source_id)
    log_differences(reproduce(items, scores, instrument), file=path.name, round=round, log=log)
    return ReadResult(returns=scores, items=items)


def reproduce(items: pd.DataFrame, scores: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Published scores beside those the items give; see
    :func:`ics_maturity.readers.scoring.compare_scores`."""
    sections, themes = score_questionnaire(items, instrument)
    recomputed = pd.concat([sections.assign(level="section"), themes.assign(level="theme")])
    return compare_scores(recomputed, scores)


def _instrument(round: int, path: Path) -> Instrument:
    try:
        instrument = for_round(round)
    except KeyError:
        instrument = None
    if instrument is None or not instrument.items:
        raise InputError(
            Problem(
                "the round of a questionnaire on file",
                file=path.name,
                value=str(round),
                fix="give round 2017 or 2019 for this layout",
            )
        )
    return instrument
