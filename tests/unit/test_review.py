"""What notebook 04 puts together: links, brackets, shifts, signs, and the claims ladder."""

import numpy as np
import pandas as pd
import pytest

from ics_maturity import frames, review
from ics_maturity.comparison import Linked, years_between
from ics_maturity.margins import margin
from ics_maturity.models import ladder
from ics_maturity.models.bracket import RULES
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.moderation import moderation_effect
from ics_maturity.models.resampling import Interval
from shelf import Shelf
from tidy_returns import tidy

SYSTEMS, PER_SYSTEM = 8, 4
CODES = [f"R{i:02}" for i in range(SYSTEMS * PER_SYSTEM)]
ICS = {code: f"Q{i // PER_SYSTEM}" for i, code in enumerate(CODES)}
REGION = {code: "North West" if ICS[code] < "Q2" else f"Region {ICS[code]}" for code in CODES}
GROUP = {code: "funding_at_stake" if i % 2 else "no_scheme" for i, code in enumerate(CODES)}
QUESTIONNAIRES = [2016, 2017, 2019]


def row(code: str, year: int, level: str, construct: str, score: float, **more: object) -> dict:
    """One score of a whole organisation in a questionnaire round."""
    return {"round": year, "provider_code": code, "provider_code_returned": code,
            "ics_code": ICS[code], "region": REGION[code], "care_setting": "all", "level": level,
            "construct": construct, "score": float(score), "scale_min": 0.0, "scale_max": 100.0,
            **more}  # fmt: skip


def pillar(code: str, year: int, score: float, by: str = "self", **more: object) -> dict:
    return {"round": year, "provider_code": code, "ics_code": ICS[code], "region": REGION[code],
            "score": float(score), "assessed_by": by, **more}  # fmt: skip


def links() -> pd.DataFrame:
    """Every organisation is still what it was."""
    return pd.DataFrame(
        [(year, code, code, "same", 1.0) for year in QUESTIONNAIRES for code in CODES],
        columns=["round", "code_returned", "provider_code", "kind", "weight"],
    )


def incentives(since: str = "2018-04-01") -> pd.DataFrame:
    groups = [GROUP[code] for code in CODES]
    return pd.DataFrame({"round": 2025, "provider_code": CODES, "group": groups, "since": since})


def noise(seed: int, n: int = len(CODES)) -> np.ndarray:
    """Whole numbers from -4 to 4."""
    return np.random.default_rng(seed).integers(-4, 5, n)


def sections(shifts: dict[int, dict[str, float]]) -> list[dict]:
    """Section scores near 50 that rise by the given amounts (by section) from round to round."""
    return [
        row(code, year, "section", name, 50 + sum(shifts[y].get(name, 0) for y in shifts
                                                  if y <= year) + wobble)
        for k, year in enumerate(QUESTIONNAIRES)
        for name in ("leadership", "standards", "enabling_infrastructure")
        for code, wobble in zip(CODES, noise(10 * k + len(name)), strict=True)
    ]  # fmt: skip


# Links and brackets


def pair(slope: float, seed: int = 1, before: int = 2016) -> Linked:
    """Earlier scores under four rules, and a later score that follows them with that slope."""
    rng = np.random.default_rng(seed)
    mean = rng.uniform(40, 80, len(CODES))
    frame = pd.DataFrame({"provider_code": CODES, "ics_code": [ICS[c] for c in CODES]})
    for drop, rule in zip((0, 10, 25, 30), RULES, strict=True):
        frame[rule] = mean - drop
    frame["theme_mean"] = mean + 2
    frame["after"] = 30 + slope * (mean - 60) + rng.normal(0, 5, len(CODES))
    return Linked(before, 2025, frame, pd.DataFrame())


