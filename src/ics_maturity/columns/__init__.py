"""What the columns of the report's tables mean: one place, one meaning for each word.

One module per notebook. A table is known by its name without the year (``like_for_like_2025`` is
``like_for_like``).
"""

import re
from collections.abc import Mapping

from ics_maturity.columns.brief import BRIEF
from ics_maturity.columns.claims import CLAIMS
from ics_maturity.columns.cleaning import CLEANING
from ics_maturity.columns.mix import MIX
from ics_maturity.columns.peer_review import PEER_REVIEW
from ics_maturity.columns.profile import PROFILE
from ics_maturity.columns.rounds import ROUNDS
from ics_maturity.columns.stress import STRESS
from ics_maturity.columns.support import SUPPORT
from ics_maturity.tables import Column, TableError

DECLARED: dict[str, dict[str, Column]] = {
    **CLEANING,
    **ROUNDS,
    **MIX,
    **PEER_REVIEW,
    **SUPPORT,
    **CLAIMS,
    **PROFILE,
    **STRESS,
    **BRIEF,
}


def of(name: str) -> Mapping[str, Column]:
    """The declared columns of a table, its name with or without a year.

    Raises:
        TableError: the table is not declared here.
    """
    for known in (name, re.sub(r"_20\d\d$", "", name)):
        if known in DECLARED:
            return DECLARED[known]
    raise TableError(f"table {name}: its columns are not declared in columns/; give columns=")
