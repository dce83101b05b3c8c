"""How long the estimators take at the size of the real study, and how that grows.

Run with ``python benchmarks/models.py``: prints a table, and exits with an error when a limit
is passed. Times are the best of three, since a shared machine only ever makes them longer.
"""

import sys
import time
from collections.abc import Callable

import numpy as np

from ics_maturity.models.design import indicators, with_intercept
from ics_maturity.models.inference import cr2, cv3, hc
from ics_maturity.models.likeforlike import standard_mix, standardised
from ics_maturity.models.permutation import freedman_lane, label_permutation
from ics_maturity.models.power import simulate_power
from ics_maturity.models.ranks import rank_sets, top_and_bottom
from ics_maturity.models.space import moran, nearest_weights
from ics_maturity.models.variance import guarded, random_intercept
from ics_maturity.models.variance_intervals import boundary_test, profile_intervals
from ics_maturity.models.wild import wild_cluster_bootstrap

SYSTEMS, PROVIDERS = 42, 204
GROWTH = 100
GROWTH_LIMIT = 10.0


def world(providers: int) -> dict[str, np.ndarray]:
    """Scores of ``providers`` providers in 42 systems of unequal size."""
    rng = np.random.default_rng(1)
    weight = rng.uniform(0.3, 2, SYSTEMS)
    spare = rng.choice(SYSTEMS, providers - 2 * SYSTEMS, p=weight / weight.sum())
    ics = np.sort(np.concatenate([np.repeat(np.arange(SYSTEMS), 2), spare]))
    rural = rng.uniform(0, 0.55, SYSTEMS)[ics]
    kind = rng.choice(["acute", "ambulance", "community", "mental_health"], providers)
    y = 2.4 + 0.12 * rng.normal(size=SYSTEMS)[ics] + 0.37 * rng.normal(size=providers)
    return {"y": y, "X": with_intercept(rural), "ics": ics, "rural": rural, "kind": kind}


def best_of_three(work: Callable[[], object]) -> float:
    """Shortest of three timings, in seconds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def seeded() -> np.random.Generator:
    return np.random.default_rng(7)


def linear_estimators(w: dict[str, np.ndarray]) -> dict[str, Callable[[], object]]:
    """Estimators whose work is one pass over the rows plus something of fixed size."""
    return {
        "random intercept": lambda: random_intercept(w["y"], w["X"], w["ics"]),
        "CR2": lambda: cr2(w["y"], w["X"], w["ics"]),
        "CV3": lambda: cv3(w["y"], w["X"], w["ics"]),
        "HC3": lambda: hc(w["y"], w["X"]),
        "wild bootstrap, 9,999": lambda: wild_cluster_bootstrap(
            w["y"], w["X"], w["ics"], 1, seeded()
        ),
        "label permutation, 9,999": lambda: label_permutation(
            w["y"], w["rural"], w["ics"], seeded()
        ),
    }


def limited(
    w: dict[str, np.ndarray], many: dict[str, np.ndarray]
) -> dict[str, tuple[Callable[[], object], float]]:
    """Resampling estimators at their production size, with the seconds they may take."""
    rng = np.random.default_rng(3)
    theta, covariance = rng.normal(2.4, 0.2, SYSTEMS), np.diag(rng.uniform(0.01, 0.07, SYSTEMS))
    weights = nearest_weights(rng.random((SYSTEMS, 2)))
    ones, held, kinds = np.ones(PROVIDERS), indicators(w["ics"]), indicators(w["kind"])[:, 1:]
    return {
        "rank sets, 10,000": (lambda: rank_sets(theta, covariance, seeded()), 1.0),
        "top and bottom, 10,000": (lambda: top_and_bottom(theta, covariance, seeded()), 1.0),
        "wild bootstrap, 9,999": (
            lambda: wild_cluster_bootstrap(w["y"], w["X"], w["ics"], 1, seeded()), 1.0,
        ),
        "Freedman-Lane in systems, 9,999": (
            lambda: freedman_lane(w["y"], kinds, held, seeded(), blocks=w["ics"]), 2.0,
        ),
        "variance test, 9,999": (lambda: boundary_test(w["y"], ones, w["ics"], seeded()), 2.0),
        "Moran, 9,999": (lambda: moran(theta, weights, seeded()), 1.0),
        "power, 2,000 worlds": (
            lambda: simulate_power(w["X"], w["ics"], 1, 0.015, 0.135, seeded()), 2.0,
        ),
        "profile intervals": (lambda: profile_intervals(w["y"], ones, w["ics"]), 0.5),
        "standardised, 20,400 rows": (
            lambda: standardised(
                many["y"], many["ics"], many["kind"], standard_mix(many["kind"])
            ), 1.0,
        ),
        "guarded fit": (lambda: guarded(w["y"], w["X"], w["ics"]), 2.0),
    }  # fmt: skip


def main() -> int:
    small, large = world(PROVIDERS), world(GROWTH * PROVIDERS)
    failed = 0
    for name, (work, limit) in limited(small, large).items():
        seconds = best_of_three(work)
        failed += seconds > limit
        print(f"{name:<34}{seconds:8.3f} s   limit {limit:g} s")
    few, many = linear_estimators(small), linear_estimators(large)
    before = {name: best_of_three(work) for name, work in few.items()}
    after = {name: best_of_three(work) for name, work in many.items()}
    for name in few:
        times = after[name] / before[name]
        print(f"{name:<34}{before[name] * 1e3:8.1f} ms  x {GROWTH} providers: {times:5.1f} times")
    # Together: alone, those of less than a millisecond can only grow with the rows.
    together = sum(after.values()) / sum(before.values())
    failed += together > GROWTH_LIMIT
    print(f"{'all of these':<46}x {GROWTH} providers: {together:5.1f} times")
    by_draws = [
        best_of_three(lambda d=d: wild_cluster_bootstrap(  # type: ignore[misc]
            small["y"], small["X"], small["ics"], 1, seeded(), d
        ))
        for d in (10_000, 100_000)
    ]  # fmt: skip
    failed += by_draws[1] > 15 * by_draws[0]
    print(f"{'wild bootstrap, draws x 10':<34}{by_draws[1] / by_draws[0]:8.1f} times")
    return failed


if __name__ == "__main__":
    sys.exit(main())
