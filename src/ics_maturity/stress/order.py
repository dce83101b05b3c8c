"""Do ranks hold, and do chances of support keep their word, in worlds with a known truth?

What is true differs by view. Under view A it is the level of a system, around which its providers
scatter; under view B the mean of its providers' true scores, of which the returns are readings.
Whatever the pages estimate is estimated here from the readings alone: the spread within systems,
the error of a reading (from the agreement of its parts), the spread and the mean of the systems.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from ics_maturity.models import measurement, ranks, targeting
from ics_maturity.models.design import BoolArray, FloatArray, IntArray
from ics_maturity.models.reliability import reliability
from ics_maturity.models.targeting import Rule
from ics_maturity.stress import grid
from ics_maturity.stress.grid import Piece
from ics_maturity.stress.worlds import LEVEL, Cell, Study, noise
from ics_maturity.support import VIEWS, Scored, words

ALPHA = 0.05
BLOCK = 25
RANKED = 3  # rank sets are slow: where systems differ they are made in every third world
SET_DRAWS, CHANCE_DRAWS = 500, 500
LEAST_HELD = 0.93  # of sets that promise 95%: they may hold too often, not too seldom
AS_FOUND = "as found"
RULES = (Rule("lowest", 5), Rule("quantiles", 3))
CELLS = {
    AS_FOUND: Cell(),
    "four times as found": Cell(between=4.0),
    "none at all": Cell(between=0.0),
    "as found, rough": Cell(noise="rough"),
}
_FEWEST = 8  # systems: with fewer there is no order to speak of


@dataclass(frozen=True, eq=False)
class Drawn:
    """One world: what is true by view (k,), and the parts of every provider's score (n, parts)."""

    truth: dict[str, FloatArray]
    parts: FloatArray


def draw(study: Study, cell: Cell, rng: np.random.Generator) -> Drawn:
    """One world; without pillars no reading errs, and there is no view B."""
    ics, sizes = study.ics, np.bincount(study.ics)
    shared = np.sqrt(cell.between * study.tau2) * noise(
        rng, (study.systems, 1), cell.noise, skewed=True
    )
    level = LEVEL + shared[:, 0]
    error2 = min(study.error2, study.sigma2) if study.parts else 0.0
    own = np.sqrt(study.sigma2 - error2) * noise(rng, (ics.size, 1), cell.noise)[:, 0]
    true = level[ics] + own
    if not study.parts:
        return Drawn({"a": level}, true[:, None])
    reading = np.sqrt(study.parts * error2) * rng.standard_normal((ics.size, study.parts))
    return Drawn({"a": level, "b": np.bincount(ics, true) / sizes}, true[:, None] + reading)


def scored(parts: FloatArray, ics: IntArray) -> Scored:
    """Crude scores of systems as the page on support has them, from a world's arrays."""
    score, sizes = parts.mean(axis=1), np.bincount(ics)
    value = np.bincount(ics, score) / sizes
    df = score.size - sizes.size
    variance = float(np.sum((score - value[ics]) ** 2) / df)
    shares = {"a": 1.0}
    if parts.shape[1] > 1:
        shares["b"] = min(1.0, measurement.consistency(parts).sem ** 2 / variance)
    return Scored(
        codes=tuple(map(str, range(sizes.size))),
        used=value,
        estimate=value,
        covariance=np.diag(variance / sizes),
        df=df,
        error_shares=shares,
    )


