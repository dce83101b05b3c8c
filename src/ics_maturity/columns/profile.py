"""Columns of the tables of notebook 08, the page of one system."""

from ics_maturity.tables import Column

_INTERVAL = {
    "low": Column("from", "Lower end of the 95% interval", digits=2, group="95% interval"),
    "high": Column("to", "Upper end of the 95% interval", digits=2, group="95% interval"),
}

PROFILE: dict[str, dict[str, Column]] = {
    "system_scores": {
        "version": Column("Version", "How returns become a score of the system"),
        "score": Column("Score", "Score of the system", digits=2),
        "low": Column("from", "View A, providers as draws", digits=2, group="95% interval, A"),
        "high": Column("to", "View A, providers as draws", digits=2, group="95% interval, A"),
        "low_b": Column("from", "View B, readings with error", digits=2, group="95% interval, B"),
        "high_b": Column("to", "View B, readings with error", digits=2, group="95% interval, B"),
        "national": Column("All", "The same over all providers or systems", digits=2),
    },
    "system_providers": {
        "provider_name": Column("Provider", "Name as returned"),
        "provider_code": Column("Code", "ODS code of the provider"),
        "score": Column("Score", "Mean of the provider's returns", digits=2),
        "from_mean": Column(
            "From mean", "Less the mean of all providers of all systems", digits=2, style="signed"
        ),
        "without": Column("Without", "Mean of the system's other providers", digits=2),
    },
    "system_settings": {
        "care_setting": Column("Setting", "Care setting"),
        "returns": Column("Returns", "Returns of the system for the setting"),
        "share": Column(
            "here", "Share of the system's returns", style="percent", digits=0, group="Share"
        ),
        "national_share": Column(
            "all", "Share of all returns", style="percent", digits=0, group="Share"
        ),
        "score": Column("here", "Mean of the system's returns", digits=2, group="Mean score"),
        "national_score": Column("all", "Mean of all returns", digits=2, group="Mean score"),
        "composition": Column(
            "by mix",
            "From more or less of the setting than all",
            digits=3,
            style="signed",
            unit="points",
            group="Difference from all",
        ),
        "within": Column(
            "by scores",
            "From scoring unlike the setting elsewhere",
            digits=3,
            style="signed",
            unit="points",
            group="Difference from all",
        ),
    },
    "system_pillars": {
        "pillar": Column("Pillar", "Pillar, or theme of an earlier round"),
        "score": Column("Score", "Mean of the system's providers", digits=2),
        **_INTERVAL,
        "national": Column("All", "Mean of all providers", digits=2),
        "q1": Column(
            "from", "A quarter of the systems lies below", digits=2, group="Middle half of systems"
        ),
        "q3": Column(
            "to", "A quarter of the systems lies above", digits=2, group="Middle half of systems"
        ),
        "near": Column("Nearest", "Mean of the nearest systems", digits=2),
        "apart": Column("Apart", "The interval excludes the mean of all providers"),
    },
    "system_neighbours": {
        "short_name": Column("System", "Short name"),
        "ics_code": Column("Code", "ODS code of the system's board"),
        "providers": Column("Providers", "Number of providers"),
        "rural_share": Column(
            "Rural share", "Share of residents in rural areas", style="percent", digits=0
        ),
        "mix_gap": Column(
            "Mix gap",
            "Share of returns that would have to change their setting",
            style="percent",
            digits=0,
        ),
        "distance": Column(
            "Distance",
            "Root of the sum of both squared gaps, each over its root mean square over all pairs",
            digits=2,
        ),
        "standardised": Column("Like for like", "Standardised score", digits=2),
        "difference": Column(
            "Difference", "That system less this one, like for like", digits=2, style="signed"
        ),
        **_INTERVAL,
    },
    "system_change": {
        "provider_name": Column("Provider", "Name as returned"),
        "before": Column("before", "Earlier round, comparable domains", digits=2, group="Score"),
        "after": Column("after", "Later round, comparable domains", digits=2, group="Score"),
        "change": Column("Change", "After less before", digits=2, style="signed"),
        "expected": Column(
            "Expected",
            "Change of all providers that started there, by regression to the mean",
            digits=2,
            style="signed",
        ),
    },
    "system_log": {
        "provider_code": Column("Code", "Code of the organisation"),
        "round": Column("Round", "Year of the round", style="plain"),
        "severity": Column("Severity", "note, warning or quarantined"),
        "what": Column("What", "What is odd"),
        "value": Column("Value", "What was found"),
        "action": Column("Done", "What was done"),
        "file": Column("File", "Where"),
        "row": Column("Row", "Row of the file", style="plain"),
    },
    "system_maps": {
        "short_name": Column("System", "Short name on the other map"),
        "ics_code": Column("Code", "ODS code on the other map"),
        "here": Column("From here", "Providers of this page's system in it"),
        "providers": Column("Of", "All its providers"),
    },
}
