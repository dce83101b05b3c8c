"""Rounds of one instrument: catching up, spread, and how far rank order held."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ics_maturity import comparison, frames, instruments
from ics_maturity.comparison import Linked
from ics_maturity.models.change import expected_spearman, naive_r, stability, stability_ladder
from ics_maturity.models.dispersion import DispersionChange, brown_forsythe, dispersion_change
from ics_maturity.models.power import spread_ratio
from ics_maturity.models.regression_to_mean import blomqvist, kelley_tables
from ics_maturity.models.resampling import Interval
from ics_maturity.models.shift import paired_shift
from ics_maturity.page import Page
from ics_maturity.review.detectable import detectable_change, detectable_reordering

Rng = Callable[[str], np.random.Generator]
POINTS_OF_100 = "points of 100"
CEILING = "ceiling: two readings of one state of affairs, at the assumed reliability"


@dataclass(frozen=True)
class Repeat:
    """Two rounds of the same organisations.

    ``frame``: ics_code, before, after, one row per organisation or provider. ``unit``: of the
    scores. ``words``: what is compared, for tables.
    """

    before: int
    after: int
    frame: pd.DataFrame
    unit: str
    words: str

    @property
    def tag(self) -> str:
        """The rounds as results are named after them."""
        return f"{self.before}_{self.after}"


def same_instrument(page: Page, before: int, after: int) -> pd.DataFrame:
    """Providers in two rounds on the domains both asked (:func:`frames.paired_providers`)."""
    returns, none = page.read("returns"), pd.Series(dtype=float)
    one, two = (
        frames.analysis_round(returns, frames.comparable_domains(year), none).providers
        for year in (before, after)
    )
    return frames.paired_providers(one, two)


def repeats(page: Page, questionnaires: Sequence[int]) -> list[Repeat]:
    """Pairs of rounds that asked the same questions, the later rounds first.

    The last two rounds with averages over comparable domains (points of 1 to 5), and neighbouring
    questionnaire rounds with the same scored items (points of 100).
    """
    returns = page.read("returns")
    scored = sorted(set(returns.loc[returns["construct"] == frames.COMPARABLE, "round"]))
    found = []
    if len(scored) > 1:
        before, after = scored[-2:]
        frame = same_instrument(page, before, after)
        found.append(Repeat(before, after, frame, "points", "one instrument"))
    for before, after in itertools.pairwise(questionnaires):
        asked = [{item.id for item in instruments.for_round(year).scored_items}
                 for year in (before, after)]  # fmt: skip
        if asked[0] == asked[1]:
            frame = common_overall(page, before, after)
            found.append(Repeat(before, after, frame, POINTS_OF_100, "one instrument"))
    return found


def reworded(page: Page, questionnaires: Sequence[int], same: list[Repeat]) -> list[Repeat]:
    """Neighbouring questionnaire rounds that share sections but not every question.

    ``same``: the rounds that share every question (:func:`repeats`).
    """
    asked = {(pair.before, pair.after) for pair in same}
    return [
        Repeat(before, after, common_overall(page, before, after), POINTS_OF_100, "common sections")
        for before, after in itertools.pairwise(questionnaires)
        if (before, after) not in asked
    ]


def common_overall(page: Page, before: int, after: int) -> pd.DataFrame:
    """Organisations in two questionnaire rounds: mean over themes of the sections both have.

    Returns:
        organisation, ics_code (the organisation itself where it is on no map of systems), before,
        after (0-100).
    """
    themes = comparison.common_sections(page.read("returns"), page.read("links"), before, after)
    overall = themes.groupby("organisation", as_index=False).agg(
        ics_code=("ics_code", "first"), before=("before", "mean"), after=("after", "mean")
    )
    placed = overall["ics_code"].where(overall["ics_code"] != "", overall["organisation"])
    return overall.assign(ics_code=placed)


def dispersion_table(pairs: list[Repeat]) -> pd.DataFrame:
    """Did scores spread out or draw together between rounds of one instrument?

    Returns:
        before, after, test, ratio (later over earlier; missing for Brown-Forsythe), low, high, p,
        n, leads (whether it is the one to read: Bonett-Seier where tails are heavy).
    """
    rows = []
    for pair in pairs:
        before, after = pair.frame["before"], pair.frame["after"]
        found = dispersion_change(before, after, same_instrument=True)
        pm, bs, bf = found.pitman_morgan, found.bonett_seier, brown_forsythe(before, after)
        nan = float("nan")
        rows += [
            (pair.before, pair.after, "Pitman-Morgan, variances", pm.variance_ratio, pm.low,
             pm.high, pm.p, pm.n, found.leading == "pitman_morgan"),
            (pair.before, pair.after, "Bonett-Seier, deviations from the median", bs.ratio, bs.low,
             bs.high, bs.p, bs.n, found.leading == "bonett_seier"),
            (pair.before, pair.after, "Brown-Forsythe, as if unpaired", nan, nan, nan, bf.p,
             len(before), False),
        ]  # fmt: skip
    columns = ["before", "after", "test", "ratio", "low", "high", "p", "n", "leads"]
    return pd.DataFrame(rows, columns=columns)


def name_repeat(page: Page, pair: Repeat, reliability: float) -> DispersionChange:
    """Name shift, naive and Oldham's correlation, Pitman-Morgan p and Blomqvist slope of a pair.

    And the smallest mean change and the smallest difference of standard deviations (as a share)
    that would be found four times out of five.
    """
    before, after, n = pair.frame["before"], pair.frame["after"], len(pair.frame)
    moved = paired_shift(before, after, pair.frame["ics_code"])
    page.estimate(f"shift.change_{pair.tag}", moved.change, unit=pair.unit, n=n)
    page.result(f"shift.naive_r_{pair.tag}", naive_r(before, after), n=n)
    spread = dispersion_change(before, after, same_instrument=True)
    page.result(f"shift.oldham_r_{pair.tag}", spread.pitman_morgan.r, n=n)
    page.result(f"shift.pitman_morgan_p_{pair.tag}", spread.pitman_morgan.p, n=n)
    page.result(f"shift.bonett_seier_p_{pair.tag}", spread.bonett_seier.p, n=n)
    least = detectable_change(pair.frame, page.rng(f"shift.mde80_{pair.tag}"))
    page.result(f"shift.mde80_{pair.tag}", least.value, unit=pair.unit, n=n,
                method="found in 80% of simulated worlds, paired, CR2")  # fmt: skip
    wider = spread_ratio(before.corr(after), n, page.rng(f"shift.spread_mde80_{pair.tag}"))
    page.result(f"shift.spread_mde80_{pair.tag}", wider.value - 1, unit="share", n=n,
                method="found in 80% of simulated worlds, Pitman-Morgan")  # fmt: skip
    (at,) = blomqvist(before, after, pair.frame["ics_code"], (reliability,))
    page.result(f"shift.blomqvist_{pair.tag}", at.slope, low=at.low, high=at.high, n=n,
                method=f"slope of true change, reliability {reliability:g}")  # fmt: skip
    return spread


def name_reordering(page: Page, pair: Repeat, reliability: float) -> bool:
    """Name the lasting correlation at which a loss of rank order would be found, if there is one.

    shift.lasting_r80_BEFORE_AFTER, with its simulation error as an interval.
    """
    stream = page.rng(f"shift.lasting_r80_{pair.tag}")
    least = detectable_reordering(pair.frame["ics_code"], reliability, stream)
    if least is None:
        return False
    highest, error = 1 - least.value, 1.96 * least.se
    page.result(f"shift.lasting_r80_{pair.tag}", highest, low=highest - error,
                high=highest + error, n=len(pair.frame),
                method="found in 80% of simulated worlds, BCa over systems")  # fmt: skip
    return True


def blomqvist_table(pair: Repeat) -> pd.DataFrame:
    """Slope of true change on true starting score for each assumed reliability."""
    slopes = blomqvist(pair.frame["before"], pair.frame["after"], pair.frame["ics_code"])
    return pd.DataFrame([vars(one) for one in slopes]).drop(columns="df")


def kelley_table(pair: Repeat, reliability: float) -> pd.DataFrame:
    """Change by fifth of the starting score, forwards and with time reversed."""
    found = kelley_tables(pair.frame["before"], pair.frame["after"], reliability)
    both = pd.concat({"forwards": found.forward, "time reversed": found.backward},
                     names=["direction"])  # fmt: skip
    return both.reset_index(0)


def rank_rungs(
    same: list[Repeat], others: list[Repeat], pairs: list[Linked], rng: Rng
) -> dict[str, Interval]:
    """Rank correlation of every pair of rounds that can be compared, by what is compared.

    ``same``: rounds of one instrument; ``others``: other rounds of the same organisations;
    ``pairs``: linked instruments. The first is that of the first pair of ``same``.
    """
    compared = [
        (f"{pair.before} and {pair.after}, {pair.words}", pair.frame["before"], pair.frame,
         f"stability_{pair.tag}")
        for pair in (*same, *others)
    ] + [
        (f"{pair.before} and {pair.after}, two instruments, linked", pair.frame["mean"],
         pair.frame, f"stability_{pair.before}_{pair.after}")
        for pair in pairs
    ]  # fmt: skip
    return {
        name: stability(before, frame["after"], frame["ics_code"], rng(stream))
        for name, before, frame, stream in compared
    }


def rank_table(rungs: dict[str, Interval], reliability: float) -> pd.DataFrame:
    """Rank agreement, most stable first, under what error of measurement alone would leave.

    The first row is the benchmark: two normal readings of one unchanged state of affairs
    correlate as their reliability, and their ranks a little less.
    """
    ladder = stability_ladder(rungs)
    ceiling = pd.DataFrame({"pair": [CEILING], "spearman": [expected_spearman(reliability)]})
    return pd.concat([ceiling, ladder], ignore_index=True).astype({"n": "Int64", "ics": "Int64"})