def test_a_link_allows_single_organisations_only_where_it_is_strong() -> None:
    weak, strong = pair(0.05), pair(3.0, before=2017)
    found = review.link_table([weak, strong], Shelf().rng).set_index("before")
    assert found["n"].tolist() == [len(CODES)] * 2
    assert not found.loc[2016, "allowed"]
    assert found.loc[2017, "allowed"]
    assert found.loc[2017, "low"] < found.loc[2017, "r"] < found.loc[2017, "high"]
    r = np.corrcoef(weak.frame["mean"], weak.frame["after"])[0, 1]
    assert found.loc[2016, "r"] == pytest.approx(r)
    assert found.loc[2016, "reduction"] == pytest.approx(1 - np.sqrt(1 - r**2))


def test_the_shift_is_shown_under_every_scoring_of_the_earlier_answers() -> None:
    one = pair(0.5)
    found = review.bracket_table([one]).set_index("rule")
    assert list(found.index) == ["theme_mean", *RULES]
    for rule in found.index:
        assert found.loc[rule, "earlier"] == pytest.approx(one.frame[rule].mean())
        shift = one.frame["after"].mean() - one.frame[rule].mean()
        assert found.loc[rule, "shift"] == pytest.approx(shift)
        assert found.loc[rule, "low"] < shift < found.loc[rule, "high"]
    assert set(found["later"]) == {one.frame["after"].mean()}
    span = review.scoring_bracket(one)
    ends = found.loc[list(RULES), "shift"]  # the mean over themes is no stricter rule
    assert (span.low, span.high) == pytest.approx((ends.min(), ends.max()))
    assert span.unadjusted == pytest.approx(found.loc["mean", "shift"])


class Names(Shelf):
    """A shelf that also keeps the results it is told."""

    def __init__(self, **tables: pd.DataFrame) -> None:
        super().__init__(**tables)
        self.kept: dict[str, float] = {}

    def result(self, name: str, value: float, **about: object) -> None:
        self.kept[name] = value

    def estimate(self, name: str, coefficient: Coefficient, **about: object) -> None:
        self.kept[name] = coefficient.estimate


def test_a_shift_is_named_with_what_would_undo_it() -> None:
    page, one = Names(), pair(0.5)
    span, whole = review.name_bracket(page, one, 5.0)
    mean = one.frame["mean"]
    shift = (one.frame["after"] - mean).mean()
    assert (span.low, whole.change.estimate) == pytest.approx((shift, shift))
    near = whole.change.high / mean.std()  # the shift is a fall: its upper end is nearer to none
    # The rules lie 0, 10, 25 and 30 below the mean.
    wanted = {
        "observed": shift,
        "bracket_low": shift,
        "bracket_high": shift + 30,
        "stricter_low": shift + 10,
        "stricter_high": shift + 30,
        "tipping_sd": near,
    }
    for name, value in wanted.items():
        assert page.kept[f"shift.{name}"] == pytest.approx(value), name


@pytest.mark.parametrize(("move", "share"), [(10.0, True), (-40.0, False)])
def test_a_share_of_the_step_is_named_only_where_a_rule_undoes_the_shift(
    move: float, share: bool
) -> None:
    page, one = Names(), pair(0.5)
    one.frame["after"] += move
    _, whole = review.name_bracket(page, one, 5.0)
    assert ("shift.tipping_share" in page.kept) == share
    if share:
        wanted = -whole.change.estimate / 30  # of the step to the strictest rule
        assert page.kept["shift.tipping_share"] == pytest.approx(wanted)


def test_no_pairs_give_empty_tables_with_their_columns() -> None:
    assert list(review.bracket_table([]).columns)[:3] == ["before", "after", "rule"]
    assert "allowed" in review.link_table([], Shelf().rng)