def block(
    study: Study, cell: Cell, rules: tuple[Rule, ...], count: int, rng: np.random.Generator
) -> Piece:
    """What was said of ``count`` worlds and what was so, as arrays by world.

    VIEW.single (share of marginal rank sets that hold) and VIEW.all (the simultaneous sets hold) in
    every :data:`RANKED` th world, or in all where no system differs; pairs (whether any pair of
    systems is told apart under view A); VIEW.RULE.stated (k, tiers), .tier (k; true) and
    .placed (k).
    """
    worlds, ranked = [], []
    for number in range(count):
        drawn = draw(study, cell, rng)
        seen = scored(drawn.parts, study.ics)
        found = {"pairs": np.array(any_pair_told_apart(seen.estimate, np.diag(seen.covariance)))}
        if number % RANKED == 0 or cell.between == 0:
            ranked.append(_rank_sets(seen, drawn.truth, rng))
        for view, truth in drawn.truth.items():
            allowed = seen.worlds(view, rng, CHANCE_DRAWS)
            for rule in rules:
                name = f"{view}.{rule.slug}"
                found[f"{name}.stated"] = targeting.tier_probabilities(allowed, rule)
                found[f"{name}.tier"] = targeting.assign(truth, rule)
                found[f"{name}.placed"] = targeting.assign(seen.used, rule)
        worlds.append(found)
    return {
        name: np.array([one[name] for one in kind]) for kind in (worlds, ranked) for name in kind[0]
    }


def any_pair_told_apart(estimates: FloatArray, variances: FloatArray) -> bool:
    """Whether :func:`~ics_maturity.models.ranks.distinct_pairs` would find any (Holm, 95%).

    It finds one where the smallest p of all pairs, times their number, is at most .05.
    """
    first, second = np.triu_indices(estimates.size, 1)
    scale = np.sqrt(variances[first] + variances[second])
    widest = np.max(np.abs(estimates[first] - estimates[second]) / scale)
    return bool(2 * stats.norm.sf(widest) * first.size <= ALPHA)


def _rank_sets(seen: Scored, truths: dict[str, FloatArray], rng: np.random.Generator) -> Piece:
    found: dict[str, np.floating | np.bool] = {}
    for view, truth in truths.items():
        variances = seen.error_shares[view] * np.diag(seen.covariance)
        sets = ranks.rank_sets(seen.estimate, variances, rng, draws=SET_DRAWS)
        rank = 1 + np.sum(truth[None, :] > truth[:, None], axis=1)
        single = (sets.marginal_low <= rank) & (rank <= sets.marginal_high)
        together = (sets.simultaneous_low <= rank) & (rank <= sets.simultaneous_high)
        found |= {f"{view}.single": single.mean(), f"{view}.all": together.all()}
    return {name: np.asarray(value) for name, value in found.items()}


