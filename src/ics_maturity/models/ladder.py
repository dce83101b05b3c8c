"""The claims ladder: what the findings at hand allow to be said, and what they do not.

Rungs rise from describing to attributing. Each is answered from findings that the caller
states with their reasons and numbers; nothing here knows which data they came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

Reached = Literal["yes", "not shown", "not identified"]


@dataclass(frozen=True)
class Finding:
    """One answered question.

    holds: True, False, or None where the data cannot answer; reason: why, in a sentence;
    numbers: the named values behind it; needs: what data or design would answer it.
    """

    holds: bool | None
    reason: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    needs: str = ""

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("a finding needs its reason")
        if self.holds is None and not self.needs.strip():
            raise ValueError("a finding that cannot be answered must say what it would take")


@dataclass(frozen=True)
class Findings:
    """The questions of the ladder, in its order.

    described: scores of at least one round are available and described. rank_order_differs:
    organisations' order changed more than error alone would change it. incentive_differs:
    change differs by incentive beyond the placebo step. moderated_differs: moderated scores
    differ from self-assessed ones within a round. comparison_unbroken: some comparison across
    the arrival of peer review is not broken by a change of instrument or scoring rule.
    shift_beyond_brackets: in that comparison the shift, with its interval, keeps its sign
    under every scoring rule and drift allowed for.
    """

    described: Finding
    rank_order_differs: Finding
    incentive_differs: Finding
    moderated_differs: Finding
    comparison_unbroken: Finding
    shift_beyond_brackets: Finding


_CLAIMS = (
    "Scores of the rounds at hand can be described.",
    "Rank order changed between rounds by more than error of measurement would change it.",
    "Change differs by incentive, beyond what the same groups showed before the incentive.",
    "Within one round, moderated scores differ from self-assessed scores.",
    "Peer review shifted scores against the earlier self-assessments.",
)


def claims_ladder(findings: Findings) -> pd.DataFrame:
    """The ladder as a table: level (L0 to L4), claim, reached, why, what_it_would_take.

    L0 to L3 answer as their finding does. L4 is "not identified" unless an unbroken comparison
    exists; only then does the shift decide between yes and not shown. Numbers are appended to the
    reason as name = value, in the order given.
    """
    single = (
        findings.described,
        findings.rank_order_differs,
        findings.incentive_differs,
        findings.moderated_differs,
    )
    top = findings.shift_beyond_brackets
    if findings.comparison_unbroken.holds is not True:
        broken = findings.comparison_unbroken
        top = Finding(None, broken.reason, broken.numbers, broken.needs or top.needs or _NEEDED)
    rows = [
        (f"L{level}", claim, _reached(finding), _why(finding), finding.needs)
        for level, (claim, finding) in enumerate(zip(_CLAIMS, (*single, top), strict=True))
    ]
    return pd.DataFrame(rows, columns=["level", "claim", "reached", "why", "what_it_would_take"])


def level_reached(ladder: pd.DataFrame) -> str:
    """The highest rung answered yes ("none" where there is none).

    Rungs are judged on their own evidence: a "not shown" below does not undo one above.
    """
    reached = ladder.loc[ladder["reached"] == "yes", "level"]
    return str(reached.max()) if len(reached) else "none"


_NEEDED = (
    "The same answers scored both ways across the arrival of review: returns of one instrument "
    "before and after it, or organisations that were and were not reviewed in one round."
)


def _reached(finding: Finding) -> Reached:
    if finding.holds is None:
        return "not identified"
    return "yes" if finding.holds else "not shown"


def _why(finding: Finding) -> str:
    numbers = "; ".join(f"{name} = {value:.3g}" for name, value in finding.numbers.items())
    numbers = numbers.replace("= -", "= \N{MINUS SIGN}")
    return f"{finding.reason} ({numbers})" if numbers else finding.reason