def test_drift_cannot_carry_a_mean_off_its_scale() -> None:
    trend = pd.DataFrame({"multiple": [-1.0, 0.0, 1.0, 2.0], "drift": [-70.0, 0.0, 40.0, 80.0]})
    assert review.possible_drift(trend, 60.0)["possible"].tolist() == [False, True, True, False]
    assert review.largest_multiple(60.0, 5.0, 4.0) == pytest.approx(2.0)
    assert review.largest_multiple(60.0, 10.0, 8.0) == pytest.approx(0.5)
    assert review.largest_multiple(60.0, -10.0, 8.0) == pytest.approx(0.75)
    assert review.largest_multiple(60.0, 0.0, 8.0, most=3.0) == 3.0


# Self-assessed rounds


@pytest.fixture
def rising() -> Shelf:
    """Readiness up by 4 and 6, capabilities by 10 and 0, infrastructure by 0 and 3."""
    shifts = {
        2017: {"leadership": 4.0, "standards": 10.0},
        2019: {"leadership": 6.0, "enabling_infrastructure": 3.0},
    }
    return Shelf(returns=tidy(*sections(shifts)), links=links())


def test_shifts_are_between_neighbouring_rounds_and_per_year_of_fieldwork(rising: Shelf) -> None:
    found = review.questionnaire_shifts(rising, QUESTIONNAIRES)
    assert found[["before", "after", "theme"]].to_numpy().tolist() == [
        [before, after, theme]
        for before, after in ((2016, 2017), (2017, 2019))
        for theme in ("capabilities", "infrastructure", "readiness")
    ]
    assert found["shift"].round().tolist() == pytest.approx([10, 0, 4, 0, 3, 6], abs=2)
    assert (found["n"] == len(CODES)).all()
    assert ((found["low"] < found["shift"]) & (found["shift"] < found["high"])).all()
    years = [years_between(b, a) for b, a in zip(found["before"], found["after"], strict=True)]
    assert found["per_year"].tolist() == pytest.approx((found["shift"] / years).tolist())


def test_an_organisation_on_no_map_is_a_cluster_of_its_own(rising: Shelf) -> None:
    """Else all of them together would be one cluster, as if they belonged together."""
    returns = rising.tables["returns"]
    whole = review.questionnaire_shifts(rising, [2016, 2017])
    rising.tables["returns"] = returns.assign(ics_code="")
    alone = review.questionnaire_shifts(rising, [2016, 2017])
    assert alone["shift"].tolist() == pytest.approx(whole["shift"].tolist())
    assert alone["low"].notna().all()


def test_drift_is_the_yearly_slope_over_the_whole_span(rising: Shelf) -> None:
    by_theme = np.mean([4 + 6, 10 + 0, 0 + 3])
    wanted = by_theme / years_between(2016, 2019)
    assert review.drift_per_year(rising, QUESTIONNAIRES) == pytest.approx(wanted, abs=0.2)
    assert review.drift_per_year(rising, [2017]) == 0.0


def test_one_region_is_described_against_the_others(rising: Shelf) -> None:
    returns = rising.tables["returns"]
    lifted = (returns["round"] == 2017) & (returns["region"] == "North West")
    rising.tables["returns"] = returns.assign(score=returns["score"] + 20 * lifted)
    found = review.regional_pilot(rising, QUESTIONNAIRES, "North West")
    assert found is not None
    assert found.difference == pytest.approx(20, abs=3)
    assert found.rank == 1
    assert review.regional_pilot(rising, QUESTIONNAIRES, "London") is None
    assert review.regional_pilot(rising, [2016], "North West") is None


# Rounds of one instrument


def test_rounds_of_one_instrument_are_compared_on_the_domains_both_asked() -> None:
    both = {"level": "overall", "construct": frames.COMPARABLE}
    returns = tidy(
        pillar("R00", 2024, 2.0, **both), pillar("R00", 2025, 2.5, **both),
        pillar("R00", 2025, 5.0), pillar("R01", 2025, 3.0, **both),
    )  # fmt: skip
    found = review.same_instrument(Shelf(returns=returns), 2024, 2025)
    assert found[["provider_code", "before", "after"]].to_numpy().tolist() == [["R00", 2.0, 2.5]]


