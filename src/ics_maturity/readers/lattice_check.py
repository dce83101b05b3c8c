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
    pillars = returns[returns["level"] == "pillar"]
    domains = {(entry.pillar, entry.care_setting): entry.count for entry in instrument.domains}
    ends = int(instrument.scale_min), int(instrument.scale_max)
    columns = ("construct", "care_setting", "score", "provider_name", "source_locator")
    rows = zip(*(pillars[column].tolist() for column in columns), strict=True)
    for construct, setting, score, name, locator in rows:
        count = domains.get((construct, setting))
        if count is None or is_possible(score, count, *ends):
            continue
        source.note(
            "off_lattice",
            f"The score cannot be the mean of {count} whole-number domains.",
            column=f"{construct} ({locator})",
            value=f"{name} ({setting}): {score:g}",
            action="used as given",
            severity="warning",
            rule=f"whole numbers {ends[0]} to {ends[1]}, mean rounded half up to one decimal",
        )
