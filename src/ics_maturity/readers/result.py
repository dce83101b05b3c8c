"""What is read, what comes back, and how a reader is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ics_maturity.errors import Problem
from ics_maturity.instruments import Catalogue, packaged
from ics_maturity.returns import QualityLog


@dataclass(frozen=True)
class Source:
    """A file to read and what is known about it beforehand.

    Attributes:
        path: the file.
        round: the year the round is called after.
        source_id: identifier of the file, stored with every row.
        log: gets every oddity found.
        names: code by known name (one code may have had many names), to notice codes that do
            not belong to their names.
        assessed_by: ``self`` or ``moderated``, where the file does not say it.
        instruments: what each round asked, for layouts that any instrument may have.
    """

    path: Path
    round: int
    source_id: str
    log: QualityLog = field(repr=False)
    names: Mapping[str, str] | None = None
    assessed_by: str | None = None
    instruments: Catalogue = field(default_factory=packaged, repr=False)

    @property
    def file(self) -> str:
        """The file's name, for messages: no folder, since paths are the user's own."""
        return self.path.name

    def note(self, kind: str, what: str, **details: Any) -> None:
        """Write to the quality log; see :meth:`ics_maturity.returns.QualityLog.note`."""
        self.log.note(kind, what, round=self.round, file=self.file, **details)

    def problem(self, expected: str, **details: Any) -> Problem:
        """A fault in this file; see :class:`ics_maturity.errors.Problem`."""
        return Problem(expected, file=self.file, **details)


@dataclass(frozen=True)
class ReadResult:
    """The content of one file.

    Attributes:
        returns: section, theme, pillar and overall scores (tidy returns).
        items: item scores (tidy returns of level item); only scored answers are rows.
        services: 2015/16 only: round, provider_code_returned, provider_name, service,
            source_locator; one row per ticked service.
        places: 2024/25 workbook only: round, provider_name, ics_name, region, source_locator;
            where the workbook puts each provider, one row per provider.
        item_match: question key only: item_2016, item_2017, section, theme,
            verbatim_identical; one row per pair of matched questions.
    """

    returns: pd.DataFrame
    items: pd.DataFrame
    services: pd.DataFrame | None = None
    places: pd.DataFrame | None = None
    item_match: pd.DataFrame | None = None


@dataclass(frozen=True)
class Reader:
    """The reader of one published layout, called with a path and what is known about the file."""

    of_source: Callable[[Source], ReadResult]

    def __call__(
        self,
        path: Path,
        *,
        round: int,
        source_id: str,
        log: QualityLog,
        names: Mapping[str, str] | None = None,
        assessed_by: str | None = None,
        instruments: Catalogue | None = None,
    ) -> ReadResult:
        """Read the file; the arguments are those of :class:`Source`.

        Raises:
            InputError: the file cannot be used; every fault found in it is listed.
        """
        known = instruments or packaged()
        return self.of_source(Source(path, round, source_id, log, names, assessed_by, known))
