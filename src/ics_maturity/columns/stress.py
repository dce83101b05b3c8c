"""Columns of the tables of notebook 07, the stress test."""

from ics_maturity.columns.common import ESTIMATE, PROVIDERS
from ics_maturity.tables import Column

_ANALYSES = Column("Analyses", "Number of valid combinations of choices")
_LOWEST = Column("Lowest", "Smallest estimate", digits=2)
_HIGHEST = Column("Highest", "Largest estimate", digits=2)
_SPREAD = Column(
    "Spread of systems",
    "Variance between systems in the worlds, against that found; "
    "rough: skewed systems, heavy-tailed providers",
)
_SE = "Simulation error of the share to the left"

_BIAS = "Mean estimate less truth"
_FOUND = "Share of worlds with p at most .05"
_COVERED = "Share of 95% intervals that hold the truth"


def _found(name: str, group: str) -> dict[str, Column]:
    """What a method with an estimate finds in a cell."""
    return {
        f"{name}_truth": Column("truth", "What it would find without noise", digits=2,
                                group=group),
        f"{name}_bias": Column("bias", _BIAS, style="signed", digits=3, group=group),
        f"{name}_rejected": Column("found", _FOUND, digits=2, group=group),
        f"{name}_covered": Column("covered", _COVERED, digits=2, group=group),
    }  # fmt: skip


