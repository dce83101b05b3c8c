"""What is planted in the simulated returns, each value with its unit and its reason.

The simulator knows the answers, so that a reader can hold every estimate against the value
that produced it. Nothing here is a finding: levels and spreads are set near published
national figures so that the demo looks like the field, and the effects are chosen large
enough to be seen at the size of the real assessment.

Two families of instruments are simulated, as published. 2016, 2017 and 2019 score answers
0-100 and average them; 2023, 2024 and 2025 score domains 1-5, a level counting only if all
its elements are met. See :mod:`ics_maturity.simulate.returns` and
:mod:`ics_maturity.simulate.answers` for how the values are used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

SETTINGS = ("acute", "mental_health", "community", "ambulance")
PILLARS = (
    "well_led",
    "ensure_smart_foundations",
    "safe_practice",
    "support_workforce",
    "empower_people",
    "improve_care",
    "healthy_populations",
)


def planted(default: Any, unit: str, meaning: str, basis: str) -> Any:
    """A dataclass field that carries its own documentation into truth.json."""
    about = {"unit": unit, "meaning": meaning, "basis": basis}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: dict(default), metadata=about)
    return field(default=default, metadata=about)


_WORKBOOK = "near the spread over all providers in the published 2024/25 results workbook"
_CHOSEN = "chosen to be visible at the real number of providers"


@dataclass(frozen=True)
class Truth:
    """Every planted value. ``dataclasses.replace`` makes another world.

    Points are points of the 1-5 scale unless a unit says otherwise; ``sd`` is a standard
    deviation of a normal effect with mean zero.
    """

    # --- 2023 to 2025: domains scored 1-5 ---------------------------------------------
    levels: Mapping[int, float] = planted(
        {2023: 2.49, 2024: 2.40, 2025: 2.55},
        "points, by round",
        "expected score over all domains of an acute return in a system at rural_centre, "
        "before the rounding of publication",
        "puts the national means near 2.4 (2023, press), 2.36 (2024) and 2.46 (2025, workbook)",
    )
    setting_effects: Mapping[str, float] = planted(
        {"acute": 0.0, "mental_health": -0.20, "community": -0.12, "ambulance": -0.40},
        "points against acute",
        "mix effect: what a return of this setting scores against an acute return of the same "
        "provider in the same round",
        _CHOSEN + "; the press held that provider mix makes system averages incomparable",
    )
    rurality_slope: float = planted(
        -0.70,
        "points per unit of rural share (0 to 1)",
        "expected score of a wholly rural system minus that of a wholly urban one, same mix",
        _CHOSEN + "; the press held that rural systems score lowest",
    )
    rural_centre: float = planted(
        0.16, "rural share (0 to 1)", "rural share at which the levels hold",
        "near the mean rural share over providers",
    )  # fmt: skip
    sd_system: float = planted(0.12, "points", "sd of system effects beyond rurality", _WORKBOOK)
    sd_provider: float = planted(
        0.27, "points", "sd of what a provider keeps from round to round", _WORKBOOK
    )
    sd_round: float = planted(
        0.14, "points", "sd of what a provider has in one round only, in all its returns",
        "with the domain noise it puts the correlation of 2024 with 2025 near .8, as published",
    )  # fmt: skip
    pillar_offsets: Mapping[str, float] = planted(
        {"well_led": 0.38, "ensure_smart_foundations": 0.16, "safe_practice": 0.04,
         "support_workforce": 0.18, "empower_people": -0.47, "improve_care": -0.07,
         "healthy_populations": -0.22},
        "points", "pillar minus the mean of the seven pillars; they sum to zero",
        "rounded from the national pillar means of the published 2024/25 workbook",
    )  # fmt: skip
    setting_pillar_offsets: Mapping[str, Mapping[str, float]] = planted(
        {"mental_health": {"safe_practice": 0.20, "empower_people": -0.20},
         "community": {"safe_practice": 0.15, "empower_people": -0.15},
         "ambulance": {"empower_people": 0.45, "improve_care": -0.25, "safe_practice": -0.20}},
        "points", "how a setting's pillar profile departs from acute; each setting sums to zero",
        "settings answer different domains, so their profiles differ in the published workbook",
    )  # fmt: skip
    sd_profile: Mapping[str, float] = planted(
        {"well_led": 0.50, "ensure_smart_foundations": 0.20, "safe_practice": 0.40,
         "support_workforce": 0.30, "empower_people": 0.10, "improve_care": 0.25,
         "healthy_populations": 0.35},
        "points, by pillar", "sd of a provider's own strength or weakness in one pillar",
        _WORKBOOK,
    )  # fmt: skip
    copied_domains: float = planted(
        0.95, "share of domains",
        "share of domains that a provider with several returns answers once for all of them",
        "returns of one provider are near copies: published correlations of .94 and above",
    )  # fmt: skip
    kept_domains: float = planted(
        0.60, "share of domains", "share of domain answers carried over from the round before",
        "with sd_round, the published correlation of 2024 with 2025 near .8",
    )  # fmt: skip
    new_domains: Mapping[str, int] = planted(
        {"ensure_smart_foundations": 2, "safe_practice": 1, "improve_care": 1,
         "healthy_populations": 1},
        "domains, by pillar", "domains of 2025 that are not comparable with 2024",
        "invented; the workbook says only that some are not comparable",
    )  # fmt: skip
    new_domain_gap: float = planted(
        -0.50, "points",
        "new domain minus comparable domain of the same pillar in 2025; the pillar keeps its mean",
        "published comparable-domain averages stand .06 above the all-domain pillars",
    )  # fmt: skip
    moderation_effect: float = planted(
        -0.20, "points", "moderated minus self-assessed score of one return in 2023, on average",
        _CHOSEN + ": twice the .10 margin of the equivalence test",
    )  # fmt: skip
    sd_moderation: float = planted(
        0.15, "points", "sd of the moderation effect between providers",
        "a few providers are raised although most are lowered",
    )  # fmt: skip
    sd_moderation_system: float = planted(
        0.05, "points", "sd of the moderation effect between systems",
        "reviewers work by system, so providers of one system are not independent",
    )  # fmt: skip

    # --- 2016, 2017 and 2019: answers scored 0-100 -------------------------------------
    section_means_2016: Mapping[str, float] = planted(
        {"strategic_alignment": 77, "leadership": 78, "resourcing": 66, "governance": 73,
         "information_governance": 71, "records_assessments_plans": 37,
         "transfers_of_care": 46, "orders_results_management": 54,
         "medicines_optimisation": 30, "decision_support": 33,
         "remote_assistive_care": 33, "asset_resource_optimisation": 44, "standards": 43,
         "business_clinical_intelligence": 58, "enabling_infrastructure": 68},
        "0-100, by section",
        "expected national section mean of 2016 (business_clinical_intelligence is first "
        "asked in 2017 and joins at this value plus the drift)",
        "theme means equal the published 73 (readiness), 40 (capabilities) and 68 "
        "(infrastructure); the differences between sections are invented",
    )  # fmt: skip
    drift: Mapping[int, Mapping[str, float]] = planted(
        {2017: {"readiness": 7.0, "capabilities": 9.0, "infrastructure": 7.0},
         2019: {"readiness": 7.0, "capabilities": 9.0, "infrastructure": 7.0}},
        "0-100, by round and theme", "rise of the expected section means since the round before",
        "2017 near the rise in the published files; 2019 was never published and takes the same",
    )  # fmt: skip
    sd_item: float = planted(
        0.25, "probit", "sd of question difficulties around their section's", "invented"
    )
    sd_organisation: float = planted(
        0.25, "probit", "sd of an organisation over all sections and early rounds",
        "puts the spread of theme scores near the published 13 to 15",
    )  # fmt: skip
    sd_theme: float = planted(
        0.15, "probit", "sd of an organisation in one theme, over the early rounds",
        "published correlation between themes near .5",
    )  # fmt: skip
    sd_section: float = planted(
        0.33, "probit", "sd of an organisation in one section, over the early rounds",
        "puts the spread of section scores near the published 15 to 25",
    )  # fmt: skip
    sd_organisation_round: float = planted(
        0.20, "probit", "sd of an organisation in all sections of one round: gone the next time",
        "makes the early scores regress to the mean; published 2016-2017 correlations near .6",
    )  # fmt: skip
    sd_section_round: float = planted(
        0.32, "probit", "sd of an organisation in one section of one round: gone the next time",
        "makes the early scores regress to the mean; published 2016-2017 correlations near .6",
    )  # fmt: skip
    kept_answers: float = planted(
        0.60, "share of answers", "share of answers carried over from the round before",
        "gives a base rate of reversals without anyone gaming",
    )  # fmt: skip
    dont_know: float = planted(
        0.01,
        "share of answers",
        "answered Don't Know: 0 points in 2016, not scored later",
        "as published",
    )
    not_applicable: float = planted(
        0.03, "share of answers", "answered N/A, which is not scored", "as published"
    )
    blank: float = planted(0.01, "share of answers", "left blank", "as published")
    link: float = planted(
        0.45, "correlation",
        "correlation of a provider's lasting strength in the early rounds with that in 2023-2025",
        "the published families correlate weakly (near .2 once noise and mergers are in)",
    )  # fmt: skip
    gaming_share: float = planted(
        0.12, "share of answers",
        "2019 answers that organisations with funding at stake report at the bottom of the scale: "
        "agreement statements on capabilities and infrastructure only, which nobody can verify",
        "press accusations that some rated themselves poorly to win funding; size invented",
    )  # fmt: skip

    def documented(self) -> dict[str, dict[str, Any]]:
        """Every planted value with its unit, meaning and basis, ready for JSON."""
        return {f.name: {"value": getattr(self, f.name), **f.metadata} for f in fields(self)}


def regression_only(truth: Truth) -> Truth:
    """The same noise and no effect at all: whatever moves is regression to the mean."""
    return replace(
        truth,
        levels=dict.fromkeys(truth.levels, truth.levels[2023]),
        setting_effects=dict.fromkeys(truth.setting_effects, 0.0),
        rurality_slope=0.0,
        moderation_effect=0.0,
        drift={year: dict.fromkeys(by_theme, 0.0) for year, by_theme in truth.drift.items()},
        gaming_share=0.0,
    )
