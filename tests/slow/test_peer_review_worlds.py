"""Does the peer-review notebook find what is planted, and nothing where nothing is planted?

200 worlds of the demo design: the same organisations, systems, mergers and incentive groups,
everything else drawn anew. Effects are planted at the sizes of the demo returns, and at zero.

Rates over 200 worlds are themselves noisy, so each is held to a band about its promise. Where a
promise is exactly kept, a false-positive rate lies in .02 to .08 (4 to 16 of 200 worlds) with
probability .967, and coverage in .90 to .99 (180 to 198 worlds) with probability .998. Rates
called "measured" come from other worlds, 1,500 or more unless said otherwise.

The notebook works on tables. Worlds are kept as arrays here, which is several times faster; the
first three tests show that both ways agree on the demo returns. Sign patterns are cut to 1,999.
Worlds, and what is estimated in them, are made once for all the tests that ask about them: of
moderation 600 without an effect and 200 with each of two, of gaming 200, of regression to the mean
alone 200, of honest drift 200.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ics_maturity import comparison, instruments, review
from ics_maturity.models.gaming import AGREE, SignGap, sign_gap
from ics_maturity.models.incentives import IncentiveGap, Step, incentive_gap
from ics_maturity.models.ladder import claims_ladder
from ics_maturity.models.moderation import MARGIN, Moderation, moderation_effect
from ics_maturity.models.reversals import IMPLAUSIBLE_FALL
from ics_maturity.page import Page
from ics_maturity.review.signs import REVERSALS
from ics_maturity.simulate import (
    DEMO_SEED,
    Truth,
    demo_design,
    draw,
    draw_answers,
    regression_only,
)
from ics_maturity.simulate.answers import EarlyRound
from ics_maturity.simulate.estimands import by_provider
from ics_maturity.simulate.organisations import country
from ics_maturity.simulate.questions import points, section_scores

pytestmark = pytest.mark.slow

WORLDS = 200
NULL_WORLDS = 600  # of moderation; a rate near .04 needs more worlds than a high one
FALSE_POSITIVES = (0.02, 0.08)
COVERAGE = (0.90, 0.99)
NOMINAL = 0.05
FIRST, MIDDLE, LAST = 2016, 2017, 2019
THEMES = {section.id: section.theme for section in instruments.for_round(LAST).sections}


# --- From a world's arrays to the estimators, as the notebook goes from tables ---------------


@dataclass(frozen=True)
class Followed:
    """Organisations that filed in all three questionnaire rounds and have a known incentive.

    ``rows``: per round, each organisation's row in the world's arrays; ``ics``: its system;
    ``at_stake``: 1 where funding was at stake in the last round.
    """

    rows: Mapping[int, np.ndarray]
    ics: np.ndarray
    at_stake: np.ndarray


@cache
def followed() -> Followed:
    """The same in every world, because organisations and their history are."""
    world = country()
    rows = {}
    for year in (FIRST, MIDDLE, LAST):
        filed = world.early.loc[world.early["round"] == year, "code_returned"]
        own = filed.map(comparison.own_codes(world.successions, year))
        rows[year] = pd.Series(range(len(own)), index=own)
    both = pd.concat(rows, axis=1, join="inner").sort_index()
    route = world.successions.query("round == @LAST").drop_duplicates("code_returned")
    provider = route.set_index("code_returned")["provider_code"].reindex(both.index)
    group = provider.map(world.incentives.set_index("provider_code")["group"])
    known = group.notna().to_numpy()
    system = world.providers.set_index("provider_code")["ics_code"]
    return Followed(
        {year: both.loc[known, year].to_numpy() for year in both},
        provider[known].map(system).to_numpy(),
        (group[known] == "funding_at_stake").to_numpy(float),
    )


def sections(returns: EarlyRound, year: int, steps: np.ndarray | None = None) -> pd.DataFrame:
    """Section scores of the organisations followed, of their answers or of other ``steps``."""
    form = returns.questionnaire
    scores = returns.scores if steps is None else points(form, steps)
    return section_scores(form, scores).iloc[followed().rows[year]].reset_index(drop=True)


def common_scores(one: pd.DataFrame, two: pd.DataFrame) -> list[np.ndarray]:
    """Per frame, each organisation's mean over themes of the sections it has in both."""
    shared = one.columns.intersection(two.columns)
    missing = one[shared].isna() | two[shared].isna()
    return [
        frame[shared].mask(missing).T.groupby(THEMES).mean().mean().to_numpy()
        for frame in (one, two)
    ]


