"""One figure, name or direction that a claim states, as the rule it is compared by reads it."""

import re
from dataclasses import dataclass
from typing import Self

# What claims state, in the words of the tables. Facts outside any returns are here too, so that
# sources which state them differently can be set against each other.
QUANTITIES = {
    "organisations": "organisations listed",
    "organisation_score": "score of organisation",
    "highest_organisations": "the highest organisations",
    "lowest_organisations": "the lowest organisations",
    "highest_organisation_score": "highest provider score",
    "lowest_organisation_score": "lowest provider score",
    "national_mean": "national mean",
    "system_score": "score of system",
    "highest_system_score": "highest system score",
    "lowest_system_score": "lowest system score",
    "systems_at_least": "systems that score at least",
    "highest_systems": "the highest systems",
    "lowest_systems": "the lowest systems",
    "highest_region": "region with the highest mean",
    "lowest_five_in_region": "of the five lowest systems, in",
    "rurality_slope": "wholly rural less wholly urban system",
    "constructs": "number of parts scored, as",
    "scale_end": "end of the scale",
    "item_scores": "scores that answers can earn",
    "last_round_before": "last round before",
    "rural_share": "rural residents, per cent",
    "systems_fewer": "fewer systems on the map of",
    "share_of_organisations": "share of organisations, per cent",
    "boundaries_changed": "boundaries changed",
    "contract_value": "value of the contract, GBP million",
    "contract_year": "year the contract was awarded",
    "funding": "funding, GBP million",
}
RELATIONS = {
    "equals": "the figure, to the decimals printed",
    "between": "a figure between two printed ones",
    "full_count": "a number of things of which the data may not hold all",
    "latest": "the last year of which something is known",
    "sign": "below or above zero, by its 95% interval",
    "names": "exactly these, in any order",
    "values": "exactly these values",
}
_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?")
_RANGE = re.compile(r"(\S+) to (\S+)")
_SIGNS = ("below zero", "above zero")


@dataclass(frozen=True)
class Statement:
    """A statement of a claim.

    ``low`` and ``high`` are the ends of the range that a figure printed so can have come from
    (rounded either way at a half); None where no figure is stated. ``items`` are the names or
    values of a list. The other attributes are the columns of ``statements.csv``.
    """

    claim_id: str
    part: int
    measure_id: str
    quantity: str
    round: int | None
    subject: str
    construct: str
    relation: str
    stated: str
    low: float = float("nan")
    high: float = float("nan")
    items: tuple[str, ...] = ()

    @classmethod
    def parse(cls, *, round: str | int, stated: str, relation: str, part: int, **text: str) -> Self:
        """The row of the register as a statement.

        Raises:
            ValueError: ``stated`` is not what the relation needs; the message says what to write.
        """
        low, high, items = _read(relation, stated)
        year = int(round) if str(round) else None
        return cls(part=int(part), round=year, stated=stated, relation=relation, low=low,
                   high=high, items=items, **text)  # fmt: skip

    @property
    def half_unit(self) -> float:
        """Half a unit of the last decimal printed in ``subject``, a threshold."""
        return _half_unit(self.subject)

    @property
    def about(self) -> tuple[str, int | None, str, str]:
        """What is stated, of whom and when: two statements about the same can conflict."""
        return self.quantity, self.round, self.subject, self.construct

    def excludes(self, other: "Statement") -> bool:
        """Whether no figure at all could be printed as both state it."""
        return self.about == other.about and (self.low > other.high or other.low > self.high)


def _read(relation: str, stated: str) -> tuple[float, float, tuple[str, ...]]:
    nothing = float("nan")
    match relation:
        case "equals":
            return *_printed(stated), ()
        case "between":
            ends = _RANGE.fullmatch(stated)
            if not ends:
                raise ValueError("write two numbers as '2.3 to 2.4'")
            (low, _), (_, high) = _printed(ends[1]), _printed(ends[2])
            if float(ends[1]) > float(ends[2]):
                raise ValueError("write the smaller number first")
            return low, high, ()
        case "full_count" | "latest":
            if not stated.isdecimal():
                raise ValueError("write a whole number")
            return float(stated), float(stated), ()
        case "sign":
            if stated not in _SIGNS:
                raise ValueError(f"write one of: {', '.join(_SIGNS)}")
            return nothing, nothing, ()
        case _:
            items = tuple(item.strip() for item in stated.split(";"))
            if not all(items) or len(set(items)) < len(items):
                raise ValueError("separate with ; and give each one once")
            return nothing, nothing, items


def _printed(number: str) -> tuple[float, float]:
    """The range of values that are printed so, whichever way a half was rounded."""
    if not _NUMBER.fullmatch(number):
        raise ValueError(f"write '{number}' as a plain number")
    half = _half_unit(number)
    return round(float(number) - half, 9), round(float(number) + half, 9)


def _half_unit(number: str) -> float:
    found = _NUMBER.fullmatch(number)
    decimals = len(found[1] or "") if found else 0
    return 0.5 / 10**decimals
