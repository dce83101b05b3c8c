"""The tables that claims are checked on, and when they are enough to speak for a whole.

A figure about the nation needs returns that stand for the nation, and one about a system needs all
of its providers: on fewer, a difference from a published figure would only show who is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from ics_maturity import frames
from ics_maturity.claims.statements import Statement
from ics_maturity.scores import return_scores

# The share of today's providers that a round must hold to speak for the nation: rounds lack a few
# by merger, closure and returns not published.
ENOUGH = 0.9


class NotAtHandError(Exception):
    """The data at hand cannot give the quantity; the message says why."""


@dataclass(frozen=True)
class Found:
    """What the data give: a value by averaging rule (the primary one first), or a list of names.

    ``low`` and ``high`` are the 95% interval of an estimate; ``n`` the number of units behind it.
    """

    by_rule: Mapping[str, float] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    low: float = float("nan")
    high: float = float("nan")
    n: int | None = None

    @property
    def value(self) -> float:
        """The value by the primary rule."""
        return next(iter(self.by_rule.values()), float("nan"))


@dataclass(frozen=True)
class Evidence:
    """The tables that claims are checked on.

    Attributes:
        returns, items, quality_log, providers: processed tables of those names.
        systems: the map in use, indexed by ``ics_code``, with ``rural_share`` and ``region``.
        maps: the processed table of systems, every map.
        rurality: the processed table of rural shares, every definition.
    """

    returns: pd.DataFrame
    items: pd.DataFrame
    quality_log: pd.DataFrame
    providers: pd.DataFrame
    systems: pd.DataFrame
    maps: pd.DataFrame
    rurality: pd.DataFrame

    @cached_property
    def rounds(self) -> list[int]:
        """Years with returns."""
        return sorted({*self.returns["round"], *self.items["round"]})

    def measure_of(self, statement: Statement) -> frames.Measure:
        """The measure that the statement's round is analysed on."""
        self.require(statement.round)
        try:
            return frames.primary_measure(self.returns, int(statement.round or 0))
        except ValueError:
            raise NotAtHandError(f"no averaged scores of {statement.round}") from None

    def returns_of(self, statement: Statement) -> pd.DataFrame:
        """The return scores that a statement is about, under the codes they came with."""
        measure = self.measure_of(statement)
        constructs = [statement.construct] if statement.construct else measure.constructs
        rows = frames.as_returned(self.returns)
        known = set(rows.loc[rows["round"] == statement.round, "construct"])
        if statement.construct and statement.construct not in known:
            raise NotAtHandError(f"no scores of {statement.construct.replace('_', ' ')}")
        if statement.construct:
            level = rows.loc[rows["construct"] == statement.construct, "level"].iloc[0]
        else:
            level = measure.level
        return return_scores(
            rows, measure.round, level=level, constructs=constructs, assessed_by=measure.assessed_by
        )

    def require(self, year: int | None) -> None:
        """Raise unless there are returns of the round."""
        if year not in self.rounds:
            raise NotAtHandError(f"no returns of {year}")

    def require_nation(self, year: int | None) -> None:
        """Raise unless the round's returns can stand for the nation."""
        self.require(year)
        held = self.returns[self.returns["round"] == year]
        systems = len(set(self.systems.index) & set(held["ics_code"]))
        providers = self.providers["provider_code"]
        share = providers.isin(set(held["provider_code"])).mean()
        if systems < len(self.systems) or share < ENOUGH:
            raise NotAtHandError(
                f"returns of {year} from {systems} of {len(self.systems)} systems, {share:.0%} of "
                "providers: too few to speak for the nation"
            )

    def require_system(self, year: int | None, code: str) -> None:
        """Raise unless all providers of the system have returns of the round."""
        self.require(year)
        if code not in self.systems.index:
            raise NotAtHandError(f"{code} is not on the map in use")
        held = self.returns[self.returns["round"] == year]
        here = self.returns.loc[self.returns["ics_code"] == code, "provider_code"]
        placed = self.providers.loc[self.providers["ics_code"] == code, "provider_code"]
        members = set(here) | set(placed)
        present = members & set(held["provider_code"])
        if present < members or not members:
            raise NotAtHandError(
                f"returns of {year} from {len(present)} of {len(members)} providers"
            )