@dataclass(frozen=True)
class Answers:
    """Points of the scored questions of the organisations followed, in one round.

    ``concept`` numbers questions across rounds; ``verifiable`` says which could be checked.
    """

    points: np.ndarray
    concept: np.ndarray
    verifiable: np.ndarray


def answers(returns: EarlyRound, year: int) -> Answers:
    form = returns.questionnaire
    asked = {item.id: item.answers != "agreement" for item in form.instrument.scored_items}
    columns = [k for k, item in enumerate(form.ids) if item in asked]
    return Answers(
        returns.scores[followed().rows[year]][:, columns],
        np.asarray(form.concept)[columns],
        np.array([asked[form.ids[k]] for k in columns]),
    )


def reversals(one: Answers, two: Answers) -> np.ndarray:
    """Share of an organisation's answers to the same questions that fell by half or more."""
    _, first, second = np.intersect1d(one.concept, two.concept, return_indices=True)
    fall = one.points[:, first] - two.points[:, second]
    return (fall >= IMPLAUSIBLE_FALL).sum(axis=1) / np.isfinite(fall).sum(axis=1)


def bunching(found: Answers) -> np.ndarray:
    lowest = np.where(np.isnan(found.points), np.nan, found.points <= 0)
    open_to_doubt, checked = lowest[:, ~found.verifiable], lowest[:, found.verifiable]
    return np.nanmean(open_to_doubt, axis=1) - np.nanmean(checked, axis=1)


def misfit(found: Answers) -> np.ndarray:
    given, yes = np.isfinite(found.points), found.points >= AGREE
    # Ties in commonness follow the order of the questions' codes in the notebook; they are rare.
    easiest_first = np.argsort(-(yes.sum(axis=0) / given.sum(axis=0)), kind="stable")
    yes, no = yes[:, easiest_first], (given & ~yes)[:, easiest_first]
    errors = (yes * np.cumsum(no, axis=1)).sum(axis=1)
    return errors / (yes.sum(axis=1) * no.sum(axis=1))


