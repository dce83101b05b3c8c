"""How long the peer-review estimators take on the demo returns, beside the obvious loops.

Run with ``python benchmarks/peer_review.py``: prints JSON with seconds, the seconds of a loop
that does the same work step by step, and how many times longer the loop takes. Seconds are the
best of three, of the loops one. Both sides must give the same answer (within resampling noise
where random numbers are drawn differently), otherwise the program stops: a ratio between
different answers means nothing.
"""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ics_maturity.models.change import stability
from ics_maturity.models.regression_to_mean import kelley_tables
from ics_maturity.models.resampling import sign_flip
from ics_maturity.simulate import DEMO_SEED, Truth, demo_design, draw
from ics_maturity.simulate.estimands import by_provider

RESAMPLES, FLIPS = 2_000, 9_999
RELIABILITY, GROUPS = 0.8, 5
SUPPOSED = 0.1  # points; change tested against, near the observed, so that p is not just "tiny"


def scores() -> pd.DataFrame:
    """Provider scores of the demo returns in 2024 (before) and 2025 (after), and their systems."""
    design = demo_design()
    later = draw(Truth(), DEMO_SEED, design)
    return pd.DataFrame(
        {
            "before": by_provider(later.overall_2024, design),
            "after": by_provider(later.overall_2025, design),
            "ics": np.array(design.ics_codes)[design.system],
        }
    )


def looped_bca(frame: pd.DataFrame, rng: np.random.Generator) -> tuple[float, float]:
    """BCa interval of Spearman's correlation: glue the drawn systems together, again and again."""
    systems = dict(iter(frame.groupby("ics")))

    def correlation(names: Iterable[str]) -> float:
        sample = pd.concat([systems[name] for name in names])
        return float(stats.spearmanr(sample["before"], sample["after"]).statistic)

    names = list(systems)
    estimate = correlation(names)
    draws = np.array([correlation(rng.choice(names, len(names))) for _ in range(RESAMPLES)])
    without = np.array([correlation([n for n in names if n != left]) for left in names])
    pull = without.mean() - without
    acceleration = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5)
    bias = stats.norm.ppf((draws < estimate).mean())
    z = bias + stats.norm.ppf([0.025, 0.975])
    low, high = np.quantile(draws, stats.norm.cdf(bias + z / (1 - acceleration * z)))
    return float(low), float(high)


def looped_sign_flip(frame: pd.DataFrame, rng: np.random.Generator) -> float:
    """Two-sided p of the supposed mean change: give every system a sign, again and again."""
    change = (frame["after"] - frame["before"] - SUPPOSED).to_numpy()
    systems, codes = np.unique(frame["ics"], return_inverse=True)
    observed = abs(change.mean())
    as_far = 0
    for _ in range(FLIPS):
        signs = rng.choice([-1.0, 1.0], len(systems))
        as_far += abs((signs[codes] * change).mean()) >= observed - 1e-12
    return (as_far + 1) / (FLIPS + 1)


def looped_kelley(frame: pd.DataFrame) -> list[float]:
    """Excess change of each baseline group, forwards and then time-reversed, row by row."""
    excess = []
    for start, end in (("before", "after"), ("after", "before")):
        baseline, change = frame[start], frame[end] - frame[start]
        rank = stats.rankdata(baseline)
        members: dict[int, list[float]] = {g: [] for g in range(GROUPS)}
        for k in range(len(frame)):
            regressing = (1 - RELIABILITY) * (baseline.iloc[k] - baseline.mean())
            group = int((2 * rank[k] - 1) * GROUPS // (2 * len(frame)))
            members[group].append(change.iloc[k] - (change.mean() - regressing))
        excess += [sum(values) / len(values) for values in members.values()]
    return excess


def timed(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """Shortest of several timings in seconds (others share the machine), and the answer."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), answer


def compared(
    work: Callable[[], Any], loop: Callable[[], Any], tolerance: float
) -> dict[str, float]:
    """Seconds of both ways to one answer, which may differ by ``tolerance``.

    Raises:
        ValueError: they differ by more.
    """
    seconds, answer = timed(work, 3)
    loop_seconds, expected = timed(loop, 1)
    apart = float(np.abs(np.subtract(answer, expected)).max())
    if not apart <= tolerance:
        raise ValueError(f"the loop gives {expected}, the estimator {answer}")
    return {
        "seconds": round(seconds, 4),
        "loop_seconds": round(loop_seconds, 4),
        "loop_takes_times": round(loop_seconds / seconds, 1),
        "answers_apart": apart,
    }


def main() -> None:
    frame = scores()
    before, after, ics = frame["before"], frame["after"], frame["ics"].to_numpy()

    def bca() -> tuple[float, float]:
        found = stability(before, after, ics, np.random.default_rng(1), RESAMPLES)
        return found.low, found.high

    def flipped() -> float:
        return sign_flip(after - before - SUPPOSED, ics, np.random.default_rng(1), FLIPS).p

    def kelley() -> list[float]:
        tables = kelley_tables(before, after, RELIABILITY, GROUPS)
        return [*tables.forward["excess"], *tables.backward["excess"]]

    report = {
        f"cluster_bca, {RESAMPLES} resamples": compared(
            bca, lambda: looped_bca(frame, np.random.default_rng(2)), 0.02
        ),
        f"sign_flip, {FLIPS} patterns": compared(
            flipped, lambda: looped_sign_flip(frame, np.random.default_rng(2)), 0.02
        ),
        "kelley_tables": compared(kelley, lambda: looped_kelley(frame), 1e-9),
    }
    print(json.dumps({"providers": len(frame), "systems": len(set(ics)), **report}, indent=2))


if __name__ == "__main__":
    main()
