"""Who returns what in 2023 to 2025: the part of a world that is given, not drawn."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.simulate.organisations import country
from ics_maturity.simulate.truth import SETTINGS

ROSTER = ("provider_code", "provider_name", "ics_code", "region", "care_setting", "rural_share")


@dataclass(frozen=True, eq=False)  # compared by identity, so that it can key a cache
class Design:
    """The returns to draw, and integer positions that arrays of draws are indexed by.

    ``roster`` has one row per return (columns :data:`ROSTER`). ``provider`` and ``setting``
    (shape: returns) place each return; ``system`` and ``rural`` (shape: providers) place each
    provider; ``provider_codes`` and ``ics_codes`` name the positions.
    """

    roster: pd.DataFrame
    provider: np.ndarray
    setting: np.ndarray
    system: np.ndarray
    rural: np.ndarray
    provider_codes: tuple[str, ...]
    ics_codes: tuple[str, ...]


def design_from(roster: pd.DataFrame) -> Design:
    """A design from a table of returns, invented or real.

    Args:
        roster: one row per provider and care setting with the columns :data:`ROSTER`; a
            provider has one system, and a system one rural share (0 to 1).

    Raises:
        InputError: columns are missing, a setting is unknown, a return comes twice, or a
            provider has two systems or rural shares.
    """
    missing = [name for name in ROSTER if name not in roster.columns]
    if missing:
        raise InputError([Problem(f"a column {name} in the roster", column=name)
                          for name in missing])  # fmt: skip
    roster = roster[list(ROSTER)].sort_values(
        ["ics_code", "provider_code", "care_setting"], ignore_index=True
    )
    _check(roster)
    by_provider = roster.drop_duplicates("provider_code", ignore_index=True)
    codes = pd.Index(by_provider["provider_code"])
    systems = pd.Index(by_provider["ics_code"].unique())
    return Design(
        roster=roster,
        provider=codes.get_indexer(roster["provider_code"]),
        setting=pd.Index(SETTINGS).get_indexer(roster["care_setting"]),
        system=systems.get_indexer(by_provider["ics_code"]),
        rural=by_provider["rural_share"].to_numpy(float),
        provider_codes=tuple(codes),
        ics_codes=tuple(systems),
    )


def _check(roster: pd.DataFrame) -> None:
    problems = [
        Problem("one of " + ", ".join(SETTINGS), column="care_setting", value=str(setting))
        for setting in sorted(set(roster["care_setting"]) - set(SETTINGS))
    ]
    keys = ["provider_code", "care_setting"]
    problems += [
        Problem("one return per provider and setting", column="provider_code", value=str(code))
        for code in roster.loc[roster.duplicated(keys), "provider_code"]
    ]
    facts = roster.groupby("provider_code")[["ics_code", "rural_share"]].nunique(dropna=False)
    problems += [
        Problem("one system and one rural share per provider", column="provider_code",
                value=str(code))
        for code in facts.index[(facts != 1).any(axis=1)]
    ]  # fmt: skip
    if roster["rural_share"].isna().any():
        problems.append(Problem("a rural share for every system", column="rural_share"))
    if problems:
        raise InputError(problems)


@cache
def demo_design() -> Design:
    """The design of the invented country."""
    return design_from(country().roster())
