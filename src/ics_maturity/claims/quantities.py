"""What claims are about, computed from the returns and the reference tables at hand.

Each quantity is a short function from the evidence and a statement to what was found; it raises
:class:`NotAtHandError` with the reason where these data cannot give it. A quantity of
:data:`ics_maturity.claims.statements.QUANTITIES` without a function here lies outside any returns.
"""

from collections.abc import Callable

import pandas as pd

from ics_maturity import frames, instruments
from ics_maturity.claims.evidence import Evidence, Found, NotAtHandError
from ics_maturity.claims.statements import Statement
from ics_maturity.models import rurality
from ics_maturity.scores import AVERAGING_RULES, provider_scores, round_half_up

Measured = Callable[[Evidence, Statement], Found]


def _one(value: float, n: int | None = None) -> Found:
    return Found({"": float(value)}, n=n)


# Organisations


def _organisations(evidence: Evidence, statement: Statement) -> Found:
    """Organisations that the files list, those whose row holds no score included."""
    evidence.require_nation(statement.round)
    rows = evidence.returns[evidence.returns["round"] == statement.round]
    code = rows["provider_code_returned"]
    scored = code.where(code != "", rows["provider_name"]).nunique()
    log = evidence.quality_log
    empty = log[(log["round"] == statement.round) & (log["kind"] == "empty_row")]
    return _one(scored + len(empty), n=scored)


def _organisation_score(evidence: Evidence, statement: Statement) -> Found:
    scores = provider_scores(evidence.returns_of(statement)).set_index("provider_code")["score"]
    if statement.subject not in scores.index:
        raise NotAtHandError(f"no return of {statement.subject} in {statement.round}")
    return _one(scores[statement.subject], n=1)


def _organisations_sorted(evidence: Evidence, statement: Statement) -> pd.Series:
    evidence.require_nation(statement.round)
    scores = provider_scores(evidence.returns_of(statement)).set_index("provider_code")["score"]
    return scores.sort_values(kind="stable")


def _ends(scores: pd.Series, wanted: tuple[str, ...], *, highest: bool) -> Found:
    """As many names as stated from one end of the order, with all that tie with the last."""
    last = scores.iloc[-len(wanted)] if highest else scores.iloc[len(wanted) - 1]
    among = scores >= last - 1e-9 if highest else scores <= last + 1e-9
    return Found(items=tuple(sorted(scores.index[among])), n=len(scores))


def _highest_organisations(evidence: Evidence, statement: Statement) -> Found:
    return _ends(_organisations_sorted(evidence, statement), statement.items, highest=True)


def _lowest_organisations(evidence: Evidence, statement: Statement) -> Found:
    return _ends(_organisations_sorted(evidence, statement), statement.items, highest=False)


def _highest_organisation_score(evidence: Evidence, statement: Statement) -> Found:
    scores = _organisations_sorted(evidence, statement)
    return _one(scores.iloc[-1], n=len(scores))


def _lowest_organisation_score(evidence: Evidence, statement: Statement) -> Found:
    scores = _organisations_sorted(evidence, statement)
    return _one(scores.iloc[0], n=len(scores))


# The nation and its systems


def _national_mean(evidence: Evidence, statement: Statement) -> Found:
    evidence.require_nation(statement.round)
    scores = evidence.returns_of(statement).assign(nation="")
    values = {name: float(_rule(name)(scores, "nation").iloc[0]) for name in _RULES}
    return Found(values, n=scores["provider_code"].nunique())


_RULES = ("provider", "row", "setting_balanced")  # the primary one first


def _rule(name: str) -> Callable[[pd.DataFrame, str], pd.Series]:
    return AVERAGING_RULES[name].mean


def _by_system(evidence: Evidence, statement: Statement) -> dict[str, pd.Series]:
    """Score of every system under each averaging rule, lowest first."""
    evidence.require_nation(statement.round)
    scores = evidence.returns_of(statement)
    placed = scores[scores["ics_code"] != ""]
    return {name: _rule(name)(placed, "ics_code").sort_values(kind="stable") for name in _RULES}


def _system_score(evidence: Evidence, statement: Statement) -> Found:
    evidence.require_system(statement.round, statement.subject)
    scores = evidence.returns_of(statement)
    own = scores[scores["ics_code"] == statement.subject]
    values = {name: float(_rule(name)(own, "ics_code").iloc[0]) for name in _RULES}
    return Found(values, n=own["provider_code"].nunique())


def _highest_system_score(evidence: Evidence, statement: Statement) -> Found:
    systems = _by_system(evidence, statement)
    return Found(
        {name: float(one.iloc[-1]) for name, one in systems.items()}, n=len(evidence.systems)
    )


def _lowest_system_score(evidence: Evidence, statement: Statement) -> Found:
    systems = _by_system(evidence, statement)
    return Found(
        {name: float(one.iloc[0]) for name, one in systems.items()}, n=len(evidence.systems)
    )


def _systems_at_least(evidence: Evidence, statement: Statement) -> Found:
    """Systems whose score, rounded as the threshold is printed, reaches it."""
    decimals = len(statement.subject.partition(".")[2])
    systems = _by_system(evidence, statement)
    reached = {name: float((round_half_up(one, decimals) >= float(statement.subject) - 1e-9).sum())
               for name, one in systems.items()}  # fmt: skip
    return Found(reached, n=len(evidence.systems))


def _highest_systems(evidence: Evidence, statement: Statement) -> Found:
    return _most_alike(_by_system(evidence, statement), statement.items, highest=True)


