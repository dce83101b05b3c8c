"""What the columns of the report's tables mean: one place, one meaning for each word.

A table is known by its name without the year (``like_for_like_2025`` is ``like_for_like``).
"""

import re
from collections.abc import Mapping

from ics_maturity.tables import Column, TableError

_ROUND = Column("Round", "Year the round is named after", style="plain")
_EARLIER = Column("Earlier", "Earlier round", style="plain")
_LATER = Column("Later", "Later round", style="plain")
_PROVIDERS = Column("Providers", "Number of providers")
_ORGANISATIONS = Column("Organisations", "Number of organisations")
_P = Column("p", "Two-sided test of zero", style="p")


def _interval(digits: int, how: str = "95% interval") -> dict[str, Column]:
    return {
        "low": Column("Low", f"Lower end, {how}", digits=digits),
        "high": Column("High", f"Upper end, {how}", digits=digits),
    }


_ESTIMATE = {
    "estimate": Column("Estimate", "Estimated effect", unit="points", digits=3),
    **_interval(3),
    "p": _P,
}
_RANK_SET = "95% set of ranks"

DECLARED: dict[str, dict[str, Column]] = {
    # 01
    "files_read": {
        "source_id": Column("Source", "Identifier of the file in the register or profile"),
        "file": Column("File", "Place of the file, relative to its folder"),
        "layout": Column("Layout", "Published layout the file follows", style="words"),
        "round": _ROUND,
        "score_rows": Column("Scores", "Section, theme, pillar and overall scores"),
        "item_rows": Column("Item scores", "Scored answers to single questions"),
    },
    "rounds_held": {
        "round": _ROUND,
        "assessed_by": Column("Assessed by", "self, or moderated after peer review"),
        "level": Column("Level", "What is scored"),
        "organisations": _ORGANISATIONS,
        "constructs": Column("Constructs", "Different sections, themes or pillars"),
        "settings": Column("Settings", "Care settings told apart"),
        "scores": Column("Scores", "Number of scores"),
        "mean": Column("Mean score", "On the round's own scale", digits=1),
    },
    "scores_not_reproduced_2016": {
        "organisation": Column("Organisation", "Code as returned"),
        "care_setting": Column("Setting", "Care setting", style="words"),
        "level": Column("Level", "section or theme"),
        "construct": Column("Construct", "Section or theme", style="words"),
        "recomputed": Column("From answers", "Score computed from the answers", digits=0),
        "published": Column("Published", "Score as published", digits=0),
    },
    "lattice": {
        "round": _ROUND,
        "construct": Column("Pillar", "Pillar scored", style="words"),
        "exact": Column("Consistent", "One unrounded mean is possible with the inferred number of "
                        "domains"),
        "ambiguous": Column("Ambiguous", "Several unrounded means are possible"),
        "impossible": Column("Impossible", "No mean of whole-number domains rounds to it"),
        "unknown": Column("Not told", "The number of domains cannot be inferred"),
    },
    "organisations_accounted_for": {
        "round": _ROUND,
        "kind": Column("What became of it", "same, recoded, merged, split, corrected or none"),
        "accounted": Column("Accounted for", "Reaches a provider or has a stated reason"),
        "organisations": _ORGANISATIONS,
        "providers": Column("Providers", "Providers of the last round that they reach"),
    },
    "quality_log_summary": {
        "severity": Column("Severity", "note, warning or quarantined"),
        "kind": Column("Kind", "What kind of oddity", style="words"),
        "entries": Column("Entries", "Number of entries"),
        "example": Column("For example", "The first entry of the kind"),
        "action": Column("What was done", "How the value was treated"),
    },
    "quality_log": {
        "severity": Column("Severity", "note, warning or quarantined"),
        "kind": Column("Kind", "What kind of oddity", style="words"),
        "what": Column("What", "What was found"),
        "round": _ROUND,
        "file": Column("File", "File it was found in"),
        "sheet": Column("Sheet", "Sheet of a workbook"),
        "row": Column("Row", "Row as a spreadsheet numbers it", style="plain"),
        "column": Column("Column", "Column or cell"),
        "provider_code": Column("Provider", "Code as returned"),
        "value": Column("Value", "What the cell holds"),
        "action": Column("What was done", "How the value was treated"),
        "rule": Column("Rule", "Rule that found it"),
    },
    # 02
    "scores_by_setting": {
        "round": _ROUND,
        "measure": Column("Measure", "What a return's score is the mean of"),
        "care_setting": Column("Setting", "Care setting", style="words"),
        "n": Column("Returns", "Number of returns"),
        "mean": Column("Mean", "On the round's own scale", digits=2),
        "sd": Column("SD", "Standard deviation", digits=2),
        "q1": Column("Lower quartile", "On the round's own scale", digits=2),
        "median": Column("Median", "On the round's own scale", digits=2),
        "q3": Column("Upper quartile", "On the round's own scale", digits=2),
    },
    "averaging_rules": {
        "rule": Column("Rule", "Name of the averaging rule", style="words"),
        "definition": Column("What it averages", "The rule in a sentence"),
        "mean": Column("National mean", "Over all returns", unit="points", digits=3),
    },
    "scores_by_rule": {
        "system": Column("System", "Short name"),
        "row": Column("Row", "Mean of returns", digits=2),
        "provider": Column("Provider", "Mean of providers", digits=2),
        "setting_balanced": Column("Setting balanced", "Mean of care settings", digits=2),
        "apart": Column("Apart", "Largest less smallest", digits=2),
    },
    "map_moves": {
        "ics_code_2026": Column("System of 2026", "Code on the map of April 2026"),
        "providers": _PROVIDERS,
        "old": Column("Old systems", "Systems of 2022 that its providers come from"),
        "smallest": Column("Lowest old score", "Of those systems", digits=2),
        "largest": Column("Highest old score", "Of those systems", digits=2),
        "score": Column("New score", "On the map of 2026", digits=2),
    },
    "pillar_lattice": {
        "pillar": Column("Pillar", "Name of the pillar"),
        "care_setting": Column("Setting", "Care setting", style="words"),
        "domains": Column("Domains", "Inferred number; missing where not told"),
        "possible": Column("Possible values", "Means of that many whole numbers from 1 to 5"),
        "seen": Column("Values seen", "Different published values"),
        "returns": Column("Returns", "Number of returns"),
    },
    "near_copies": {
        "pair": Column("Pair", "Whether both returns are of one provider"),
        "pairs": Column("Pairs", "Pairs of returns for different settings of one system"),
        "equal": Column("Pillars with equal scores", "Share of pillars", style="percent", digits=1),
        "distance": Column("Mean distance", "Mean absolute difference", unit="points", digits=2),
    },
    # 03
    "settings": {
        "setting": Column("Setting", "Care setting compared with the reference"),
        "comparison": Column("Comparison", "within or between providers"),
        **_ESTIMATE,
    },
    "variance_components": {
        "score": Column("Score", "Which score is split"),
        "unit": Column("Unit", "What a row of the model is"),
        "n": Column("n", "Number of units"),
        "tau2": Column("Between systems", "Variance", unit="points squared", digits=4),
        "provider2": Column("Between providers", "Variance", unit="points squared", digits=4),
        "sigma2": Column("Within", "Remaining variance", unit="points squared", digits=4),
        "icc": Column("System share", "Between systems as a share of all", digits=3),
    },
    "composition": {
        "method": Column("Method", "How the difference is split"),
        "explained": Column("By mix", "Part laid to mix", digits=4, style="signed"),
        "whole": Column("Whole", "What is split", digits=4),
        "share": Column("Share", "Part laid to mix over the whole", style="percent", digits=1),
        "what": Column("Of what", "What is split"),
    },
    "like_for_like": {
        "ics_code": Column("Code", "ODS code of the system's board"),
        "ics_name": Column("Name", "Name of the system's board"),
        "short_name": Column("System", "Short name"),
        "providers": Column("Providers", "Number of providers"),
        "rows": Column("Returns", "Number of returns"),
        "rural_share": Column("Rural share", "Share of residents in rural areas, 0 to 1", digits=2),
        "crude_row": Column("by return", "Mean of returns", digits=2, group="Crude"),
        "crude_provider": Column("by provider", "Mean of providers", digits=2, group="Crude"),
        "indirect": Column("Indirect", "Own mean less what its settings score nationally, plus "
                           "the national mean", digits=2, group="Like for like"),
        "standardised": Column("Standardised", "Additive model at the standard mix", digits=2,
                               group="Like for like"),
        "standardised_se": Column("SE", "Standard error, view A", digits=2),
        "empirical_bayes": Column("Shrunken", "Empirical Bayes of the standardised score",
                                  digits=2, group="Like for like"),
        "shrinkage": Column("Kept", "Share of the distance to the mean that is kept", digits=2),
        "acute_only": Column("Acute only", "Mean of acute returns alone", digits=2),
        "empty_weight": Column("Empty", "Share of the standard mix in settings it lacks", digits=2),
        "flagged": Column("Flagged", "More than half of the standard mix is empty"),
        "rank": Column("Rank", "Of the standardised score; 1 is highest"),
        "rank_low_a": Column("from", "Marginal, view A", group=f"{_RANK_SET}, A"),
        "rank_high_a": Column("to", "Marginal, view A", group=f"{_RANK_SET}, A"),
        "rank_low_a_simultaneous": Column("from", "Simultaneous, view A", group="A, all at once"),
        "rank_high_a_simultaneous": Column("to", "Simultaneous, view A", group="A, all at once"),
        "rank_low_b": Column("from", "Marginal, view B", group=f"{_RANK_SET}, B"),
        "rank_high_b": Column("to", "Marginal, view B", group=f"{_RANK_SET}, B"),
        "rank_low_b_simultaneous": Column("from", "Simultaneous, view B", group="B, all at once"),
        "rank_high_b_simultaneous": Column("to", "Simultaneous, view B", group="B, all at once"),
        "may_be_top5": Column("may be top five", "Not excluded from the five highest, view A"),
        "may_be_bottom5": Column("may be bottom five", "Not excluded from the five lowest, view A"),
        "p_top5": Column("top five", "Probability of being among the five highest", digits=2,
                         group="Chance of"),
        "p_bottom5": Column("bottom five", "Probability of being among the five lowest",
                            digits=2, group="Chance of"),
    },
    "rurality": {
        "method": Column("Method", "Estimator and reference distribution"),
        "slope": Column("Slope", "total: without mix; direct: at equal settings"),
        "role": Column("Role", "primary, check, or for comparison only"),
        "estimate": Column("Estimate", "Wholly rural less wholly urban", unit="points", digits=3),
        "se": Column("SE", "Standard error", unit="points", digits=3),
        "df": Column("df", "Degrees of freedom", digits=1),
        **_interval(3),
        "p": _P,
    },
    "rurality_sensitivity": {
        "label": Column("Choice", "What differs from the primary analysis"),
        **_ESTIMATE,
        "n": _PROVIDERS,
    },
    "coarse": {
        "what": Column("What is known", "Which scores, and how exactly"),
        "n": Column("Systems", "Number of systems"),
        "estimate": Column("Slope", "Point estimate, where there is one", unit="points", digits=3),
        **_interval(3, "interval or bounds"),
    },
    "moran": {
        "round": _ROUND,
        "measure": Column("Measure", "What a provider's score is"),
        "what": Column("Values", "System means, or residuals from the rurality slope"),
        "weights": Column("Neighbours", "Who counts as a neighbour"),
        "n": Column("Systems", "Number of systems"),
        "statistic": Column("Moran's I", "Likeness of neighbours", digits=2),
        "expected": Column("Expected", "Under no spatial pattern", digits=2),
        "p_greater": Column("p", "One-sided: neighbours alike", style="p"),
        "p_permutation": Column("p by permutation", "One-sided, values exchanged", style="p"),
    },
    "pillars": {
        "pillar": Column("Slug", "Pillar"),
        "title": Column("Pillar", "Name of the pillar"),
        **_ESTIMATE,
        "p_holm": Column("Holm", "Primary correction", style="p"),
        "p_bh": Column("BH", "Benjamini-Hochberg", style="p"),
        "p_westfall_young": Column("max-T", "Westfall-Young, systems permuted", style="p"),
        "detectable": Column("Detectable", "Smallest slope found four times out of five", digits=2),
    },
    # 04
    "design": {
        name: Column(name.replace("_", " ").capitalize(), meaning, style="plain")
        for name, meaning in {
            "round": "Year the round is named after",
            "instrument": "What was asked",
            "fieldwork": "When it was answered",
            "published": "When it was published",
            "scoring_rule": "How answers become scores",
            "items": "What was scored",
            "scored_items": "Number of scored questions",
            "scale": "Lowest and highest score",
            "reviewer": "Who checked the answers",
            "incentive": "What hung on the scores",
            "source": "Where these facts come from",
        }.items()
    },
    "attrition": {
        "pair": Column("Rounds", "Earlier and later round"),
        "step": Column("Step", "What happens to the organisations"),
        "organisations": _ORGANISATIONS,
        "providers": _PROVIDERS,
    },
    "link_strength": {
        "before": _EARLIER,
        "after": _LATER,
        "n": _PROVIDERS,
        "r": Column("Correlation", "Pearson", digits=2),
        **_interval(2, "95% interval, systems resampled"),
        "reduction": Column("Reduction in uncertainty", "1 - sqrt(1 - r^2)", style="percent",
                            digits=1),
        "allowed": Column("Single organisations may be shown", "Reduction of at least one half"),
    },
    "questionnaire_shifts": {
        "before": _EARLIER,
        "after": _LATER,
        "theme": Column("Theme", "Theme scored"),
        "n": _ORGANISATIONS,
        "shift": Column("Shift", "Mean paired change", unit="points of 100", digits=1,
                        style="signed"),
        **_interval(1, "95% interval, CR2 by system"),
        "per_year": Column("Per year", "Shift over years between fieldwork", digits=1,
                           style="signed"),
    },
    "scoring_bracket": {
        "before": _EARLIER,
        "after": _LATER,
        "rule": Column("Earlier answers scored by", "Scoring rule of a section", style="words"),
        "n": _PROVIDERS,
        "earlier": Column("Earlier mean", "Percent of maximum", digits=1),
        "later": Column("Later mean", "Percent of maximum", digits=1),
        "shift": Column("Shift", "Later less earlier", unit="points of 100", digits=1,
                        style="signed"),
        **_interval(1, "95% interval, CR2 by system"),
    },
    "trend_bracket": {
        "multiple": Column("Times the earlier pace", "Assumed", digits=1),
        "drift": Column("Drift", "What that pace would have done", unit="points of 100", digits=1,
                        style="signed"),
        "remaining": Column("Shift left", "Shift less drift", unit="points of 100", digits=1,
                            style="signed"),
        "possible": Column("Stays on the scale", "Whether the earlier mean plus the drift does"),
    },
    "blomqvist": {
        "reliability": Column("Assumed reliability", "Share of variance that is true", digits=1),
        "slope": Column("Slope", "True change on true starting score", digits=2, style="signed"),
        **_interval(2, "95% interval, reliability taken as known"),
        "n": _PROVIDERS,
    },
    "kelley": {
        "direction": Column("Direction", "forwards, or with time reversed"),
        "group": Column("Fifth", "By starting score; 1 is lowest"),
        "n": _PROVIDERS,
        "baseline_mean": Column("Start", "Mean starting score", digits=2),
        "observed_change": Column("Observed", "Mean change", digits=2, style="signed"),
        "predicted_change": Column("By regression alone", "Kelley's prediction", digits=2,
                                   style="signed"),
        "excess": Column("Difference", "Observed less predicted", digits=2, style="signed"),
    },
    "rank_stability": {
        "pair": Column("Rounds", "Pair of rounds"),
        "spearman": Column("Spearman", "Rank correlation", digits=2),
        **_interval(2, "95% interval, BCa over systems"),
        "n": _PROVIDERS,
        "ics": Column("Systems", "Number of systems"),
    },
    "moderation_groups": {
        "what": Column("By", "care setting (returns) or incentive (providers)"),
        "group": Column("Group", "Care setting or incentive group", style="words"),
        "n": Column("n", "Returns or providers"),
        "systems": Column("Systems", "Number of systems"),
        "raised": Column("Raised", "Share raised by review", style="percent", digits=0),
        "lowered": Column("Lowered", "Share lowered by review", style="percent", digits=0),
        "unchanged": Column("Unchanged", "Share left as it was", style="percent", digits=0),
        "mean_difference": Column("Difference", "Moderated less self-assessed", unit="points",
                                  digits=2, style="signed"),
        **_interval(2, "95% interval, CR2 by system"),
    },
    "gaming_signs": {
        "sign": Column("Sign", "What could point to shaped answers"),
        "n": _ORGANISATIONS,
        "now": Column("Now", "Mean of the sign in the last step or round", digits=3),
        "base": Column("Base rate", "Mean in the step or round before", digits=3),
        "excess": Column("Excess", "Now less base rate", digits=3, style="signed"),
        **_interval(3, "95% interval, BCa"),
        "p": Column("p", "Two-sided, sign flips", style="p"),
        "p_holm": Column("Holm", "Corrected for the number of signs", style="p"),
    },
    "claims_ladder": {
        "level": Column("Rung", "L0 to L4"),
        "claim": Column("Claim", "What would be said"),
        "reached": Column("Reached", "yes, not shown or not identified"),
        "why": Column("Why", "Reason with its numbers"),
        "what_it_would_take": Column("What it would take", "Data or design that would answer it"),
    },
}  # fmt: skip
DECLARED["brief_claims"] = {
    name: DECLARED["claims_ladder"][name] for name in ("level", "claim", "reached")
}


def of(name: str) -> Mapping[str, Column]:
    """The declared columns of a table, its name with or without a year.

    Raises:
        TableError: the table is not declared here.
    """
    for known in (name, re.sub(r"_20\d\d$", "", name)):
        if known in DECLARED:
            return DECLARED[known]
    raise TableError(f"table {name}: its columns are not declared in columns.py; give columns=")
