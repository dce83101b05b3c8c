"""The second round (autumn 2017): published section and theme scores, answers and item scores.

The 2019 round used the same instrument; its returns are read with ``round=2019``.
"""

import pandas as pd

from ics_maturity.errors import InputError
from ics_maturity.instruments import Instrument, find_round
from ics_maturity.readers.questionnaire import item_scores, question_columns
from ics_maturity.readers.questionnaire_file import (
    facts_frame,
    log_gaps,
    open_questionnaire,
    published_scores,
)
from ics_maturity.readers.result import ReadResult, Source
from ics_maturity.readers.scoring import compare_scores, log_differences, score_questionnaire


def read_scores(source: Source) -> ReadResult:
    """Published section and theme scores, and item scores; how far the two agree is logged.

    Raises:
        InputError: the file cannot be opened, a heading is missing or unknown, an
            organisation has no usable code, an unknown care setting or two rows for one, or a
            score is off the scale.
    """
    instrument = find_round(source.round)
    if instrument is None or not instrument.items or not instrument.settings:
        raise InputError(
            source.problem(
                "the round of this questionnaire",
                value=str(source.round),
                fix="give round 2017 or 2019 for this layout",
            )
        )
    required = [part.heading for part in instrument.published_parts]
    required += [item.wording for item in instrument.items]
    header, returns = open_questionnaire(source, instrument, required)
    body = [one.cells for one in returns]
    columns = question_columns(header, body, instrument, score_first=True)
    items = facts_frame(item_scores(returns, columns, instrument, source), instrument, source)
    facts = published_scores(header, returns, instrument, source)
    log_gaps(facts, returns, instrument, source)
    scores = facts_frame(facts, instrument, source)
    log_differences(reproduce(items, scores, instrument), source)
    return ReadResult(returns=scores, items=items)


def reproduce(items: pd.DataFrame, scores: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Published scores beside those the items give.

    See :func:`ics_maturity.readers.scoring.compare_scores`.
    """
    sections, themes = score_questionnaire(items, instrument)
    recomputed = pd.concat([sections.assign(level="section"), themes.assign(level="theme")])
    return compare_scores(recomputed, scores)
