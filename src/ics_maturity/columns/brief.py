"""Columns of the tables of notebook 09, the brief."""

from ics_maturity.columns.peer_review import PEER_REVIEW
from ics_maturity.tables import Column

BRIEF: dict[str, dict[str, Column]] = {
    "brief_claims": {
        name: PEER_REVIEW["claims_ladder"][name] for name in ("level", "claim", "reached")
    },
}
