"""Rules side by side: whom each supports, how surely they belong, and where the money goes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.frames import Scale
from ics_maturity.instruments import Instrument
from ics_maturity.models import targeting
from ics_maturity.models.design import FloatArray
from ics_maturity.models.targeting import Rule
from ics_maturity.support.scored import SCORES, Scored

VIEWS = {"a": "A, providers as draws", "b": "B, readings with error"}
SURE = 0.8
_SHARES, _THRESHOLD = (0.3, 0.4), 0.325  # of the scale: 2.2, 2.6 and 2.3 from 1 to 5
RULES_SHOWN = (
    "rule", "score", "chosen", "wrong_a", "wrong_b", "missed_a", "missed_b", "misplaced_a",
    "misplaced_b", "sure_a", "sure_b",
)  # fmt: skip


def rules_from(
    chosen: str,
    groups: int,
    *,
    count: int,
    threshold: float,
    cut_points: Sequence[float],
    tiers: int,
    names: tuple[str, ...] = (),
) -> dict[str, Rule]:
    """Every kind of rule with the reader's numbers, by slug, the chosen one first.

    Rules that leave no choice among so few ``groups`` are left out.

    Raises:
        InputError: numbers that make no rule, or a chosen rule that leaves no choice.
    """
    try:
        rules = [
            Rule("lowest", count),
            Rule("highest", count),
            Rule("quantiles", tiers),
            Rule("below", cuts=(threshold,)),
            Rule("cut_points", cuts=tuple(cut_points), names=names),
        ]
    except ValueError as error:
        raise InputError(Problem("numbers that make a rule", value=str(error))) from None
    rules.sort(key=lambda rule: rule.kind != chosen)
    if not rules[0].fits(groups):
        raise InputError(
            Problem(f"a rule that leaves a choice among {groups} systems", column="rule",
                    value=words(rules[0]), fix="choose another rule or a smaller number")
        )  # fmt: skip
    return {rule.slug: rule for rule in rules if rule.fits(groups)}


def rules_for(
    instrument: Instrument | None,
    scale: Scale,
    groups: int,
    *,
    rule: str | None,
    count: int,
    threshold: float | None,
    cut_points: Sequence[float] | None,
    tiers: int,
) -> dict[str, Rule]:
    """:func:`rules_from`, with what the reader left open taken from the instrument.

    An instrument with tiers gives the cut points, their names and, unless another rule is chosen,
    the rule; its first cut is the threshold. Without them the numbers are those of the scale from 1
    to 5 (2.2 and 2.6, threshold 2.3), or the same shares of another scale.
    """
    own = instrument.tiers if instrument else None
    shares = own.cuts if own else [round(scale.low + scale.span * part, 9) for part in _SHARES]
    level = shares[0] if own else round(scale.low + scale.span * _THRESHOLD, 9)
    return rules_from(
        rule or ("cut_points" if own else "lowest"),
        groups,
        count=count,
        threshold=level if threshold is None else threshold,
        cut_points=shares if cut_points is None else cut_points,
        names=own.names if own and cut_points is None else (),
        tiers=tiers,
    )


def words(rule: Rule) -> str:
    """The rule as a reader says it."""
    cuts = " and ".join(f"{cut:g}" for cut in rule.cuts)
    return {
        "lowest": f"the {rule.count} lowest",
        "highest": f"the {rule.count} highest",
        "quantiles": f"the lowest of {rule.count} equal tiers",
        "below": f"all below {cuts}",
        "cut_points": f"the lowest tier of cuts at {cuts}",
    }[rule.kind]


def tier_names(rule: Rule) -> list[str]:
    """The tiers as a reader knows them, the supported one first."""
    if rule.names:
        return list(rule.names)
    if rule.tiers == 2:
        return ["in", "out"]
    if rule.kind == "quantiles":
        return [f"tier {number}" for number in range(1, rule.tiers + 1)]
    middle = [f"{low:g} to {high:g}" for low, high in zip(rule.cuts, rule.cuts[1:], strict=False)]
    return [f"below {rule.cuts[0]:g}", *middle, f"{rule.cuts[-1]:g} and above"]


def draw_worlds(
    scored: Mapping[str, Scored], rng: np.random.Generator, draws: int
) -> dict[str, dict[str, FloatArray]]:
    """True scores that the data allow, by score and view; shrunken ones share the unshrunken's."""
    drawn = {
        name: {view: one.worlds(view, rng, draws) for view in one.error_shares}
        for name, one in scored.items()
        if name != "shrunken"
    }
    return drawn | {"shrunken": drawn["like_for_like"]}


def chances(worlds: Mapping[str, FloatArray], rule: Rule) -> dict[str, FloatArray]:
    """Probability (k, tiers) of each tier, by view."""
    return {view: targeting.tier_probabilities(drawn, rule) for view, drawn in worlds.items()}


def expected(
    scored: Scored, worlds: Mapping[str, FloatArray], rule: Rule
) -> dict[str, targeting.Expected]:
    """What the rule gets wrong on these scores, by view."""
    tiers = targeting.assign(scored.used, rule)
    return {
        view: targeting.expected_errors(tiers, p, SURE) for view, p in chances(worlds, rule).items()
    }