def reviewed(change: float) -> Shelf:
    """Self-assessed and moderated scores of one round; the second group is changed twice over."""
    rows = []
    for code, wobble in zip(CODES, noise(5), strict=True):
        moved = change * (2 if GROUP[code] == "funding_at_stake" else 1) + wobble / 40
        for setting in ("acute", "community"):
            for by, score in (("self", 2.5), ("moderated", 2.5 + moved)):
                rows.append(pillar(code, 2023, score, by, care_setting=setting))
    groups = incentives()
    return Shelf(returns=tidy(*rows), incentives=groups)


def test_moderated_is_compared_with_self_assessed_by_provider() -> None:
    found = review.moderated_pairs(reviewed(-0.2), 2023)
    assert found["provider_code"].tolist() == CODES
    assert (found["before"] == 2.5).all()
    assert found["change"].mean() == pytest.approx(-0.3, abs=0.05)


def test_moderation_is_named_with_its_tests() -> None:
    page, seen = Names(), review.moderated_pairs(reviewed(-0.2), 2023)
    found = moderation_effect(
        seen["before"], seen["after"], seen["ics_code"], np.random.default_rng(1)
    )
    review.name_moderation(page, found, seen)
    kept = page.kept
    assert kept["moderation.effect"] == pytest.approx(seen["change"].mean())
    assert kept["moderation.lowered"] == 1.0
    assert kept["moderation.sign_flip_p"] < 0.05 < kept["moderation.tost_p"]
    assert kept["moderation.margin"] == margin("moderation").margin


def test_moderation_is_told_apart_by_setting_and_by_incentive() -> None:
    found = review.moderation_groups(reviewed(-0.2), 2023).set_index(["what", "group"])
    assert found["n"].to_dict() == {
        ("care setting", "acute"): 32, ("care setting", "community"): 32,
        ("incentive", "funding_at_stake"): 16, ("incentive", "no_scheme"): 16,
    }  # fmt: skip
    differences = found.loc["incentive", "mean_difference"]
    assert differences["funding_at_stake"] == pytest.approx(-0.4, abs=0.05)
    assert differences["no_scheme"] == pytest.approx(-0.2, abs=0.05)


def test_without_known_incentives_only_settings_are_told_apart() -> None:
    page = reviewed(-0.2)
    page.tables["incentives"] = page.tables["incentives"].head(0)
    assert set(review.moderation_groups(page, 2023)["what"]) == {"care setting"}


# Signs of shaped answers

KEY = pd.DataFrame(
    {"item_2016": ["2016.a1", "2016.a2", "2016.a6", "2016.a27"],
     "item_2017": ["2017.y1", "2017.y2", "2017.y6", "2017.y31"],
     "verbatim_identical": [True, False, True, True]}
)  # fmt: skip


def answers(lowered: float = 0.0) -> pd.DataFrame:
    """Answers to three statements and a share in three rounds; some statements fall in 2019."""
    rng = np.random.default_rng(8)
    rows = []
    for year in QUESTIONNAIRES:
        items = KEY["item_2016"] if year == 2016 else KEY["item_2017"]
        for code in CODES:
            for item in items:
                can_fall = year == 2019 and not item.endswith("y31")
                fell = can_fall and rng.random() < lowered
                score = 0.0 if fell else rng.choice([50.0, 75.0, 100.0])
                rows.append(row(code, year, "item", item, score))
    return tidy(*rows)


def test_answers_are_matched_by_the_key_and_then_by_their_number() -> None:
    page = Shelf(items=answers(), links=links(), item_match=KEY)
    assert set(review.matched_answers(page, 2016, 2017)["item"]) == set(KEY["item_2017"])
    same = set(review.matched_answers(page, 2016, 2017, identical=True)["item"])
    assert same == {"2017.y1", "2017.y6", "2017.y31"}
    later = review.matched_answers(page, 2017, 2019)
    assert len(later) == len(CODES) * 4
    one = later[(later["organisation"] == "R00") & (later["item"] == "2017.y2")].iloc[0]
    items = page.tables["items"].set_index(["round", "provider_code", "construct"])["score"]
    assert one["before"] == items[2017, "R00", "2017.y2"]
    assert one["after"] == items[2019, "R00", "2017.y2"]


