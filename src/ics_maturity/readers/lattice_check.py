"""Pillar scores that no set of whole-number domains can give."""

import pandas as pd

from ics_maturity.instruments import Instrument
from ics_maturity.instruments.lattice import is_possible
from ics_maturity.readers.result import Source


def log_off_lattice(returns: pd.DataFrame, instrument: Instrument, source: Source) -> None:
    """Note each pillar score that cannot be a mean of its number of whole-number domains.

    Args:
        returns: tidy returns of one round; settings and pillars whose number of domains is not
            known are left out.
    """
    for row in returns[returns["level"] == "pillar"].itertuples():
        domains = instrument.domain_count(str(row.construct), str(row.care_setting))
        if domains is not None and not is_possible(float(str(row.score)), domains):
            source.note(
                "off_lattice",
                f"The score cannot be the mean of {domains} whole-number domains.",
                column=f"{row.construct} ({row.source_locator})",
                provider_code=str(row.provider_code_returned),
                value=f"{row.provider_name} ({row.care_setting}): {row.score:g}",
                action="used as given",
                severity="warning",
                rule="whole numbers 1 to 5, mean rounded half up to one decimal",
            )