def compare_rules(
    scored: Mapping[str, Scored],
    worlds: Mapping[str, Mapping[str, FloatArray]],
    rules: Mapping[str, Rule],
    pot: float,
    margin: float,
) -> pd.DataFrame:
    """Every rule on every score: expected wrong picks and misses, and money, under both views.

    Args:
        scored: the scores by name.
        worlds: true scores that the data allow, by score and view.
        rules: the rules by slug.
        pot: money in GBP m, shared equally among the supported.
        margin: largest share of wrong picks, and of misses, that a rule may have.

    Returns:
        rule, score, chosen, then for each view (_a, _b): wrong, missed, misplaced (GBP m to systems
        that do not belong), sure (supported systems that belong with probability :data:`SURE` or
        more), wrong_tier (systems in another tier than their own) and share (wrong picks of all
        picks, or misses of all that belong, whichever is larger); within (under which views the
        share is at most ``margin``). Missing where a view is not known, or where nobody is
        supported.
    """
    rows = []
    for rule in rules.values():
        for name, one in scored.items():
            found = expected(one, worlds[name], rule)
            row: dict[str, object] = {
                "rule": words(rule),
                "score": SCORES[name],
                "chosen": found["a"].chosen,
            }
            for what in ("wrong", "missed", "misplaced", "sure", "wrong_tier", "share"):
                row |= {f"{what}_{view}": _shown(found, view, what, pot) for view in VIEWS}
            kept = [
                view.upper()
                for view in VIEWS
                if view in found and found[view].chosen and found[view].error_share <= margin
            ]
            rows.append(row | {"within": " and ".join(kept) or "neither"})
    numbers = {name: float for name in rows[0] if name[-2:] in ("_a", "_b")}
    whole = {f"sure_{view}": "Int64" for view in VIEWS}
    return pd.DataFrame(rows).astype(numbers).astype(whole)


def _shown(
    found: Mapping[str, targeting.Expected], view: str, what: str, pot: float
) -> float | None:
    """One cell of the comparison; missing without the view, or without anybody picked."""
    if view not in found:
        return None
    one = found[view]
    if what in ("missed", "wrong_tier"):
        return float(getattr(one, what))
    if not one.chosen:
        return None
    share = {"share": one.error_share, "misplaced": pot * one.wrong_share}
    return share[what] if what in share else float(getattr(one, what))


def by_system(
    scored: Scored,
    worlds: Mapping[str, FloatArray],
    rule: Rule,
    points: pd.DataFrame,
    names: pd.DataFrame,
    providers: pd.Series,
) -> pd.DataFrame:
    """Every system with its tier, the probability of each tier, and the points to a place.

    Args:
        scored: the scores the rule looks at.
        worlds: true scores that the data allow, by view.
        rule: the rule chosen.
        points: the frame of :func:`ics_maturity.support.incentive.points_by_system`.
        names: ``short_name`` of the systems by code.
        providers: number of providers by code.

    Returns:
        ics_code, system, providers, score, tier, p{t}_{view} (probability of tier t, from 1; with
        two tiers only that of support), points, one_provider; sorted by name.
    """
    tiers = targeting.assign(scored.used, rule)
    named = tier_names(rule)
    frame = pd.DataFrame(
        {
            "ics_code": scored.codes,
            "system": names["short_name"].reindex(list(scored.codes)).to_numpy(),
            "providers": providers.reindex(list(scored.codes)).to_numpy(),
            "score": scored.used,
            "tier": [named[tier] for tier in tiers],
        }
    )
    found = chances(worlds, rule)
    for tier in shown_tiers(rule):
        for view in VIEWS:
            known = found.get(view)
            frame[f"p{tier + 1}_{view}"] = np.nan if known is None else known[:, tier]
    needed = points.set_index("ics_code").reindex(list(scored.codes))
    frame["points"], frame["one_provider"] = needed["points"].array, needed["one_provider"].array
    return frame.sort_values(["system", "ics_code"], ignore_index=True)


def shown_tiers(rule: Rule) -> range:
    """The tiers whose probabilities are shown: of two, the second adds nothing."""
    return range(1 if rule.tiers == 2 else rule.tiers)


def chance_rows(
    scored: Scored,
    worlds: Mapping[str, FloatArray],
    rule: Rule,
    names: pd.DataFrame,
    providers: pd.Series,
) -> pd.DataFrame:
    """What the figure of chances draws: systems in the order in which the rule takes them.

    Returns:
        ics_code, short_name, n (providers), score, supported, and by known view the probability of
        belonging to the supported group.
    """
    codes = list(scored.codes)
    found = chances(worlds, rule)
    frame = pd.DataFrame(
        {
            "ics_code": codes,
            "short_name": names["short_name"].reindex(codes).to_numpy(),
            "n": providers.reindex(codes).to_numpy(),
            "score": scored.used,
            "supported": targeting.supported(scored.used, rule),
            **{view: found[view][:, 0] for view in VIEWS if view in found},
        }
    )
    return frame.sort_values(
        ["score", "ics_code"], ascending=[rule.kind != "highest", True], ignore_index=True
    )


def picks(scored: Scored, rule: Rule) -> int:
    """How many systems the rule supports on these scores."""
    return int(targeting.supported(scored.used, rule).sum())
