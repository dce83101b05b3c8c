"""Worlds at once against a fit per world: how much faster, and whether the answers are the same.

Run with ``python benchmarks/stress.py``: prints a table and the same as JSON, and exits with an
error when a limit is passed. The obvious loop fits statsmodels' models to every world (and calls
the single-response functions where statsmodels has none); both ways are timed in the same run.
"""

import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import statsmodels.api as sm

from ics_maturity.models import many
from ics_maturity.models.design import group_sums, with_intercept
from ics_maturity.models.inference import cr1_errors, cr2, cr2_errors, cv3, cv3_errors, hc_errors
from ics_maturity.models.permutation import label_permutation
from ics_maturity.models.wild import wild_cluster_bootstrap

SYSTEMS, PROVIDERS, DRAWS, BLOCK = 42, 204, 199, 250
WORLDS, LOOPED = 4_000, 8
SECONDS, TIMES, GIGABYTES, SAME, LINEAR = 120.0, 50.0, 1.5, 1e-6, 1.5

Table = dict[str, np.ndarray]


def study() -> tuple[np.ndarray, np.ndarray]:
    """System and design of 204 providers in 42 systems of unequal size."""
    rng = np.random.default_rng(1)
    weight = rng.uniform(0.3, 2, SYSTEMS)
    spare = rng.choice(SYSTEMS, PROVIDERS - 2 * SYSTEMS, p=weight / weight.sum())
    ics = np.sort(np.concatenate([np.repeat(np.arange(SYSTEMS), 2), spare]))
    return ics, with_intercept(rng.uniform(0, 0.55, SYSTEMS)[ics])


def scores(ics: np.ndarray, worlds: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shared = 0.12 * rng.standard_normal((SYSTEMS, worlds))
    return 2.4 + shared[ics] + 0.37 * rng.standard_normal((ics.size, worlds))


def at_once(Y: np.ndarray, ics: np.ndarray, X: np.ndarray) -> Table:
    """Estimates and errors (or p-values) of eight estimators, all worlds together."""
    sizes = np.bincount(ics)[:, None]
    means, on_means = group_sums(Y, ics, SYSTEMS) / sizes, group_sums(X, ics, SYSTEMS) / sizes
    found = {
        "ols": many.ordinary_many(Y, X, 1),
        "hc3": many.sandwich_many(hc_errors(on_means), means, 1),
        "cr1": many.sandwich_many(cr1_errors(X, ics), Y, 1),
        "cr2": many.sandwich_many(cr2_errors(X, ics), Y, 1),
        "cv3": many.sandwich_many(cv3_errors(X, ics), Y, 1),
    }
    reml, _, _ = many.reml_many(Y, X, ics, 1, SYSTEMS - 2)
    table = {f"{name} {part}": getattr(a, part) for name, a in found.items()
             for part in ("estimate", "se")}  # fmt: skip
    table["reml estimate"] = reml.estimate
    table["permutation p"] = many.label_permutation_many(
        Y, X[:, 1], ics, np.random.default_rng(5), draws=DRAWS
    )
    table["wild p"] = many.wild_bootstrap_many(Y, X, ics, 1, np.random.default_rng(6), DRAWS)
    return table


def one_by_one(Y: np.ndarray, ics: np.ndarray, X: np.ndarray) -> Table:
    """The same by a loop over worlds."""
    rows = [_one(y, ics, X) for y in Y.T]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _one(y: np.ndarray, ics: np.ndarray, X: np.ndarray) -> dict[str, float]:
    sizes = np.bincount(ics)
    means, on_means = np.bincount(ics, y) / sizes, group_sums(X, ics, SYSTEMS) / sizes[:, None]
    ols, hc3 = sm.OLS(y, X).fit(), sm.OLS(means, on_means).fit(cov_type="HC3")
    cr1 = sm.OLS(y, X).fit(cov_type="cluster", cov_kwds={"groups": ics})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mixed = sm.MixedLM(y, X, groups=ics).fit(
            reml=True, method=["powell"], xtol=1e-10, ftol=1e-12
        )
    single = {"cr2": cr2(y, X, ics)[1], "cv3": cv3(y, X, ics)[1]}
    row = {f"{name} {part}": getattr(c, part) for name, c in single.items()
           for part in ("estimate", "se")}  # fmt: skip
    for name, fit in (("ols", ols), ("hc3", hc3), ("cr1", cr1)):
        row |= {f"{name} estimate": fit.params[1], f"{name} se": fit.bse[1]}
    row["reml estimate"] = mixed.fe_params[1]
    row["permutation p"] = label_permutation(
        y, X[:, 1], ics, np.random.default_rng(5), draws=DRAWS
    ).p
    row["wild p"] = wild_cluster_bootstrap(y, X, ics, 1, np.random.default_rng(6), DRAWS).p
    return row


def in_blocks(worlds: int, ics: np.ndarray, X: np.ndarray) -> None:
    for start in range(0, worlds, BLOCK):
        at_once(scores(ics, min(BLOCK, worlds - start), start), ics, X)


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """Shortest processor time of several runs: what other programs do does not count."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> int:
    ics, X = study()
    few = scores(ics, LOOPED, 99)
    quick, slow = at_once(few, ics, X), one_by_one(few, ics, X)
    apart = {name: float(np.max(np.abs(quick[name] - slow[name]))) for name in sorted(slow)}
    per_world = seconds(lambda: one_by_one(few, ics, X), 2) / LOOPED
    quarter = seconds(lambda: in_blocks(WORLDS // 4, ics, X), 3)
    whole = seconds(lambda: in_blocks(WORLDS, ics, X))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    measured = {
        "worlds": WORLDS,
        "estimators": 8,
        "seconds": round(whole, 2),
        "seconds_by_loop": round(per_world * WORLDS, 1),
        "times_faster": round(per_world * WORLDS / whole, 1),
        "largest_difference": max(apart.values()),
        "time_over_linear": round(whole / (4 * quarter), 2),
        "peak_gigabytes": round(peak, 2),
    }
    kept = {
        f"under {SECONDS:g} s": whole < SECONDS,
        f"at least {TIMES:g} times faster": measured["times_faster"] >= TIMES,
        f"same answers to {SAME:g}": measured["largest_difference"] <= SAME,
        f"time linear in worlds (within {LINEAR:g})": measured["time_over_linear"] <= LINEAR,
        f"under {GIGABYTES:g} GB": peak < GIGABYTES,
    }
    print("| measured | value |\n|---|---|")
    for name, value in measured.items():
        print(f"| {name.replace('_', ' ')} | {value:.3g} |")
    print("\n| limit | kept |\n|---|---|")
    for name, ok in kept.items():
        print(f"| {name} | {'yes' if ok else 'no'} |")
    print("\n| answer | largest difference |\n|---|---|")
    for name, value in apart.items():
        print(f"| {name} | {value:.1e} |")
    print("\n" + json.dumps(measured))
    return int(not all(kept.values()))


if __name__ == "__main__":
    sys.exit(main())
