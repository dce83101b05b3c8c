"""How far the rounds can be linked: which providers, how strongly."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ics_maturity.comparison import Linked
from ics_maturity.models.linking import link_strength

Rng = Callable[[str], np.random.Generator]


def link_table(pairs: list[Linked], rng: Rng) -> pd.DataFrame:
    """How much an earlier score says about the later one, per pair of rounds.

    Returns:
        before, after, n, r, low, high, reduction, allowed (whether an organisation's linked change
        may be shown).
    """
    rows = []
    for pair in pairs:
        found = link_strength(
            pair.frame["mean"],
            pair.frame["after"],
            pair.frame["ics_code"],
            rng(f"link_{pair.before}_{pair.after}"),
        )
        rows.append((pair.before, pair.after, found.n, found.r, found.low, found.high,
                     found.reduction, found.allowed))  # fmt: skip
    columns = ["before", "after", "n", "r", "low", "high", "reduction", "allowed"]
    return pd.DataFrame(rows, columns=columns)
