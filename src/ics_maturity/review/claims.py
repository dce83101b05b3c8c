"""The claims ladder, filled from what the other parts found."""

from ics_maturity.comparison import Linked
from ics_maturity.models.incentives import IncentiveGap
from ics_maturity.models.ladder import Finding, Findings
from ics_maturity.models.moderation import Moderation
from ics_maturity.models.resampling import Interval
from ics_maturity.review.shifts import scoring_bracket

ALPHA = 0.05


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
