"""What every reader hands back, and how a reader is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from ics_maturity.returns import QualityLog


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


class Reader(Protocol):
    """A function that reads one published layout."""

    def __call__(
        self,
        path: Path,
        *,
        round: int,
        source_id: str,
        log: QualityLog,
        names: Mapping[str, str] | None = None,
    ) -> ReadResult: ...
