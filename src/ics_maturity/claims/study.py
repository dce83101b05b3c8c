"""Notebook 06's assembly: the evidence from the processed tables."""

from ics_maturity import study
from ics_maturity.claims.evidence import Evidence
from ics_maturity.claims.register import Register
from ics_maturity.claims.verdicts import VERDICTS, Checked
from ics_maturity.page import Page


def evidence(page: Page) -> Evidence:
    """What the processed tables hold that claims can be checked on.

    Rounds of other assessments, whose instrument came with the returns, are left out: the claims
    are about digital maturity.
    """
    names = ("returns", "items", "quality_log", "providers", "rurality")
    tables = {name: page.read(name) for name in names}
    own = page.instruments.own
    for name in ("returns", "items") if own else ():
        tables[name] = tables[name][~tables[name]["round"].isin(own)]
    return Evidence(systems=study.systems(page), maps=page.read("systems"), **tables)


def register(page: Page) -> Register:
    """The claims as notebook 01 wrote them."""
    return Register(page.read("claims"), page.read("statements"))


def listed(identifiers: list[str], longest: int = 30) -> str:
    """Identifiers in words for prose: "C01, C02", or "none"; of a long list the first ones."""
    more = len(identifiers) - longest
    shown = ", ".join(identifiers[:longest]) or "none"
    return f"{shown} and {more} more" if more > 0 else shown


def name_counts(page: Page, checked: Checked) -> None:
    """Name how many claims have each verdict, and which."""
    groups = {verdict: checked.ids(verdict) for verdict in VERDICTS}
    groups |= {"conflicting": checked.conflicting, "other_round": checked.judged_elsewhere}
    for name, claims in groups.items():
        page.result(f"claims.{name}", len(claims), unit="claims", n=len(checked.claims),
                    method="comparison by rule with the returns at hand")  # fmt: skip
        page.result(f"claims.{name}_which", listed(claims), n=len(claims))
    pairs = checked.conflicts[["claim_id", "other_id"]].drop_duplicates()
    words = [a if a == b else f"{a} and {b}" for a, b in pairs.itertuples(index=False)]
    page.result("claims.conflict_pairs", listed(words, 10), n=len(words))
