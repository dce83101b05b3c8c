"""Verdicts: what the returns at hand say about a published statement, by rule.

* **reproduced**: the stated figure or names come out, to the decimals printed;
* **consistent**: the data agree with a statement looser than one figure, or with one judged on
  another round than its own;
* **contradicted**: the same quantity of the same round comes out differently, under every averaging
  rule. It says that these returns do not give the figure; the source may have used others;
* **undecided**: computed, but settled neither way;
* **uncheckable**: these data cannot give the quantity.

A claim judged on another round than it speaks of can be consistent or undecided, nothing more. That
two statements exclude each other is shown beside the verdict and settles nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from ics_maturity.claims.evidence import Evidence, Found, NotAtHandError
from ics_maturity.claims.quantities import MEASURED
from ics_maturity.claims.register import Register
from ics_maturity.claims.statements import QUANTITIES, Statement
from ics_maturity.prose import fixed

VERDICTS = ("reproduced", "consistent", "contradicted", "undecided", "uncheckable")
_NOISE = 1e-9


@dataclass(frozen=True)
class Judged:
    """A verdict with what it rests on: the figure in words, and why."""

    verdict: str
    found: str
    why: str


@dataclass(frozen=True)
class Checked:
    """All claims of a register with their verdicts.

    ``claims``: one row per claim with verdict, ``found`` (figures of the parts that could be
    checked), ``parts`` (checked of stated, in words; empty if it states nothing),
    ``conflicts_with``, ``other_round`` (judged on another round) and ``why``, the claim's limits
    included. ``statements``: one row per statement. ``conflicts``: one row per
    pair of statements that exclude each other.
    """

    claims: pd.DataFrame
    statements: pd.DataFrame
    conflicts: pd.DataFrame

    def ids(self, verdict: str) -> list[str]:
        """The claims with that verdict."""
        return list(self.claims.loc[self.claims["verdict"] == verdict, "claim_id"])

    @property
    def conflicting(self) -> list[str]:
        """The claims with a statement that another statement excludes."""
        return list(self.claims.loc[self.claims["conflicts_with"] != "", "claim_id"])

    @property
    def judged_elsewhere(self) -> list[str]:
        """The claims judged on another round than their own."""
        return list(self.claims.loc[self.claims["other_round"], "claim_id"])


def check(register: Register, evidence: Evidence) -> Checked:
    """Compare every statement of the register with the data at hand."""
    own_round = dict(zip(register.claims["claim_id"], register.claims["round"], strict=True))
    judged = [
        (one, judge(one, evidence, elsewhere=_elsewhere(one, own_round[one.claim_id])))
        for one in register.parsed
    ]
    statements = pd.DataFrame(
        [_statement_row(one, found) for one, found in judged],
        columns=["claim_id", "part", "measure_id", "what", "stated", "found", "verdict", "why"],
    )
    conflicts = _conflicts(register.parsed)
    rows = [
        _claim_row(row, [(s, j) for s, j in judged if s.claim_id == row["claim_id"]], conflicts)
        for row in register.claims.sort_values("claim_id").to_dict("records")
    ]
    columns = ["claim_id", "round", "claim", "verdict", "found", "parts", "conflicts_with",
               "other_round", "why", "source", "published"]  # fmt: skip
    claims = pd.DataFrame(rows, columns=columns).astype({"other_round": bool})
    return Checked(claims, statements, conflicts)


def judge(statement: Statement, evidence: Evidence, *, elsewhere: bool = False) -> Judged:
    """The verdict on one statement.

    Args:
        elsewhere: whether it is judged on another round than its claim's.
    """
    measure = MEASURED.get(statement.quantity)
    if measure is None:
        return Judged("uncheckable", "", "outside any returns")
    try:
        found = measure(evidence, statement)
    except NotAtHandError as reason:
        return Judged("uncheckable", "", str(reason))
    judged = _RULES[statement.relation](statement, found)
    if not elsewhere:
        return judged
    verdict = "consistent" if judged.verdict in ("reproduced", "consistent") else "undecided"
    return Judged(verdict, judged.found, f"another round than the claim's; {judged.why}")


def combined(verdicts: Iterable[str]) -> str:
    """The verdict on a claim from those on its statements: the weakest that could be checked."""
    checked = set(verdicts) - {"uncheckable"}
    for verdict in ("contradicted", "undecided", "consistent", "reproduced"):
        if verdict in checked:
            return verdict
    return "uncheckable"


def _elsewhere(statement: Statement, own_round: str) -> bool:
    return bool(own_round and statement.round and str(statement.round) != own_round)


# The rules


def _within(statement: Statement, value: float) -> bool:
    return statement.low - _NOISE <= value <= statement.high + _NOISE


def _figure(statement: Statement, found: Found) -> Judged:
    """The stated figure under one averaging rule at least, the primary one first."""
    met = [(rule, value) for rule, value in found.by_rule.items() if _within(statement, value)]
    verdict = "reproduced" if statement.relation == "equals" else "consistent"
    if met:
        rule, value = met[0]
        under = "" if value == found.value else f", averaged by {rule.replace('_', ' ')}"
        return Judged(verdict, _shown(value, statement), f"within the printed rounding{under}")
    several = ", under every averaging rule" if len(found.by_rule) > 1 else ""
    return Judged("contradicted", _shown(found.value, statement), f"outside the rounding{several}")


def _full_count(statement: Statement, found: Found) -> Judged:
    shown = fixed(found.value, 0)
    if found.value == statement.low:
        return Judged("reproduced", shown, "the same number")
    if found.value > statement.high:
        return Judged("contradicted", shown, "the data hold more")
    return Judged("undecided", shown, "the data hold fewer, and may not hold all")


def _latest(statement: Statement, found: Found) -> Judged:
    shown = f"{found.value:.0f}"
    if found.value > statement.high:
        return Judged("contradicted", shown, "the data hold a later one")
    return Judged("consistent", shown, "the data hold none later")


def _sign(statement: Statement, found: Found) -> Judged:
    shown = fixed(found.value, 0)
    if found.low < found.high:
        shown = f"{fixed(found.value, 2)} ({fixed(found.low, 2)} to {fixed(found.high, 2)})"
    if found.low <= 0 <= found.high:
        return Judged("undecided", shown, "zero is not excluded")
    agrees = (found.value < 0) == (statement.stated == "below zero")
    if agrees:
        return Judged("consistent", shown, "on the stated side of zero")
    return Judged("contradicted", shown, "on the other side of zero")


def _names(statement: Statement, found: Found) -> Judged:
    """Those stated against as many from that end; who else is there is not printed."""
    hits = len(set(statement.items) & set(found.items))
    shown = f"{hits} of {len(statement.items)}"
    if hits < len(statement.items):
        return Judged("contradicted", shown, "others are there")
    if len(found.items) > hits:
        return Judged("consistent", shown, "others tie with them")
    return Judged("reproduced", shown, "the same names")


def _values(statement: Statement, found: Found) -> Judged:
    shown = "; ".join(found.items)
    if set(found.items) == set(statement.items):
        return Judged("reproduced", shown, "the same values")
    if set(found.items) < set(statement.items):
        return Judged("consistent", shown, "no value but those stated")
    return Judged("contradicted", shown, "other values occur")


_RULES = {
    "equals": _figure,
    "between": _figure,
    "full_count": _full_count,
    "latest": _latest,
    "sign": _sign,
    "names": _names,
    "values": _values,
}


def _shown(value: float, statement: Statement) -> str:
    """One decimal more than the statement prints, for a reader to check the rounding by."""
    decimals = len(statement.stated.split(" to ")[0].partition(".")[2])
    whole = float(value).is_integer() and not decimals
    return fixed(value, 0 if whole else decimals + 1)


# Rows


def _statement_row(statement: Statement, judged: Judged) -> tuple[object, ...]:
    words = QUANTITIES[statement.quantity]
    parts = (words, statement.subject, statement.construct.replace("_", " "), statement.round)
    what = " ".join(str(part) for part in parts[:2] if part)
    what += "".join(f", {part}" for part in parts[2:] if part)
    return (statement.claim_id, statement.part, statement.measure_id, what, statement.stated,
            judged.found, judged.verdict, judged.why)  # fmt: skip


def _conflicts(statements: list[Statement]) -> pd.DataFrame:
    """Pairs of statements about the same thing that no one figure can satisfy."""
    rows = [
        (one.claim_id, other.claim_id, _statement_row(one, _UNJUDGED)[3], one.stated,
         other.stated, one.measure_id, other.measure_id)
        for one, other in combinations(statements, 2)
        if one.excludes(other)
    ]  # fmt: skip
    columns = ["claim_id", "other_id", "what", "stated", "other_stated", "measure_id",
               "other_measure_id"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


_UNJUDGED = Judged("", "", "")


def _claim_row(
    claim: dict[str, str], judged: list[tuple[Statement, Judged]], conflicts: pd.DataFrame
) -> tuple[object, ...]:
    verdicts = [found.verdict for _, found in judged]
    verdict = combined(verdicts)
    checked = [(one, found) for one, found in judged if found.verdict != "uncheckable"]
    elsewhere = any(_elsewhere(one, claim["round"]) for one, _ in checked)
    reasons = [found.why for _, found in judged if found.verdict == verdict]
    why = "; ".join(dict.fromkeys(reasons)) or "nothing that returns could be compared with"
    own = claim["claim_id"]
    mine = conflicts[(conflicts["claim_id"] == own) | (conflicts["other_id"] == own)]
    pairs = mine[["claim_id", "other_id"]].to_numpy().tolist()
    against = sorted({b if a == own else a for a, b in pairs})
    against = ["itself" if other == own else other for other in against]
    figures = "; ".join(found.found for _, found in checked)
    return (own, claim["round"], claim["claim"], verdict, figures,
            f"{len(checked)} of {len(judged)}" if judged else "", ", ".join(against), elsewhere,
            _sentences(why, claim["limits"]), claim["source"], claim["published"])  # fmt: skip


def _sentences(*parts: str) -> str:
    """Phrases as sentences one after the other."""
    return " ".join(f"{part[0].upper()}{part[1:].rstrip('.')}." for part in parts if part)