def signs(rounds: Mapping[int, EarlyRound]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each sign's value or rise in the last step, and in the step before."""
    first, middle, last = (answers(rounds[year], year) for year in (FIRST, MIDDLE, LAST))
    found = {REVERSALS: (reversals(middle, last), reversals(first, middle))}
    for name, sign in (("bunching", bunching), ("misfit", misfit)):
        values = [sign(one) for one in (first, middle, last)]
        found[name] = (values[2] - values[1], values[1] - values[0])
    return found


@dataclass(frozen=True)
class EarlyWorld:
    """One world's two steps, its signs, and what gaming did to each organisation's last score."""

    main: Step
    placebo: Step
    signs: Mapping[str, tuple[np.ndarray, np.ndarray]]
    gamed: np.ndarray

    def gap(self, at_stake: np.ndarray) -> IncentiveGap:
        return incentive_gap(self.main, self.placebo, at_stake, followed().ics)

    def sign_gaps(self, at_stake: np.ndarray) -> list[SignGap]:
        stake, ics = pd.Series(at_stake), pd.Series(followed().ics)
        return [sign_gap(name, pd.Series(main), pd.Series(placebo), stake, ics)
                for name, (main, placebo) in self.signs.items()]  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """What the notebook finds on comparing the funded with the others in one world."""

    gap: IncentiveGap
    signs: list[SignGap]

    @property
    def claimed(self) -> bool:
        """Whether rung L2 is reached, by scores or by signs."""
        return reached("L2", gap=self.gap, signs=self.signs)


def compared(world: EarlyWorld, at_stake: np.ndarray) -> Compared:
    return Compared(world.gap(at_stake), world.sign_gaps(at_stake))


def early_world(truth: Truth, seed: int) -> EarlyWorld:
    rounds = draw_answers(truth, seed)
    first, middle, last = (sections(rounds[year], year) for year in (FIRST, MIDDLE, LAST))
    honest = sections(rounds[LAST], LAST, rounds[LAST].honest)
    main = Step(MIDDLE, LAST, *common_scores(middle, last))
    placebo = Step(FIRST, MIDDLE, *common_scores(first, middle))
    gamed = main.after - common_scores(middle, honest)[1]
    return EarlyWorld(main, placebo, signs(rounds), gamed)


def moderated_scores(truth: Truth, seed: int) -> list[np.ndarray]:
    """Self-assessed and moderated score of each provider in 2023."""
    later = draw(truth, seed, demo_design())
    return [
        by_provider(pillars.mean(axis=1), demo_design())
        for pillars in (later.self_2023, later.moderated_2023)
    ]


def moderation(truth: Truth, seed: int) -> Moderation:
    scores, rng = moderated_scores(truth, seed), np.random.default_rng([2023, seed])
    return moderation_effect(*scores, demo_design().system, rng, draws=1_999)


def reached(
    level: str,
    *,
    gap: IncentiveGap | None = None,
    signs: Sequence[SignGap] = (),
    moderated: Moderation | None = None,
) -> bool:
    """Whether the claims ladder says yes on that rung."""
    answers = review.ladder_findings([], None, 0.8, "", gap, signs, moderated, None)
    ladder = claims_ladder(answers).set_index("level")
    return ladder.loc[level, "reached"] == "yes"


def share_within(hits: list[bool], band: tuple[float, float]) -> bool:
    return band[0] <= float(np.mean(hits)) <= band[1]


@cache
def moderations(effect: float) -> list[Moderation]:
    """What the notebook estimates in each world with that moderation planted, in points."""
    truth = replace(Truth(), moderation_effect=effect)
    return [moderation(truth, seed) for seed in range(WORLDS if effect else NULL_WORLDS)]


@cache
def gaming_worlds() -> list[EarlyWorld]:
    """Worlds in which organisations with funding at stake game the last round."""
    return [early_world(Truth(), seed) for seed in range(WORLDS)]


@cache
def with_gaming() -> list[Compared]:
    return [compared(world, followed().at_stake) for world in gaming_worlds()]


REGRESSION, DRIFT = "regression to the mean alone", "honest drift"
HONEST = {REGRESSION: regression_only(Truth()), DRIFT: replace(Truth(), gaming_share=0.0)}


@cache
def honest_worlds(kind: str) -> list[EarlyWorld]:
    """Worlds in which nobody games, though in one kind everybody's answers drift."""
    return [early_world(HONEST[kind], seed) for seed in range(WORLDS)]


def lowest(scores: np.ndarray) -> np.ndarray:
    """Funding for as many organisations as in the demo, the lowest scorers first."""
    at_stake = np.zeros(scores.size)
    at_stake[np.argsort(scores, kind="stable")[: int(followed().at_stake.sum())]] = 1.0
    return at_stake


FUNDED = {
    "whoever in the demo": lambda world: followed().at_stake,
    "the lowest of 2016": lambda world: lowest(world.placebo.before),
    "the lowest of 2017": lambda world: lowest(world.main.before),
}


@cache
def without_gaming(kind: str, funded: str) -> list[Compared]:
    return [compared(world, FUNDED[funded](world)) for world in honest_worlds(kind)]


# --- The arrays give what the notebook's tables give -----------------------------------------


@pytest.fixture(scope="module")
def demo(root: Path) -> Page:
    folder = root / "data" / "processed" / "demo"
    if not (folder / "returns.csv").is_file():
        pytest.skip("no processed demo returns: ics-maturity run --data demo --only 01")
    return Page("04_test_peer_review", profile="demo", seed=0, folder=folder)


def test_incentive_effect_is_that_of_the_demo_returns(demo: Page) -> None:
    expected = review.incentive_effect(demo, [FIRST, MIDDLE, LAST])
    found = early_world(Truth(), DEMO_SEED).gap(followed().at_stake)
    assert (found.n, found.incentivised) == (expected.n, expected.incentivised)
    for reading in ("main", "placebo", "beyond_placebo", "main_both", "beyond_both"):
        one, other = getattr(found, reading), getattr(expected, reading)
        for part in ("estimate", "low", "high", "p"):
            assert getattr(one, part) == pytest.approx(getattr(other, part), rel=1e-9)


def test_signs_are_those_of_the_demo_returns(demo: Page) -> None:
    expected = review.sign_gaps(demo, [FIRST, MIDDLE, LAST])
    found = early_world(Truth(), DEMO_SEED).sign_gaps(followed().at_stake)
    for one, other in zip(found, expected, strict=True):
        assert (one.n, one.incentivised) == (other.n, other.incentivised)
        for reading in ("main", "placebo", "beyond"):
            ours, theirs = getattr(one, reading), getattr(other, reading)
            # The notebook finds the questions of 2016 by the published key, which lacks a few,
            # and breaks ties in the commonness of answers, for misfit, by the questions' codes.
            alike = one.sign == "bunching" or (one.sign == REVERSALS and reading == "main")
            near = {"abs": 1e-9} if alike else {"abs": 0.005}
            assert ours.estimate == pytest.approx(theirs.estimate, **near), one.sign
            assert ours.se == pytest.approx(theirs.se, **near), one.sign


def test_moderated_scores_are_those_of_the_demo_returns(demo: Page) -> None:
    expected = review.moderated_pairs(demo, 2023)
    codes = list(demo_design().provider_codes)
    found = pd.DataFrame(moderated_scores(Truth(), DEMO_SEED), ["before", "after"], codes).T
    pd.testing.assert_frame_equal(
        found.sort_index(),
        expected.set_index("provider_code")[["before", "after"]],
        check_names=False,
    )
    systems = np.array(demo_design().ics_codes)[demo_design().system]
    assert dict(zip(codes, systems, strict=True)) == dict(
        zip(expected["provider_code"], expected["ics_code"], strict=True)
    )


# --- Moderation within one round: rung L3 ----------------------------------------------------


def test_no_moderation_is_claimed_about_as_seldom_as_promised() -> None:
    """Reviewers here move providers and systems up and down, by nothing on average.

    Measured: .038, below .05 because both tests must reject (CR2 alone .048, sign flip .043).
    In 600 worlds such a rate leaves .02 to .08 less than one time in a hundred; in 200 it would
    one time in twenty.
    """
    claims = [reached("L3", moderated=found) for found in moderations(0.0)]
    assert share_within(claims, FALSE_POSITIVES)


@pytest.mark.parametrize("planted", [Truth().moderation_effect, -MARGIN / 2])
def test_moderation_is_found(planted: float) -> None:
    """The planted -.20 is thirteen standard errors, so that only a broken test would miss it.

    Half the margin of equivalence asks more: measured power .92 in 400 worlds; .8 is passed near
    -.04.
    """
    claims = [reached("L3", moderated=found) for found in moderations(planted)]
    assert np.mean(claims) >= 0.8


@pytest.mark.parametrize("planted", [0.0, Truth().moderation_effect])
def test_moderation_intervals_cover_what_was_planted(planted: float) -> None:
    """Measured: .953 at zero and .946 at the planted effect."""
    changes = [found.shift.change for found in moderations(planted)]
    assert share_within([c.low <= planted <= c.high for c in changes], COVERAGE)


# --- Change by incentive: rung L2 ------------------------------------------------------------


@pytest.mark.parametrize("funded", FUNDED)
@pytest.mark.parametrize("kind", HONEST)
def test_honest_answers_are_not_called_gaming(kind: str, funded: str) -> None:
    """Nobody games. Whoever was funded, L2 is reached at most as often as the nominal .05.

    Measured in 400 worlds, in the order of FUNDED: .015, .005 and .038 where there is regression
    to the mean alone (by scores alone .010, .005 and .035), .023, .028 and .030 with honest drift.
    Allowed: 10 of 200 worlds, which a true rate above .083 would keep to less than one time in
    twenty.
    """
    assert np.mean([found.claimed for found in without_gaming(kind, funded)]) <= NOMINAL


@pytest.mark.parametrize("funded", FUNDED)
@pytest.mark.parametrize("kind", HONEST)
def test_every_sign_that_counts_keeps_to_the_nominal_rate_by_itself(kind: str, funded: str) -> None:
    """Before any correction for their number: a sign that did not could not be evidence.

    Measured in 400 worlds: at most .038 (reversals, the lowest of 2016, with drift), .013
    (lowest answers) and .015 (answers that do not fit together). The last finds hardly any of the
    gaming planted here (.07) and costs Holm's correction power: L2 would be reached in .92 instead
    of .87 of gaming worlds without it. It stays, because people may shape answers otherwise than
    we do, and a list of signs cut to what our own worlds plant would prove nothing.
    """
    p = np.array([[sign.p for sign in found.signs] for found in without_gaming(kind, funded)])
    assert (np.mean(p < NOMINAL, axis=0) <= NOMINAL).all()


@pytest.mark.parametrize(
    ("funded", "reading"),
    [("the lowest of 2016", "main"), ("the lowest of 2017", "beyond_placebo")],
)
def test_one_reading_alone_would_call_it_gaming(funded: str, reading: str) -> None:
    """Why L2 asks for all four: these worlds do hold enough regression to mislead.

    Measured: .65 and .99.
    """
    readings = [getattr(found.gap, reading) for found in without_gaming(REGRESSION, funded)]
    assert np.mean([found.p < NOMINAL for found in readings]) > 0.5


@pytest.mark.parametrize(
    ("funded", "reading"), [("the lowest of 2016", "beyond"), ("the lowest of 2017", "main")]
)
def test_one_reading_of_reversals_alone_would_call_it_gaming(funded: str, reading: str) -> None:
    """Why a sign needs a rise in both readings: whoever scores low by chance has less far to fall.

    After the lowest of 2016 reversals grow on the step before (in .44 of 400 worlds); among the
    lowest of 2017 they are fewer (.53).
    """
    readings = [getattr(found.signs[0], reading) for found in without_gaming(DRIFT, funded)]
    assert np.mean([found.p < NOMINAL for found in readings]) > 0.3


def test_planted_gaming_is_found() -> None:
    """Power of L2 at the planted share of answers, through scores and signs: at least .8.

    Scores alone reach it in .36 of worlds: gaming takes 4.7 points of 100 off the overall score of
    27 of 103 organisations, and the gap beyond the placebo carries the noise of three rounds.
    Reversals and lowest answers are counted where the gaming is done, so that signs alone, Holm's
    correction counted, show it in .858 of 400 worlds; scores or signs in .868.
    """
    assert np.mean([found.claimed for found in with_gaming()]) >= 0.8


def test_scores_alone_find_planted_gaming_about_as_often_as_they_can() -> None:
    """Measured .36; the floor is the first percentile of 200 draws at that rate: 57 worlds.

    With shares of .16, .20 and .25 in place of .12, it is .52, .73 and .91 (300 worlds each).
    """
    gaps = [found.gap for found in with_gaming()]
    assert np.sum([reached("L2", gap=gap) and gap.main.estimate < 0 for gap in gaps]) >= 57


def test_gaming_intervals_cover_what_gaming_did() -> None:
    """The low power is noise and no bias: the gap is right on average and its interval honest.

    What gaming did is known in each world, because the answers before gaming are.
    """
    at_stake = followed().at_stake == 1
    truth = np.array([world.gamed[at_stake].mean() for world in gaming_worlds()])
    gaps = [found.gap.beyond_placebo for found in with_gaming()]
    error = np.array([gap.estimate for gap in gaps]) - truth
    covered = [gap.low <= true <= gap.high for gap, true in zip(gaps, truth, strict=True)]
    assert share_within(covered, COVERAGE)
    assert abs(error.mean()) < 3 * error.std(ddof=1) / np.sqrt(WORLDS)