def _lowest_systems(evidence: Evidence, statement: Statement) -> Found:
    return _most_alike(_by_system(evidence, statement), statement.items, highest=False)


def _most_alike(systems: dict[str, pd.Series], wanted: tuple[str, ...], *, highest: bool) -> Found:
    """One end of the order under the averaging rule that puts most of the stated names there."""
    ends = [_ends(one, wanted, highest=highest) for one in systems.values()]
    return max(ends, key=lambda end: len(set(end.items) & set(wanted)))


def _highest_region(evidence: Evidence, statement: Statement) -> Found:
    regions = {
        name: one.groupby(evidence.systems["region"].reindex(one.index)).mean().sort_values()
        for name, one in _by_system(evidence, statement).items()
    }
    return _most_alike(regions, statement.items, highest=True)


def _lowest_five_in_region(evidence: Evidence, statement: Statement) -> Found:
    systems = _by_system(evidence, statement)
    region = evidence.systems["region"]
    return Found(
        {name: float((region.reindex(one.index[:5]) == statement.subject).sum())
         for name, one in systems.items()},
        n=len(evidence.systems),
    )  # fmt: skip


def _rurality_slope(evidence: Evidence, statement: Statement) -> Found:
    """Wholly rural less wholly urban system, in points: the primary estimate of notebook 03."""
    evidence.require_nation(statement.round)
    measure = evidence.measure_of(statement)
    shares = evidence.systems["rural_share"]
    providers = frames.analysis_round(evidence.returns, measure, shares).providers
    try:
        slope = rurality.slope(providers["score"], providers["rural_share"], providers["ics_code"])
    except ValueError as error:
        raise NotAtHandError(f"no slope can be estimated ({error})") from None
    return Found({"": slope.estimate}, low=slope.low, high=slope.high, n=len(providers))


# Instruments and rounds


def _constructs(evidence: Evidence, statement: Statement) -> Found:
    """Different themes, sections or pillars with scores; ``subject`` is the level."""
    evidence.require(statement.round)
    rows = evidence.returns[evidence.returns["round"] == statement.round]
    return _one(rows.loc[rows["level"] == statement.subject, "construct"].nunique())


def _scale_end(evidence: Evidence, statement: Statement) -> Found:
    """``subject`` is min or max."""
    level = evidence.measure_of(statement).level
    rows = evidence.returns[evidence.returns["round"] == statement.round]
    rows = rows[rows["level"] == level]
    return _one(rows[f"scale_{statement.subject}"].agg(statement.subject))


def _item_scores(evidence: Evidence, statement: Statement) -> Found:
    """Scores seen in answers to questions of one family, such as agreement."""
    evidence.require(statement.round)
    instrument = instruments.find_round(int(statement.round or 0))
    if instrument is None:
        raise NotAtHandError(f"the questions of {statement.round} are not on file")
    family = {item.id for item in instrument.items if item.answers == statement.subject}
    items = evidence.items
    seen = items.loc[(items["round"] == statement.round) & items["construct"].isin(family), "score"]
    if seen.empty:
        raise NotAtHandError(
            f"no {statement.subject.replace('_', ' ')} answers of {statement.round}"
        )
    return Found(items=tuple(f"{value:g}" for value in sorted(set(seen))), n=len(seen))


def _last_round_before(evidence: Evidence, statement: Statement) -> Found:
    """The last year before ``subject`` with returns; the year stated must be among them."""
    evidence.require(int(statement.stated))
    return _one(max(year for year in evidence.rounds if year < int(statement.subject)))


# Geography


def _rural_share(evidence: Evidence, statement: Statement) -> Found:
    """Rural share of all residents by the definition named, per cent."""
    rows = evidence.rurality[evidence.rurality["definition"] == statement.subject]
    if rows.empty:
        raise NotAtHandError(f"no rural shares by {statement.subject}")
    share = rows["rural_population"].sum() / rows["population"].sum()
    return _one(100 * share, n=len(rows))


def _systems_fewer(evidence: Evidence, statement: Statement) -> Found:
    """Systems on the first map less systems on the map of that year."""
    count = evidence.maps.groupby("vintage").size()
    year = int(statement.subject)
    if year not in count.index or len(count) < 2:
        raise NotAtHandError(f"the map of {year} is not among the reference tables")
    lost = float(count.loc[count.index.min()] - count.loc[year])
    return Found({"": lost}, low=lost, high=lost)


MEASURED: dict[str, Measured] = {
    "organisations": _organisations,
    "organisation_score": _organisation_score,
    "highest_organisations": _highest_organisations,
    "lowest_organisations": _lowest_organisations,
    "highest_organisation_score": _highest_organisation_score,
    "lowest_organisation_score": _lowest_organisation_score,
    "national_mean": _national_mean,
    "system_score": _system_score,
    "highest_system_score": _highest_system_score,
    "lowest_system_score": _lowest_system_score,
    "systems_at_least": _systems_at_least,
    "highest_systems": _highest_systems,
    "lowest_systems": _lowest_systems,
    "highest_region": _highest_region,
    "lowest_five_in_region": _lowest_five_in_region,
    "rurality_slope": _rurality_slope,
    "constructs": _constructs,
    "scale_end": _scale_end,
    "item_scores": _item_scores,
    "last_round_before": _last_round_before,
    "rural_share": _rural_share,
    "systems_fewer": _systems_fewer,
}