def test_a_question_without_a_match_or_not_asked_is_left_out() -> None:
    items = answers()
    unasked = items[items["construct"] != "2017.y6"]
    page = Shelf(items=unasked, links=links(), item_match=KEY)
    assert set(review.matched_answers(page, 2016, 2017)["item"]) == {"2017.y1", "2017.y2",
                                                                     "2017.y31"}  # fmt: skip


def test_shaped_answers_stand_out_where_funding_was_at_stake_and_honest_ones_do_not() -> None:
    """Some statements fall in 2019, for those with funding at stake or for everybody."""
    gaps = {}
    everyone, honest = answers(0.6), answers(0.0)
    stake = everyone["provider_code"].map(GROUP) == "funding_at_stake"
    worlds = {"shaped": everyone.where(stake, honest), "drift": everyone, "honest": honest}
    for world, items in worlds.items():
        page = Shelf(items=items, returns=tidy(*sections({2017: {}, 2019: {}})), links=links(),
                     item_match=KEY, incentives=incentives())  # fmt: skip
        for gap in review.sign_gaps(page, QUESTIONNAIRES):
            gaps[gap.sign, world] = gap
    assert len(gaps) == 9
    for name in ("implausible reversals", "lowest answers where nobody could check"):
        assert gaps[name, "shaped"].main.estimate > 0.2
        assert gaps[name, "shaped"].p < 0.01
        assert gaps[name, "honest"].p > 0.05
        assert gaps[name, "drift"].others > 0.2  # which no comparison with nothing would excuse
        assert gaps[name, "drift"].p > 0.05


def test_signs_need_three_rounds_and_somebody_with_funding_at_stake() -> None:
    page = Shelf(items=answers(), returns=tidy(*sections({2017: {}, 2019: {}})), links=links(),
                 item_match=KEY, incentives=incentives())  # fmt: skip
    assert review.sign_gaps(page, [2016, 2017]) == []
    page.tables["incentives"] = incentives().assign(group="no_scheme")
    assert review.sign_gaps(page, QUESTIONNAIRES) == []


def incentivised(fall: float, placebo: float = 0.0) -> Shelf:
    """Organisations with funding at stake fall in 2019, or did so in the step before."""
    rows = sections({2017: {}, 2019: {}})
    for one in rows:
        if GROUP[one["provider_code"]] == "funding_at_stake":
            one["score"] += fall * (one["round"] == 2019) + placebo * (one["round"] == 2017)
    groups = incentives()
    return Shelf(returns=tidy(*rows), links=links(), incentives=groups)


def test_change_by_incentive_is_judged_against_the_step_before() -> None:
    planted = review.incentive_effect(incentivised(-12.0), QUESTIONNAIRES)
    assert planted is not None
    assert planted.beyond_placebo.estimate == pytest.approx(-12, abs=3)
    assert planted.holds()
    assert (planted.n, planted.incentivised) == (32, 16)
    nothing = review.incentive_effect(incentivised(0.0), QUESTIONNAIRES)
    assert nothing is not None
    assert not nothing.holds()


def test_change_by_incentive_needs_three_rounds_and_known_incentives() -> None:
    page = incentivised(-12.0)
    assert review.incentive_effect(page, [2017, 2019]) is None
    page.tables["incentives"] = page.tables["incentives"].head(0)
    assert review.incentive_effect(page, QUESTIONNAIRES) is None


