"""Two rounds of one instrument: catching up, spread, and rank order."""

import pandas as pd

from ics_maturity import frames
from ics_maturity.page import Page


def same_instrument(page: Page, before: int, after: int) -> pd.DataFrame:
    """Providers in two rounds on the domains both asked (:func:`frames.paired_providers`)."""
    returns, none = page.read("returns"), pd.Series(dtype=float)
    one, two = (
        frames.analysis_round(returns, frames.comparable_domains(year), none).providers
        for year in (before, after)
    )
    return frames.paired_providers(one, two)
