"""Small tidy returns for tests, from the few columns that a test is about."""

import pandas as pd

from ics_maturity.returns import COLUMNS, empty_returns

_DEFAULTS = {
    "round": 2025,
    "provider_code": "",
    "provider_code_returned": "",
    "provider_name": "",
    "ics_code": "",
    "region": "",
    "care_setting": "acute",
    "level": "pillar",
    "construct": "well_led",
    "score": 2.0,
    "scale_min": 1.0,
    "scale_max": 5.0,
    "assessed_by": "self",
    "source_id": "test",
    "source_locator": "",
}


def tidy(*rows: dict[str, object]) -> pd.DataFrame:
    """One tidy row per dictionary; a name follows from the code unless it is given."""
    filled = []
    for row in rows:
        code = row.get("provider_code") or row.get("provider_code_returned") or "UNKNOWN"
        filled.append({**_DEFAULTS, "provider_name": f"TRUST {code}", **row})
    frame = pd.DataFrame(filled, columns=list(COLUMNS))
    return frame.astype(empty_returns().dtypes.to_dict())