def test_a_group_named_in_the_codes_of_the_round_comes_before_the_providers() -> None:
    """An organisation that joined an exemplar later was none itself."""
    groups = pd.concat([
        incentives().head(3),
        pd.DataFrame({"round": 2017, "provider_code": ["R00", "R05"], "group": "already_funded",
                      "since": "2017-03-31"}),
    ])  # fmt: skip
    merged = links()
    merged.loc[merged["code_returned"] == "R09", "provider_code"] = "R01"
    page = Shelf(links=merged, incentives=groups)
    found = review.incentive_groups(page, 2017)
    assert found["group"].to_dict() == {
        "R00": "already_funded", "R01": GROUP["R01"], "R02": GROUP["R02"],
        "R05": "already_funded", "R09": GROUP["R01"],
    }  # fmt: skip
    assert found["beforehand"].to_dict() == {
        "R00": True, "R01": False, "R02": False, "R05": True, "R09": False,
    }  # fmt: skip


def test_a_group_that_held_only_afterwards_explains_no_answer() -> None:
    page = incentivised(-12.0)
    page.tables["incentives"] = incentives(since="2020-01-01")
    assert review.incentive_effect(page, QUESTIONNAIRES) is None


def test_who_stood_to_gain_is_known_through_the_later_provider() -> None:
    """The list names providers of 2025; organisations that merged answer for theirs."""
    page = incentivised(-12.0)
    for name in ("links", "incentives"):
        table = page.tables[name]
        page.tables[name] = table.assign(provider_code="X" + table["provider_code"])
    found = review.incentive_effect(page, QUESTIONNAIRES)
    assert found is not None
    assert (found.n, found.incentivised) == (32, 16)


# Change by group, described


def grouped(fall: float, incentives: pd.DataFrame) -> Shelf:
    """Organisations with funding at stake fall in 2019, and so does one of their four answers."""
    page = incentivised(fall)
    shared = answers().assign(score=100.0)
    fell = (
        (shared["round"] == 2019)
        & (shared["provider_code"].map(GROUP) == "funding_at_stake")
        & (shared["construct"] == "2017.y2")
    )
    page.tables |= {
        "items": shared.assign(score=shared["score"].where(~fell, 50.0)),
        "item_match": KEY,
        "incentives": incentives,
    }
    return page


def overall_scores(page: Shelf, year: int) -> pd.Series:
    """Each organisation's mean; every section here belongs to a theme of its own."""
    returns = page.tables["returns"]
    return returns[returns["round"] == year].groupby("provider_code")["score"].mean()


def test_change_by_group_stands_beside_what_regression_alone_would_give() -> None:
    page = grouped(-12.0, incentives())
    start, end = (overall_scores(page, year) for year in (2017, 2019))
    change, group = end - start, pd.Series(GROUP)
    found = review.group_changes(page, 2017, 2019, reliability=0.8).set_index("group")
    assert sorted(found.index) == ["funding_at_stake", "no_scheme"]
    for name, row_ in found.iterrows():
        own = group == name
        predicted = change.mean() - 0.2 * (start[own].mean() - start.mean())
        assert (row_["before"], row_["after"], row_["n"], row_["systems"]) == (2017, 2019, 16, 8)
        assert row_["earlier"] == pytest.approx(start[own].mean())
        assert row_["change"] == pytest.approx(change[own].mean())
        assert row_["low"] < row_["change"] < row_["high"]
        assert row_["predicted"] == pytest.approx(predicted)
        assert row_["beforehand"]
    assert found["reversals"].to_dict() == {"funding_at_stake": 0.25, "no_scheme": 0.0}
    assert found.loc["funding_at_stake", "change"] < found.loc["no_scheme", "change"] - 8


