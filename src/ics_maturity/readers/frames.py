"""From lists of values to a valid frame of tidy returns."""

from collections.abc import Mapping, Sequence

import pandas as pd

from ics_maturity.returns import TYPES, validate


def tidy(columns: Mapping[str, Sequence[object] | object], *, file: str) -> pd.DataFrame:
    """A valid returns frame from columns, some of them one value for all rows.

    What a published file does not give is filled: the current code by the returned one, empty
    text for system and region, ``self`` for the assessor.

    Args:
        columns: at least round, provider_code_returned, provider_name, care_setting, level,
            construct, score, scale_min, scale_max, source_id, source_locator.
        file: name of the source, for error messages.

    Raises:
        InputError: the rows break a rule of tidy returns.
    """
    filled = {
        "provider_code": columns["provider_code_returned"],
        "ics_code": "",
        "region": "",
        "assessed_by": "self",
    } | dict(columns)
    rows = range(len(columns["score"]))  # type: ignore[arg-type]
    frame = pd.DataFrame(
        {name: pd.Series(filled[name], index=rows, dtype=kind) for name, kind in TYPES.items()}
    )
    return validate(frame, file=file)
