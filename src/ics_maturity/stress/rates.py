"""How often the methods are right: false positives, power, coverage and bias over many worlds."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from ics_maturity.models.design import FloatArray
from ics_maturity.models.many import Answers
from ics_maturity.models.ties import join_ties
from ics_maturity.stress import grid, methods, worlds
from ics_maturity.stress.grid import Piece
from ics_maturity.stress.methods import METHODS
from ics_maturity.stress.worlds import Cell, Study

BLOCK = 250  # worlds worked out together; memory grows with it, time hardly
ALPHA = 0.05
SIZE = (0.03, 0.07)
COVERAGE = (0.93, 0.97)
_PARTS = ("estimate", "se", "p", "low", "high")
_ROUNDING = 1e-12
_FULL = ["truth", "bias", "rejected", "covered"]
_PLANTED = (
    ("reml", "slope", _FULL),
    ("direct_reml", "direct", _FULL),
    ("moderation", "review", ["bias", "rejected", "covered"]),
    ("type", "types", ["rejected"]),
    ("tau2", "spread", ["rejected"]),
)


def block(study: Study, cell: Cell, count: int, draws: int, rng: np.random.Generator) -> Piece:
    """Answers of every method in ``count`` worlds of a cell: arrays (parts, count) by method."""
    world = worlds.draw_worlds(study, cell, rng, count)
    found = methods.answers(study, world, rng, draws)
    arrays = {name: np.array([getattr(a, part) for part in _PARTS]) for name, a in found.items()}
    return {name: array for name, array in arrays.items() if not np.isnan(array).all()}


def simulate(
    study: Study, cells: list[Cell], count: int, draws: int, seed: int, kept: Path
) -> dict[Cell, dict[str, Answers]]:
    """Answers in ``count`` worlds of every cell; blocks of worlds are the pieces of work."""
    sizes = [BLOCK] * (count // BLOCK) + ([count % BLOCK] if count % BLOCK else [])
    places = [(cell, number, size) for cell in cells for number, size in enumerate(sizes)]
    tasks = [
        grid.Task((study, cell, size, draws), grid.named_seed(seed, cell.name, number))
        for cell, number, size in places
    ]
    pieces = grid.run(block, tasks, kept, "worlds")
    return {
        cell: _joined([p for p, place in zip(pieces, places, strict=True) if place[0] == cell])
        for cell in cells
    }


def _joined(pieces: list[Piece]) -> dict[str, Answers]:
    """The answers of all blocks, of those methods that answered."""
    return {
        method.name: Answers(*np.concatenate([one[method.name] for one in pieces], axis=1))
        for method in METHODS
        if method.name in pieces[0]
    }


def by_cell(study: Study, found: dict[Cell, dict[str, Answers]]) -> pd.DataFrame:
    """One row per cell and method.

    Returns:
        the cell's columns, method, question, words, role, worlds, null (its null hypothesis is
        true), truth (nan without an estimate), bias, bias_se, rejected, rejected_se, covered,
        covered_se.
    """
    rows = []
    for cell, answers in found.items():
        truths = worlds.targets(study, cell)
        nulls = worlds.true_nulls(cell, study.margins)
        for method in METHODS:
            if method.name not in answers:
                continue  # these returns, or this cell, do not ask the question
            one = answers[method.name]
            truth = truths.get(method.name, np.nan)
            inside = (one.low <= truth) & (truth <= one.high)
            has = not np.isnan(truth)
            rows.append({
                **asdict(cell), **asdict(method), "worlds": one.p.size,
                "null": method.name in nulls, "truth": truth,
                "bias": np.mean(one.estimate - truth) if has else np.nan,
                "bias_se": np.std(one.estimate) / np.sqrt(one.p.size) if has else np.nan,
                "rejected": np.mean(one.p <= ALPHA + _ROUNDING) if not np.isnan(one.p).all()
                else np.nan,
                "covered": inside.mean() if has else np.nan,
            })  # fmt: skip
    table = pd.DataFrame(rows)
    for share in ("rejected", "covered"):
        table[f"{share}_se"] = share_se(table[share], table["worlds"])
    return table


def share_se(share: pd.Series, worlds: pd.Series) -> pd.Series:
    """Monte Carlo standard error of a share of worlds."""
    return np.sqrt(share * (1 - share) / worlds)


def planted(table: pd.DataFrame) -> pd.DataFrame:
    """What the primary methods find in each cell: one row per cell.

    Returns:
        the cell's columns, worlds, and of the slope, the slope at equal settings, moderation, mix
        and spread the columns of :data:`_PLANTED` that apply, named QUESTION_COLUMN.
    """
    cell = ["mix", "rurality", "moderation", "between", "noise", "worlds"]
    parts = [
        table[table["name"] == name].set_index(cell)[columns].add_prefix(f"{prefix}_")
        for name, prefix, columns in _PLANTED
    ]
    joined = pd.concat(parts, axis=1).reset_index()
    every = [f"{prefix}_{column}" for _, prefix, columns in _PLANTED for column in columns]
    truths = [column for column in every if column.endswith("_truth")]
    joined[truths] = join_ties(joined[truths])  # nought is nought, not what rounding leaves of it
    return joined.reindex(columns=[*cell, *every])


def by_method(table: pd.DataFrame) -> pd.DataFrame:
    """Size and coverage of each method over the cells with normal noise that speak of them.

    Size: cells where its null hypothesis is true. Coverage: all cells where it has a target; of
    the profile interval, what it does not leave out.

    Returns:
        name, question, words, role, bound, size, size_se, null_worlds, size_rough, coverage,
        coverage_se, covered_worlds, verdict: "keeps it" (size and coverage, where known, inside
        their bands, or below the band for a bound, and not short of nominal), "falls short"
        (inside, but beyond three simulation errors worse than nominal), "fails" (outside); why
        (it is not used).
    """
    rows = []
    for method in METHODS:
        own = table[table["name"] == method.name]
        if own.empty:
            continue
        normal = own[own["noise"] == "normal"]
        null, known = normal[normal["null"]], normal[normal["covered"].notna()]
        rough = own[(own["noise"] == "rough") & own["null"]]
        size, coverage = _pooled(null, "rejected"), _pooled(known, "covered")
        worlds_null, worlds_known = null["worlds"].sum(), known["worlds"].sum()
        if method.name == "tau":
            coverage, worlds_known, size, worlds_null = 1 - size, worlds_null, np.nan, 0
        rows.append({
            **asdict(method), "why": method.why, "size": size, "null_worlds": worlds_null,
            "size_rough": _pooled(rough, "rejected") if method.name != "tau" else np.nan,
            "coverage": coverage, "covered_worlds": worlds_known,
        })  # fmt: skip
    found = pd.DataFrame(rows)
    found["size_se"] = share_se(found["size"], found["null_worlds"])
    found["coverage_se"] = share_se(found["coverage"], found["covered_worlds"])
    seldom = found["bound"] & (found["size"] <= SIZE[1])
    inside = (_inside(found["size"], SIZE) | seldom) & _inside(found["coverage"], COVERAGE)
    short = (_worse(found["size"] - ALPHA, found["null_worlds"])
             | _worse(1 - ALPHA - found["coverage"], found["covered_worlds"]))  # fmt: skip
    found["verdict"] = np.select([~inside, short], ["fails", "falls short"], "keeps it")
    return found


def not_used(by_method: pd.DataFrame) -> pd.DataFrame:
    """The methods that are shown and not used: what they do in these worlds, and why not."""
    columns = ["question", "words", "size", "size_se", "coverage", "verdict", "why"]
    return by_method.loc[by_method["role"] == "not used", columns]


def _worse(excess: pd.Series, worlds: pd.Series) -> pd.Series:
    """Whether a share misses its nominal value by more than three simulation errors."""
    return excess > 3 * np.sqrt(ALPHA * (1 - ALPHA) / worlds.where(worlds > 0))


def _pooled(part: pd.DataFrame, share: str) -> float:
    total = part["worlds"].sum()
    return float((part[share] * part["worlds"]).sum() / total) if total else np.nan


def _inside(values: pd.Series, band: tuple[float, float]) -> pd.Series:
    """Whether a share is inside its band; what is unknown breaks no promise."""
    return values.isna() | values.between(*band)


def power_curve(found: Answers, df: float, effects: FloatArray) -> pd.DataFrame:
    """Share of worlds in which a true effect is found, from worlds without one.

    A true effect only shifts the estimates, so the same worlds answer for every effect; both
    directions are counted, since the noise has none.

    Returns:
        effect, power, se.
    """
    critical = special.stdtrit(df, 1 - ALPHA / 2) * found.se
    power = np.array([
        np.mean([np.abs(sign * found.estimate + effect) > critical for sign in (1, -1)])
        for effect in effects
    ])  # fmt: skip
    return pd.DataFrame(
        {"effect": effects, "power": power, "se": np.sqrt(power * (1 - power) / found.se.size)}
    )