def test_who_is_not_listed_is_a_group_of_its_own_and_few_systems_have_no_interval() -> None:
    """Four organisations of two systems are listed, with a group that came after the round."""
    page = grouped(0.0, incentives(since="2020-01-01").head(8).query("group == 'no_scheme'"))
    found = review.group_changes(page, 2017, 2019, reliability=1.0).set_index("group")
    assert found["n"].to_dict() == {"no_scheme": 4, "not_listed": 28}
    assert found["systems"].to_dict() == {"no_scheme": 2, "not_listed": 8}
    assert np.isnan(found.loc["no_scheme", "low"])
    assert np.isfinite(found.loc["not_listed", "low"])
    assert not found.loc["no_scheme", "beforehand"]
    assert pd.isna(found.loc["not_listed", "beforehand"])
    # Perfectly reliable scores do not regress: everybody is expected to change alike.
    assert found["predicted"].tolist() == pytest.approx([found["predicted"].mean()] * 2)


def test_steps_in_which_nobody_is_listed_are_not_shown() -> None:
    every = review.group_table(grouped(0.0, incentives()), QUESTIONNAIRES, 0.8)
    assert every["after"].tolist() == [2017, 2017, 2019, 2019]
    later_only = grouped(0.0, incentives().assign(round=2019))
    found = review.group_table(later_only, QUESTIONNAIRES, 0.8)
    assert found["after"].tolist() == [2019, 2019]
    pd.testing.assert_frame_equal(found, every.tail(2).reset_index(drop=True))
    nobody = review.group_table(grouped(0.0, incentives().head(0)), QUESTIONNAIRES, 0.8)
    assert nobody.empty
    assert nobody.columns.tolist() == every.columns.tolist()


# The ladder


def climbed(**changes: object) -> pd.DataFrame:
    """The ladder of a study that found nothing, but for the changes."""
    known: dict = {"rounds": [2016, 2025], "stability": None, "reliability": 0.8,
                   "stability_words": "between the last two rounds", "gap": None, "signs": [],
                   "moderation": None, "pair": None}  # fmt: skip
    return ladder.claims_ladder(review.ladder_findings(**(known | changes))).set_index("level")


def test_without_the_data_a_rung_says_what_it_would_take() -> None:
    found = climbed()
    assert found["reached"].to_dict() == {
        "L0": "yes", "L1": "not identified", "L2": "not identified", "L3": "not identified",
        "L4": "not identified",
    }  # fmt: skip
    assert (found.loc["L1":, "what_it_would_take"].str.len() > 20).all()


@pytest.mark.parametrize(("high", "reached"), [(0.7, "yes"), (0.9, "not shown")])
def test_rank_order_differs_only_beyond_error_of_measurement(high: float, reached: str) -> None:
    interval = Interval(0.5, 0.3, high, 200, 42, 2000)
    assert climbed(stability=interval).loc["L1", "reached"] == reached


@pytest.mark.parametrize(("fall", "reached"), [(-12.0, "yes"), (0.0, "not shown")])
def test_incentives_are_claimed_only_beyond_the_placebo(fall: float, reached: str) -> None:
    gap = review.incentive_effect(incentivised(fall), QUESTIONNAIRES)
    assert climbed(gap=gap).loc["L2", "reached"] == reached


@pytest.mark.parametrize(("effect", "reached"), [(-0.2, "yes"), (0.0, "not shown")])
def test_moderation_is_claimed_only_where_it_is_shown(effect: float, reached: str) -> None:
    seen = review.moderated_pairs(reviewed(effect), 2023)
    found = moderation_effect(
        seen["before"], seen["after"], seen["ics_code"], np.random.default_rng(1)
    )
    assert climbed(moderation=found).loc["L3", "reached"] == reached


@pytest.mark.parametrize("lift", [-60.0, 0.0, 60.0])
def test_the_effect_of_review_is_never_identified_across_the_change_of_instrument(
    lift: float,
) -> None:
    """However large the shift, and under every scoring rule: everything changed at once."""
    one = pair(0.5)
    one.frame["after"] += lift
    top = climbed(pair=one).loc["L4"]
    assert top["reached"] == "not identified"
    assert "changed together" in top["why"]
    assert top["what_it_would_take"]
