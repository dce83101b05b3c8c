"""The 2015/16 self-assessment: every answer and score of every organisation, as one CSV.

Section and theme scores are not in that file; they are computed from the item scores by the
published averaging rule. The separate file of published scores, for the acute providers, is
the check on that.
"""

from collections.abc import Sequence

import pandas as pd

from ics_maturity.errors import InputError
from ics_maturity.instruments import Instrument, load
from ics_maturity.instruments.wording import wording_key
from ics_maturity.readers.cells import text
from ics_maturity.readers.headings import positions
from ics_maturity.readers.questionnaire import Fact, Return, item_scores, question_columns
from ics_maturity.readers.questionnaire_file import (
    facts_frame,
    log_gaps,
    open_questionnaire,
    published_scores,
)
from ics_maturity.readers.result import ReadResult, Source
from ics_maturity.readers.scoring import score_questionnaire
from ics_maturity.returns import empty_returns

_INSTRUMENT = "dma_2016"


def read_answers(source: Source) -> ReadResult:
    """Item scores, the section and theme scores they give, and the services ticked.

    Raises:
        InputError: the file cannot be opened, a heading is missing or unknown, an
            organisation has no usable code or two rows, or a score is off the scale.
    """
    instrument = load(_INSTRUMENT)
    required = [column.heading for column in instrument.profile]
    required += [item.wording for item in instrument.items]
    header, returns = open_questionnaire(source, instrument, required)
    body = [one.cells for one in returns]
    columns = question_columns(header, body, instrument, score_first=False)
    items = facts_frame(item_scores(returns, columns, instrument, source), instrument, source)
    computed = _computed_scores(items, returns, instrument)
    log_gaps(computed, returns, instrument, source)
    return ReadResult(
        returns=facts_frame(computed, instrument, source),
        items=items,
        services=_services(header, returns, instrument, source),
    )


def read_published(source: Source) -> ReadResult:
    """The published section and theme scores (whole numbers) of the acute providers.

    Raises:
        InputError: as :func:`read_answers`.
    """
    instrument = load(_INSTRUMENT)
    required = [part.heading for part in instrument.published_parts]
    header, returns = open_questionnaire(source, instrument, required)
    facts = published_scores(header, returns, instrument, source)
    log_gaps(facts, returns, instrument, source)
    return ReadResult(returns=facts_frame(facts, instrument, source), items=empty_returns())


def score_2016(items: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Section and theme scores of 2015/16 from its item scores, by the published rule.

    See :func:`ics_maturity.readers.scoring.score_questionnaire`.
    """
    return score_questionnaire(items, load(_INSTRUMENT))


def _computed_scores(
    items: pd.DataFrame, returns: Sequence[Return], instrument: Instrument
) -> list[Fact]:
    """The scores the items give, each with the row it comes from and how many it averages."""
    by_code = {one.code: one for one in returns}
    sections, themes = score_questionnaire(items, instrument)
    facts = []
    for level, frame, parts in (
        ("section", sections, "scored answers"),
        ("theme", themes, "sections"),
    ):
        for row in frame.itertuples():
            one = by_code[str(row.provider_code_returned)]
            locator = f"row {one.row}, mean of {row.parts} {parts}"
            facts.append(Fact(one, level, str(row.construct), float(str(row.score)), locator))
    return facts


def _services(
    header: Sequence[object], returns: Sequence[Return], instrument: Instrument, source: Source
) -> pd.DataFrame:
    """One row per service an organisation ticks: the service's slug and its cell."""
    at = positions(header)
    rows = []
    problems = []
    for profile in instrument.profile:
        if profile.kind != "service":
            continue
        column = at[wording_key(profile.heading)]
        service = profile.heading.rsplit(": ", 1)[1].lower().replace(" ", "_")
        for one in returns:
            ticked = text(one.cells[column])
            if ticked == "1":
                locator = f"row {one.row} column {column + 1}"
                rows.append((source.round, one.code, one.name, service, locator))
            elif ticked:
                problems.append(
                    source.problem(
                        "1 for a service delivered, or an empty cell",
                        row=one.row,
                        column=profile.heading,
                        value=ticked,
                        fix="correct the cell",
                    )
                )
    if problems:
        raise InputError(problems)
    columns = ["round", "provider_code_returned", "provider_name", "service", "source_locator"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["provider_code_returned", "service"], ignore_index=True)
