"""The search of the variance ratio ends at the lowest point of its criterion."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from ics_maturity.models.spectral import group_spectrum


@pytest.mark.parametrize("kind", ["reml", "ml"])
@pytest.mark.parametrize("between", [0.0, 0.2, 3.0])
def test_no_ratio_is_better(kind, between):
    rng = np.random.default_rng(4)
    codes = np.sort(np.concatenate([np.arange(12), rng.integers(0, 12, 48)]))
    X = np.column_stack([np.ones(60), rng.uniform(size=12)[codes]])
    Y = rng.standard_normal((60, 8)) + between * rng.standard_normal((12, 8))[codes]
    profile = getattr(group_spectrum(Y, X, codes, 12), kind)()
    best = profile.best_ratio()
    lowest = profile.at(best)
    for i in range(8):

        def criterion(log_ratio, i=i):
            return float(profile.at(np.full(8, np.exp(log_ratio)))[i])

        found = minimize_scalar(criterion, bounds=(-12, 8), method="bounded",
                                options={"xatol": 1e-10})  # fmt: skip
        at_zero = float(profile.at(np.zeros(8))[i])
        assert lowest[i] == pytest.approx(min(found.fun, at_zero), abs=1e-9)
        if best[i] > 0:
            assert best[i] == pytest.approx(np.exp(found.x), rel=1e-4)
        else:
            assert at_zero <= found.fun
