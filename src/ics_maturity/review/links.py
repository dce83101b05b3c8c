"""How far the rounds can be linked: which providers, by which rule, how strongly."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ics_maturity import comparison
from ics_maturity.comparison import Linked
from ics_maturity.models.linking import link_strength
from ics_maturity.models.shift import paired_shift
from ics_maturity.page import Page

Rng = Callable[[str], np.random.Generator]

SIZES_WANTED = (
    "Weighted by size, or of the largest, needs the size of every organisation of the earlier "
    "round, such as its staff or activity at the time, in a table of sizes; no file here holds it."
)


def attrition_table(pairs: list[Linked]) -> pd.DataFrame:
    """From the organisations of a round to the providers of the later one, step by step.

    Returns:
        pair, step, organisations, providers.
    """
    columns = ["pair", "step", "organisations", "providers"]
    if not pairs:
        return pd.DataFrame(columns=columns)
    parts = [pair.attrition.assign(pair=f"{pair.before} to {pair.after}") for pair in pairs]
    return pd.concat(parts, ignore_index=True)[columns]


def link_rules(page: Page, pairs: list[Linked], chosen: str) -> pd.DataFrame:
    """The same pairs of rounds under every link rule that the returns at hand allow.

    Returns:
        before, after, rule, chosen, n (providers in both rounds), joined (of these, of several
        predecessors), lost (later providers without an earlier value), r, shift, low, high (95%
        interval, CR2 by system; percent of maximum).
    """
    rows = []
    for pair in pairs:
        items = comparison.scored_items(page.read("items"), page.read("links"), pair.before)
        earlier = {"mean": comparison.by_code(items, "mean")}
        later = comparison.later_scores(page.read("returns"), pair.after)
        for rule in comparison.possible_rules(page, pair.before):
            one = comparison.link(page, pair.before, pair.after, rule, earlier, later)
            steps = one.attrition.set_index("step")["providers"]
            found = paired_shift(one.frame["mean"], one.frame["after"], one.frame["ics_code"])
            rows.append((pair.before, pair.after, rule, rule == chosen, found.n,
                         steps["of these, of several predecessors"],
                         steps["later score, but no value"],
                         np.corrcoef(one.frame["mean"], one.frame["after"])[0, 1],
                         found.change.estimate, found.change.low, found.change.high))  # fmt: skip
    columns = ["before", "after", "rule", "chosen", "n", "joined", "lost", "r", "shift", "low",
               "high"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def link_table(pairs: list[Linked], rng: Rng, reliability: float = 1.0) -> pd.DataFrame:
    """How much an earlier score says about the later one, per pair of rounds.

    Args:
        pairs: linked rounds.
        rng: one generator per name.
        reliability: assumed share of either round's variance that is true.

    Returns:
        before, after, n, r, low, high, disattenuated, reduction, allowed (whether an
        organisation's linked change may be shown; decided on the observed r).
    """
    rows = []
    for pair in pairs:
        found = link_strength(
            pair.frame["mean"],
            pair.frame["after"],
            pair.frame["ics_code"],
            rng(f"link_{pair.before}_{pair.after}"),
            reliability,
            reliability,
        )
        rows.append((pair.before, pair.after, found.n, found.r, found.low, found.high,
                     found.disattenuated, found.reduction, found.allowed))  # fmt: skip
    columns = ["before", "after", "n", "r", "low", "high", "disattenuated", "reduction", "allowed"]
    return pd.DataFrame(rows, columns=columns)


def name_links(page: Page, strength: pd.DataFrame) -> None:
    """Name shift.link_r_BEFORE_AFTER, its disattenuated twin, and shift.uncertainty_reduction."""
    for row in strength.itertuples():
        tag = f"{row.before}_{row.after}"
        page.result(f"shift.link_r_{tag}", row.r, low=row.low, high=row.high, n=row.n,
                    method="Pearson, BCa over systems")  # fmt: skip
        page.result(f"shift.link_r_disattenuated_{tag}", row.disattenuated, n=row.n,
                    method="r over the assumed reliability of both rounds")  # fmt: skip
    if len(strength):
        best = strength.loc[strength["reduction"].idxmax()]
        page.result("shift.uncertainty_reduction", best["reduction"], n=int(best["n"]),
                    unit="share", method=f"1 - sqrt(1 - r^2), the strongest pair, "
                    f"{best['before']:.0f} to {best['after']:.0f}")  # fmt: skip