STRESS: dict[str, dict[str, Column]] = {
    "stress_choices": {
        "family": Column("Family", "Analyses that ask one question of one quantity", style="words"),
        "estimand": Column("Estimates", "What every analysis of the family estimates"),
        "choice": Column("Choice", "What could have been done otherwise"),
        "number": Column("Options", "Number of options"),
        "options": Column("Which", "The options"),
    },
    "stress_curves": {
        "estimand": Column("Estimates", "What every analysis of the family estimates"),
        "analyses": _ANALYSES,
        "median": Column("Median", "Of the estimates", digits=2),
        "lowest": _LOWEST,
        "highest": _HIGHEST,
        "share": Column("p at most .05", "Share with p at most .05 in the foretold direction (in "
                        "either, where none was)", style="percent", digits=0),
        "median_p": Column("median", "Two-sided p, labels of systems exchanged", style="p",
                           group="Joint p"),
        "share_p": Column("share", "One-sided p, labels of systems exchanged", style="p",
                          group="Joint p"),
        "stouffer_p": Column("all z", "Two-sided p of Stouffer's sum, labels exchanged",
                             style="p", group="Joint p"),
    },
    "stress_by_option": {
        "choice": Column("Choice", "What could have been done otherwise"),
        "option": Column("Option", "What was done"),
        "analyses": _ANALYSES,
        "median": Column("Median", "Of the estimates", unit="points", digits=2),
        "lowest": _LOWEST,
        "highest": _HIGHEST,
        "significant": Column("p at most .05", "Share of the analyses", style="percent", digits=0),
    },
    "mean_shift_range": {
        "before": Column("Earlier", "Earlier round", style="plain"),
        "after": Column("Later", "Later round", style="plain"),
        "analyses": _ANALYSES,
        "lowest": Column("Lowest", "Smallest shift", unit="points of 100", style="signed",
                         digits=1),
        "highest": Column("Highest", "Largest shift", unit="points of 100", style="signed",
                          digits=1),
    },
    "error_rates": {
        "name": Column("Slug", "Name of the method in the named results"),
        "question": Column("Question", "What the method is asked"),
        "words": Column("Method", "Estimator and reference distribution"),
        "role": Column("Role", "primary, check, or not used"),
        "bound": Column("Bound", "Promises false positives in at most one world of twenty"),
        "why": Column("Why not", "Why it is not used, whether or not it fails at this design"),
        "size": Column("false positives", "Share of worlds without effect with p at most .05",
                       digits=3, group="Size"),
        "size_se": Column("±", _SE, digits=3, group="Size"),
        "size_rough": Column("rough", "The same where systems are skewed, providers heavy-tailed "
                             "and more spread where rural", digits=3, group="Size"),
        "coverage": Column("coverage", "Share of 95% intervals that hold the truth", digits=3,
                           group="Intervals"),
        "coverage_se": Column("±", _SE, digits=3, group="Intervals"),
        "verdict": Column("Promise", "keeps it; falls short (inside the band, but worse than "
                          "nominal beyond simulation error); fails (outside the band)"),
        "null_worlds": Column("Worlds without effect", "Worlds behind the size"),
        "covered_worlds": Column("Worlds", "Worlds behind the coverage"),
    },
    "not_used": {
        "question": Column("Question", "What the method is asked"),
        "words": Column("Method", "Estimator and reference distribution"),
        "size": Column("False positives", "Share of worlds without effect with p at most .05",
                       digits=3),
        "size_se": Column("±", _SE, digits=3),
        "coverage": Column("Coverage", "Share of 95% intervals that hold the truth", digits=3),
        "verdict": Column("Promise", "keeps it; falls short (inside the band, but worse than "
                          "nominal beyond simulation error); fails (outside the band)"),
        "why": Column("Why not", "Why it is not used, whether or not it fails at this design"),
    },
    "shown_elsewhere": {
        "page": Column("Page", "Number of the page that prints it"),
        "words": Column("Method", "What is printed with a p-value or an interval"),
        "shown": Column("Promise shown by", "How it is known to answer rightly"),
        "test": Column("Test", "File and name of the test"),
    },
    "rank_promises": {
        "spread": _SPREAD,
        "view": Column("View", "What counts as the truth"),
        "worlds": Column("Worlds", "Worlds behind the shares"),
        "single": Column("one", "Share of 95% sets of one system's rank that hold the true rank",
                         digits=3, group="Sets that hold"),
        "single_se": Column("±", _SE, digits=3, group="Sets that hold"),
        "together": Column("all", "Share of worlds in which the sets for all systems hold every "
                           "true rank", digits=3, group="Sets that hold"),
        "together_se": Column("±", _SE, digits=3, group="Sets that hold"),
        "pairs": Column("false", "Share of worlds with a pair of systems told apart where none "
                        "differs (Holm)", digits=3, group="Pairs"),
        "pairs_se": Column("±", _SE, digits=3, group="Pairs"),
        "verdict": Column("Promise", "keeps it (sets hold in 93 of 100 or more, false pairs in 7 "
                          "or fewer) or fails"),
    },
    "rule_promises": {
        "rule": Column("Supported", "The rule"),
        "view": Column("View", "What counts as the truth"),
        "spread": _SPREAD,
        "worlds": Column("Worlds", "Worlds behind the means"),
        "stated": Column("stated", "Mean of the expected wrong picks that the calculation states",
                         digits=2, group="Wrong picks"),
        "actual": Column("actual", "Mean of the picks that truly did not belong", digits=2,
                         group="Wrong picks"),
        "gap": Column("gap", "Actual less stated", style="signed", digits=2,
                      group="Wrong picks"),
        "se": Column("±", "Simulation error of the gap, worlds as the unit", digits=2,
                     group="Wrong picks"),
        "verdict": Column("Word", "honest (no gap beyond three simulation errors), too sure, or "
                          "too unsure"),
    },
    "planted_effects": {
        "mix": Column("mix", "Times the planted setting effects", digits=0, group="Planted"),
        "rurality": Column("slope", "Planted rurality slope, points", digits=1, group="Planted"),
        "moderation": Column("review", "Planted effect of moderation, points", digits=1,
                             group="Planted"),
        "between": Column("spread", "Times the variance between systems", digits=0,
                          group="Planted"),
        "noise": Column("noise", "normal or rough", group="Planted"),
        "worlds": Column("Worlds", "Number of worlds"),
        **_found("slope", "Slope"),
        **_found("direct", "Slope at equal settings"),
        "review_bias": Column("bias", _BIAS, style="signed", digits=3, group="Review"),
        "review_rejected": Column("found", _FOUND, digits=2, group="Review"),
        "review_covered": Column("covered", _COVERED, digits=2, group="Review"),
        "types_rejected": Column("Mix found", _FOUND, digits=2),
        "spread_rejected": Column("Spread found", _FOUND, digits=2),
    },
    "detectable": {
        "what": Column("Effect", "What is to be found"),
        "method": Column("Method", "Primary method"),
        "simulated": Column("Simulated", "Smallest effect found in 80% of worlds", digits=3,
                            group="Smallest effect found"),
        "se": Column("±", "Simulation error", digits=3, group="Smallest effect found"),
        "formula": Column("By formula", "From the standard error found in the returns", digits=3,
                          group="Smallest effect found"),
        "unit": Column("Unit", "Unit of the effect"),
    },
    "left_out": {
        "what": Column("Left out", "One of these at a time"),
        "number": Column("Times", "How many slopes were fitted"),
        "lowest": Column("Lowest", "Smallest slope", unit="points", digits=2),
        "highest": Column("Highest", "Largest slope", unit="points", digits=2),
        "p_lowest": Column("Smallest p", "Over all left out in turn", style="p"),
        "p_highest": Column("Largest p", "Over all left out in turn", style="p"),
        "significant": Column("p at most .05", "Number of times"),
    },
    "other_data": {
        "what": Column("Data", "What differs from the returns as they are"),
        "n": PROVIDERS,
        **ESTIMATE,
    },
    "reversals": {
        "name": Column("Slug", "Name of the named result"),
        "conclusion": Column("Conclusion", "As drawn in this workbook"),
        "reversal": Column("Would turn round", "What would have to be true"),
        "value": Column("By", "How much", digits=2),
        "unit": Column("Unit", "Of the number to the left"),
    },
}  # fmt: skip
