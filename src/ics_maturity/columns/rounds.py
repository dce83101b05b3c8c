"""Columns of the tables of notebook 02, the rounds described."""

from ics_maturity.columns.common import PROVIDERS, ROUND
from ics_maturity.tables import Column

ROUNDS: dict[str, dict[str, Column]] = {
    "scores_by_setting": {
        "round": ROUND,
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
        "providers": PROVIDERS,
        "old": Column("Old systems", "Systems of 2022 that its providers come from"),
        "smallest": Column("Lowest old score", "Of those systems", digits=2),
        "largest": Column("Highest old score", "Of those systems", digits=2),
        "score": Column("New score", "On the map of 2026", digits=2),
    },
    "pillar_lattice": {
        "pillar": Column("Pillar", "Name of the pillar"),
        "care_setting": Column("Setting", "Care setting", style="words"),
        "domains": Column("Domains", "Inferred number; missing where not told"),
        "possible": Column("Possible values", "Means which so many whole numbers can have"),
        "seen": Column("Values seen", "Different published values"),
        "returns": Column("Returns", "Number of returns"),
    },
    "near_copies": {
        "pair": Column("Pair", "Whether both returns are of one provider"),
        "pairs": Column("Pairs", "Pairs of returns for different settings of one system"),
        "equal": Column("Pillars with equal scores", "Share of pillars", style="percent", digits=1),
        "distance": Column("Mean distance", "Mean absolute difference", unit="points", digits=2),
    },
}  # fmt: skip
