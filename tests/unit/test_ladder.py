from dataclasses import fields, replace

import pytest

from ics_maturity.models.ladder import Finding, Findings, claims_ladder, level_reached

YES = Finding(True, "It was found", {"r": 0.1234, "fall": -0.5})
NO = Finding(False, "It was not found")
BLIND = Finding(None, "The round is absent", needs="Returns of the round")


def _findings(**changes):
    return replace(Findings(**{f.name: NO for f in fields(Findings)}), **changes)


def test_rungs_answer_as_their_findings_do():
    ladder = claims_ladder(
        _findings(described=YES, rank_order_differs=YES, moderated_differs=BLIND)
    ).set_index("level")
    assert ladder["reached"].tolist() == [
        "yes",
        "yes",
        "not shown",
        "not identified",
        "not identified",
    ]
    assert ladder.loc["L0", "why"] == "It was found (r = 0.123; fall = −0.5)"
    assert ladder.loc["L3", "what_it_would_take"] == "Returns of the round"


@pytest.mark.parametrize("broken", [NO, BLIND])
def test_a_broken_comparison_identifies_nothing_however_large_the_shift(broken):
    ladder = claims_ladder(_findings(comparison_unbroken=broken, shift_beyond_brackets=YES))
    top = ladder.iloc[-1]
    assert top["reached"] == "not identified"
    assert top["why"] == broken.reason
    assert top["what_it_would_take"]


@pytest.mark.parametrize(("shift", "reached"), [(YES, "yes"), (NO, "not shown")])
def test_an_unbroken_comparison_lets_the_shift_decide(shift, reached):
    ladder = claims_ladder(_findings(comparison_unbroken=YES, shift_beyond_brackets=shift))
    assert ladder.iloc[-1]["reached"] == reached


def test_level_reached_is_the_highest_yes():
    assert level_reached(claims_ladder(_findings())) == "none"
    assert level_reached(claims_ladder(_findings(described=YES))) == "L0"
    assert level_reached(claims_ladder(_findings(described=YES, moderated_differs=YES))) == "L3"


def test_claims_use_no_word_of_cause():
    text = " ".join(claims_ladder(_findings())["claim"]).lower()
    assert not any(word in text for word in ("caused", "led to", "improved", "best", "worst"))


def test_a_finding_must_say_why_and_what_it_would_take():
    with pytest.raises(ValueError, match="reason"):
        Finding(True, " ")
    with pytest.raises(ValueError, match="what it would take"):
        Finding(None, "absent")
