"""One reader per published layout; all give tidy returns.

``LAYOUTS`` maps the layout names of profiles and of the register of sources to readers.
"""

from collections.abc import Mapping
from pathlib import Path

from ics_maturity.instruments import Catalogue
from ics_maturity.readers.dma_2016 import read_answers, read_published, score_2016
from ics_maturity.readers.dma_2017 import read_scores
from ics_maturity.readers.dma_workbook import read_results
from ics_maturity.readers.question_key import read_key
from ics_maturity.readers.result import Reader, ReadResult
from ics_maturity.readers.scoring import compare_scores
from ics_maturity.readers.template import read_template, write_template
from ics_maturity.returns import QualityLog

__all__ = [
    "LAYOUTS",
    "ReadResult",
    "Reader",
    "compare_scores",
    "read",
    "score_2016",
    "write_template",
]

LAYOUTS: dict[str, Reader] = {
    "dma_2016_answers": Reader(read_answers),
    "dma_2016_published_scores": Reader(read_published),
    "dma_2017_scores": Reader(read_scores),
    "question_key": Reader(read_key),
    "dma_workbook": Reader(read_results),
    "template": Reader(read_template),
}


def read(
    path: Path,
    layout: str,
    *,
    round: int,
    source_id: str,
    log: QualityLog,
    names: Mapping[str, str] | None = None,
    assessed_by: str | None = None,
    instruments: Catalogue | None = None,
) -> ReadResult:
    """Read one file of returns; ``layout`` is a key of :data:`LAYOUTS`.

    The other arguments are those of :class:`ics_maturity.readers.result.Source`; ``instruments``
    are the workbook's own unless given, and published layouts know no others. Published
    layouts never say who assessed: their scores are ``self`` unless ``assessed_by`` is given.

    Raises:
        InputError: the file cannot be used; every fault found in it is listed.
        KeyError: no such layout.
    """
    reader = LAYOUTS[layout]
    return reader(
        path,
        round=round,
        source_id=source_id,
        log=log,
        names=names,
        assessed_by=assessed_by,
        instruments=instruments,
    )
