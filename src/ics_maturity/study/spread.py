"""Where the spread of scores lies, and how much of it mix accounts for."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from ics_maturity import frames, geography
from ics_maturity.models import (
    composition,
)
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.nested import nested_components
from ics_maturity.models.variance import random_intercept
from ics_maturity.study.rounds import pillar_scores


def variance_table(
    returns: pd.DataFrame, now: frames.Round, titles: Mapping[str, str]
) -> pd.DataFrame:
    """Where the variance lies: over providers, over returns, and for each pillar.

    Args:
        returns: tidy returns.
        now: the round analysed.
        titles: names of its pillars (:meth:`ics_maturity.instruments.Catalogue.titles`).

    Returns:
        score, unit, n, tau2 (between systems), provider2 (between providers, only where returns
        are the unit), sigma2, icc. Returns are a unit only where a provider has several.
    """
    providers = now.providers
    ones = np.ones((len(providers), 1))
    whole = random_intercept(providers["score"], ones, providers["ics_code"])
    rows = [("all pillars", "providers", whole.n, whole.tau2, np.nan, whole.sigma2, whole.icc)]
    if now.rows["provider_code"].duplicated().any():  # else a return is a provider
        nested = nested_components(
            now.rows["score"],
            np.ones((len(now.rows), 1)),
            now.rows["ics_code"],
            now.rows["provider_code"],
        )
        total = nested.tau2_upper + nested.tau2_lower + nested.sigma2
        rows.append(("all pillars", "returns", len(now.rows), nested.tau2_upper, nested.tau2_lower,
                     nested.sigma2, nested.tau2_upper / total))  # fmt: skip
    wide = pillar_scores(returns, now.measure)
    ics = providers.set_index("provider_code")["ics_code"].reindex(wide.index)
    for pillar in wide.columns:
        fit = random_intercept(wide[pillar], np.ones((len(wide), 1)), ics)
        rows.append((titles.get(pillar, pillar), "providers", fit.n, fit.tau2, np.nan, fit.sigma2,
                     fit.icc))  # fmt: skip
    return pd.DataFrame(rows, columns=["score", "unit", "n", "tau2", "provider2", "sigma2", "icc"])


def settings_table(
    parts: Iterable[tuple[str, str, Coefficient]], name: Callable[[str], str]
) -> pd.DataFrame:
    """Differences of care settings, named as readers know them.

    Args:
        parts: comparison (within, between), setting and coefficient.
        name: what readers call a setting.

    Returns:
        setting, comparison, estimate, low, high, p; no rows where there is one setting only.
    """
    rows = [
        (name(setting), comparison, c.estimate, c.low, c.high, c.p)
        for comparison, setting, c in parts
    ]
    columns = ["setting", "comparison", "estimate", "low", "high", "p"]
    return pd.DataFrame(rows, columns=columns)


def composition_table(now: frames.Round, systems: pd.DataFrame, reference: str) -> pd.DataFrame:
    """How much of the differences mix accounts for, by three splits.

    Reference-price and symmetric Kitagawa over all systems (share of variance between crude row
    means), Oaxaca-Blinder between the most urban and the most rural third (both references).

    Returns:
        what, method, explained, whole, share.
    """
    rows = now.rows
    parts = []
    for name, split in (
        ("Kitagawa, national prices (primary)", composition.kitagawa_reference),
        ("Kitagawa, symmetric, gaps filled additively", composition.kitagawa_symmetric),
    ):
        found = split(rows["score"], rows["ics_code"], rows["care_setting"])
        by_mix, whole = found.composition.sum(axis=1), found.difference
        parts.append(("variance between systems", name, by_mix.var(), whole.var()))
    what = "rural less urban third"
    if len(now.settings) > 1:
        parts += _urban_and_rural(what, now, systems, reference)
    table = pd.DataFrame(parts, columns=["what", "method", "explained", "whole"])
    # A share of a gap that may well be zero says nothing; shares are of variances only.
    share = (table["explained"] / table["whole"]).where(table["what"] != what)
    return table.assign(share=share)


def _urban_and_rural(
    what: str, now: frames.Round, systems: pd.DataFrame, reference: str
) -> list[tuple[str, str, float, float]]:
    """The gap between the most rural and the most urban third, split at both sets of prices."""
    rows = now.rows
    tercile = rows["ics_code"].map(geography.rural_terciles(systems["rural_share"]))
    ends = rows[tercile.isin(["urban", "rural"])]
    kept = [s for s in now.settings if s != reference]
    X = np.column_stack([(ends["care_setting"] == s).to_numpy(float) for s in kept])
    gap = composition.oaxaca_blinder(ends["score"], X, (tercile[ends.index] == "urban").to_numpy())
    return [
        (what, f"Oaxaca-Blinder, {name} prices", mixed, gap.gap)
        for name, mixed in (("rural", gap.explained_by_first), ("urban", gap.explained_by_second))
    ]
