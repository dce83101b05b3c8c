"""Columns of the tables of notebook 01, cleaning."""

from ics_maturity.columns.common import ORGANISATIONS, ROUND
from ics_maturity.tables import Column

CLEANING: dict[str, dict[str, Column]] = {
    "files_read": {
        "source_id": Column("Source", "Identifier of the file in the register or profile"),
        "file": Column("File", "Place of the file, relative to its folder"),
        "layout": Column("Layout", "Published layout the file follows", style="words"),
        "round": ROUND,
        "score_rows": Column("Scores", "Section, theme, pillar and overall scores"),
        "item_rows": Column("Item scores", "Scored answers to single questions"),
    },
    "rounds_held": {
        "round": ROUND,
        "assessed_by": Column("Assessed by", "self, or moderated after peer review"),
        "level": Column("Level", "What is scored"),
        "organisations": ORGANISATIONS,
        "constructs": Column("Constructs", "Different sections, themes or pillars"),
        "settings": Column("Settings", "Care settings told apart"),
        "scores": Column("Scores", "Number of scores"),
        "lowest": Column("Lowest possible", "Lower end of the scale", digits=0),
        "highest": Column("Highest possible", "Upper end of the scale", digits=0),
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
        "round": ROUND,
        "construct": Column("Pillar", "Pillar scored", style="words"),
        "exact": Column("Consistent", "One unrounded mean is possible with the inferred number of "
                        "domains"),
        "ambiguous": Column("Ambiguous", "Several unrounded means are possible"),
        "impossible": Column("Impossible", "No mean of whole-number domains rounds to it"),
        "unknown": Column("Not told", "The number of domains cannot be inferred"),
    },
    "organisations_accounted_for": {
        "round": ROUND,
        "kind": Column("What became of it", "same, recoded, merged, split, corrected or none"),
        "accounted": Column("Accounted for", "Reaches a provider or has a stated reason"),
        "organisations": ORGANISATIONS,
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
        "round": ROUND,
        "file": Column("File", "File it was found in"),
        "sheet": Column("Sheet", "Sheet of a workbook"),
        "row": Column("Row", "Row as a spreadsheet numbers it", style="plain"),
        "column": Column("Column", "Column or cell"),
        "provider_code": Column("Provider", "Code as returned"),
        "value": Column("Value", "What the cell holds"),
        "action": Column("What was done", "How the value was treated"),
        "rule": Column("Rule", "Rule that found it"),
    },
}  # fmt: skip
