"""The claims ladder, filled from what the other parts found."""

from collections.abc import Sequence

from ics_maturity.comparison import Linked
from ics_maturity.models.change import expected_spearman
from ics_maturity.models.gaming import SignGap
from ics_maturity.models.incentives import IncentiveGap
from ics_maturity.models.ladder import Finding, Findings
from ics_maturity.models.moderation import Moderation
from ics_maturity.models.multiplicity import holm
from ics_maturity.models.resampling import Interval
from ics_maturity.review.shifts import scoring_bracket

ALPHA = 0.05


def _described(rounds: list[int]) -> Finding:
    return Finding(bool(rounds), f"{len(rounds)} rounds are present and described.")


def _order(stability: Interval | None, reliability: float, words: str) -> Finding:
    if stability is None:
        return Finding(None, "No two rounds can be compared.",
                       needs="two rounds of the same organisations")  # fmt: skip
    ceiling = expected_spearman(reliability)
    numbers = {"Spearman": stability.estimate, "upper end": stability.high,
               "expected from error alone at the assumed reliability": ceiling}  # fmt: skip
    return Finding(
        stability.high < ceiling,
        f"Rank order {words} agrees less than error of measurement alone would make it."
        if stability.high < ceiling
        else f"Rank order {words} is within what error of measurement alone would do to it.",
        numbers,
    )


def _incentive(gap: IncentiveGap | None, signs: Sequence[SignGap]) -> Finding:
    """Scores, or signs of shaped answers, differ by incentive beyond the step before.

    Scores must do so in all four readings (:meth:`IncentiveGap.holds`); of the signs at least one
    after Holm's correction for all of them.
    """
    if gap is None:
        return Finding(
            None,
            "No three questionnaire rounds with known incentives are present.",
            needs="the 2019 self-assessments by organisation, and who stood to gain from a low "
            "score",
        )
    corrected = holm([sign.p for sign in signs]).tolist() if signs else list[float]()
    shown = [sign.sign for sign, p in zip(signs, corrected, strict=True) if p < ALPHA]
    parts = ["scores"] * gap.holds() + shown
    return Finding(
        bool(parts),
        f"Beyond what the same groups showed before, groups differ in {', '.join(parts)}."
        if parts
        else "Neither scores nor signs of shaped answers clearly differ by incentive beyond what "
        "the same groups showed before.",
        {"scores, beyond placebo": gap.beyond_placebo.estimate}
        | ({"smallest Holm p of the signs": min(corrected)} if corrected else {}),
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
    signs: Sequence[SignGap],
    moderation: Moderation | None,
    pair: Linked | None,
) -> Findings:
    """The answered questions of the claims ladder, from what the notebook found.

    The step across the arrival of review is always broken here: from 2023 the questions, the
    scoring rule, the scale and the reviewer changed together, for everybody. Without a pair of
    rounds there is no such step.
    """
    broken = Finding(
        False,
        "Questions, scale, scoring rule and reviewer all changed together, for everybody, so a "
        "difference between the rounds cannot be laid to any one of them."
        if pair is not None
        else "There is no pair of a self-assessed round and a later, reviewed one.",
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
        incentive_differs=_incentive(gap, signs),
        moderated_differs=_moderated(moderation),
        comparison_unbroken=broken,
        shift_beyond_brackets=Finding(
            beyond,
            "Every scoring rule leaves a shift of one sign." if beyond else inside,
            numbers,
        ),
    )
