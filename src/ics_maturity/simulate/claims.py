"""Invented claims about the invented returns, each with the verdict it deserves.

Some are true, some false, some cannot be checked, and two conflict. The figures come from the draws
themselves, not from the code that checks claims, so that the two can be set against each other.
"""

import numpy as np
import pandas as pd

from ics_maturity.simulate.design import Design
from ics_maturity.simulate.returns import Later

_SOURCE = "simulated"
_CLAIMS = ["claim_id", "round", "claim", "source", "published", "read", "limits"]
_STATEMENTS = ["claim_id", "part", "measure_id", "quantity", "round", "subject", "construct",
               "relation", "stated"]  # fmt: skip

# What each claim says, about which round, what stands in the way, and the verdict it deserves.
CLAIMS: dict[str, tuple[str, str, str, str]] = {
    "X01": ("2023", "Seven pillars on a scale from 1 to 5", "", "reproduced"),
    "X02": ("2025", "Six pillars", "", "contradicted"),
    "X03": ("2025", "The mean score of providers, to one decimal", "", "reproduced"),
    "X04": ("2023", "The mean score of providers, half a point too high", "", "contradicted"),
    "X05": ("2025", "Systems with more rural residents score lower", "", "consistent"),
    "X06": ("2021", "Systems with more rural residents scored lower",
            "No round of that year; judged on the later ones", "consistent"),
    "X07": ("2023", "The contract was worth GBP 5.5m", "About a contract", "uncheckable"),
    "X08": ("2023", "The contract was worth GBP 4m", "About a contract", "uncheckable"),
    "X09": ("2023", "The assessment is valued by those who take part",
            "No figure is stated", "uncheckable"),
    "X10": ("2016", "The national mean of readiness is 73",
            "Fewer than half of the providers have returns of that round", "uncheckable"),
    "X11": ("2025", "One system is named with its score", "", "reproduced"),
    "X12": ("2025", "One system is named as the lowest, and is not", "", "contradicted"),
    "X13": ("2025", "More trusts took part than the file holds", "", "undecided"),
}  # fmt: skip


def claims() -> pd.DataFrame:
    """The invented claims, in the columns of ``claims.csv``."""
    rows = [
        (claim, year, words, _SOURCE, year, "article", limits)
        for claim, (year, words, limits, _) in CLAIMS.items()
    ]
    return pd.DataFrame(rows, columns=_CLAIMS)


def verdicts() -> dict[str, str]:
    """The verdict that each claim deserves."""
    return {claim: verdict for claim, (*_, verdict) in CLAIMS.items()}


def statements(later: Later, design: Design) -> pd.DataFrame:
    """What the invented claims state, in the columns of ``statements.csv``."""
    now, before = _providers(later.pillars_2025, design), _providers(later.moderated_2023, design)
    system = np.bincount(design.system, now) / np.bincount(design.system)
    first, highest = design.ics_codes[0], design.ics_codes[int(system.argmax())]
    said = [
        ("X01", "constructs", "2023", "pillar", "equals", "7"),
        ("X01", "scale_end", "2023", "min", "equals", "1"),
        ("X01", "scale_end", "2023", "max", "equals", "5"),
        ("X02", "constructs", "2025", "pillar", "equals", "6"),
        ("X03", "national_mean", "2025", "", "equals", f"{now.mean():.1f}"),
        ("X04", "national_mean", "2023", "", "equals", f"{before.mean() + 0.5:.1f}"),
        ("X05", "rurality_slope", "2025", "", "sign", "below zero"),
        ("X06", "rurality_slope", "2025", "", "sign", "below zero"),
        ("X07", "contract_value", "2023", "", "equals", "5.5"),
        ("X08", "contract_value", "2023", "", "equals", "4"),
        ("X10", "national_mean", "2016", "", "equals", "73"),
        ("X11", "system_score", "2025", first, "equals", f"{system[0]:.2f}"),
        ("X12", "lowest_systems", "2025", "", "names", highest),
        ("X13", "organisations", "2025", "", "full_count", str(len(design.provider_codes) + 6)),
    ]
    construct = {"X10": "readiness"}
    part: dict[str, int] = {}
    rows = []
    for claim, quantity, year, subject, relation, stated in said:
        part[claim] = part.get(claim, 0) + 1
        rows.append((claim, part[claim], "invented", quantity, year, subject,
                     construct.get(claim, ""), relation, stated))  # fmt: skip
    return pd.DataFrame(rows, columns=_STATEMENTS)


def _providers(pillars: np.ndarray, design: Design) -> np.ndarray:
    """Score of each provider: the mean of its returns, each the mean of its pillars."""
    returns = pillars.mean(axis=1)
    return np.bincount(design.provider, returns) / np.bincount(design.provider)
