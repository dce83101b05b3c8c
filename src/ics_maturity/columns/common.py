"""Columns that several notebooks show, each with one meaning."""

from ics_maturity.tables import Column

ROUND = Column("Round", "Year the round is named after", style="plain")
EARLIER = Column("Earlier", "Earlier round", style="plain")
LATER = Column("Later", "Later round", style="plain")
PROVIDERS = Column("Providers", "Number of providers")
ORGANISATIONS = Column("Organisations", "Number of organisations")
P = Column("p", "Two-sided test of zero", style="p")


def interval(digits: int, how: str = "95% interval") -> dict[str, Column]:
    """The two ends of an interval, ``how`` saying which."""
    return {
        "low": Column("Low", f"Lower end, {how}", digits=digits),
        "high": Column("High", f"Upper end, {how}", digits=digits),
    }


ESTIMATE = {
    "estimate": Column("Estimate", "Estimated effect", unit="points", digits=3),
    **interval(3),
    "p": P,
}
RANK_SET = "95% set of ranks"
