"""Columns of the tables of notebook 05, scores that decide who gets support."""

from collections.abc import Mapping

from ics_maturity.columns.common import PROVIDERS
from ics_maturity.tables import Column

_VIEWS = {"a": "view A", "b": "view B"}
_POINTS = "Points to a place"


def by_system(tiers: Mapping[int, str]) -> dict[str, Column]:
    """Columns of the table by system: one probability for each shown tier (from 0) and view."""
    chances = {
        f"p{tier + 1}_{view}": Column(
            view.upper(),
            f"Probability, {words}",
            digits=2,
            group=f"Chance to be {name}" if name == "in" else f"Chance: {name}",
        )
        for tier, name in tiers.items()
        for view, words in _VIEWS.items()
    }
    return {
        "ics_code": Column("Code", "ODS code of the system's board"),
        "system": Column("System", "Short name"),
        "providers": PROVIDERS,
        "score": Column("Score", "The score that the rule looks at", digits=2),
        "tier": Column("Placed", "Where the rule places the system"),
        **chances,
        "points": Column("together", "Points on the crude score, all providers moving alike, to a "
                         "supported place; nought if supported", digits=2, group=_POINTS),
        "one_provider": Column("one provider", "Least that one provider would have to move alone; "
                               "missing if none could", digits=2, group=_POINTS),
    }  # fmt: skip


SUPPORT: dict[str, dict[str, Column]] = {
    "support_rules": {
        "rule": Column("Supported", "Who gets the support"),
        "score": Column("Score", "Which score the rule looks at"),
        "chosen": Column("Picks", "How many systems the rule supports"),
        "wrong_a": Column("A", "Expected number, view A", digits=1, group="Wrong picks"),
        "wrong_b": Column("B", "Expected number, view B", digits=1, group="Wrong picks"),
        "missed_a": Column("A", "Expected number, view A", digits=1, group="Missed"),
        "missed_b": Column("B", "Expected number, view B", digits=1, group="Missed"),
        "misplaced_a": Column("A", "GBP m to systems that do not belong, view A", digits=0,
                              group="GBP m astray"),
        "misplaced_b": Column("B", "GBP m to systems that do not belong, view B", digits=0,
                              group="GBP m astray"),
        "sure_a": Column("A", "Supported systems that surely belong, view A", group="Sure"),
        "sure_b": Column("B", "Supported systems that surely belong, view B", group="Sure"),
        "wrong_tier_a": Column("A", "Systems in another tier than their own, expected, view A",
                               digits=1, group="In another tier"),
        "wrong_tier_b": Column("B", "Systems in another tier than their own, expected, view B",
                               digits=1, group="In another tier"),
        "share_a": Column("A", "Wrong picks or misses, whichever is more, view A",
                          style="percent", digits=0, group="Larger share"),
        "share_b": Column("B", "Wrong picks or misses, whichever is more, view B",
                          style="percent", digits=0, group="Larger share"),
        "within": Column("Within margin", "Views under which the larger share is within it"),
    },
    "choice_stability": {
        "key": Column("Key", "Short name of the comparison"),
        "comparison": Column("Two choices", "What differs between them"),
        "unit": Column("Counted", "Systems, or providers where the systems themselves differ"),
        "first": Column("first", "Supported by the first choice", group="Supported"),
        "second": Column("second", "Supported by the second choice", group="Supported"),
        "both": Column("both", "Supported by both choices", group="Supported"),
        "jaccard": Column("Overlap", "Jaccard: in both over in either", digits=2),
    },
    "redrawn_systems": {
        "ics_code_2026": Column("Code", "Code on the map of April 2026"),
        "system": Column("System of 2026", "Short name"),
        "providers": PROVIDERS,
        "old": Column("Old systems", "Systems of 2022 that its providers come from"),
        "unchanged": Column("Unchanged", "Has exactly the providers of one old system"),
        "points": Column("Points", "Largest difference from an old system's score", digits=2),
        "moved": Column("Places", "Largest move from an old system, in places of the older list",
                        digits=1),
    },
    "kept_word": {
        "view": Column("View", "What counts as the truth"),
        "low": Column("from", "Lower end", style="percent", digits=0, group="Stated chance"),
        "high": Column("to", "Upper end", style="percent", digits=0, group="Stated chance"),
        "cases": Column("Cases", "Systems given such a chance, over all worlds"),
        "stated": Column("Stated", "Mean stated chance", style="percent", digits=1),
        "happened": Column("Belonged", "Share that truly belonged", style="percent", digits=1),
        "se": Column("Error", "Monte Carlo standard error of the share, worlds as the unit",
                     style="percent", digits=1),
    },
}  # fmt: skip
