"""What notebook 04 puts together from several estimators: links, signs, and the claims ladder."""

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd

from ics_maturity import comparison, frames
from ics_maturity.comparison import Linked
from ics_maturity.models import bracket, gaming, reversals
from ics_maturity.models.incentives import (
    IncentiveGap,
    RegionalDifference,
    Step,
    incentive_gap,
    regional_difference,
)
from ics_maturity.models.ladder import Finding, Findings
from ics_maturity.models.linking import link_strength
from ics_maturity.models.moderation import Moderation, moderation_by
from ics_maturity.models.resampling import Interval
from ics_maturity.models.shift import Shift, paired_shift
from ics_maturity.page import Page

Rng = Callable[[str], np.random.Generator]
ALPHA = 0.05


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


def bracket_table(pairs: list[Linked]) -> pd.DataFrame:
    """Shift from the earlier to the later round under every scoring rule of the earlier answers.

    Returns:
        before, after, rule, n, earlier (mean, 0-100), later, shift, low, high (95% interval,
        CR2 by system).
    """
    rows = []
    for pair in pairs:
        for rule in ("theme_mean", *bracket.RULES):
            found = paired_shift(pair.frame[rule], pair.frame["after"], pair.frame["ics_code"])
            rows.append((pair.before, pair.after, rule, found.n, pair.frame[rule].mean(),
                         pair.frame["after"].mean(), found.change.estimate, found.change.low,
                         found.change.high))  # fmt: skip
    columns = ["before", "after", "rule", "n", "earlier", "later", "shift", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def scoring_bracket(pair: Linked) -> bracket.ScoringBracket:
    """The range of a pair's shift over the scoring rules."""
    return bracket.scoring_bracket(
        {rule: pair.frame[rule] for rule in bracket.RULES}, pair.frame["after"]
    )


def name_bracket(page: Page, pair: Linked, drift: float) -> tuple[bracket.ScoringBracket, Shift]:
    """Name the results of a pair's shift and of what would undo it.

    shift.observed (earlier answers averaged), shift.bracket_low and _high (over all rules),
    shift.stricter_low and _high (over the rules other than averaging), shift.tipping_sd (what would
    undo the end of the interval nearer to zero, in SDs of the earlier round) and, where one of the
    rules undoes the estimate, shift.tipping_share (share of the step to the strictest rule).
    """
    span = scoring_bracket(pair)
    whole = paired_shift(pair.frame["mean"], pair.frame["after"], pair.frame["ics_code"])
    words = f"{pair.before} to {pair.after}, percent of maximum"
    page.estimate("shift.observed", whole.change, unit="points of 100", n=whole.n)
    strict = span.by_rule.loc[span.by_rule["rule"] != "mean", "shift"]
    for name, value in (
        ("bracket_low", span.low),
        ("bracket_high", span.high),
        ("stricter_low", strict.min()),
        ("stricter_high", strict.max()),
    ):
        page.result(f"shift.{name}", value, unit="points of 100", n=whole.n, method=words)
    near = bracket.nearest_to_zero(whole.change.low, whole.change.high)
    page.result(
        "shift.tipping_sd",
        bracket.tipping_point(near, whole.sd_before, drift, span).sds,
        unit="SD of the earlier round",
        n=whole.n,
        method=f"what would undo the nearer end of the interval; {words}",
    )
    share = bracket.tipping_point(whole.change.estimate, whole.sd_before, drift, span)
    if 0 < share.share_of_bracket <= 1:
        page.result("shift.tipping_share", share.share_of_bracket, unit="share of the step")
    return span, whole


def name_moderation(page: Page, found: Moderation, n: int) -> None:
    """Name the results of the moderation estimate: effect, tests, share lowered, margin."""
    page.estimate("moderation.effect", found.shift.change, n=n)
    page.result("moderation.sign_flip_p", found.sign_flip.p, n=n)
    page.result("moderation.lowered", found.lowered, unit="share", n=n)
    page.result("moderation.tost_p", found.equivalence.p, n=n)
    page.result("moderation.margin", found.margin, unit="points", method="margins.yaml")


def questionnaire_shifts(page: Page, years: list[int]) -> pd.DataFrame:
    """Shifts between neighbouring questionnaire rounds, by theme, on common sections.

    Returns:
        before, after, theme, n, shift, low, high (CR2 by system), per_year.
    """
    returns, links = page.read("returns"), page.read("links")
    rows = []
    for before, after in itertools.pairwise(years):
        both = comparison.common_sections(returns, links, before, after)
        for theme, part in both.groupby("theme"):
            # An organisation that is on no map of systems is a cluster of its own.
            cluster = part["ics_code"].where(part["ics_code"] != "", part["organisation"])
            found = paired_shift(part["before"], part["after"], cluster).change
            rows.append((before, after, theme, len(part), found.estimate, found.low, found.high,
                         found.estimate / comparison.years_between(before, after)))  # fmt: skip
    columns = ["before", "after", "theme", "n", "shift", "low", "high", "per_year"]
    return pd.DataFrame(rows, columns=columns)


def drift_per_year(page: Page, years: list[int]) -> float:
    """Yearly slope of the mean self-assessed score from the first to the last such round.

    Organisations in both, sections in both; points of 100 a year. With one round there is none
    (0).
    """
    if len(years) < 2:
        return 0.0
    both = comparison.common_sections(page.read("returns"), page.read("links"), years[0], years[-1])
    overall = both.groupby("organisation")[["before", "after"]].mean()
    years_apart = comparison.years_between(years[0], years[-1])
    return float((overall["after"] - overall["before"]).mean() / years_apart)


def same_instrument(page: Page, before: int, after: int) -> pd.DataFrame:
    """Providers in two rounds on the domains both asked (:func:`frames.paired_providers`)."""
    returns, none = page.read("returns"), pd.Series(dtype=float)
    one, two = (
        frames.analysis_round(returns, frames.comparable_domains(year), none).providers
        for year in (before, after)
    )
    return frames.paired_providers(one, two)


def moderated_pairs(page: Page, year: int) -> pd.DataFrame:
    """Self-assessed (before) and moderated (after) provider scores of one round."""
    returns, none = page.read("returns"), pd.Series(dtype=float)
    one, two = (
        frames.analysis_round(returns, frames.all_domains(year, by), none).providers
        for by in ("self", "moderated")
    )
    return frames.paired_providers(one, two)


def moderation_groups(page: Page, year: int) -> pd.DataFrame:
    """The moderation difference by care setting (per return) and by incentive (per provider).

    Returns:
        what (care setting, incentive) and the columns of
        :func:`ics_maturity.models.moderation.moderation_by`.
    """
    returns, none = page.read("returns"), pd.Series(dtype=float)
    one, two = (
        frames.analysis_round(returns, frames.all_domains(year, by), none).rows
        for by in ("self", "moderated")
    )
    keys = ["provider_code", "care_setting"]
    both = one[[*keys, "ics_code", "score"]].merge(
        two[[*keys, "score"]], on=keys, suffixes=("_self", "_moderated")
    )
    by_setting = moderation_by(
        both["score_self"], both["score_moderated"], both["ics_code"], both["care_setting"]
    )
    tables = [by_setting.assign(what="care setting")]
    groups = page.read("incentives").set_index("provider_code")["group"]
    providers = moderated_pairs(page, year)
    group = providers["provider_code"].map(groups)
    if group.notna().any():
        known = providers[group.notna()]
        tables.append(
            moderation_by(
                known["before"], known["after"], known["ics_code"], group[group.notna()]
            ).assign(what="incentive")
        )
    table = pd.concat(tables, ignore_index=True)
    return table[["what", *(name for name in table.columns if name != "what")]]


def matched_answers(page: Page, before: int, after: int, identical: bool = False) -> pd.DataFrame:
    """Answers to the same question in two questionnaire rounds (see :mod:`models.reversals`).

    2016 is matched to later rounds by the published key; later rounds share their items.
    ``identical`` keeps only questions worded the same.
    """
    items, links = page.read("items"), page.read("links")
    one, two = (comparison.scored_items(items, links, year) for year in (before, after))
    if before == 2016:
        key = page.read("item_match")
        key = key[key["verbatim_identical"].astype(bool)] if identical else key
        key = key.rename(columns={"item_2016": "item_before", "item_2017": "item_after"})
    else:
        shared = sorted(set(one["item"]) & set(two["item"]))
        key = pd.DataFrame({"item_before": shared, "item_after": shared})
    columns = ["organisation", "item", "score"]
    asked = key[
        key["item_before"].isin(set(one["item"])) & key["item_after"].isin(set(two["item"]))
    ]
    return reversals.matched_items(one[columns], two[columns], asked[["item_before", "item_after"]])


def gaming_signs(page: Page, years: list[int], rng: Rng) -> list[gaming.Excess]:
    """Signs of shaped answers in the last step between questionnaire rounds, against the first.

    Needs three questionnaire rounds: the first step is the base rate. Signs: reversals, lowest
    answers where nobody could check, misfit; the last two compare the last round with the middle
    one. Long runs of one answer are left out: they grow with honest progress, as everybody nears
    the top of the scale.
    """
    first, middle, last = years[-3:]
    items, links = page.read("items"), page.read("links")
    answers = {y: comparison.scored_items(items, links, y) for y in (first, middle, last)}
    now = reversals.reversals_by_organisation(matched_answers(page, middle, last))
    base = reversals.reversals_by_organisation(matched_answers(page, first, middle))
    signs = [gaming.against_base("implausible reversals", now, base, rng("reversals"))]
    for name, sign in (
        ("lowest answers where nobody could check", gaming.low_end_bunching),
        ("answers that do not fit together", gaming.guttman_errors),
    ):
        signs.append(
            gaming.against_base(name, sign(answers[last]), sign(answers[middle]), rng(name))
        )
    return signs


def regional_pilot(page: Page, years: list[int], region: str) -> RegionalDifference | None:
    """One region's mean change between the first two questionnaire rounds, against the others.

    ``None`` where there are no two such rounds, or the region is not among the organisations'.
    """
    if len(years) < 2:
        return None
    both = comparison.common_sections(page.read("returns"), page.read("links"), *years[:2])
    both = both[both["region"] != ""]
    if region not in set(both["region"]):
        return None
    one = both.groupby("organisation").agg(
        before=("before", "mean"), after=("after", "mean"), region=("region", "first")
    )
    return regional_difference(one["after"] - one["before"], one["region"].to_numpy(), region)


def incentive_effect(page: Page, years: list[int]) -> IncentiveGap | None:
    """Change by incentive in the last self-assessed step, against the step before it.

    ``None`` where fewer than three questionnaire rounds, or no table of incentives, are present.
    Organisations in all three rounds; themes of common sections; points of 100.
    """
    groups = page.read("incentives").set_index("provider_code")["group"]
    if len(years) < 3 or groups.empty:
        return None
    first, middle, last = years[-3:]
    returns, links = page.read("returns"), page.read("links")
    steps = [
        comparison.common_sections(returns, links, *pair).groupby("organisation").agg(
            before=("before", "mean"), after=("after", "mean"), ics_code=("ics_code", "first"))
        for pair in ((first, middle), (middle, last))
    ]  # fmt: skip
    placebo, main = steps
    both = placebo.join(main, how="inner", suffixes=("_placebo", ""))
    route = links[links["round"] == last].drop_duplicates("code_returned")
    provider = route.set_index("code_returned")["provider_code"]
    group = groups.reindex(provider.reindex(both.index)).to_numpy()
    both = both[pd.notna(group)].assign(at_stake=group[pd.notna(group)] == "funding_at_stake")
    return incentive_gap(
        Step(middle, last, both["before"], both["after"]),
        Step(first, middle, both["before_placebo"], both["after_placebo"]),
        both["at_stake"].astype(float),
        both["ics_code"].to_numpy(),
    )


def possible_drift(trend: pd.DataFrame, earlier: float) -> pd.DataFrame:
    """The trend bracket with ``possible``: whether mean plus drift stays on 0 to 100."""
    reached = earlier + trend["drift"]
    return trend.assign(possible=(reached >= 0) & (reached <= 100))


def largest_multiple(earlier: float, slope: float, years: float, most: float = 2.0) -> float:
    """Times the earlier pace, at most ``most``, at which the mean reaches the scale's end."""
    pace = slope * years
    if pace == 0:
        return most
    room = (100 - earlier) if pace > 0 else earlier
    return min(most, room / abs(pace))


def _described(rounds: list[int]) -> Finding:
    return Finding(bool(rounds), f"{len(rounds)} rounds are present and described.")


def _order(stability: Interval | None, reliability: float, words: str) -> Finding:
    if stability is None:
        return Finding(None, "No two rounds can be compared.",
                       needs="two rounds of the same organisations")  # fmt: skip
    numbers = {"Spearman": stability.estimate, "upper end": stability.high,
               "expected from error alone at the assumed reliability": reliability}  # fmt: skip
    return Finding(
        stability.high < reliability,
        f"Rank order {words} agrees less than error of measurement alone would make it."
        if stability.high < reliability
        else f"Rank order {words} is within what error of measurement alone would do to it.",
        numbers,
    )


def _incentive(gap: IncentiveGap | None) -> Finding:
    if gap is None:
        return Finding(
            None,
            "No three questionnaire rounds with known incentives are present.",
            needs="the 2019 self-assessments by organisation, and who stood to gain from a low "
            "score",
        )
    return Finding(
        gap.holds(),
        "Change by incentive goes beyond what the same groups showed before."
        if gap.holds()
        else "Change by incentive does not clearly go beyond what the same groups showed before.",
        {"main": gap.main.estimate, "beyond placebo": gap.beyond_placebo.estimate},
    )


def _moderated(found: Moderation | None) -> Finding:
    if found is None:
        return Finding(
            None,
            "No round holds both self-assessed and moderated scores.",
            needs="the 2023 self-assessed and moderated scores of the same returns",
        )
    change = found.shift.change
    differs = change.p < ALPHA and found.sign_flip.p < ALPHA
    return Finding(
        differs,
        "Within the round, moderated scores differ from self-assessed ones."
        if differs
        else "Within the round, no difference between moderated and self-assessed scores is shown.",
        {"effect": change.estimate, "low": change.low, "high": change.high},
    )


def ladder_findings(
    rounds: list[int],
    stability: Interval | None,
    reliability: float,
    stability_words: str,
    gap: IncentiveGap | None,
    moderation: Moderation | None,
    pair: Linked | None,
) -> Findings:
    """The answered questions of the claims ladder, from what the notebook found.

    The step across the arrival of review is always broken here: from 2023 the questions, the
    scoring rule, the scale and the reviewer changed together, for everybody.
    """
    broken = Finding(
        False,
        "Questions, scale, scoring rule and reviewer all changed together, for everybody, so a "
        "difference between the rounds cannot be laid to any one of them.",
        needs="returns of one instrument before and after review, or organisations that were and "
        "were not reviewed in one round",
    )
    inside = "No later round is present."
    numbers: dict[str, float] = {}
    if pair is not None:
        span = scoring_bracket(pair)
        numbers = {"low": span.low, "high": span.high}
        inside = "The range over scoring rules holds no shift at all."
    beyond = bool(numbers) and (numbers["low"] > 0 or numbers["high"] < 0)
    return Findings(
        described=_described(rounds),
        rank_order_differs=_order(stability, reliability, stability_words),
        incentive_differs=_incentive(gap),
        moderated_differs=_moderated(moderation),
        comparison_unbroken=broken,
        shift_beyond_brackets=Finding(
            beyond,
            "Every scoring rule leaves a shift of one sign." if beyond else inside,
            numbers,
        ),
    )
