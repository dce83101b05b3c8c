"""Columns of the tables of notebook 06, published claims."""

from ics_maturity.tables import Column

_CLAIM = Column("Claim", "Identifier in the register of claims")
_VERDICT = Column("Verdict", "What the data at hand say, by rule")
_STATED = Column("Stated", "As printed by the source")
_MEASURE = Column("Measure", "Which measure the source describes", style="words")

CLAIMS: dict[str, dict[str, Column]] = {
    "claims": {
        "claim_id": _CLAIM,
        "round": Column("Round", "Round the claim is about, if any", style="plain"),
        "claim": Column("What was claimed", "In wording of our own"),
        "verdict": _VERDICT,
        "found": Column("Found", "Figures of the parts that could be checked, in their order"),
        "parts": Column("Checked", "Statements that could be checked, of those it makes"),
        "conflicts_with": Column("Conflicts with", "Claims that cannot both be right of one thing"),
        "other_round": Column("Other round", "Judged on another round than its own"),
        "why": Column("Why", "What the verdict rests on, and what limits it"),
        "source": Column("Source", "Who said it"),
        "published": Column("Published", "When it was said", style="plain"),
    },
    "claim_statements": {
        "claim_id": _CLAIM,
        "part": Column("Part", "Number of the statement within the claim"),
        "measure_id": _MEASURE,
        "what": Column("What", "What is stated, of whom, in which round", style="words"),
        "stated": _STATED,
        "found": Column("Found", "The same computed from the data at hand"),
        "verdict": _VERDICT,
        "why": Column("Why", "What the verdict rests on"),
    },
    "claim_conflicts": {
        "claim_id": _CLAIM,
        "other_id": Column(
            "Against", "The claim it conflicts with; the same if it has two sources"
        ),
        "what": Column("What", "What both state", style="words"),
        "stated": Column("First states", "As printed by the first"),
        "other_stated": Column("Second states", "As printed by the second"),
        "measure_id": Column("Measure of the first", "Which measure it describes", style="words"),
        "other_measure_id": Column("Of the second", "Which measure it describes", style="words"),
    },
}
CLAIMS["claims_other_round"] = {
    name: CLAIMS["claims"][name]
    for name in ("claim_id", "round", "claim", "verdict", "found", "why")
}