def simulate(
    study: Study, rules: Sequence[Rule], count: int, seed: int, kept: Path
) -> dict[str, Piece]:
    """The arrays of ``count`` worlds of every cell of :data:`CELLS`; none where systems are few."""
    if study.systems < _FEWEST:
        return {}
    sizes = [BLOCK] * (count // BLOCK) + ([count % BLOCK] if count % BLOCK else [])
    fitting = tuple(rule for rule in rules if rule.fits(study.systems))
    places = [(name, number, size) for name in CELLS for number, size in enumerate(sizes)]
    tasks = [
        grid.Task((study, CELLS[name], fitting, size), grid.named_seed(seed, f"order {name}", i))
        for name, i, size in places
    ]
    pieces = grid.run(block, tasks, kept, "orders")
    found = {}
    for name in CELLS:
        own = [piece for piece, place in zip(pieces, places, strict=True) if place[0] == name]
        found[name] = {part: np.concatenate([one[part] for one in own]) for part in own[0]}
    return found


def rank_table(found: dict[str, Piece]) -> pd.DataFrame:
    """How often 95% sets of ranks hold the true ranks: one row per spread and view.

    Where systems do not differ under view A all share one rank, so that any pair told apart, and
    any set without the first rank, is wrong: the hardest case there is.

    Returns:
        spread, view, worlds, single, single_se, together, together_se, pairs, pairs_se (share of
        worlds with a pair told apart where none differs; missing elsewhere), verdict: "fails" below
        :data:`LEAST_HELD` and by more than three simulation errors short of 95%.
    """
    rows = []
    for spread, arrays in found.items():
        for view in [v for v in VIEWS if f"{v}.single" in arrays]:
            single, together = arrays[f"{view}.single"], arrays[f"{view}.all"].astype(float)
            pairs = arrays["pairs"].astype(float)
            equal = view == "a" and CELLS[spread].between == 0
            held = [single.mean(), together.mean()] + ([1 - pairs.mean()] if equal else [])
            luck = 3 * np.sqrt(ALPHA * (1 - ALPHA) / single.size)
            rows.append({
                "spread": spread, "view": VIEWS[view], "worlds": single.size,
                "single": single.mean(), "single_se": _error(single),
                "together": together.mean(), "together_se": _error(together),
                "pairs": pairs.mean() if equal else np.nan,
                "pairs_se": _error(pairs) if equal else np.nan,
                "verdict": "fails" if min(held) < min(LEAST_HELD, 1 - ALPHA - luck) else "keeps it",
            })  # fmt: skip
    columns = ["spread", "view", "worlds", "single", "single_se", "together", "together_se",
               "pairs", "pairs_se", "verdict"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def rule_table(found: dict[str, Piece], rules: Sequence[Rule]) -> pd.DataFrame:
    """Wrong picks that were stated and that there were, by rule, view and spread.

    Returns:
        rule, view, spread, worlds, stated, actual (mean wrong picks a world), gap (actual less
        stated), se (Monte Carlo, world by world), verdict: "honest" (no gap beyond three errors),
        "too sure" (more were wrong than stated) or "too unsure".
    """
    rows = []
    for rule in rules:
        for spread, arrays in found.items():
            for view in [v for v in VIEWS if f"{v}.{rule.slug}.stated" in arrays]:
                stated, tier, placed = _said(arrays, view, rule)
                picked = placed == 0
                expected = np.sum((1 - stated[:, :, 0]) * picked, axis=1)
                actual = np.sum(picked & (tier != 0), axis=1)
                gap, se = float(np.mean(actual - expected)), _error(actual - expected)
                verdict = (
                    "honest" if abs(gap) <= 3 * se else "too sure" if gap > 0 else "too unsure"
                )
                rows.append((words(rule), VIEWS[view], spread, len(picked), expected.mean(),
                             actual.mean(), gap, se, verdict))  # fmt: skip
    columns = ["rule", "view", "spread", "worlds", "stated", "actual", "gap", "se", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def chance_table(found: dict[str, Piece], rules: Sequence[Rule]) -> pd.DataFrame:
    """Stated chances of a tier against what was so, over all rules and tiers.

    Returns:
        view, spread, then the columns of :func:`ics_maturity.models.reliability.reliability`.
    """
    columns = ["view", "spread", "low", "high", "cases", "stated", "happened", "se"]
    tables = [pd.DataFrame(columns=columns)]
    for view, words_ in VIEWS.items():
        for spread, arrays in found.items():
            stated, so = _all_said(arrays, view, rules)
            if stated.size:
                tables.append(reliability(stated, so).assign(view=words_, spread=spread))
    return pd.concat(tables[1:] or tables, ignore_index=True)[columns]


def _all_said(arrays: Piece, view: str, rules: Sequence[Rule]) -> tuple[FloatArray, BoolArray]:
    """Stated chances and what was so (worlds, cases), over all rules and their tiers.

    Of two tiers one is enough: the other says the same.
    """
    stated, so = [], []
    for rule in [r for r in rules if f"{view}.{r.slug}.stated" in arrays]:
        chance, tier, _ = _said(arrays, view, rule)
        tiers = np.arange(rule.tiers if rule.tiers > 2 else 1)
        stated.append(chance[:, :, tiers].reshape(len(chance), -1))
        so.append((tier[:, :, None] == tiers).reshape(len(chance), -1))
    if not stated:
        return np.empty((0, 0)), np.empty((0, 0), bool)
    return np.concatenate(stated, axis=1), np.concatenate(so, axis=1)


def _said(arrays: Piece, view: str, rule: Rule) -> tuple[FloatArray, IntArray, IntArray]:
    """Stated chances (worlds, k, tiers), true tiers and tiers by the rule (worlds, k)."""
    name = f"{view}.{rule.slug}"
    return arrays[f"{name}.stated"], arrays[f"{name}.tier"], arrays[f"{name}.placed"]


def _error(values: FloatArray) -> float:
    """Monte Carlo standard error of the mean of values by world."""
    return float(np.std(values) / np.sqrt(values.size))
